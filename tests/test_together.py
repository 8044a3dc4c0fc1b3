"""Asking about many actions at once says what asking about each by itself says: no action answers for another."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from grantgraph.catalog import Action, load_catalog
from grantgraph.evaluate import parse_caller
from grantgraph.policy import PolicySet, PolicyType, parse_policy
from grantgraph.prove import Proved, Refuted, Standing, Target, actions_of, implies, never, reaches, session_of
from grantgraph.prove import wholesale as wholesale_module
from grantgraph.text import Unknown, text

CATALOG = load_catalog()
CALLER = parse_caller("arn:aws:iam::111122223333:role/app")
SERVICES = ("sns", "sqs", "dynamodb", "kms", "xray", "sts")
"""With and without resources, with rules of their own, with keys that few actions carry."""
OPEN = text(["sns:", Unknown("Op"), "Topic*"])
ACTIONS: list[Any] = [
    "*", "sns:*", "sns:*Topic*", "sns:A*", "sqs:*", "sqs:S*", "dynamodb:*", "dynamodb:*Item", "dynamodb:Query",
    "kms:*", "kms:D*", "xray:*", "sts:*", "sns:CreateTopic", "sns:AddPermission", "sns:DeleteTopic", OPEN,
]  # fmt: skip
RESOURCES = [
    "*",
    "arn:aws:sns:*:*:a*",
    "arn:aws:sns:us-east-1:111122223333:ab",
    "arn:aws:dynamodb:*:*:table/t",
    "arn:aws:sqs:*:*:*",
    "arn:aws:kms:*:111122223333:key/*",
]
TARGETS = [
    "arn:aws:kms:us-east-1:111122223333:key/k",
    "arn:aws:sns:us-east-1:111122223333:ab",
    "arn:aws:sqs:us-east-1:111122223333:q",
]
CONDITIONS: list[dict[str, dict[str, Any]]] = [
    {"StringEquals": {"aws:RequestTag/team": "red"}},
    {"StringNotEquals": {"aws:RequestTag/team": "red"}},
    {"Null": {"aws:RequestTag/team": "true"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["a"]}},
    {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a"]}},
    {"StringEquals": {"sns:Protocol": "https"}},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"StringNotEqualsIfExists": {"aws:PrincipalTag/team": "red"}},
    {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    {"Bool": {"aws:SecureTransport": "false"}},
]


def statement(random: Random, allow: float) -> dict[str, Any]:
    conditions: dict[str, dict[str, Any]] = {}
    for one in random.sample(CONDITIONS, random.choice([0, 1, 1, 2])):
        for operator, block in one.items():
            conditions.setdefault(operator, {}).update(block)
    actions = random.sample(ACTIONS, random.choice([1, 1, 2, 3]))
    return {
        "Effect": "Allow" if random.random() < allow else "Deny",
        "NotAction" if random.random() < 0.15 else "Action": actions,
        "NotResource" if random.random() < 0.1 else "Resource": random.sample(RESOURCES, random.choice([1, 1, 2])),
        **({"Condition": conditions} if conditions else {}),
    }


def standing(random: Random) -> Standing:
    def policy(type: PolicyType, allow: float) -> Any:
        own = [statement(random, allow) for _ in range(random.randint(1, 4))]
        own += [{"Effect": "Deny", "Action": "sts:*", "Resource": "*"}] if type is PolicyType.RCP else []
        if type is PolicyType.RCP:
            own = [{**one, "Effect": "Deny", "Principal": "*"} for one in own]
        return parse_policy({"Version": "2012-10-17", "Statement": own}, type, type.value).value

    more: dict[str, Any] = {}
    if random.random() < 0.3:
        more["permissions_boundary"] = policy(PolicyType.PERMISSIONS_BOUNDARY, 0.8)
    if random.random() < 0.3:
        more["rcps"] = ((policy(PolicyType.RCP, 0),),)
    own = PolicySet((policy(PolicyType.IDENTITY_BASED, 0.7),), **more)
    targets = []
    for arn in random.sample(TARGETS, random.choice([0, 0, 1, 2])):
        principal = random.choice([{"AWS": "111122223333"}, {"AWS": str(CALLER.name)}, "*"])
        there = [{**statement(random, 0.8), "Principal": principal} for _ in range(2)]
        document = parse_policy({"Version": "2012-10-17", "Statement": there}, PolicyType.RESOURCE_BASED)
        targets.append(Target(arn, document.value, "111122223333"))
    return Standing(session_of(CALLER), own, tuple(targets))


def parsed(type: PolicyType, *statements: dict[str, Any]) -> Any:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)}, type).value


def few_actions(random: Random, subject: Standing) -> list[Action]:
    """A choice of what is allowed: enough for families of every kind, few enough to ask about each."""
    found = [one for one in actions_of(subject, CATALOG) if one.service in SERVICES]
    return sorted(random.sample(found, min(len(found), 30)), key=str)


@pytest.mark.parametrize("seed", range(24))
def test_a_reach_of_many_is_the_reaches_of_each(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wholesale_module, "FEW", 2)
    random = Random(seed)
    for _ in range(5):
        subject = standing(random)
        actions = few_actions(random, subject)

        def told(asked: list[Action], subject: Standing = subject) -> dict[str, bool]:
            found = reaches(subject, asked, CATALOG)
            return {str(action): reach.certain for reach in found for action in reach.actions}

        each: dict[str, bool] = {}
        for action in actions:
            each |= told([action])
        assert told(actions) == each
        answer = never(subject, actions, CATALOG)
        assert isinstance(answer, Refuted) is any(each.values())
        assert isinstance(answer, Proved) is (not each)


@pytest.mark.parametrize("seed", range(24))
def test_an_implication_of_many_is_those_of_each(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wholesale_module, "FEW", 2)
    random = Random(1000 + seed)
    for _ in range(5):
        narrower, wider = standing(random), standing(random)
        actions = few_actions(random, narrower)
        each = {type(implies(narrower, wider, [one], CATALOG)) for one in actions}
        answer = implies(narrower, wider, actions, CATALOG)
        assert isinstance(answer, Refuted) is (Refuted in each)
        assert isinstance(answer, Proved) is (each <= {Proved})


def test_an_action_that_carries_a_tag_is_not_proved_by_one_that_does_not() -> None:
    allow = {
        "Effect": "Allow",
        "Action": ["sns:AddPermission", "sns:CreateTopic"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestTag/team": "red"}},
    }
    subject = Standing(session_of(CALLER), PolicySet((parsed(PolicyType.IDENTITY_BASED, allow),)))
    answer = never(subject, actions_of(subject, CATALOG), CATALOG)
    assert isinstance(answer, Refuted)
    assert answer.request.action == "sns:CreateTopic"


def test_an_action_that_is_perhaps_denied_is_not_proved_by_one_that_surely_is() -> None:
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": ["sns:CreateTopic", "sns:DeleteTopic"], "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": ["sns:Create*", OPEN],
            "Resource": "*",
        },
    ]
    subject = Standing(session_of(CALLER), PolicySet((parsed(PolicyType.IDENTITY_BASED, *statements),)))
    found = list(reaches(subject, actions_of(subject, CATALOG), CATALOG))
    assert [(str(one.actions[0]), one.certain) for one in found] == [("sns:DeleteTopic", False)]


def test_a_service_that_control_policies_bind_does_not_answer_for_one_that_they_do_not() -> None:
    allow = parsed(PolicyType.IDENTITY_BASED, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    deny = parsed(PolicyType.RCP, {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})
    subject = Standing(session_of(CALLER), PolicySet((allow,), rcps=((deny,),)))
    actions = [*CATALOG.actions("dynamodb"), *CATALOG.actions("lambda")]
    found = {action.service for reach in reaches(subject, actions, CATALOG) for action in reach.actions}
    assert found == {"lambda"}


def test_the_policy_of_a_key_has_to_allow_also_where_many_actions_are_asked_about_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wholesale_module, "FEW", 0)
    allow = parsed(PolicyType.IDENTITY_BASED, {"Effect": "Allow", "Action": "kms:*", "Resource": "*"})

    def with_key_policy(role: str) -> Standing:
        named = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:*", "Resource": "*"}
        target = Target(TARGETS[0], parsed(PolicyType.RESOURCE_BASED, named), "111122223333")
        return Standing(session_of(CALLER), PolicySet((allow,)), (target,))

    own, other = with_key_policy(str(CALLER.name)), with_key_policy("arn:aws:iam::111122223333:role/other")
    assert isinstance(implies(own, other, CATALOG.actions("kms"), CATALOG), Refuted)
    assert isinstance(implies(other, own, CATALOG.actions("kms"), CATALOG), Proved)
