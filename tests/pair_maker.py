"""Random pairs of policy sets, of kinds that AWS's own policies seldom hold: `python -m tests.pair_maker sets 7`.

The wider set is mostly the narrower one with a change or two, so that about as many pairs hold as do not.
"""

from __future__ import annotations

import copy
import json
import random
import sys
from collections.abc import Callable
from typing import Any

from tests.pairs import Json, Pair
from tests.strategies import Choose, RandomChoose

Conditions = list[tuple[list[str], list[str], list[str]]]
"""Operators, the keys that they may be about, and values."""

ACTIONS = {
    "s3": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"],
    "sqs": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:TagQueue"],
    "dynamodb": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PutItem"],
    "ec2": ["ec2:DeleteVolume", "ec2:AttachVolume", "ec2:StartInstances"],
}
WIDE = {"s3": "s3:*Object", "sqs": "sqs:*Message", "dynamodb": "dynamodb:*Item", "ec2": "ec2:*Volume"}
OWN = "111122223333"
RESOURCES = {
    "s3": [
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b*",
        "arn:aws:s3:::b/private/*",
        "arn:aws:s3:::b/*/x",
        "arn:aws:s3:::?/a*",
        "arn:aws:s3:::b/private/x",
        "arn:aws:s3:::b",
        "*",
    ],
    "sqs": [
        f"arn:aws:sqs:us-east-1:{OWN}:jobs",
        "arn:aws:sqs:*:*:jobs*",
        f"arn:aws:sqs:us-*:{OWN}:*",
        f"arn:aws:sqs:us-east-1:{OWN}:*-dead",
        "*",
    ],
    "dynamodb": [
        f"arn:aws:dynamodb:us-east-1:{OWN}:table/notes",
        f"arn:aws:dynamodb:us-east-1:{OWN}:table/notes/index/*",
        f"arn:aws:dynamodb:*:{OWN}:table/*",
        "arn:aws:dynamodb:*:*:table/no*",
        "*",
    ],
    "ec2": [
        "arn:aws:ec2:*:*:volume/*",
        f"arn:aws:ec2:us-east-1:{OWN}:volume/vol-1*",
        "arn:aws:ec2:*:*:instance/*",
        f"arn:aws:ec2:*:{OWN}:*/*",
        "*",
    ],
}
VARIABLES = {
    "s3": [
        "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
        "arn:aws:s3:::b/private/${aws:PrincipalTag/team}/*",
        "arn:aws:s3:::b/${aws:PrincipalTag/team, 'all'}/*",
        "arn:aws:s3:::b/*/${aws:PrincipalTag/team}/x",
        "arn:aws:s3:::b/${aws:PrincipalTag/team}",
        "arn:aws:s3:::b-${aws:PrincipalAccount}/*",
        "arn:aws:s3:::b/${aws:PrincipalTag/team}${*}/*",
    ],
    "sqs": ["arn:aws:sqs:*:*:${aws:PrincipalTag/team}-*", "arn:aws:sqs:*:${aws:PrincipalAccount}:jobs"],
    "dynamodb": [
        f"arn:aws:dynamodb:us-east-1:{OWN}:table/${{aws:PrincipalTag/team}}",
        "arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/team}-*",
    ],
    "ec2": ["arn:aws:ec2:*:*:volume/${aws:PrincipalTag/team}*"],
}
WORDS = ["red", "blue", "reds", "RED", "all", "private"]
GLOBS = ["re*", "*d", "?ed", "*e*", "r*d", "*", "red", "blue"]
EQUAL = ["StringEquals", "StringNotEquals", "StringEqualsIfExists"]
LIKE = ["StringLike", "StringNotLike", "StringLikeIfExists", "StringNotLikeIfExists"]
ANY_CASE = ["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"]
SETS = [f"{word}:{name}" for word in ("ForAllValues", "ForAnyValue") for name in (*EQUAL[:2], *LIKE[:2])]
ORDERS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
TAG, OTHER = "aws:PrincipalTag/team", "aws:PrincipalTag/other"

