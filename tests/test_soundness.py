"""Proofs over whole policy sets against brute force: no request contradicts one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest

from grantgraph.catalog import Action, load_catalog
from grantgraph.evaluate import Decision, Request, decide, parse_caller
from grantgraph.policy import Policy, PolicySet, PolicyType, parse_policy
from grantgraph.prove import Answer, Proved, Standing, Target, Undecided, implies, never, session_of, summary
from grantgraph.prove.case import DISAGREE

CATALOG = load_catalog()
ROLE = "arn:aws:iam::111122223333:role/app"
CALLER = parse_caller(ROLE)
ACCOUNTS = ("111122223333", "444455556666")
TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/t"
ACTIONS = {
    "sqs": ["sqs:SendMessage", "sqs:AddPermission", "sqs:ReceiveMessage"],
    "kms": ["kms:Encrypt", "kms:Decrypt", "kms:RetireGrant"],
    "s3": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
    "dynamodb": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect"],
}
RESOURCES = {
    "sqs": [f"arn:aws:sqs:us-east-1:{account}:{name}" for account in ACCOUNTS for name in ("q", "q2")],
    "kms": [f"arn:aws:kms:us-east-1:111122223333:key/{name}" for name in ("k1", "k2")],
    "s3": ["arn:aws:s3:::b", "arn:aws:s3:::b/x", "arn:aws:s3:::b/bob/y", "arn:aws:s3:::c/x"],
    "dynamodb": [TABLE, f"{TABLE}/index/i"],
}
PATTERNS = {
    "sqs": ["*", "arn:aws:sqs:*:*:q*", "arn:aws:sqs:us-east-1:111122223333:*"],
    "kms": ["*", "arn:aws:kms:*:*:key/*"],
    "s3": [
        "*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b*",
        "arn:aws:s3:::b/${aws:PrincipalTag/t}/*",
        "arn:aws:s3:::b/${aws:PrincipalTag/u}/y",
    ],
    "dynamodb": ["*", f"{TABLE}*", f"{TABLE}/*"],
}
CONDITIONS: list[dict[str, dict[str, Any]]] = [
    {"StringEquals": {"aws:PrincipalTag/t": "bob"}},
    {"StringNotEquals": {"aws:PrincipalTag/t": "bob"}},
    {"StringLike": {"aws:PrincipalTag/t": "b*"}},
    {"StringEqualsIfExists": {"aws:PrincipalTag/t": ["amy", "bob"]}},
    {"StringEqualsIgnoreCase": {"aws:PrincipalTag/t": "BOB"}},
    {"Null": {"aws:PrincipalTag/t": "true"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
    {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/t}"]}},
    {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["b*"]}},
    {"ForAllValues:StringNotEquals": {"dynamodb:LeadingKeys": ["bob"]}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/b*"}},
    {"StringLike": {"s3:prefix": "${aws:PrincipalTag/t}/*"}},
    {"StringNotLikeIfExists": {"s3:prefix": ["a*"]}},
    {"StringEquals": {"aws:PrincipalTag/t": "${aws:PrincipalTag/u}"}},
    {"StringNotEquals": {"aws:PrincipalTag/t": "${aws:PrincipalTag/u}"}},
    {"StringEqualsIgnoreCase": {"aws:PrincipalTag/t": "${aws:PrincipalTag/u}"}},
    {"StringLike": {"aws:PrincipalTag/u": ["b*", "BOB"]}},
    {"StringNotLike": {"aws:PrincipalTag/u": "b?b"}},
    {"StringLike": {"s3:prefix": "${aws:PrincipalTag/u, 'amy'}*"}},
]
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": "111122223333"},
    {"AWS": ROLE},
    {"AWS": "444455556666"},
    {"Service": "sns.amazonaws.com"},
    {"AWS": "arn:aws:sts::111122223333:assumed-role/app/s"},
]


class Maker:
    """Makes questions about one service at a time, so that things match often."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.service = self.random.choice(list(ACTIONS))

    def statement(self, allow: float, principal: bool) -> dict[str, Any]:
        random, service = self.random, self.service
        wide = random.choice([f"{service}:*", "*", f"{service}:*e*"])
        actions = random.sample(ACTIONS[service], random.randint(1, 2)) if random.random() < 0.6 else [wide]
        resources = random.sample(RESOURCES[service] + PATTERNS[service], random.randint(1, 2))
        conditions: dict[str, dict[str, Any]] = {}
        for chosen in random.sample(CONDITIONS, random.choice([0, 0, 1, 2])):
            for operator, block in chosen.items():
                conditions.setdefault(operator, {}).update(block)
        document: dict[str, Any] = {
            "Effect": "Allow" if random.random() < allow else "Deny",
            "NotAction" if random.random() < 0.08 else "Action": actions,
            "NotResource" if random.random() < 0.1 else "Resource": resources,
        }
        if conditions:
            document["Condition"] = conditions
        if principal:
            document["NotPrincipal" if random.random() < 0.08 else "Principal"] = random.choice(PRINCIPALS)
        return document

    def policy(self, type: PolicyType, allow: float = 0.75) -> Policy:
        principal = type is PolicyType.RESOURCE_BASED
        statements = [self.statement(allow, principal) for _ in range(self.random.randint(1, 3))]
        if type is PolicyType.RCP:
            statements = [{**self.statement(0, False), "Principal": "*"}]
        return parse_policy({"Version": "2012-10-17", "Statement": statements}, type, type.value).value

    def standing(self) -> Standing:
        random = self.random
        more: dict[str, Any] = {}
        if random.random() < 0.25:
            more["permissions_boundary"] = self.policy(PolicyType.PERMISSIONS_BOUNDARY, 0.9)
        if random.random() < 0.2:
            more["session"] = (self.policy(PolicyType.SESSION, 0.9),)
        if random.random() < 0.2:
            more["scps"] = ((self.policy(PolicyType.SCP, 0.9),),)
        if random.random() < 0.15:
            more["rcps"] = ((self.policy(PolicyType.RCP),),)
        targets = (self.target(),) if random.random() < 0.6 else ()
        return Standing(session_of(CALLER), PolicySet((self.policy(PolicyType.IDENTITY_BASED),), **more), targets)

    def target(self) -> Target:
        whole = [one for one in RESOURCES[self.service] if self.service != "s3" or "/" not in one]
        arn = self.random.choice(whole)
        owner = arn.split(":")[4] or self.random.choice(ACCOUNTS)
        return Target(arn, self.policy(PolicyType.RESOURCE_BASED), owner)

    def world(self) -> Iterator[Request]:
        """Well-formed requests of the service, in contexts that tell the conditions apart."""
        contexts = [
            {key: value for key, value in values.items() if value is not None}
            for values in (
                {
                    "aws:principaltag/t": tag,
                    "aws:principaltag/u": other,
                    "aws:securetransport": secure,
                    "aws:sourceip": address,
                    "aws:multifactorauthage": age,
                    "aws:currenttime": now,
                }
                for tag, other, secure, address, age, now in product(
                    (None, "bob", "amy"),
                    (None, "bob", "BOB", "amy"),
                    ("true", "false"),
                    (None, "10.1.1.1", "9.9.9.9"),
                    (None, "30"),
                    ("2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
                )
            )
        ]
        for action, resource in product(ACTIONS[self.service], RESOURCES[self.service]):
            if is_well_formed(action, resource):
                for context, more in product(self.random.sample(contexts, 20), carried_by(action)):
                    yield Request(CALLER, action, resource, {**context, **more})


def is_well_formed(action: str, resource: str) -> bool:
    if action.startswith("s3:"):
        return ("/" in resource) is ("Object" in action)
    return not ("/index/" in resource and action == "dynamodb:GetItem")


def carried_by(action: str) -> list[dict[str, Any]]:
    """What requests for an action carry besides."""
    if action == "s3:ListBucket":
        return [{}, {"s3:prefix": "bob/"}, {"s3:prefix": "amy"}, {"s3:prefix": ""}]
    keys = [("bob",), ("amy",), ("bob", "amy")]
    rows: list[dict[str, Any]] = [{"dynamodb:leadingkeys": row} for row in keys]
    if action == "dynamodb:PartiQLSelect":
        return [*rows, {}]
    return rows if action.startswith("dynamodb:") and action != "dynamodb:Scan" else [{}]


def shown_by(request: Request, subject: Standing, wider: Standing | None) -> bool:
    """Whether a request is allowed by the one and surely not by the other."""
    here = str(request.resource)
    target = next((one for one in subject.targets if (here + "/").startswith(str(one.arn) + "/")), None)
    asked = replace(request, resource_account=target.account) if target is not None else request
    if not decide(asked, subject.policies_at(target)).allowed:
        return False
    if wider is None:
        return True
    return decide(asked, wider.policies_at(target)).decision in (Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY)


@pytest.mark.parametrize("seed", range(12))
def test_no_request_contradicts_a_proof_and_the_two_readings_never_differ(seed: int) -> None:
    answers: dict[type[Answer], int] = {}
    for number in range(40):
        maker = Maker(1000 * seed + number)
        subject = maker.standing()
        wider = None
        if maker.random.random() < 0.5:
            identity = maker.policy(PolicyType.IDENTITY_BASED)
            wider = Standing(session_of(CALLER), PolicySet((identity,)), subject.targets)
        actions: list[Action] = [found for name in ACTIONS[maker.service] if (found := CATALOG.action(name))]
        answer = never(subject, actions, CATALOG) if wider is None else implies(subject, wider, actions, CATALOG)
        answers[type(answer)] = answers.get(type(answer), 0) + 1
        assert not (isinstance(answer, Undecided) and DISAGREE in answer.reason), number
        if isinstance(answer, Proved):
            against = next((one for one in maker.world() if shown_by(one, subject, wider)), None)
            assert against is None, (number, against)
    assert answers[Proved] > 3


def target_of(request: Request, subject: Standing) -> Target | None:
    here = str(request.resource)
    return next((one for one in subject.targets if (here + "/").startswith(str(one.arn) + "/")), None)


@pytest.mark.parametrize("seed", range(8))
def test_a_summary_allows_what_the_policies_allow_and_says_nothing_twice(seed: int) -> None:
    entries = 0
    for number in range(10):
        maker = Maker(7000 + 100 * seed + number)
        subject = maker.standing()
        actions: list[Action] = [found for name in ACTIONS[maker.service] if (found := CATALOG.action(name))]
        listed = summary(subject, CATALOG, actions)
        entries += len(listed)
        for request in maker.world():
            named = [one for one in listed if request.action in map(str, one.actions)]
            if any(one.doubt for one in named):
                continue
            target = target_of(request, subject)
            asked = replace(request, resource_account=target.account) if target is not None else request
            verdict = decide(asked, subject.policies_at(target))
            if verdict.decision is Decision.UNKNOWN:
                continue
            own = [(one, target_of(request, one.standing)) for one in named]
            allowed = any(decide(asked, one.standing.policies_at(at)).allowed for one, at in own)
            assert allowed is verdict.allowed, (number, request)
        for one, other in product(listed, repeat=2):
            if one is not other and not (one.doubt or other.doubt):
                shared = [action for action in one.actions if action in other.actions]
                assert not shared or not isinstance(implies(one.standing, other.standing, shared, CATALOG), Proved)
    assert entries > 4
