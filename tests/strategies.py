"""Random cases of IAM, made so that things match often: few services, few names, many wildcards and variables.

One maker serves two masters: `cases` is a Hypothesis strategy that shrinks, and `scripts/fuzz.py` feeds the same
maker from a plain random generator, which is many times faster.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Json = dict[str, Any]

OWN, OTHER = "111122223333", "444455556666"
SUB = "us-east-1:7f3c"
STRINGS = ["", "a", "ab", "A", "a*", "team/a", SUB, "prod", "private/a/x", "?"]
PATTERNS = [
    "a",
    "a*",
    "*",
    "?",
    "A*",
    "*b",
    "team/*",
    "${aws:PrincipalTag/team}",
    "${aws:username}",
    "${*}",
    "${?}a",
    "${aws:PrincipalTag/team, 'a'}",
    "private/${aws:PrincipalTag/team}/*",
    "${aws:userid",
    "${k:Many}",
    "prod",
]
NUMBERS = ["0", "1", "10", "10.0", "-1", "1.5", "10abc", "007", "1e3", ""]
DATES = [
    "2026",
    "2026-01",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
    "1767225600",
    "0",
    "2026-01-01T00:00:00.5Z",
    "soon",
    "1767225600000",
    "2026-13-01",
]
BOOLEANS = ["true", "false", "True", "yes", "${aws:SecureTransport}"]
ADDRESSES = ["10.0.0.1", "10.1.2.3", "192.0.2.1", "2001:db8::1", "::ffff:10.0.0.1", "::1", "nowhere", "10.0.0.1/8"]
NETWORKS = [
    "10.0.0.0/8",
    "10.0.0.1",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/32",
    "::ffff:10.0.0.0/104",
    "10.0.0.1/24",
    "x",
]
BYTES = ["YQ==", "YR==", "YWI=", "a", "YQ"]
ARNS = [
    f"arn:aws:iam::{OWN}:role/app",
    f"arn:aws:iam::{OWN}:role/team/app",
    f"arn:aws:sns:us-east-1:{OWN}:t",
    "arn:aws:s3:::b/a:b:c",
    "not-an-arn",
    f"arn:aws:iam::{OTHER}:user/bob",
]
ARN_PATTERNS = [
    f"arn:aws:iam::{OWN}:role/*",
    "arn:aws:iam::*:role/app",
    "arn:*:*:*:*:*",
    "arn:aws:s3:::b/*",
    "*",
    f"arn:aws:sns:*:{OWN}:t",
    "arn:aws:iam:*",
    "arn:aws:s3:::b/${aws:PrincipalTag/team}*",
    ARNS[0],
]
KEYS = {
    "k:Text": STRINGS,
    "k:Number": NUMBERS,
    "k:Date": DATES,
    "k:Flag": BOOLEANS,
    "k:Bytes": BYTES,
    "aws:SourceIp": ADDRESSES,
    "aws:SourceArn": ARNS,
    "k:Many": STRINGS,
    "aws:PrincipalTag/team": STRINGS,
    "aws:PrincipalArn": ARNS,
}
OPERATORS: dict[str, tuple[list[str], list[str]]] = {
    **{
        name: (
            ["k:Text", "k:Many", "aws:PrincipalTag/team", "aws:PrincipalArn", "aws:username"],
            PATTERNS + STRINGS[1:4],
        )
        for name in (
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        )
    },
    **{
        f"Numeric{way}": (["k:Number"], NUMBERS)
        for way in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    },
    **{
        f"Date{way}": (["k:Date"], DATES)
        for way in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    },
    "Bool": (["k:Flag"], BOOLEANS),
    "BinaryEquals": (["k:Bytes"], BYTES),
    "IpAddress": (["aws:SourceIp"], NETWORKS),
    "NotIpAddress": (["aws:SourceIp"], NETWORKS),
    **{
        name: (["aws:SourceArn", "aws:PrincipalArn", "k:Text"], ARN_PATTERNS)
        for name in ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
    },
    "Null": (list(KEYS), ["true", "false"]),
}
ACTIONS = {
    "s3": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
    "sqs": ["sqs:SendMessage", "sqs:SetQueueAttributes"],
    "dynamodb": ["dynamodb:GetItem", "dynamodb:Scan"],
    "lambda": ["lambda:InvokeFunction"],
    "kms": ["kms:Decrypt", "kms:RetireGrant"],
    "sts": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession"],
    "iam": ["iam:PassRole", "iam:CreatePolicyVersion"],
    "execute-api": ["execute-api:Invoke"],
}
ACTION_PATTERNS = [
    "*",
    "**",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "s3:?etObject",
    "sqs:*",
    "dynamodb:*",
    "kms:*",
    "sts:Assume*",
    "sts:*",
    "iam:*",
    "lambda:InvokeFunction",
    "execute-api:*",
    "*:GetObject",
    "s3:",
    "s?:*",
]
RESOURCES = {
    "s3": ["arn:aws:s3:::b", "arn:aws:s3:::b/a/x", "arn:aws:s3:::b/private/a/x", "arn:aws:s3:::b2/ab"],
    "sqs": [f"arn:aws:sqs:us-east-1:{OWN}:q", f"arn:aws:sqs:us-east-1:{OTHER}:q"],
    "dynamodb": [f"arn:aws:dynamodb:us-east-1:{OWN}:table/T", f"arn:aws:dynamodb:eu-west-1:{OWN}:table/T/index/I"],
    "lambda": [f"arn:aws:lambda:us-east-1:{OWN}:function:f", f"arn:aws:lambda:us-east-1:{OWN}:function:f:prod"],
    "kms": [
        f"arn:aws:kms:us-east-1:{OWN}:key/k",
        f"arn:aws:kms:us-east-1:{OTHER}:key/k",
        f"arn:aws:kms:us-east-1:{OWN}:alias/a",
    ],
    "sts": [f"arn:aws:iam::{OWN}:role/app", f"arn:aws:iam::{OTHER}:role/app", f"arn:aws-cn:iam::{OTHER}:role/app"],
    "iam": [f"arn:aws:iam::{OWN}:role/app", "arn:aws:iam::aws:policy/P"],
    "execute-api": [f"arn:aws:execute-api:us-east-1:{OWN}:id/prod/GET/a"],
}
RESOURCE_PATTERNS = {
    "s3": [
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b*",
        "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
        "arn:aws:S3:::b/*",
        "arn:aws:s3:::b/private/${aws:PrincipalTag/team, 'a'}/?",
        "arn:aws:s3:*:*:b",
        "arn:*:s3:::b2/${*}*",
        "arn:aws:s3:b*",
    ],
    "sqs": ["arn:aws:sqs:*:*:q", "arn:aws:sqs:us-*-1:*", f"arn:aws:sqs:*:{OWN}:*"],
    "dynamodb": [
        "arn:aws:dynamodb:*:table/T",
        "arn:aws:dynamodb:*:*:table/T*",
        f"arn:aws:dynamodb:us-e*:{OWN}:table/T",
    ],
    "lambda": ["arn:aws:lambda:*:*:function:f", "arn:aws:lambda:*:*:function:f*", "arn:aws:lambda:*:f:prod"],
    "kms": ["arn:aws:kms:*:*:key/*"],
    "sts": ["arn:aws:iam::*:role/*", "arn:aws*:iam::*:role/app"],
    "iam": ["arn:aws:iam::*:*", "arn:aws:iam::aws:policy/*"],
    "execute-api": ["arn:aws:execute-api:*:*:id/*/GET/?"],
}
CALLERS = [
    {"principal": f"arn:aws:iam::{OWN}:user/alice"},
    {"principal": f"arn:aws:iam::{OWN}:role/team/app"},
    {"principal": f"arn:aws:iam::{OWN}:role/app", "session": "s"},
    {"principal": f"arn:aws:iam::{OWN}:root"},
    {"principal": f"arn:aws:sts::{OWN}:assumed-role/app/s"},
    {"principal": f"arn:aws:sts::{OWN}:federated-user/bob"},
    {"principal": f"arn:aws:sts::{OWN}:federated-user/bob", "federated_by": f"arn:aws:iam::{OWN}:user/alice"},
    {"principal": "anonymous"},
    {"principal": "lambda.amazonaws.com"},
    {"principal": "cognito-identity.amazonaws.com"},
    {"principal": f"arn:aws:iam::{OWN}:saml-provider/idp"},
    {"principal": f"arn:aws:iam::{OWN}:user/alice", "canonical_id": "c1"},
    {"principal": f"arn:aws:iam::{OWN}:role/aws-service-role/x.amazonaws.com/Linked"},
]
PRINCIPALS: list[tuple[str, str]] = [
    ("AWS", "*"),
    ("AWS", OWN),
    ("AWS", f"arn:aws:iam::{OWN}:root"),
    ("AWS", OTHER),
    ("AWS", f"arn:aws:iam::{OWN}:user/alice"),
    ("AWS", f"arn:aws:iam::{OWN}:role/team/app"),
    ("AWS", f"arn:aws:iam::{OWN}:role/app"),
    ("AWS", f"arn:aws:iam::{OWN}:role/*"),
    ("AWS", f"arn:aws:sts::{OWN}:assumed-role/app/s"),
    ("AWS", f"arn:aws:sts::{OWN}:federated-user/bob"),
    ("Service", "lambda.amazonaws.com"),
    ("Service", "s3.amazonaws.com"),
    ("Federated", "cognito-identity.amazonaws.com"),
    ("Federated", f"arn:aws:iam::{OWN}:saml-provider/idp"),
    ("CanonicalUser", "c1"),
]


class Choose(Protocol):
    """Where the choices come from."""

    def one(self, options: Sequence[T]) -> T: ...

    def chance(self, percent: int) -> bool: ...


class RandomChoose:
    """Choices of a plain random generator."""

    def __init__(self, generator: random.Random) -> None:
        self.random = generator.random

    def one(self, options: Sequence[T]) -> T:
        return options[int(self.random() * len(options))]

    def chance(self, percent: int) -> bool:
        return self.random() * 100 < percent


class DrawnChoose:
    """Choices of Hypothesis, which shrink towards the first option and towards no."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        from hypothesis import strategies as st

        self.draw, self.st = draw, st

    def one(self, options: Sequence[T]) -> T:
        found: T = self.draw(self.st.sampled_from(options))
        return found

    def chance(self, percent: int) -> bool:
        return bool(self.draw(self.st.integers(0, 99)) >= 100 - percent)