KINDS: dict[str, Conditions] = {
    "strings": [
        (EQUAL, [TAG, OTHER], WORDS),
        (LIKE, [TAG, "s3:prefix", "aws:UserAgent"], GLOBS),
        (ANY_CASE, [TAG], WORDS),
    ],
    "missing keys": [
        (["Null"], [TAG, "s3:prefix", "aws:MultiFactorAuthAge", "aws:SourceArn"], ["true", "false"]),
        (["StringEqualsIfExists", "StringNotLikeIfExists"], [TAG, "s3:prefix"], WORDS),
        (["StringNotEquals"], [TAG, "s3:prefix"], WORDS),
        (["NumericLessThanIfExists"], ["aws:MultiFactorAuthAge"], ["60", "300"]),
    ],
    "sets": [
        (SETS, ["dynamodb:LeadingKeys", "aws:TagKeys", "aws:CalledVia"], GLOBS[:3] + WORDS[:3]),
        (SETS, ["dynamodb:LeadingKeys", "aws:TagKeys"], WORDS[:3]),
        (["ForAllValues:StringEquals", "ForAnyValue:StringEquals"], [TAG], WORDS[:3]),
        (["Null"], ["dynamodb:LeadingKeys", "aws:TagKeys", "aws:CalledVia"], ["true", "false"]),
    ],
    "numbers": [
        ([f"Numeric{way}" for way in ORDERS], ["aws:MultiFactorAuthAge"], ["0", "60", "61", "60.5", "300", "-1"]),
        ([f"Numeric{way}IfExists" for way in ORDERS], ["s3:max-keys"], ["10", "11", "1000"]),
    ],
    "dates": [
        (
            [f"Date{way}" for way in ORDERS],
            ["aws:CurrentTime", "aws:TokenIssueTime"],
            ["2026-01-01T00:00:00Z", "2026-01-01", "1767225600", "2026-06-30T12:00:00+02:00", "2027"],
        ),
    ],
    "addresses": [
        (
            ["IpAddress", "NotIpAddress", "IpAddressIfExists"],
            ["aws:SourceIp", "aws:VpcSourceIp"],
            ["10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.1.2.3", "0.0.0.0/0", "2001:db8::/32", "::/0"],
        ),
    ],
    "Booleans": [
        (
            ["Bool", "BoolIfExists"],
            ["aws:SecureTransport", "aws:MultiFactorAuthPresent", "aws:ViaAWSService"],
            ["true", "false"],
        ),
        (["Null"], ["aws:MultiFactorAuthPresent"], ["true", "false"]),
    ],
    "ARNs": [
        (
            ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEqualsIfExists"],
            ["aws:SourceArn", "aws:PrincipalArn"],
            [
                f"arn:aws:iam::{OWN}:role/*",
                f"arn:aws:iam::{OWN}:role/app",
                "arn:aws:iam::*:role/a*",
                "arn:*:*:*:*:*",
                "arn:aws:s3:::b/*",
            ],
        ),
    ],
    "variables": [
        (EQUAL, [OTHER, "s3:prefix"], ["${aws:PrincipalTag/team}", "red", "${aws:PrincipalTag/team, 'red'}"]),
        (LIKE, [OTHER, "s3:prefix"], ["${aws:PrincipalTag/team}/*", "red/*", "*${aws:PrincipalTag/team}*"]),
        (EQUAL, [TAG], WORDS[:3]),
        (["ForAllValues:StringEquals"], ["dynamodb:LeadingKeys"], ["${aws:PrincipalTag/team}", "red"]),
    ],
    "negated elements": [(EQUAL, [TAG], WORDS[:2]), (["Bool"], ["aws:SecureTransport"], ["true"])],
    "denials": [(EQUAL, [TAG], WORDS[:3]), (LIKE, [TAG], GLOBS), (["Bool"], ["aws:SecureTransport"], ["false"])],
    "limits": [(EQUAL, [TAG], WORDS[:3]), (LIKE, [TAG], GLOBS), (["Null"], [TAG], ["true", "false"])],
    "keys unknown": [
        ([f"Numeric{way}" for way in ORDERS], ["k:Number"], ["1", "2", "abc"]),
        ([f"Date{way}" for way in ORDERS], ["k:Date"], ["2026", "2027-01-01", "1767225600", "soon"]),
        (["BinaryEquals"], ["k:Bytes"], ["YQ==", "YWI=", "a"]),
        (["Bool", "BoolIfExists"], ["k:Flag"], ["true", "false", "${aws:SecureTransport}"]),
        (["IpAddress", "NotIpAddress"], ["k:Address"], ["10.0.0.0/8", "2001:db8::/32", "x"]),
        (["StringLike", "StringNotLike"], ["k:Text"], GLOBS),
    ],
}
"""What each kind of pair is about."""


