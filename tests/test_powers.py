"""How far power reaches: what is not known is told once, and shares are counted over what AWS has."""

from __future__ import annotations

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.powers import changing_actions, may_span, one_of_each_service, services_mostly_named
from grantgraph.rules import check, load_rules
from grantgraph.statements import allowing
from tests.templates import read

CATALOG = load_catalog()
RULES = load_rules()


def worker(policies: str, trusted: str = "lambda.amazonaws.com") -> str:
    return f"""
Resources:
  Worker:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {{Effect: Allow, Principal: {{Service: {trusted}}}, Action: 'sts:AssumeRole'}}
      {policies}
"""


def inline(action: str, resource: str = "'*'", more: str = "") -> str:
    statement = f"{{Effect: Allow, Action: {action}, Resource: {resource}{more}}}"
    return worker(f"Policies: [{{PolicyName: p, PolicyDocument: {{Statement: {statement}}}}}]")


def doubts(template: str, *rules: str) -> list[str]:
    asked = tuple(rule for rule in RULES if not rules or rule.id in rules)
    return [one.rule for one in check(read(template), CATALOG, asked).doubts]


UNSEEN = worker("ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/elsewhere']")


def test_a_policy_that_is_not_in_the_input_is_told_once_for_a_role() -> None:
    assert doubts(UNSEEN) == ["GG401"]


@pytest.mark.parametrize("rule", ["GG401", "GG402", "GG403"])
def test_whichever_rule_is_asked_first_tells_it(rule: str) -> None:
    assert doubts(UNSEEN, rule) == [rule]


def test_a_role_that_is_not_in_the_input_is_judged_by_what_it_is_given() -> None:
    template = """
Resources:
  Handler:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::111122223333:role/made-elsewhere
      Code: {ZipFile: x}
"""
    assert doubts(template) == []


def test_of_every_service_that_changes_anything_one_action_is_asked_about() -> None:
    some = one_of_each_service(CATALOG)
    assert len(some) > 400
    assert all(action.service == service for service, action in some.items())


def test_a_service_is_named_mostly_from_half_of_its_changing_actions_on() -> None:
    changing = [str(one) for one in changing_actions(CATALOG, "sqs")]
    half = -(-len(changing) // 2)
    for count, found in ((half - 1, []), (half, ["sqs"])):
        application = read(inline(str(changing[:count])))
        (role,) = application.principals
        named = services_mostly_named(allowing(role.policies), application.environment, CATALOG)
        assert [service for service, _ in named] == found


@pytest.mark.parametrize(
    ("resource", "more"),
    [
        ("'arn:aws:sqs:us-east-1:111122223333:jobs'", ""),
        ("'arn:aws:sqs:*:*:notes-*'", ""),
        ("'*'", ", Condition: {StringEquals: {'aws:ResourceTag/app': notes}}"),
    ],
)
def test_what_names_its_resources_is_no_whole_service(resource: str, more: str) -> None:
    application = read(inline("'sqs:*'", resource, more))
    (role,) = application.principals
    assert not list(services_mostly_named(allowing(role.policies), application.environment, CATALOG))


def test_only_wildcards_span_all_services() -> None:
    def spans(action: str) -> bool:
        (role,) = read(inline(action)).principals
        return may_span(allowing(role.policies), 200)

    assert spans("'*'") and not spans("'s3:*'") and not spans("['s3:*', 'sqs:*']")