class Maker:
    """Makes cases in the format of docs/cases.md, with every document written out."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose

    def some(self, options: Sequence[T], most: int = 3) -> list[T]:
        return [self.choose.one(options) for _ in range(self.choose.one(range(1, most + 1)))]

    def condition(self) -> tuple[str, str, list[str]]:
        operator = self.choose.one(list(OPERATORS))
        keys, values = OPERATORS[operator]
        name = operator
        if operator != "Null":
            name += "IfExists" if self.choose.chance(20) else ""
            name = f"{self.choose.one(['ForAllValues', 'ForAnyValue'])}:{name}" if self.choose.chance(25) else name
        return name, self.choose.one(keys), self.some(values)

    def statement(self, service: str, who: bool, trust: bool = False) -> Json:
        choose = self.choose
        found: Json = {"Effect": "Deny" if choose.chance(25) else "Allow"}
        if who:
            element = "NotPrincipal" if not trust and choose.chance(12) else "Principal"
            found[element] = "*" if choose.chance(15) else self.principals()
        actions = [*ACTIONS[service], "*"] if choose.chance(70) else ACTION_PATTERNS
        found["NotAction" if choose.chance(12) else "Action"] = self.some(actions)
        if not trust:
            own = [*RESOURCES[service], *RESOURCE_PATTERNS[service], "*"]
            found["NotResource" if choose.chance(12) else "Resource"] = self.some(own, 2)
        conditions: dict[str, Any] = {}
        for _ in range(choose.one((0, 0, 1, 1, 2))):
            operator, key, values = self.condition()
            conditions.setdefault(operator, {})[key] = values
        if conditions:
            found["Condition"] = conditions
        return found

    def principals(self) -> Json:
        found: Json = {}
        for kind, value in self.some(PRINCIPALS):
            found.setdefault(kind, []).append(value)
        return found

    def document(self, service: str, who: bool = False, trust: bool = False) -> Json:
        statements = [self.statement(service, who, trust) for _ in range(self.choose.one((1, 2, 3)))]
        version = {"Version": "2008-10-17"} if self.choose.chance(6) else {"Version": "2012-10-17"}
        return {**({} if self.choose.chance(3) else version), "Statement": statements}

    def guard(self, service: str) -> Json:
        """A policy of an organization, which mostly allows all."""
        document = self.document(service)
        if self.choose.chance(70):
            document["Statement"].append({"Effect": "Allow", "Action": "*", "Resource": "*"})
        return document

    def policies(self, service: str) -> Json:
        choose = self.choose
        found: Json = {"identity_based": [self.document(service) for _ in range(choose.one((0, 1, 1, 2)))]}
        if service == "sts":
            if choose.chance(75):
                found["trust"] = self.document(service, who=True, trust=True)
        elif choose.chance(50):
            found["resource_based"] = self.document(service, who=True)
        if choose.chance(20):
            found["permissions_boundary"] = self.guard(service)
        if choose.chance(20):
            found["session"] = [self.guard(service)]
        if choose.chance(10):
            found["vpc_endpoint"] = {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
                    self.statement(service, who=True),
                ],
            }
        if choose.chance(15):
            found["scps"] = [[self.guard(service)] for _ in range(choose.one((1, 2)))]
        if choose.chance(15):
            denying = self.document(service)
            for statement in denying["Statement"]:
                statement.update(Effect="Deny", Principal="*")
            found["rcps"] = [[denying]]
        return found

    def context(self) -> Json:
        found: Json = {}
        for key, values in KEYS.items():
            if self.choose.chance(55):
                found[key] = self.some(values, 2) if key == "k:Many" else self.choose.one(values)
        if self.choose.chance(5):
            found["k:Many"] = []
        return found

    def request(self, service: str) -> Json:
        choose = self.choose
        caller: Json = choose.one(CALLERS[:6]) if choose.chance(60) else choose.one(CALLERS)
        found: Json = {**caller, "action": choose.one(ACTIONS[service]), "context": self.context()}
        found["resource"] = "*" if choose.chance(4) else choose.one(RESOURCES[service])
        if choose.chance(15):
            found["resource_account"] = choose.one([OWN, OTHER])
        situation: Json = {}
        if choose.chance(6):
            flags = [
                "caller_in_management_account",
                "resource_in_management_account",
                "aws_managed_key",
                "restrict_public_buckets",
            ]
            situation = dict.fromkeys(self.some(flags), True)
        if service == "execute-api" and choose.chance(60):
            situation["authorizer"] = choose.one(["none", "iam", "user-pool", "lambda"])
        return {**found, "situation": situation} if situation else found

    def case(self) -> Json:
        service = self.choose.one(list(ACTIONS))
        return {"request": self.request(service), **self.policies(service), "expect": "unknown"}


def documents(choose: Choose) -> Json:
    """One identity-based document about S3."""
    return Maker(choose).document("s3")


def cases() -> Any:
    """A Hypothesis strategy of whole cases."""
    from hypothesis import strategies as st

    return st.composite(lambda draw: Maker(DrawnChoose(draw)).case())()
