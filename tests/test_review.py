"""Living with findings: what a baseline survives and what breaks it, what may be accepted, what a change adds."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands import Run

ROOT = Path(__file__).parent.parent
APPS = ROOT / "fixtures" / "apps"
NOTES = ROOT / "fixtures" / "apps" / "sst" / "a-notes-auth-users.json"

GUEST = """\
Resources:
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties: {AllowUnauthenticatedIdentities: true}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties: {IdentityPoolId: !Ref Pool, Roles: {unauthenticated: !GetAtt Guest.Arn}}
  Jobs1A2B3C4D: {Type: AWS::SQS::Queue}
  Bounds:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: ["sqs:*", "s3:*"], Resource: "*"}]}}
  Guest:
    Type: AWS::IAM::Role
    Properties:
      PermissionsBoundary: !Ref Bounds
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Federated: cognito-identity.amazonaws.com}
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              StringEquals: {"cognito-identity.amazonaws.com:aud": !Ref Pool}
              "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": unauthenticated}
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement:
              - Sid: Send
                Effect: Allow
                Action: [sqs:SendMessage, sqs:GetQueueUrl]
                Resource: !GetAtt Jobs1A2B3C4D.Arn
                Condition: {StringEquals: {"aws:RequestedRegion": us-east-1}}
              - {Effect: Deny, Action: "sqs:DeleteMessage", Resource: "*"}
"""


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application with one finding, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "app.yaml"
    path.write_text(GUEST)
    return path


def fingerprint_of(run: Run, path: Path) -> str:
    [found] = json.loads(run("check", path, "-f", "json").out)["findings"]
    assert isinstance(found["fingerprint"], str)
    return found["fingerprint"]


def rule_ids(run: Run, *arguments: object) -> list[str]:
    """The rules of what counts."""
    return [one["rule"] for one in json.loads(run("check", *arguments, "-f", "json").out)["findings"]]


# ── a baseline ──


def test_a_baseline_lets_what_was_there_pass(run: Run, guest: Path) -> None:
    assert run("check", guest).code == 1
    assert run("baseline", "write", guest).err == "1 findings in grantgraph.baseline.json\n"
    ended = run("check", guest, "--baseline", "grantgraph.baseline.json")
    assert ended.code == 0
    assert ended.out.startswith("PASSED: ") and ended.out.endswith("asked about 1 principal, 1 accepted\n")
    assert run("check", guest, "--baseline", "grantgraph.baseline.json", "--no-ignores").code == 1


def turned(value: Any) -> Any:
    """The same document, every object in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(one) for one in value] if isinstance(value, list) else value


def rehashed(text: str) -> str:
    """The same template with other made-up suffixes in its logical ids."""
    return re.sub(
        r"\b([A-Za-z]\w*?)([0-9A-F]{8})\b",
        lambda found: found[1] + "".join("0123456789ABCDEF"[15 - int(one, 16)] for one in found[2]),
        text,
    )


def renamed(text: str) -> str:
    return text.replace("NotesTable", "Memos").replace("AuthIdentityPool", "Visitors")


REWRITTEN: dict[str, Callable[[str], str]] = {
    "reformatted": lambda text: json.dumps(json.loads(text), indent=7),
    "on one line": lambda text: json.dumps(json.loads(text), separators=(",", ":")),
    "in YAML": lambda text: yaml.safe_dump(json.loads(text)),
    "keys in another order": lambda text: json.dumps(turned(json.loads(text))),
    "new hashes in logical ids": rehashed,
    "resources renamed": renamed,
}


