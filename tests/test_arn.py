"""ARNs and their patterns: what a wildcard does at a colon."""

from __future__ import annotations

import pytest

from grantgraph.policy.arn import CASE_RULE, COLON_RULE, SHORT_ARN_RULE, ArnPattern, parse_arn
from grantgraph.policy.pattern import Match, parse_pattern
from grantgraph.text import Text, Unknown, text

NO, MAYBE, YES = Match.NO, Match.MAYBE, Match.YES


def arn_pattern(spelled: str) -> ArnPattern:
    return ArnPattern(parse_pattern(spelled))


def test_an_arn_has_six_fields_and_the_last_keeps_its_colons() -> None:
    arn = parse_arn("arn:aws:logs:us-east-1:111122223333:log-group:g:log-stream:s")
    assert arn is not None
    assert arn.resource == "log-group:g:log-stream:s"
    assert str(arn) == "arn:aws:logs:us-east-1:111122223333:log-group:g:log-stream:s"


@pytest.mark.parametrize("value", ["", "*", "arn:aws:s3", "urn:aws:s3:::b", "b"])
def test_what_is_no_arn(value: str) -> None:
    assert parse_arn(value) is None


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y", YES),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", NO),
        ("arn:aws:s3:*:*:b", "arn:aws:s3:::b", YES),
        ("arn:aws:s3:?::b", "arn:aws:s3:::b", NO),
        ("arn:aws:logs:*:*:*", "arn:aws:logs:r:1:log-group:g:log-stream:s", YES),
        ("arn:aws:dynamodb:*:table/T", "arn:aws:dynamodb:r:1:table/T", MAYBE),
        ("arn:aws:dynamodb:r:*:b:c", "arn:aws:dynamodb:r:1:a:b:c", MAYBE),
        ("arn:aws:dynamodb:r*x:1:T", "arn:aws:dynamodb:r:x:1:T", NO),
        ("arn:aws:sqs", "arn:aws:sqs:r:1:q", MAYBE),
        ("arn:aws:sns", "arn:aws:sqs:r:1:q", NO),
        ("arn:aws:SQS:r:1:q", "arn:aws:sqs:r:1:q", MAYBE),
        ("arn:aws:sqs:r:1:Q", "arn:aws:sqs:r:1:q", NO),
        ("*", "anything", YES),
        ("arn:aws:s3:::b", "*", NO),
        ("b*", "bucket", NO),
    ],
)
def test_as_a_resource(pattern: str, value: str, expected: Match) -> None:
    assert arn_pattern(pattern).match_resource(value) is expected


@pytest.mark.parametrize(
    ("pattern", "value", "rule"),
    [
        ("arn:aws:dynamodb:*:table/T", "arn:aws:dynamodb:r:1:table/T", COLON_RULE),
        ("arn:aws:sqs", "arn:aws:sqs:r:1:q", SHORT_ARN_RULE),
        ("arn:aws:SQS:r:1:q", "arn:aws:sqs:r:1:q", CASE_RULE),
        ("arn:aws:sqs:r:1:q", "arn:aws:sqs:r:1:p", None),
    ],
)
def test_the_contested_rule_is_named(pattern: str, value: str, rule: Unknown | None) -> None:
    assert arn_pattern(pattern).contested_by(value) is rule


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("arn:aws:s3:*:*:b*", "arn:aws:s3:::bucket", YES),
        ("arn:aws:x:*:1:f/*", "arn:aws:x:r:9:s:1:f/d", NO),
        ("arn:*:*:*:*:*", "b", NO),
        ("*", "arn:aws:s3:::b", MAYBE),
        ("*", "b", NO),
    ],
)
def test_as_an_arn_condition(pattern: str, value: str, expected: Match) -> None:
    assert arn_pattern(pattern).match_arn(value) is expected


REGION = Unknown("AWS::Region")
WHOLE = Unknown("Topic.Arn")


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("arn:aws:sqs:us-east-1:1:q", text(["arn:aws:sqs:", REGION, ":1:q"]), MAYBE),
        ("arn:aws:sqs:*:1:q", text(["arn:aws:sqs:", REGION, ":1:q"]), YES),
        ("arn:aws:sqs:*:1:p", text(["arn:aws:sqs:", REGION, ":1:q"]), NO),
        ("arn:aws:sqs:*:1:q", text([WHOLE]), MAYBE),
        ("arn:aws:sqs:*:1:q", text(["arn:aws:sns:", WHOLE]), NO),
    ],
)
def test_unknown_parts(pattern: str, value: Text, expected: Match) -> None:
    assert arn_pattern(pattern).match_resource(value) is expected
