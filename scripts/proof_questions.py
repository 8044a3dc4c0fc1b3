"""Questions that are hard by design, and questions that grow: what `scripts/bench_proofs.py` asks beside pairs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

from grantgraph.model import Application, Environment, Principal, PrincipalType, Resource
from grantgraph.policy import PolicyType, parse_policy
from tests.hand_made import allow, deny, document, identity
from tests.pairs import Json, Pair

ACCOUNT = "111122223333"
WORDS = [
    "ash", "bay", "cod", "dew", "elm", "fig", "gnu", "hop", "ivy", "jay",
    "kit", "lea", "moa", "nut", "oak", "pea", "qat", "rye", "sow", "tea",
]  # fmt: skip


def stress() -> Iterator[Pair]:
    """Questions on which cutting everything up front, or branching without order, would explode."""
    for count in (2, 5, 10, 15, 20):
        yield _all_words(count, True)
        yield _all_words(count, False)
    yield _many_keys(60, 360)
    yield _many_keys(60, 360, implied=True)
    yield _cover(6, 11)


def _all_words(count: int, implied: bool) -> Pair:
    """A tag that holds every word, against one that holds the first two in some order, or in this order."""
    key = "aws:PrincipalTag/words"
    own = identity(
        allow("sqs:SendMessage"),
        *(deny("sqs:*", StringNotLike={key: f"*{word}*"}) for word in WORDS[:count]),
    )
    first, second = WORDS[0], WORDS[1]
    either = [f"*{first}*{second}*"] + ([f"*{second}*{first}*"] if implied else [])
    name = f"{count} patterns *word*, in {'any' if implied else 'this'} order"
    return Pair("stress", name, own, identity(allow("sqs:SendMessage", StringLike={key: either})))


def _many_keys(keys: int, count: int, implied: bool = False) -> Pair:
    """Random Deny statements over three of many tags each; the wider set leaves one out, or none."""
    choose = random.Random(f"{keys} {count}")
    denials: list[Json] = []
    for _ in range(count):
        condition: dict[str, dict[str, str]] = {}
        for key in choose.sample(range(keys), 3):
            operator = choose.choice(["StringEquals", "StringNotEquals"])
            condition.setdefault(operator, {})[f"aws:PrincipalTag/k{key}"] = "on"
        denials.append(deny("sqs:*", **condition))
    name = f"{keys} keys, {count} statements of three" + (", the same" if implied else ", one more")
    sides = (denials[::-1], denials) if implied else (denials[1:], denials)
    narrower, wider = (identity(allow("sqs:SendMessage"), *side) for side in sides)
    return Pair("stress", name, narrower, wider)


def _cover(keys: int, count: int) -> Pair:
    """Everything, against Allow statements over a few keys that leave little or nothing uncovered."""
    choose = random.Random(f"cover {keys} {count}")
    statements: list[Json] = []
    for _ in range(count):
        condition: dict[str, dict[str, str]] = {}
        for key in choose.sample(range(keys), 2):
            operator = choose.choice(["StringEquals", "StringNotEquals", "StringLike"])
            condition.setdefault(operator, {})[f"aws:PrincipalTag/k{key}"] = choose.choice(["a", "b", "a*"])
        statements.append(allow("sqs:SendMessage", **condition))
    name = f"{count} Allow statements over {keys} keys"
    return Pair("stress", name, identity(allow("sqs:SendMessage")), identity(*statements))


def statements(count: int) -> Pair:
    """One question over that many statements: buckets of teams, against the same without one condition."""
    own = [
        allow(
            ["s3:GetObject", "s3:PutObject"],
            f"arn:aws:s3:::bucket-{number}/*",
            StringEquals={"aws:PrincipalTag/team": f"team-{number}"},
        )
        for number in range(count)
    ]
    wider = [*own[:-1], {**own[-1], "Condition": {}}]
    return Pair("growth", f"{count} statements", identity(*own), identity(*wider))


def differing(count: int) -> Pair:
    """The same, with every statement told in another way on the other side."""
    own = [
        allow(
            "s3:GetObject",
            f"arn:aws:s3:::bucket-{number}/*",
            StringLike={"aws:PrincipalTag/team": f"t-{number}-*"},
        )
        for number in range(count)
    ]
    wider = [
        allow("s3:Get*", f"arn:aws:s3:::bucket-{number}/*", StringLike={"aws:PrincipalTag/team": f"t-{number}*"})
        for number in range(count)
    ]
    return Pair("growth", f"{count} differing statements", identity(*own), identity(*wider))


@cache
def application(roles: int) -> Application:
    """An application of that many functions, each with a role and a table of its own, which no role may change:
    to see that, an Allow for one team has to be held against a Deny for all.
    """
    principals, resources = [], []
    for number in range(roles):
        table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/notes-{number}"
        written = document(
            allow(["dynamodb:GetItem", "dynamodb:Query"], [table, f"{table}/index/*"]),
            allow("dynamodb:PutItem", table, StringEquals={"aws:PrincipalTag/team": f"team-{number}"}),
            deny("dynamodb:Put*", StringLike={"aws:PrincipalTag/team": "team-*"}),
        )
        policy = parse_policy(written, PolicyType.IDENTITY_BASED, f"read {number}").value
        arn = f"arn:aws:iam::{ACCOUNT}:role/function-{number}"
        principals.append(Principal(f"function-{number}", PrincipalType.FUNCTION, arn, policies=(policy,)))
        resources.append(Resource(f"notes-{number}", "dynamodb:table", table, ACCOUNT))
    environment = Environment("aws", "us-east-1", ACCOUNT)
    return Application("grown", "", environment, tuple(principals), tuple(resources))
