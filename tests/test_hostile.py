"""Input made to hurt: it is read right, and in time that grows no faster than the input."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grantgraph.decode import MAX_DEPTH, decode
from grantgraph.evaluate import Decision, decide, parse_caller, request
from grantgraph.policy import Match, PolicySet, PolicyType, parse_pattern, parse_policy
from grantgraph.policy.arn import ArnPattern
from grantgraph.problems import InputError
from grantgraph.sources import NO_OPTIONS, cloudformation

ROLE = parse_caller("arn:aws:iam::111122223333:role/app")


def allowed(action: str, resource: str, statement: Mapping[str, object]) -> bool:
    policy = parse_policy({"Version": "2012-10-17", "Statement": statement}, PolicyType.IDENTITY_BASED).value
    verdict = decide(request(ROLE, action, resource), PolicySet(identity_based=(policy,)))
    return verdict.decision is Decision.ALLOWED


def seconds(work: Callable[[], object]) -> float:
    """The least CPU time of a few runs."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def grows_no_faster(
    work: Callable[[int], Callable[[], object]], small: int, factor: int, slack: float = 4
) -> bool:
    """Whether `factor` times the input takes no more than `factor` times the time, with slack for noise."""
    few, many = seconds(work(small)), seconds(work(small * factor))
    return many <= max(few, 0.002) * factor * slack


@pytest.mark.parametrize("stars", [100, 1000])
def test_a_hundred_stars(stars: int) -> None:
    pattern = parse_pattern("a*" * stars + "b")
    assert pattern.match("a" * 5000) is Match.NO
    assert pattern.match("a" * 5000 + "b") is Match.YES


def test_matching_is_linear_in_the_text() -> None:
    pattern = parse_pattern("*a?b" * 100 + "*")
    assert grows_no_faster(lambda size: lambda: pattern.match("ab" * size), 5_000, 8)


def test_matching_an_arn_is_linear_in_the_text() -> None:
    pattern = ArnPattern(parse_pattern("arn:aws:*:*:*x*y"))
    assert grows_no_faster(lambda size: lambda: pattern.match_resource("arn:aws:s3:::" + "xz" * size), 2_000, 8)


def test_the_contested_reading_is_bounded_too() -> None:
    pattern = ArnPattern(parse_pattern("arn:aws:*:" + "*a" * 50))
    assert grows_no_faster(lambda size: lambda: pattern.match_resource("arn:aws:s3:::" + "ab" * size), 1_000, 8)


def test_a_large_document_is_read_in_linear_time() -> None:
    def work(count: int) -> Callable[[], object]:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::bucket/key*"] * 50}
        source = json.dumps({"Version": "2012-10-17", "Statement": [statement] * count})
        return lambda: parse_policy(decode(source, "large.json"), PolicyType.RESOURCE_BASED)

    assert grows_no_faster(work, 40, 8)


def test_ten_megabytes() -> None:
    resource = "arn:aws:s3:::bucket/" + "k" * 980
    statement = {"Sid": "Big", "Effect": "Allow", "Action": "s3:*", "Resource": [resource] * 10_000}
    source = json.dumps({"Version": "2012-10-17", "Statement": statement})
    assert len(source) > 10_000_000
    parsed = parse_policy(decode(source, "big.json"), PolicyType.IDENTITY_BASED)
    assert [problem.code for problem in parsed.problems] == ["size"]
    verdict = decide(request(ROLE, "s3:GetObject", resource), PolicySet(identity_based=(parsed.value,)))
    assert verdict.decision is Decision.ALLOWED


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_refused_without_recursion(opening: str) -> None:
    with pytest.raises(InputError, match=f"nested deeper than {MAX_DEPTH}"):
        decode(opening * 100_000, "deep.json")


@pytest.mark.parametrize(
    "name",
    ["[a-z]", "a.c", "(a|b)", "a+", "^a$", "\\d", "a{2}", "${", "}", "$", "%2a", "\u00e9", "\U0001f600", "a\nb"],
)
def test_every_character_is_itself(name: str) -> None:
    own = f"arn:aws:s3:::b/{name}"
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": own}
    assert allowed("s3:GetObject", own, statement)
    assert not allowed("s3:GetObject", "arn:aws:s3:::b/abc", statement)
    assert not allowed("s3:GetObject", own + "x", statement)


@pytest.mark.parametrize(
    "action", ["s3:Get.bject", "s3:[G]etObject", "s3:GetObject|", "s3:^GetObject$", "s3:(GetObject)"]
)
def test_actions_are_no_regular_expressions(action: str) -> None:
    assert not allowed("s3:GetObject", "*", {"Effect": "Allow", "Action": action, "Resource": "*"})


@pytest.mark.parametrize("given", ["\u0130", "stra\u00dfe", "\uff21"])
def test_ignoring_case_beyond_ascii_does_not_fail(given: str) -> None:
    condition = {"StringEqualsIgnoreCase": {"k:a": given}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    policy = parse_policy({"Version": "2012-10-17", "Statement": statement}, PolicyType.IDENTITY_BASED).value
    verdict = decide(request(ROLE, "s3:x", "*", {"k:a": given}), PolicySet(identity_based=(policy,)))
    assert verdict.decision is Decision.ALLOWED


def test_a_million_variables_are_filled_once() -> None:
    def work(count: int) -> Callable[[], object]:
        spelled = "${aws:PrincipalTag/a}" * count
        condition = {"StringLike": {"k:a": spelled + "*"}}
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
        policy = parse_policy({"Version": "2012-10-17", "Statement": statement}, PolicyType.IDENTITY_BASED).value
        asked = request(ROLE, "s3:x", "*", {"aws:PrincipalTag/a": "${aws:PrincipalTag/a}", "k:a": "x"})
        policies = PolicySet(identity_based=(policy,))
        return lambda: decide(asked, policies)

    assert grows_no_faster(work, 500, 8)


def template_of(count: int) -> str:
    """A template in which everything refers to something: to what is there, and to what is not."""
    resources: dict[str, object] = {"Api": {"Type": "AWS::ApiGatewayV2::Api"}}
    for at in range(count):
        resources[f"Queue{at}"] = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": f"Topic{at}"}}}
        resources[f"Topic{at}"] = {"Type": "AWS::SNS::Topic", "Properties": {"Tags": {"Ref": f"Nothing{at}"}}}
        resources[f"Route{at}"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": f"GET /{at}", "AuthorizationType": "AWS_IAM"},
        }
        resources[f"Stage{at}"] = {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Api"}}}
    return json.dumps({"Resources": resources})


def test_a_large_template_is_read_in_linear_time() -> None:
    def work(count: int) -> Callable[[], object]:
        node = decode(template_of(count), "large.json")
        return lambda: cloudformation.SOURCE.read(Path("large.json"), node, NO_OPTIONS)

    assert grows_no_faster(work, 60, 6)
