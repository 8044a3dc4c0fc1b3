"""Every case of fixtures/decisions, through the evaluator and through the reference."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grantgraph.cases import Case, case_of, coverage, load_cases, run_case
from grantgraph.evaluate import decide, near_misses
from grantgraph.problems import InputError
from tests import reference

FIXTURES = Path(__file__).parent.parent / "fixtures" / "decisions"
CASES = load_cases(FIXTURES)

NOT_DECISIONS = {
    5: "grammar: test_parse",
    6: "grammar: test_parse",
    7: "grammar: test_parse",
    8: "grammar: test_parse",
    12: "grammar: test_parse",
    13: "grammar: test_parse",
    14: "AWS's linter: which checks exist",
    146: "which role a pool chooses",
    147: "which role a pool chooses",
    149: "which role a group prefers",
    154: "user pools issue no credentials: there is no request to decide",
    174: "a quota: test_parse",
    186: "a quota: test_parse",
    187: "a quota: test_parse",
}


def name(case: Case) -> str:
    return f"{Path(case.at.file).stem}:{case.at.line}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_evaluator_decides_as_expected(case: Case) -> None:
    assert run_case(case).differences == (), case.note


@pytest.mark.parametrize("case", [case for case in CASES if case.plain is not None], ids=name)
def test_reference_decides_alike(case: Case) -> None:
    assert case.plain is not None
    for request, written in zip(case.requests, case.plain["requests"], strict=True):
        expected = reference.decide(written, case.plain["policies"])
        assert decide(request, case.policies).decision.value == expected, case.note


def test_every_rule_about_decisions_has_a_case() -> None:
    covered, missing = coverage(CASES)
    assert set(missing) == set(NOT_DECISIONS)
    assert covered.isdisjoint(NOT_DECISIONS)


def test_every_trap_has_a_case() -> None:
    named = {int(found) for case in CASES for found in re.findall(r"^trap (\d+):", case.note)}
    assert named == set(range(1, 33))


def test_every_case_pins_a_rule() -> None:
    assert [name(case) for case in CASES if not case.rules] == []


def test_a_case_can_be_written_out_and_read_back() -> None:
    for case in CASES:
        if case.plain is not None and len(case.requests) == 1:
            policies = {key: value for key, value in case.plain["policies"].items() if key != "resource_is_trust"}
            if case.plain["policies"]["resource_is_trust"]:
                policies["trust"] = policies.pop("resource_based")
            written = {"request": case.plain["requests"][0], **policies, "expect": case.expected.decision.value}
            again = case_of(written)
            assert (again.requests, again.policies) == (case.requests, case.policies), case.note


def test_unknown_key_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "- note: x\n  request: {principal: role/a, action: s3:GetObject, resource: '*'}\n"
        "  identity_base: []\n  expect: allowed\n"
    )
    with pytest.raises(InputError) as found:
        load_cases(file)
    (problem,) = found.value.problems
    assert (problem.code, problem.at.line) == ("unknown-key", 3)
    assert problem.help == "did you mean `identity_based`?"


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"expect": "allowed"}, "a case needs `request`"),
        ({"request": {}, "expect": "allowed"}, "a request needs `principal`"),
        ({"request": {"principal": "role/a", "action": "s3:x", "resource": "*"}, "expect": "alowed"}, "`alowed`"),
        ({"request": {"principal": "nobody", "action": "s3:x", "resource": "*"}, "expect": "allowed"}, "`nobody`"),
        (
            {
                "request": {"principal": "role/a", "action": "s3:x", "resource": "*"},
                "rules": [188],
                "expect": "allowed",
            },
            "`188`",
        ),
        (
            {
                "request": {
                    "principal": "role/a",
                    "action": "s3:x",
                    "resource": "*",
                    "situation": {"authorizer": "x"},
                },
                "expect": "allowed",
            },
            "authorizer `x`",
        ),
        (
            {
                "request": {"principal": "role/a", "action": "s3:x", "resource": "*"},
                "permissions_boundary": [],
                "expect": "allowed",
            },
            "`permissions_boundary` is one policy",
        ),
    ],
)
def test_what_is_no_case_is_said(case: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        case_of(case)


def test_a_wrong_expectation_is_explained() -> None:
    case = case_of(
        {
            "request": {"principal": "role/a", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/x"},
            "identity_based": {"Sid": "Read", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            "expect": {
                "decision": "implicitDeny",
                "because": ["Other"],
                "layer": "session",
                "unknowns": ["rule 31"],
            },
        }
    )
    assert run_case(case).differences == (
        "expected implicit-deny, got allowed",
        "expected because of `Other`, got `Read`",
        "expected to hinge on rule 31, got nothing",
        "expected the layer `session`, got ``",
    )


def test_json_cases_and_folders_are_read(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    text = '[{"request": {"principal": "root", "action": "s3:x", "resource": "*"}, "expect": "allowed"}]'
    (tmp_path / "deep" / "one.json").write_text(text)
    (case,) = load_cases(tmp_path)
    assert run_case(case).passed
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="there are no cases"):
        load_cases(tmp_path / "empty")


def test_near_misses_name_what_is_lacking() -> None:
    case = case_of(
        {
            "request": {
                "principal": "role/a",
                "action": "s3:GetObject",
                "resource": "arn:aws:s3:::b/x",
                "context": {"aws:SourceIp": "192.0.2.1"},
            },
            "identity_based": [
                {"Sid": "Far", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
                {"Sid": "Else", "Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::c/*"},
                {
                    "Sid": "Near",
                    "Effect": "Allow",
                    "Action": "s3:*",
                    "Resource": "*",
                    "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
                },
            ],
            "expect": "implicit-deny",
        }
    )
    (nearest,) = near_misses(case.requests[0], case.policies)
    assert nearest.reason.statement.sid == "Near"
    assert str(nearest) == "would allow it if aws:SourceIp were in 10.0.0.0/8 (it is 192.0.2.1)"
