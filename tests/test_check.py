"""The gate as a whole: what it cannot know about who comes in fails it, as a finding would."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.cli import main
from grantgraph.findings import Severity, rank
from grantgraph.rules import Checked, check, load_rules
from grantgraph.sources import load

CATALOG = load_catalog()
TIGHT = (Path(__file__).parent.parent / "fixtures" / "apps" / "notes" / "tight.yaml").read_text(encoding="utf-8")


def judged(folder: Path, *changes: tuple[str, str]) -> Checked:
    """What the gate says of the tight template after some changes."""
    source = TIGHT
    for before, after in changes:
        assert before in source
        source = source.replace(before, after)
    path = folder / "template.yaml"
    path.write_text(source, encoding="utf-8")
    return check(load(path), CATALOG, load_rules())


def test_a_tight_template_passes(tmp_path: Path) -> None:
    checked = judged(tmp_path)
    assert (checked.findings, checked.doubts, checked.asked) == ((), (), 2)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (
            "AllowUnauthenticatedIdentities: true",
            "AllowUnauthenticatedIdentities: true\n      AllowClassicFlow: !ImportValue classic-flow",
            "whether `Pool` allows the classic flow is not known here",
        ),
        (
            "      Roles:\n        authenticated:",
            "      RoleMappings: {p: {Type: Token, IdentityProvider: accounts.google.com}}\n"
            "      Roles:\n        authenticated:",
            "choose the role themselves",
        ),
        (
            "  Pool:\n",
            "  Open:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Uploads\n"
            "      PolicyDocument: !ImportValue bucket-policy\n  Pool:\n",
            "the policy of `Uploads`",
        ),
        (
            "unauthenticated: !GetAtt Unauthenticated.Arn",
            "unauthenticated: !ImportValue guest",
            "is not in the input",
        ),
    ],
)
def test_a_door_that_may_lead_elsewhere_leaves_the_gate_undecided(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    checked = judged(tmp_path, (before, after))
    assert checked.findings == ()
    assert any(reason in doubt.reason for doubt in checked.doubts)


def test_a_finding_has_the_same_fingerprint_after_reformatting_and_another_after_widening(tmp_path: Path) -> None:
    writes = ("Action: s3:GetObject\n", "Action: [s3:PutObject, s3:GetObject]\n")
    (one,) = judged(tmp_path, writes).findings
    (same,) = judged(tmp_path, writes, ("Resources:\n", "# moved\n\n\nResources:\n")).findings
    (wider,) = judged(tmp_path, ("Action: s3:GetObject\n", "Action: [s3:PutObject, s3:DeleteObject]\n")).findings
    assert one.at != same.at
    assert one.fingerprint == same.fingerprint != wider.fingerprint


def test_a_note_is_told_apart_and_fails_no_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "odd.py").write_text(
        "from grantgraph.rules import Finding, Rule, Severity, Written\n"
        "from grantgraph.problems import NOWHERE\n"
        "def check(permissions):\n"
        '    yield Finding("ODD1", Severity.NOTE, "", "it is odd", Written("it says so"), NOWHERE, "leave it")\n'
        'RULE = Rule("ODD1", "what is odd", Severity.NOTE, check)\n',
        encoding="utf-8",
    )
    template = tmp_path / "template.yaml"
    template.write_text(TIGHT, encoding="utf-8")
    checked = check(load(template), CATALOG, load_rules(rules))
    assert ([one.message for one in checked.findings], checked.failing) == (["it is odd"], ())
    monkeypatch.setattr(sys, "argv", ["grantgraph", "check", str(template), "--rules", str(rules)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code or 0, "ODD1 note: it is odd" in capsys.readouterr().out) == (0, True)


def test_the_application_s_own_roles_come_before_those_that_a_framework_made(tmp_path: Path) -> None:
    one, *_ = judged(tmp_path, ("Action: s3:GetObject\n", "Action: [s3:PutObject, s3:GetObject]\n")).findings
    made = replace(one, framework="CDK", severity=Severity.HIGH)
    mild = replace(one, severity=Severity.LOW)
    assert sorted([made, mild], key=rank) == [mild, made]