@pytest.mark.parametrize("how", REWRITTEN)
def test_a_baseline_of_a_real_template_survives_what_changes_no_access(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = NOTES.read_text()
    assert run("baseline", "write", NOTES).code == 0
    path = tmp_path / "again"
    path.write_text(REWRITTEN[how](text))
    assert path.read_text() != text
    ended = run("check", path, "--baseline", "grantgraph.baseline.json", "-f", "json")
    summary = json.loads(ended.out)["summary"]
    assert (ended.code, summary["findings"]) == (0, summary["baselined"]) and summary["baselined"] >= 8


HARMLESS = {
    "a Sid": ("Sid: Send", "Sid: Other"),
    "the policy's name": ("PolicyName: own", "PolicyName: other"),
    "the queue's suffix": ("Jobs1A2B3C4D", "Jobs9F8E7D6C"),
    "the role's id": ("Guest", "Visitor"),
    "the order of actions": ("[sqs:SendMessage, sqs:GetQueueUrl]", "[sqs:GetQueueUrl, sqs:SendMessage]"),
    "what is denied of another service": (
        "- {Effect: Deny,",
        "- {Effect: Deny, Action: 's3:PutObject', Resource: '*'}\n              - {Effect: Deny,",
    ),
}
WIDENING = {
    "an action more": ("[sqs:SendMessage, ", "[sqs:SendMessage, sqs:PurgeQueue, "),
    "a wildcard": ("[sqs:SendMessage, ", "['sqs:Send*', "),
    "every queue": ("Resource: !GetAtt Jobs1A2B3C4D.Arn", "Resource: '*'"),
    "no condition": ('Condition: {StringEquals: {"aws:RequestedRegion": us-east-1}}', ""),
    "another value in a condition": (
        '"aws:RequestedRegion": us-east-1',
        '"aws:RequestedRegion": [us-east-1, us-west-2]',
    ),
    "no Deny": ('- {Effect: Deny, Action: "sqs:DeleteMessage", Resource: "*"}', ""),
    "a narrower Deny": (
        '"sqs:DeleteMessage", Resource: "*"',
        '"sqs:DeleteMessage", Resource: "arn:aws:sqs:*:*:a"',
    ),
    "no boundary": ("PermissionsBoundary: !Ref Bounds", ""),
    "a wider boundary": ('["sqs:*", "s3:*"]', '["sqs:*", "s3:*", "sqs:SendMessage"]'),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_a_baseline_survives_another(run: Run, guest: Path, what: str) -> None:
    assert run("baseline", "write", guest).code == 0
    old, new = HARMLESS[what]
    assert old in GUEST
    guest.write_text(GUEST.replace(old, new))
    assert run("check", guest, "--baseline", "grantgraph.baseline.json").code == 0


@pytest.mark.parametrize(
    "where", [["--region", "eu-west-1"], ["--account", "111122223333"], ["--partition", "aws"]]
)
def test_a_baseline_survives_that_it_is_known_where_all_is_deployed(
    run: Run, guest: Path, where: list[str]
) -> None:
    for path in (guest, APPS / "cdk" / "notes", APPS / "same" / "template.yaml"):
        assert run("baseline", "write", path).code == 0
        assert run("check", path, "--baseline", "grantgraph.baseline.json", "--unknown=allow", *where).code == 0


@pytest.mark.parametrize("what", WIDENING)
def test_a_baseline_does_not_hide_access_that_widens(run: Run, guest: Path, what: str) -> None:
    assert run("baseline", "write", guest).code == 0
    old, new = WIDENING[what]
    assert old in GUEST
    guest.write_text(GUEST.replace(old, new))
    ended = run("check", guest, "--baseline", "grantgraph.baseline.json", "-f", "json")
    assert (ended.code, json.loads(ended.out)["summary"]["baselined"]) == (1, 0)


def test_a_finding_more_of_the_same_kind_counts(run: Run, guest: Path) -> None:
    assert run("baseline", "write", guest).code == 0
    twice = GUEST.replace("  Bounds:", "  Jobs5E6F7A8B: {Type: AWS::SQS::Queue}\n  Bounds:")
    statement = GUEST[GUEST.index("              - Sid: Send") : GUEST.index("              - {Effect: Deny")]
    second = statement.replace("Jobs1A2B3C4D", "Jobs5E6F7A8B").replace("Send\n", "Two\n", 1)
    guest.write_text(twice.replace("              - {Effect: Deny", second + "              - {Effect: Deny"))
    document = json.loads(run("check", guest, "--baseline", "grantgraph.baseline.json", "-f", "json").out)
    assert document["summary"]["failing"] >= 1


def test_pruning_takes_out_what_is_gone(run: Run, guest: Path) -> None:
    assert run("baseline", "write", guest).code == 0
    before = Path("grantgraph.baseline.json").read_text()
    ended = run("baseline", "prune", guest)
    assert ended.err == "1 of 1 findings are left in grantgraph.baseline.json\n"
    assert Path("grantgraph.baseline.json").read_text() == before
    mended = GUEST.replace("sqs:SendMessage, ", "")
    guest.write_text(mended)
    assert run("baseline", "prune", guest).err == "0 of 1 findings are left in grantgraph.baseline.json\n"
    guest.write_text(GUEST)
    assert run("check", guest, "--baseline", "grantgraph.baseline.json").code == 1


BROKEN = {
    "no JSON": ("{", "grantgraph.baseline.json:1:"),
    "another document": ('{"schema": "other"}', "is no baseline"),
    "no fingerprint": (
        '{"schema": "grantgraph/baseline/1", "findings": [{"count": 1}]}',
        "a finding of a baseline has a `fingerprint` and a `count`",
    ),
    "a count that is none": (
        '{"schema": "grantgraph/baseline/1", "findings": [{"fingerprint": "a", "count": 0}]}',
        "a finding of a baseline has a `fingerprint` and a `count`",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_baseline_is_an_error_and_hides_nothing(run: Run, guest: Path, kind: str) -> None:
    told, message = BROKEN[kind]
    Path("grantgraph.baseline.json").write_text(told)
    ended = run("check", guest, "--baseline", "grantgraph.baseline.json")
    assert (ended.code, ended.out) == (2, "") and message in ended.err


def test_a_missing_baseline_is_an_error(run: Run, guest: Path) -> None:
    assert run("check", guest, "--baseline", "gone.json").code == 2


# ── accepted findings ──


def accept(fingerprint: str, *more: str) -> None:
    Path("grantgraph.toml").write_text("\n".join(["[[ignores]]", f'fingerprint = "{fingerprint}"', *more]) + "\n")


def test_a_finding_that_is_accepted_with_a_reason_passes_and_is_told(run: Run, guest: Path) -> None:
    accept(fingerprint_of(run, guest), 'reason = "a form for everybody"', 'owner = "web"', "until = 2999-01-01")
    ended = run("check", guest, "-f", "text")
    assert ended.code == 0
    assert "a form for everybody, by web, until 2999-01-01" in ended.out
    assert run("check", guest, "--no-ignores").code == 1


COMPLAINTS = {
    "without a reason": ((), "has no reason"),
    "past its day": (('reason = "r"', "until = 2020-01-31"), "was accepted until 2020-01-31"),
}


@pytest.mark.parametrize("kind", COMPLAINTS)
def test_an_acceptance_that_does_not_hold_counts_twice(run: Run, guest: Path, kind: str) -> None:
    more, message = COMPLAINTS[kind]
    accept(fingerprint_of(run, guest), *more)
    ended = run("check", guest)
    assert ended.code == 1
    assert "GG101 high" in ended.out and "grantgraph.toml:1:1: ignores low: the accepted finding" in ended.out
    assert message in ended.out


def test_an_acceptance_that_matches_nothing_is_a_finding(run: Run, guest: Path) -> None:
    accept("0000000000000000", 'reason = "r"')
    ended = run("check", guest)
    assert "the accepted finding `0000000000000000` matches nothing" in ended.out
    guest.write_text(GUEST.replace("sqs:SendMessage, ", ""))
    assert run("check", guest).code == 1


def test_a_template_accepts_a_finding_in_its_metadata(run: Run, guest: Path) -> None:
    fingerprint = fingerprint_of(run, guest)
    told = f"{{grantgraph: {{ignore: [{{fingerprint: {fingerprint}, reason: a form, until: 2999-01-01}}]}}}}"
    guest.write_text(GUEST.replace("  Guest:\n", f"  Guest:\n    Metadata: {told}\n"))
    ended = run("check", guest, "-f", "json")
    [accepted] = json.loads(ended.out)["accepted"]
    assert (ended.code, accepted["ignore"]["reason"]) == (0, "a form")


METADATA = {
    "no object": ("[yes]", "an accepted finding must be an object"),
    "a word that is none": ("[{fingerprint: a, reson: b}]", "an accepted finding has no `reson`"),
    "no fingerprint": ("[{reason: b}]", "an accepted finding needs its `fingerprint`"),
    "a day that is none": ("[{fingerprint: a, until: soon}]", "`until` must be a day"),
}


@pytest.mark.parametrize("kind", METADATA)
def test_a_mistake_in_the_metadata_is_an_error_with_its_place(run: Run, guest: Path, kind: str) -> None:
    told, message = METADATA[kind]
    guest.write_text(GUEST.replace("  Guest:\n", f"  Guest:\n    Metadata: {{grantgraph: {{ignore: {told}}}}}\n"))
    ended = run("check", guest)
    assert ended.code == 2 and message in ended.err and "app.yaml:13:" in ended.err


# ── what a change adds ──


@pytest.fixture
def repository(guest: Path) -> Callable[[str, str], None]:
    """Commits a text of the application, under a name."""

    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words], check=True, capture_output=True
        )

    def commit(text: str, tag: str) -> None:
        guest.write_text(text)
        git("add", "app.yaml")
        git("commit", "--allow-empty", "-m", tag)
        git("tag", tag)

    git("init", "--initial-branch", "main")
    return commit


def test_only_what_a_change_adds_counts(run: Run, guest: Path, repository: Callable[[str, str], None]) -> None:
    repository(GUEST, "first")
    assert run("check", "app.yaml", "--since", "first").code == 0
    repository(GUEST.replace("[sqs:SendMessage, ", "[sqs:SendMessage, sqs:PurgeQueue, "), "wider")
    assert run("check", "app.yaml", "--since", "first").code == 1
    assert run("check", "app.yaml", "--since", "wider").code == 0


def test_what_only_some_deployments_have_is_known_again(
    run: Run, guest: Path, repository: Callable[[str, str], None]
) -> None:
    head, colon, resources = GUEST.partition("Resources:\n")
    parameter = "Parameters: {Stage: {Type: String}}\nConditions: {Live: !Equals [!Ref Stage, live]}\n"
    conditional = head + parameter + colon + resources.replace("  Guest:\n", "  Guest:\n    Condition: Live\n")
    assert "Condition: Live" in conditional
    repository(conditional, "first")
    found = json.loads(run("check", "app.yaml", "-f", "json").out)["findings"]
    assert found and all("Stage" in one["when"] for one in found)
    since = json.loads(run("check", "app.yaml", "--since", "first", "-f", "json").out)
    assert (since["findings"], since["summary"]["baselined"]) == ([], len(found))


def test_a_revision_that_is_none_is_an_error(
    run: Run, guest: Path, repository: Callable[[str, str], None]
) -> None:
    repository(GUEST, "first")
    ended = run("check", "app.yaml", "--since", "gone")
    assert ended.code == 2 and "gone" in ended.err


# ── what is asked, and what fails ──


def test_rules_are_chosen_by_how_their_ids_begin(run: Run) -> None:
    every = {*rule_ids(run, NOTES)}
    assert {"GG101", "GG102"} <= every
    assert {*rule_ids(run, NOTES, "--select", "GG101")} == {"GG101"}
    assert "GG101" not in rule_ids(run, NOTES, "--ignore", "gg101")
    assert {*rule_ids(run, NOTES, "--select", "GG1", "--ignore", "GG102")} == {
        one for one in every if one.startswith("GG1") and one != "GG102"
    }


def test_a_rule_that_is_none_is_an_error_with_the_nearest(run: Run) -> None:
    ended = run("check", NOTES, "--select", "GG1O1")
    assert ended.code == 2 and "there is no rule `GG1O1`" in ended.err and "GG101" in ended.err


def test_milder_findings_are_told_and_do_not_fail(run: Run, guest: Path) -> None:
    Path("grantgraph.toml").write_text('[[ignores]]\nfingerprint = "0"\nreason = "r"\n')
    guest.write_text(GUEST.replace("sqs:SendMessage, ", ""))
    assert run("check", guest).code == 1
    ended = run("check", guest, "--severity", "high")
    assert ended.code == 0 and "1 finding that do" in ended.out
    assert run("check", guest, "--severity", "low").code == 1
    assert run("check", guest, "--severity", "urgent").code == 2


def test_an_open_question_fails_unless_it_is_allowed(run: Run, guest: Path) -> None:
    guest.write_text(
        GUEST.replace("sqs:SendMessage, ", "").replace(
            "      Policies:", "      ManagedPolicyArns: ['arn:aws:iam::aws:policy/NoSuch']\n      Policies:"
        )
    )
    assert run("check", guest).code == 3
    warned = run("check", guest, "--unknown", "warn")
    assert warned.code == 0 and "undecided: `Guest`" in warned.out
    allowed = run("check", guest, "--unknown", "allow")
    assert allowed.code == 0 and "NoSuch" not in allowed.out and "undecided" in allowed.out
    assert run("check", guest, "--unknown", "ignore").code == 2


def test_the_gate_can_be_told_never_to_close(run: Run, guest: Path) -> None:
    ended = run("check", guest, "--exit-zero")
    assert ended.code == 0 and ended.out.splitlines()[-1].startswith("FAILED: ")


def test_quiet_is_the_verdict_alone(run: Run, guest: Path) -> None:
    for format in ("text", "concise"):
        assert run("check", guest, "-q", "-f", format).out == "FAILED: 1 finding\n"


def test_what_is_written_to_a_file_is_whole_and_plain_however_little_is_printed(run: Run, guest: Path) -> None:
    kinds = ("text", "html", "markdown", "sarif", "json")
    files = [word for kind in kinds for word in ("-o", f"{kind}=quiet.{kind}")]
    ended = run("check", guest, "--quiet", "--color", "always", "-f", "text", *files)
    assert ended.out.count("\n") == 1 and "\x1b[" in ended.out
    for kind in kinds:
        written = Path(f"quiet.{kind}").read_text()
        assert written == run("check", guest, "-f", kind).out
        assert "sqs:SendMessage" in written and "\x1b[" not in written