class PairMaker:
    """Makes pairs of one kind."""

    def __init__(self, choose: Choose, kind: str) -> None:
        self.choose, self.kind = choose, kind
        services = {"sets": ["dynamodb", "sqs"], "variables": ["s3", "s3", "dynamodb", "sqs", "ec2"]}
        self.service = choose.one(services.get(kind, list(ACTIONS)))

    def pair(self, name: str) -> Pair:
        choose = self.choose
        narrower = self.policies()
        wider = self.policies() if choose.chance(12) else copy.deepcopy(narrower)
        for _ in range(choose.one((1, 1, 2))):
            choose.one((self.widen, self.widen, self.change))(wider)
        if choose.chance(35):
            narrower, wider = wider, narrower
        return Pair(self.kind, name, narrower, wider)

    def chain(self, length: int) -> list[Json]:
        """Policy sets of which each mostly allows more than the one before."""
        found = [self.policies()]
        while len(found) < length:
            found.append(copy.deepcopy(found[-1]))
            self.widen(found[-1])
        return found

    # ── policies ──

    def policies(self) -> Json:
        choose = self.choose
        found: Json = {"identity_based": [self.document(choose.one((1, 2, 2, 3)))]}
        if self.kind != "limits":
            return found
        if choose.chance(55):
            found["permissions_boundary"] = self.document(2, guard=True)
        if choose.chance(40):
            found["session"] = [self.document(1, guard=True)]
        if choose.chance(60):
            found["scps"] = [[self.document(2, guard=True)] for _ in range(choose.one((1, 1, 2)))]
        return found

    def document(self, size: int, guard: bool = False) -> Json:
        statements = [self.statement() for _ in range(size)]
        statements[0]["Effect"] = "Allow"
        if guard and self.choose.chance(60):
            statements[0] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        return {"Version": "2012-10-17", "Statement": statements}

    def statement(self) -> Json:
        choose, service = self.choose, self.service
        actions = [choose.one(ACTIONS[service]) for _ in range(choose.one((1, 2)))]
        denied = {"denials": 50, "limits": 30}.get(self.kind, 20)
        negated = 45 if self.kind == "negated elements" else 6
        resources = RESOURCES[service]
        if self.kind == "variables" and choose.chance(70):
            resources = VARIABLES[service]
        found: Json = {
            "Effect": "Deny" if choose.chance(denied) else "Allow",
            "NotAction" if choose.chance(negated // 2) else "Action": choose.one(
                ([WIDE[service]], [f"{service}:*"], actions, actions)
            ),
            "NotResource" if choose.chance(negated) else "Resource": [
                choose.one(resources) for _ in range(choose.one((1, 1, 2)))
            ],
        }
        for _ in range(choose.one((0, 1, 1, 2))):
            self.add_condition(found)
        return found

    def add_condition(self, statement: Json) -> None:
        operators, keys, values = self.choose.one(KINDS[self.kind])
        operator = self.choose.one(operators)
        several = () if operator == "Null" else (1, 2)
        chosen = [self.choose.one(values) for _ in range(self.choose.one(several or (1,)))]
        statement.setdefault("Condition", {}).setdefault(operator, {})[self.choose.one(keys)] = chosen

    # ── from a narrower set to a wider one, or to another ──

    def some(self, policies: Json) -> Json:
        """A document of a set."""
        documents = [
            *policies["identity_based"],
            *policies.get("session", []),
            *(document for level in policies.get("scps", []) for document in level),
        ]
        if "permissions_boundary" in policies:
            documents.append(policies["permissions_boundary"])
        found: Json = self.choose.one(documents)
        return found

    def widen(self, policies: Json) -> None:
        """A change that mostly allows more."""
        document = self.some(policies)
        statement = self.choose.one(document["Statement"])
        if statement["Effect"] == "Deny":
            if self.choose.chance(50):
                document["Statement"] = [one for one in document["Statement"] if one is not statement]
            else:
                self.add_condition(statement)
            return
        ways: list[Callable[[Json], None]] = [self.more_values, self.wider_resource, self.fewer_conditions]
        self.choose.one(ways)(statement)

    def more_values(self, statement: Json) -> None:
        for operator, block in statement.get("Condition", {}).items():
            for key, values in block.items():
                pool = [one for operators, keys, one in KINDS[self.kind] if operator in operators and key in keys]
                if operator != "Null" and pool:
                    values.append(self.choose.one(pool[0]))
                    return
        self.wider_resource(statement)

    def wider_resource(self, statement: Json) -> None:
        element = "Resource" if "Resource" in statement else "NotResource"
        if statement[element] != "*":
            statement[element].append(self.choose.one(RESOURCES[self.service]))

    def fewer_conditions(self, statement: Json) -> None:
        conditions = statement.pop("Condition", {})
        if len(conditions) > 1:
            conditions.pop(self.choose.one(list(conditions)))
            statement["Condition"] = conditions

    def change(self, policies: Json) -> None:
        """Any other statement."""
        statements: list[Any] = self.some(policies)["Statement"]
        if self.choose.chance(50):
            statements.append(self.statement())
        else:
            statements[statements.index(self.choose.one(statements))] = self.statement()


def random_pairs(kind: str, count: int, seed: int = 0) -> list[Pair]:
    """Pairs of one kind, the same for the same seed."""
    return [
        PairMaker(RandomChoose(random.Random(f"{kind} {seed} {number}")), kind).pair(f"{kind} {seed}.{number}")
        for number in range(count)
    ]


if __name__ == "__main__":
    found = random_pairs(sys.argv[1], int(sys.argv[2]) + 1)[-1]
    print(json.dumps({"narrower": found.narrower, "wider": found.wider}, indent=2))
