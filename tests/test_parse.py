"""Policy documents: what is read, what is wrong with them, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from grantgraph.decode import decode
from grantgraph.policy import Effect, PolicyType, Unusable, parse_policy, render_policy
from grantgraph.policy.parse import parse_address, parse_binary, parse_date, parse_network, parse_number
from grantgraph.policy.pattern import Match
from grantgraph.problems import InputError, Level
from grantgraph.text import Unknown, text

IDENTITY, RESOURCE, TRUST = PolicyType.IDENTITY_BASED, PolicyType.RESOURCE_BASED, PolicyType.TRUST
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
SHARED: dict[str, Any] = {**ALLOW, "Principal": {"AWS": "111122223333"}}
ASSUME: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}


def document(*statements: object, **more: object) -> dict[str, object]:
    return {"Version": "2012-10-17", **more, "Statement": list(statements)}


def codes(value: object, type: PolicyType) -> list[tuple[str, str]]:
    return [(problem.level.value, problem.code) for problem in parse_policy(value, type).problems]


@pytest.mark.parametrize(
    ("value", "type"),
    [
        (document(ALLOW), IDENTITY),
        (document(ALLOW), PolicyType.SESSION),
        (document(ALLOW), PolicyType.PERMISSIONS_BOUNDARY),
        (document({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": True}}}), PolicyType.SCP),
        (document({**SHARED, "Sid": "a sid: with more"}, Id="x"), RESOURCE),
        (document(ASSUME), TRUST),
        (document({**ALLOW, "Principal": "*"}), PolicyType.VPC_ENDPOINT),
        (document({**ALLOW, "Effect": "Deny", "Principal": "*"}), PolicyType.RCP),
        (document({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}), PolicyType.RCP),
    ],
)
def test_good_documents_have_no_problems(value: object, type: PolicyType) -> None:
    assert codes(value, type) == []


@pytest.mark.parametrize(
    ("value", "type", "code"),
    [
        ({"Version": "2012-10-17"}, IDENTITY, "missing-statement"),
        (document(ALLOW, Version="2020-01-01"), IDENTITY, "version"),
        (document(ALLOW, Extra=1), IDENTITY, "unknown-key"),
        (document(ALLOW, Id="x"), IDENTITY, "id"),
        (document({**ALLOW, "Effect": "allow"}), IDENTITY, "effect"),
        (document({"Action": "*", "Resource": "*"}), IDENTITY, "missing-effect"),
        (document({**ALLOW, "NotAction": "*"}), IDENTITY, "both"),
        (document({**ALLOW, "NotResource": "*"}), IDENTITY, "both"),
        (document({"Effect": "Allow", "Resource": "*"}), IDENTITY, "missing-element"),
        (document({"Effect": "Allow", "Action": "*"}), IDENTITY, "missing-element"),
        (document({**ALLOW, "Sid": "not this"}), IDENTITY, "sid"),
        (document({**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "A"}), IDENTITY, "duplicate-sid"),
        (document({**ALLOW, "Principal": "*"}), IDENTITY, "principal"),
        (document({**ALLOW, "Principal": "*"}), PolicyType.SCP, "principal"),
        (document({**ALLOW, "NotPrincipal": "*"}), PolicyType.SESSION, "principal"),
        (document(ALLOW), RESOURCE, "missing-element"),
        (document(ALLOW), PolicyType.VPC_ENDPOINT, "missing-element"),
        (document({**ASSUME, "Resource": "*"}), TRUST, "resource"),
        (document({"Effect": "Allow", "NotPrincipal": "*", "Action": "sts:*"}), TRUST, "principal"),
        (document({**SHARED, "Principal": "arn:aws:iam::111122223333:root"}), RESOURCE, "principal"),
        (document({**SHARED, "Principal": {"Aws": "*"}}), RESOURCE, "principal"),
        (document({**SHARED, "Principal": {"AWS": "somebody"}}), RESOURCE, "principal"),
        (document({**SHARED, "Principal": {"AWS": "arn:aws:iam::1:group/g"}}), RESOURCE, "principal-group"),
        (document({**ALLOW, "Action": "*:GetObject"}), IDENTITY, "action"),
        (document({**ALLOW, "Action": "s3:Get Object"}), IDENTITY, "action"),
        (document({**ALLOW, "Action": {}}), IDENTITY, "type"),
        (document({**ALLOW, "Condition": {"StringMatches": {"k:a": "b"}}}), IDENTITY, "operator"),
        (document({**ALLOW, "Condition": {"NullIfExists": {"k:a": "true"}}}), IDENTITY, "operator"),
        (document({**ALLOW, "Condition": {"IpAddress": {"aws:SourceIp": "${x}"}}}), IDENTITY, "variable"),
        (document({**ALLOW, "Resource": "arn:aws:s3:${aws:x}::b"}), IDENTITY, "variable"),
        (document({**ALLOW, "Resource": "arn:aws:s3:::b/\u2019"}), IDENTITY, "character"),
        (document({**ALLOW, "Principal": "*"}), PolicyType.RCP, "rcp"),
        (document({**ALLOW, "Effect": "Deny", "Principal": {"AWS": "1" * 12}}), PolicyType.RCP, "rcp"),
        ({"Statement": {**ALLOW, "Effect": "Deny", "Principal": "*"}}, PolicyType.RCP, "version"),
    ],
)
def test_what_aws_refuses_is_an_error(value: object, type: PolicyType, code: str) -> None:
    assert ("error", code) in codes(value, type)


@pytest.mark.parametrize(
    ("value", "type", "code"),
    [
        (document({**ALLOW, "Action": []}), IDENTITY, "empty"),
        (document({**ALLOW, "Resource": []}), IDENTITY, "empty"),
        (document({**ALLOW, "Condition": {}}), IDENTITY, "empty"),
        (document({**SHARED, "Principal": {"AWS": []}}), RESOURCE, "empty"),
        (document({**SHARED, "Principal": {"AWS": "arn:aws:iam::1:role/app-*"}}), RESOURCE, "principal-wildcard"),
        (document({**ASSUME, "Principal": "*"}), TRUST, "trust-star"),
        (document({**ALLOW, "Resource": "arn:aws:s3"}), IDENTITY, "arn-fields"),
        (document({**ALLOW, "Resource": "arn:aws:*:::b"}), IDENTITY, "arn-service"),
        (document({**ALLOW, "Resource": "arn:aws:S3:::b"}), IDENTITY, "arn-case"),
        (document({**ALLOW, "Condition": {"NumericEquals": {"k:n": "ten"}}}), IDENTITY, "value"),
        (document({**ALLOW, "Condition": {"Bool": {"k:f": "${x}"}}}), IDENTITY, "variable"),
        (document({**ALLOW, "Condition": {"Bool": {"k:f": ["true", "false"]}}}), IDENTITY, "bool"),
        (document({**ALLOW, "Condition": {"StringEquals": {"k:a": "${open"}}}), IDENTITY, "variable"),
        (document({**ALLOW, "Effect": "Deny", "Principal": "*", "Action": "*"}), PolicyType.RCP, None),
    ],
)
def test_what_is_odd_is_a_note(value: object, type: PolicyType, code: str | None) -> None:
    assert codes(value, type) == ([("note", code)] if code else [])


def sized(count: int, type: PolicyType) -> list[tuple[str, str]]:
    everybody = {**ALLOW, "Effect": "Deny", "Principal": "*"}
    statement = {TRUST: ASSUME, PolicyType.RCP: everybody}.get(type, ALLOW)
    return codes(document(*[{**statement, "Sid": f"S{at}"} for at in range(count)]), type)


@pytest.mark.parametrize(
    ("type", "fits", "over", "level"),
    [
        (IDENTITY, 80, 110, "note"),
        (PolicyType.PERMISSIONS_BOUNDARY, 80, 110, "note"),
        (PolicyType.SESSION, 25, 40, "error"),
        (TRUST, 18, 30, "note"),
        (TRUST, 18, 60, "error"),
        (PolicyType.SCP, 60, 90, "error"),
        (PolicyType.RCP, 50, 70, "error"),
    ],
)
def test_quotas(type: PolicyType, fits: int, over: int, level: str) -> None:
    assert sized(fits, type) == []
    assert sized(over, type) == [(level, "size")]


def test_a_queue_has_twenty_statements() -> None:
    queue = {**SHARED, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:111122223333:q"}
    assert codes(document(*[queue] * 20), RESOURCE) == []
    assert codes(document(*[queue] * 21), RESOURCE) == [("error", "size")]
    assert ("error", "size") in codes(document({**queue, "Resource": [queue["Resource"] + "x" * 9000]}), RESOURCE)


def test_a_large_resource_policy_is_noted() -> None:
    bucket = {**SHARED, "Action": "s3:GetObject"}
    assert codes(document(*[{**bucket, "Resource": f"arn:aws:s3:::b/{at}"} for at in range(100)]), RESOURCE) == []
    large = [{**bucket, "Resource": f"arn:aws:s3:::b/{at}"} for at in range(300)]
    assert codes(document(*large), RESOURCE) == [("note", "size")]


def test_a_problem_knows_its_place() -> None:
    statement = '    {"Effect": "allow", "Action": "*", "Resource": "*"}'
    source = '{\n  "Version": "2012-10-17",\n  "Statement": [\n' + statement + "\n  ]\n}"
    (problem,) = parse_policy(decode(source, "policy.json"), IDENTITY).problems
    assert str(problem) == "policy.json:4:16: Effect must be `Allow` or `Deny`, not `allow`"
    assert problem.level is Level.ERROR


def test_a_duplicate_key_is_refused() -> None:
    with pytest.raises(InputError, match="duplicate key `Effect`"):
        decode('{"Statement": {"Effect": "Allow", "Effect": "Deny"}}', "policy.json")


def test_what_cannot_be_read_is_never_dropped() -> None:
    policy = parse_policy(document(ALLOW, {"Effect": "deny", "Action": "*", "Resource": "*"}), IDENTITY).value
    assert len(policy.statements) == 1
    (unseen,) = policy.unseen
    assert "Effect must be" in unseen.reason


def test_an_unknown_operator_stays_in_the_statement() -> None:
    policy = parse_policy(document({**ALLOW, "Condition": {"Sometimes": {"k:a": "b"}}}), IDENTITY).value
    assert isinstance(policy.statements[0].conditions[0].operator, Unknown)


def test_parse_and_render_are_a_round_trip() -> None:
    statement = {
        "Sid": "All",
        "Effect": "Deny",
        "Principal": {"AWS": ["*", "111122223333"], "Service": "s3.amazonaws.com"},
        "NotAction": ["s3:Get*", "sqs:?"],
        "NotResource": ["arn:aws:s3:::b/${aws:username}/${*}", "*"],
        "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b*"]}, "Null": {"k:A": "true"}},
    }
    value = document(statement)
    policy = parse_policy(value, RESOURCE).value
    assert policy.statements[0].effect is Effect.DENY
    assert render_policy(policy) == value
    assert parse_policy(json.loads(json.dumps(render_policy(policy))), RESOURCE).value == policy


@pytest.mark.parametrize(
    ("value", "fits"), [("1", True), ("-1.50", True), ("+2", True), ("1e3", False), ("", False), (".5", False)]
)
def test_numbers(value: str, fits: bool) -> None:
    assert (parse_number(value) is not None) is fits


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026", "2026-01-01T00:00:00Z"),
        ("2026-01", "2026-01-01"),
        ("2026-01-01T01:30:00+01:30", "2026-01-01"),
        ("1767225600", "2026-01-01"),
        ("0", "1970-01-01"),
    ],
)
def test_dates_have_many_spellings(one: str, other: str) -> None:
    assert parse_date(one) == parse_date(other) is not None


@pytest.mark.parametrize("value", ["soon", "2026-13", "2026-02-30", "2026-01-01T25:00Z", "1767225600000", ""])
def test_what_is_no_date(value: str) -> None:
    assert parse_date(value) is None


def test_addresses_networks_and_bytes() -> None:
    assert parse_address("10.0.0.1") is not None and parse_address("fe80::1%eth0") is None
    assert parse_network("10.0.0.1/8") is not None and parse_network("10.0.0.0/255.0.0.0") is None
    assert parse_network("10.0.0.1") is not None and parse_network("10.0.0.0/33") is None
    assert parse_binary("YQ==") == b"a" and parse_binary("a") is None


def test_a_value_that_cannot_be_compared_is_kept() -> None:
    policy = parse_policy(document({**ALLOW, "Condition": {"DateLessThan": {"k:d": "soon"}}}), IDENTITY).value
    assert policy.statements[0].conditions[0].values == (Unusable("soon"),)


def test_of_an_action_that_is_known_in_part_what_is_known_counts() -> None:
    spelled = [text(["s3:Put", Unknown("What")]), text([Unknown("Service"), ":PutObject"])]
    value = document({"Effect": "Deny", "Resource": "*", "Action": spelled})
    (statement,) = parse_policy(value, IDENTITY).value.statements
    known, open_one = statement.actions.patterns
    assert (known.service, open_one.service) == ("s3", None)
    assert known.name.match("putobject") is Match.MAYBE
    assert known.name.match("getobject") is Match.NO
    assert open_one.name.match("getobject") is Match.MAYBE
