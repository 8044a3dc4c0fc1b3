"""What a project settles: where it is found, what it may say, and that mistakes are named with their places."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from grantgraph.ignores import Ignore
from grantgraph.problems import InputError
from grantgraph.settings import find_settings
from tests.commands import Run

ROOT = Path(__file__).parent.parent
NOTES = ROOT / "fixtures" / "apps" / "sst" / "a-notes-auth-users.json"
WHOLE = """\
select = ["GG1"]
ignore = ["GG102"]
severity = "high"
unknown = "warn"
baseline = "known.json"
account = "123456789012"
region = "eu-west-1"
partition = "aws"

[params]
Stage = "prod"

[[ignores]]
fingerprint = "0123456789abcdef"
reason = "a form for everybody"
owner = "web"
until = 2027-01-31
"""


def write(folder: Path, text: str, name: str = "grantgraph.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def wrong(folder: Path, text: str) -> list[tuple[int, str, str]]:
    """The mistakes of a file: the line, what is wrong, and what to do."""
    write(folder, text)
    with pytest.raises(InputError) as caught:
        find_settings(folder)
    return [(one.at.line, one.message, one.help) for one in caught.value.problems]


def test_everything_that_can_be_settled_is_read(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    own = find_settings(tmp_path)
    assert (own.select, own.ignore, own.severity, own.unknown) == (("GG1",), ("GG102",), "high", "warn")
    assert (own.account, own.region, own.partition, own.params) == (
        "123456789012",
        "eu-west-1",
        "aws",
        {"Stage": "prod"},
    )
    assert own.home / own.baseline == tmp_path / "known.json"
    assert own.ignores == (Ignore("0123456789abcdef", "a form for everybody", "web", date(2027, 1, 31)),)
    assert (own.ignores[0].at.file, own.ignores[0].at.line) == (str(tmp_path / "grantgraph.toml"), 13)


def test_pyproject_may_hold_the_settings(tmp_path: Path) -> None:
    write(tmp_path, '[tool.grantgraph]\nseverity = "medium"\n', "pyproject.toml")
    assert find_settings(tmp_path).severity == "medium"


def test_a_file_of_its_own_comes_before_pyproject(tmp_path: Path) -> None:
    write(tmp_path, '[tool.grantgraph]\nseverity = "medium"\n', "pyproject.toml")
    write(tmp_path, 'severity = "high"\n')
    assert find_settings(tmp_path).severity == "high"


def test_the_nearest_file_counts_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    write(tmp_path, 'severity = "high"\n')
    repository = tmp_path / "repository"
    inner = repository / "app" / "src"
    inner.mkdir(parents=True)
    assert find_settings(inner).severity == "high"
    (repository / ".git").mkdir()
    assert find_settings(inner).severity == ""
    write(repository, 'severity = "medium"\n')
    assert find_settings(inner).severity == "medium"


def test_a_pyproject_of_other_tools_settles_nothing(tmp_path: Path) -> None:
    write(tmp_path, 'severity = "high"\n')
    inner = tmp_path / "app"
    inner.mkdir()
    write(inner, "[tool.ruff]\nline-length = 100\n", "pyproject.toml")
    assert find_settings(inner).severity == "high"


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    assert wrong(tmp_path, 'severty = "high"\n\nunknown = "alow"\nselect = "GG101"\nregion = 3\n') == [
        (1, "there is no setting `severty`", "did you mean `severity` or `select`?"),
        (3, "`unknown` must be `fail` or `warn` or `allow`, not `alow`", "did you mean `allow`?"),
        (4, "`select` must be a list of strings", ""),
        (5, "`region` must be a string", ""),
    ]


def test_a_note_cannot_be_the_least_that_fails(tmp_path: Path) -> None:
    assert (
        wrong(tmp_path, 'severity = "note"\n')[0][1]
        == "`severity` must be `high` or `medium` or `low`, not `note`"
    )


ACCEPTED = {
    "an unknown word": ('fingerprint = "a"\nreson = "b"', "an accepted finding has no `reson`"),
    "no fingerprint": ('reason = "a"', "an accepted finding needs its `fingerprint`"),
    "a day that is none": (
        'fingerprint = "a"\nuntil = "soon"',
        "`until` must be a day, such as 2027-01-31, not `soon`",
    ),
    "a number": ("fingerprint = 1", "`fingerprint` of an accepted finding must be a string"),
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_a_mistake_in_an_accepted_finding_is_named_where_it_stands(tmp_path: Path, kind: str) -> None:
    told, message = ACCEPTED[kind]
    assert [(line, what) for line, what, _ in wrong(tmp_path, f"\n[[ignores]]\n{told}\n")] == [(2, message)]


def test_what_is_no_toml_is_an_error_with_its_place(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "severity = \n")
    monkeypatch.chdir(tmp_path)
    ended = run("check", NOTES)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {path}:1:12: not TOML: ")


def test_a_file_of_another_encoding_or_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "grantgraph.toml").write_bytes(b'severity = "h\xe9"')
    with pytest.raises(InputError, match="is not UTF-8"):
        find_settings(tmp_path)
    write(tmp_path, "#" * 1_000_001)
    with pytest.raises(InputError, match="more than 1,000,000 bytes"):
        find_settings(tmp_path)


def test_the_command_line_comes_first(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 'select = ["GG101"]\n')
    monkeypatch.chdir(tmp_path)
    settled = run("check", NOTES)
    asked = run("check", NOTES, "--select", "gg102")
    assert "GG101" in settled.out and "GG102" not in settled.out
    assert "GG102" in asked.out and "GG101" not in asked.out


def test_settled_parameters_reach_the_template(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = tmp_path / "t.yaml"
    template.write_text(
        "Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}\n"
        "Conditions: {Dev: !Equals [!Ref Stage, dev]}\n"
        "Resources:\n"
        "  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}\n"
        "  P: {Type: AWS::IAM::Policy, Condition: Dev, Properties: {PolicyName: p, Roles: [!Ref R],\n"
        "      PolicyDocument: {Statement: {Effect: Allow, Action: 'sqs:*', Resource: '*'}}}}\n"
    )
    monkeypatch.chdir(tmp_path)
    question = (
        "can",
        "R",
        "sqs:SendMessage",
        "arn:aws:sqs:us-east-1:123456789012:q",
        template,
        "--account",
        "123456789012",
    )
    write(tmp_path, '[params]\nStage = "prod"\n')
    assert run(*question).code == 1
    assert run(*question, "--param", "Stage=dev").code == 0
