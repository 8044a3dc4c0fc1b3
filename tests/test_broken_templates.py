"""Templates with something wrong anywhere in them are read to the end, with errors, and never crash."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grantgraph.decode import decode
from grantgraph.node import node_of, plain
from grantgraph.problems import Bug, InputError, Level, Location
from grantgraph.sources import NO_OPTIONS
from grantgraph.sources._cloudformation import long_form, read_template
from scripts import read_templates

FIXTURES = Path(__file__).parent.parent / "fixtures"
EVERYTHING = FIXTURES / "templates" / "everything.yaml"
WRONG: tuple[Any, ...] = (
    None,
    3,
    1.5,
    True,
    "",
    "x",
    "*",
    "{{resolve:ssm:x}}",
    [],
    [[]],
    ["a"],
    {},
    {"a": {"b": [{}]}},
    {"Ref": "X"},
    {"Ref": 3},
    {"Ref": "AWS::NoValue"},
    {"Ref": "AWS::Region"},
    {"Fn::If": ["a", "b", "c"]},
    {"Fn::GetAtt": 3},
    {"Fn::Sub": []},
    {"Fn::Join": ["", [1, {"Ref": "AWS::NoValue"}]]},
    {"Fn::Select": [0, []]},
    {"Fn::Split": ["", ""]},
    {"Fn::FindInMap": ["a", "b"]},
    {"Fn::ImportValue": []},
    {"Fn::Cidr": ["10.0.0.0/8", 1]},
    {"Fn::ToJsonString": {"a": 1}},
    {"Fn::ForEach::X": ["A", ["b"], {"C${A}": 1}]},
    {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "no-such-file.yaml"}}},
)
Path_ = tuple[str | int, ...]


def paths(value: Any, here: Path_ = ()) -> Iterator[Path_]:
    yield here
    members: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield from paths(member, (*here, key))


def with_value(value: Any, path: Path_, put: Any) -> Any:
    """A value in which something else stands at a path."""
    if not path:
        return put
    changed: Any = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = with_value(value[path[0]], path[1:], put)
    return changed


@pytest.mark.parametrize("seed", range(6))
def test_a_wrong_value_anywhere_is_no_crash(seed: int) -> None:
    chosen = random.Random(seed)
    whole = plain(decode(EVERYTHING.read_text(), str(EVERYTHING), long_form))
    places = list(paths(whole))
    for _ in range(30):
        broken = with_value(whole, chosen.choice(places), chosen.choice(WRONG))
        node = node_of(broken, Location("broken.yaml", 1, 1))
        try:
            application = read_template(Path("broken.yaml"), node, NO_OPTIONS)
        except InputError:
            continue
        except Bug as bug:
            pytest.fail(f"{bug}")
        assert all(problem.message for problem in application.problems)


def test_the_template_with_everything_has_no_errors_as_it_is() -> None:
    node = decode(EVERYTHING.read_text(), str(EVERYTHING), long_form)
    application = read_template(EVERYTHING, node, NO_OPTIONS)
    assert not [one for one in application.problems if one.level is Level.ERROR]
    assert not application.counted


def test_the_reader_over_folders_counts_what_it_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_templates.main([str(FIXTURES / "apps" / "sam"), str(FIXTURES / "apps" / "cdk")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("6 templates: 6 read\n")
    assert "templates with something unknown, by what makes it so" in said


def test_the_reader_over_folders_reports_a_crash_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue}}")
    (tmp_path / "c.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue")

    def crash(path: Path) -> None:
        raise KeyError(path.name) if path.name == "a.yaml" else InputError("no")

    monkeypatch.setattr(read_templates, "load", crash)
    assert read_templates.main([str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("3 templates: 2 refused, 1 crashed\n")
    assert "KeyError: 'a.yaml'" in said
