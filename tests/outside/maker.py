"""Random decisions of what MiniStack says it supports, made so that statements match often.

Few services and few names, most policies about the very request; what MiniStack is known to get wrong is rare.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
Json = dict[str, Any]

OWN, OTHER = "111122223333", "444455556666"

RESOURCES: dict[str, list[str]] = {
    "s3": ["arn:aws:s3:::b", "arn:aws:s3:::b/a/x", "arn:aws:s3:::b/a/Y", "arn:aws:s3:::b2/a"],
    "sqs": [f"arn:aws:sqs:us-east-1:{OWN}:q", f"arn:aws:sqs:us-east-1:{OTHER}:q"],
    "sns": [f"arn:aws:sns:us-east-1:{OWN}:t", f"arn:aws:sns:eu-west-1:{OTHER}:t"],
    "lambda": [f"arn:aws:lambda:us-east-1:{OWN}:function:f", f"arn:aws:lambda:us-east-1:{OWN}:function:f:prod"],
    "kms": [f"arn:aws:kms:us-east-1:{OWN}:key/k", f"arn:aws:kms:us-east-1:{OTHER}:key/k"],
    "dynamodb": [f"arn:aws:dynamodb:us-east-1:{OWN}:table/T", f"arn:aws:dynamodb:us-east-1:{OWN}:table/T/index/I"],
}
ACTIONS: dict[str, list[str]] = {
    "s3": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
    "sqs": ["sqs:SendMessage", "sqs:ReceiveMessage"],
    "sns": ["sns:Publish", "sns:Subscribe"],
    "lambda": ["lambda:InvokeFunction", "lambda:GetFunction"],
    "kms": ["kms:Decrypt", "kms:Encrypt"],
    "dynamodb": ["dynamodb:GetItem", "dynamodb:Query"],
}
USER = f"arn:aws:iam::{OWN}:user/alice"
ROLE = f"arn:aws:iam::{OWN}:role/app"
CALLERS: list[Json] = [
    {"principal": USER},
    {"principal": USER},
    {"principal": ROLE, "session": "s"},
    {"principal": f"arn:aws:iam::{OWN}:role/team/app", "session": "s"},
    {"principal": f"arn:aws:sts::{OWN}:assumed-role/app/s"},
    {"principal": f"arn:aws:iam::{OTHER}:user/bob"},
    {"principal": f"arn:aws:iam::{OTHER}:role/app", "session": "s"},
    {"principal": f"arn:aws:sts::{OWN}:federated-user/bob"},
    {"principal": "lambda.amazonaws.com"},
    {"principal": "anonymous"},
]
MEMBERS: list[tuple[str, str]] = [
    ("AWS", OWN),
    ("AWS", f"arn:aws:iam::{OWN}:root"),
    ("AWS", OTHER),
    ("AWS", "*"),
    ("AWS", USER),
    ("AWS", f"arn:aws:iam::{OTHER}:user/bob"),
    ("AWS", f"arn:aws:iam::{OWN}:role/app"),
    ("AWS", f"arn:aws:iam::{OTHER}:role/app"),
    ("AWS", f"arn:aws:sts::{OWN}:assumed-role/app/s"),
    ("AWS", f"arn:aws:sts::{OWN}:federated-user/bob"),
    ("Service", "lambda.amazonaws.com"),
    ("Service", "s3.amazonaws.com"),
    ("Federated", "cognito-identity.amazonaws.com"),
]

TEXTS = ["a", "ab", "A", "team/a", "prod", "Prod", "a*"]
PATTERNS = ["a", "a*", "*", "?", "A*", "*b", "team/*", "t??m/a", "prod"]
NUMBERS = ["0", "1", "10", "10.0", "-1", "1.5", "007"]
DATES = ["2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "1767225600", "2027-05-05T10:00:00Z"]
ADDRESSES = ["10.0.0.1", "10.1.2.3", "192.0.2.1", "2001:db8::1"]
NETWORKS = ["10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "2001:db8::/32", "10.0.0.1/24", "::/0"]
ARNS = [f"arn:aws:sns:us-east-1:{OWN}:t", "arn:aws:s3:::b/a:b", f"arn:aws:lambda:us-east-1:{OTHER}:function:f"]
ARN_PATTERNS = [*ARNS, f"arn:aws:sns:us-east-1:{OWN}:*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a?b"]
BOOLEANS = ["true", "false", "True"]

KEYS: dict[str, list[str]] = {
    "k:Text": TEXTS,
    "aws:PrincipalTag/team": TEXTS,
    "aws:RequestTag/team": TEXTS,
    "k:Number": NUMBERS,
    "k:Date": DATES,
    "k:Flag": BOOLEANS,
    "aws:SecureTransport": ["true", "false"],
    "aws:SourceIp": ADDRESSES,
    "aws:RequestedRegion": ["us-east-1", "eu-west-1"],
    "aws:SourceArn": ARNS,
}
SETS: dict[str, list[str]] = {"k:Many": TEXTS, "aws:TagKeys": TEXTS}
ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
STRING_KEYS = ["k:Text", "aws:PrincipalTag/team", "aws:RequestTag/team"]
OPERATORS: dict[str, tuple[list[str], list[str]]] = {
    "StringEquals": ([*STRING_KEYS, "aws:RequestedRegion"], [*TEXTS, "us-east-1"]),
    "StringNotEquals": (STRING_KEYS, TEXTS),
    "StringEqualsIgnoreCase": (STRING_KEYS, TEXTS),
    "StringNotEqualsIgnoreCase": (STRING_KEYS, TEXTS),
    "StringLike": ([*STRING_KEYS, "aws:username", "aws:PrincipalAccount"], [*PATTERNS, "1*", "al?ce"]),
    "StringNotLike": ([*STRING_KEYS, "aws:username"], [*PATTERNS, "al*"]),
    **{f"Numeric{order}": (["k:Number"], NUMBERS) for order in ORDERS},
    **{f"Date{order}": (["k:Date"], DATES) for order in ORDERS},
    "Bool": (["k:Flag", "aws:SecureTransport"], BOOLEANS),
    "IpAddress": (["aws:SourceIp"], NETWORKS),
    "NotIpAddress": (["aws:SourceIp"], NETWORKS),
    "ArnEquals": (["aws:SourceArn"], ARN_PATTERNS),
    "ArnLike": (["aws:SourceArn"], ARN_PATTERNS),
    "ArnNotEquals": (["aws:SourceArn"], ARN_PATTERNS),
    "ArnNotLike": (["aws:SourceArn"], ARN_PATTERNS),
    "Null": ([*KEYS, *SETS], ["true", "false"]),
}
IN_SETS = [one for one in OPERATORS if one.startswith("String")]
ODD: list[tuple[str, str, list[Any], Any]] = [
    ("StringLike", "k:Text", ["${aws:username}*", "${*}"], "alice"),
    ("ArnLike", "aws:SourceArn", ["arn:aws:*:*:*:*"], ARNS[0]),
    ("DateGreaterThan", "k:Date", ["2026", "2026-02"], "2026-03-01T00:00:00Z"),
    ("NumericEquals", "k:Number", ["1e1", "10"], "10"),
    ("BinaryEquals", "k:Bytes", ["YR=="], "YQ=="),
    ("StringEquals", "k:Flag", [True], "true"),
    ("Null", "k:Text", ["true", "false"], ""),
    ("ForAllValues:StringLike", "k:Text", ["a"], ""),
    ("ArnLike", "aws:PrincipalArn", [f"arn:aws:iam::{OWN}:role/app"], ""),
]
"""What MiniStack is known to get wrong: operator, key, values, and what the request holds."""


class Maker:
    """Makes cases in the format of docs/cases.md."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def chance(self, percent: float) -> bool:
        return self.random.random() * 100 < percent

    def some(self, options: Sequence[T], most: int = 3) -> list[T]:
        return [self.one(options) for _ in range(self.random.randint(1, most))]

    # ── requests ──

    def request(self, service: str) -> Json:
        caller = self.one(CALLERS[:6]) if self.chance(75) else self.one(CALLERS)
        found: Json = {**caller, "action": self.one(ACTIONS[service]), "resource": self.one(RESOURCES[service])}
        if self.chance(25):
            found["action"] = (
                str(found["action"]).upper().replace("S3:", "s3:") if self.chance(20) else found["action"]
            )
        if service == "s3" and self.chance(25):
            found["resource_account"] = self.one([OWN, OTHER])
        context: Json = {key: self.one(values) for key, values in KEYS.items() if self.chance(60)}
        context.update({key: self.some(values) for key, values in SETS.items() if self.chance(60)})
        context["aws:SecureTransport"] = self.one(["true", "false"])
        return {**found, "context": context}

    # ── policies ──

    def condition(self, context: Json) -> tuple[str, str, list[Any]]:
        """An operator, a key and values, which are the request's own more often than by chance."""
        if self.chance(2):
            operator, key, values, given = self.one(ODD)
            if given:
                context[key] = given
            return operator, key, values
        if self.chance(15):
            operator, key = self.one(IN_SETS), self.one(list(SETS))
            quantifier = self.one(["ForAllValues", "ForAnyValue"])
            return f"{quantifier}:{operator}", key, self.some(OPERATORS[operator][1], 4)
        operator = self.one(list(OPERATORS))
        keys, values = OPERATORS[operator]
        key = self.one(keys)
        if operator == "Null":
            return operator, key, [self.one(values)]
        own = context.get(key)
        if isinstance(own, str) and self.chance(40) and operator != "Bool":
            values = [own]
        found = self.some(values)
        if self.chance(12):
            operator = f"{self.one(['ForAllValues', 'ForAnyValue'])}:{operator}"
        elif self.chance(15):
            operator += "IfExists"
        return operator, self.one([key, key.lower(), key.upper()]), found[:1] if "Bool" in operator else found

    def actions(self, request: Json, service: str) -> list[str]:
        own: str = request["action"]
        near = [own, own.lower(), f"{service}:*", "*", own[:-2] + "*", own[:-3] + "?" + own[-2:]]
        odd = [f"{service[0]}*:*"] if self.chance(0.5) else []
        return odd or self.some([*near, *near, *ACTIONS[service]], 2)

    def resources(self, request: Json, service: str) -> list[str]:
        own: str = request["resource"]
        head, tail = own.rsplit(":", 1)
        near = ["*", own, own + "*", own[:-1] + "?", f"{head}:*", f"{head}:{tail[0]}*"]
        if self.chance(3):
            near += ["arn:aws:*:*:*:*", own.replace(":us-", ":u*-"), own.replace(":aws:", ":aws?")]
        return self.some([*near, *near, *RESOURCES[service]], 2)

    def statement(self, request: Json, service: str, who: bool = False, deny: int = 18) -> Json:
        found: Json = {"Effect": "Deny" if self.chance(deny) else "Allow"}
        if who:
            found["NotPrincipal" if self.chance(1) else "Principal"] = self.principal(request)
        found["NotAction" if self.chance(8) else "Action"] = self.actions(request, service)
        found["NotResource" if self.chance(8) else "Resource"] = self.resources(request, service)
        conditions: Json = {}
        most = self.one((0, 0, 1, 1, 2)) if found["Effect"] == "Allow" else self.one((0, 1, 2, 2, 3))
        for _ in range(most):
            operator, key, values = self.condition(request["context"])
            conditions.setdefault(operator, {})[key] = values
        return {**found, "Condition": conditions} if conditions else found

    def principal(self, request: Json) -> Any:
        if self.chance(8):
            return "*"
        found: dict[str, list[str]] = {}
        own = ("Service" if ":" not in request["principal"] else "AWS", request["principal"])
        options = [*MEMBERS, own, own, own] if own[1] != "anonymous" else MEMBERS
        for kind, value in self.some(options):
            found.setdefault(kind, []).append(value)
        if self.chance(2):
            found.setdefault("AWS", []).append(self.one([f"arn:aws:iam::{OWN}:user/*", USER.replace("al", "Al")]))
        return found

    def document(self, request: Json, service: str, who: bool = False) -> Json:
        statements = [self.statement(request, service, who) for _ in range(self.one((1, 2, 2, 3)))]
        return {"Version": "2012-10-17", "Statement": statements}

    def limit(self, request: Json, service: str) -> Json:
        """A policy that limits, and mostly lets through."""
        found = self.document(request, service)
        if self.chance(65):
            found["Statement"].append({"Effect": "Allow", "Action": f"{service}:*", "Resource": "*"})
        return found

    def cases(self, requests: int) -> Iterator[Json]:
        """Cases with the same policies; further requests differ in action, resource or context."""
        first = self.case()
        yield first
        for _ in range(requests - 1):
            request = {**first["request"]}
            service = request["action"].partition(":")[0].lower()
            if service in ACTIONS:
                part = self.one(("action", "resource", "context", "principal"))
                if part == "principal":
                    request["principal"] = self.one([one["principal"] for one in CALLERS])
                elif part == "resource" and "resource_account" in request:
                    pass
                else:
                    request[part] = self.request(service)[part]
            else:
                request["context"] = self.request("s3")["context"]
            yield {**first, "request": request}

    def case(self) -> Json:
        if self.chance(10):
            return self.trust_case()
        if self.chance(10):
            return self.limited_case()
        service = self.one(list(RESOURCES))
        request = self.request(service)
        found: Json = {"request": request, "expect": "unknown"}
        found["identity_based"] = [self.document(request, service) for _ in range(self.one((0, 1, 1, 1, 2)))]
        owner = request.get("resource_account") or request["resource"].split(":")[4]
        needed = service == "kms" or (owner and f":{owner}:" not in request["principal"])
        if self.chance(97 if needed else 45):
            found["resource_based"] = self.document(request, service, who=True)
        if self.chance(20):
            found["permissions_boundary"] = self.limit(request, service)
        if self.chance(20):
            found["session"] = [self.limit(request, service) for _ in range(self.one((1, 1, 2)))]
        return found

    def limited_case(self) -> Json:
        """A resource policy gives, by one way of naming the caller or another, what limits may not let through."""
        service = self.one(list(RESOURCES))
        request = self.request(service)
        request.update(self.one([{"principal": USER}, {"principal": ROLE, "session": "s"}]))
        found: Json = {"request": request, "expect": "unknown"}
        own, everything = request["principal"], {"Effect": "Allow", "Action": "*", "Resource": "*"}
        names = [own, own, OWN, f"arn:aws:sts::{OWN}:assumed-role/app/s"]
        found["resource_based"] = {**everything, "Principal": {"AWS": self.some(names, 2)}}
        found["identity_based"] = [everything] if self.chance(40) else []
        others = {**everything, "Action": "ec2:*"}
        if self.chance(60):
            found["permissions_boundary"] = self.one([others, others, everything])
        if "session" in request and self.chance(60):
            found["session"] = self.one([others, others, everything])
        return found

    def trust_case(self) -> Json:
        """Somebody assumes a role."""
        request = self.request("s3")
        request["resource"] = self.one([f"arn:aws:iam::{OWN}:role/app", f"arn:aws:iam::{OTHER}:role/app"])
        request["action"] = "sts:AssumeRole"
        request.pop("resource_account", None)
        if ":" not in request["principal"]:
            request.update(principal="cognito-identity.amazonaws.com", action="sts:AssumeRoleWithWebIdentity")
        statements = []
        for _ in range(self.one((1, 2, 3))):
            statement = self.statement(request, "s3", who=True)
            del statement["NotResource" if "NotResource" in statement else "Resource"]
            statement.pop("NotPrincipal", None)
            statement["Principal"] = {"AWS": self.some([one for kind, one in MEMBERS if kind == "AWS"], 2)}
            if request["principal"] == "cognito-identity.amazonaws.com":
                statement["Principal"] = {"Federated": self.one([request["principal"], "accounts.google.com"])}
            if "Action" in statement:
                statement["Action"] = self.one([request["action"], "sts:AssumeRole*", "sts:*", "sts:TagSession"])
            statements.append(statement)
        identity = [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": self.one(["*", request["resource"]])}
        ]
        return {
            "request": request,
            "identity_based": identity if self.chance(70) else [],
            "trust": statements,
            "expect": "unknown",
        }
