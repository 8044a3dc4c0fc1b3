"""What is answered without a search, and what is cut before it: the answers are the ones that searching gives."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from grantgraph.evaluate import parse_caller
from grantgraph.policy import PolicySet, PolicyType, parse_policy
from grantgraph.prove import Answer, Proved, Refuted, Standing, Target, cuts, implies, never, questions, session_of
from tests.opinions import CATALOG
from tests.pair_maker import ACTIONS, KINDS, random_pairs
from tests.pairs import Json, standing_of

NAMED = [action for names in ACTIONS.values() for name in names if (action := CATALOG.action(name))]
Plainly = Callable[[Standing, Standing | None], Answer]


@pytest.fixture
def plainly(monkeypatch: pytest.MonkeyPatch) -> Plainly:
    """`implies`, or with one side `never`, that searches for everything, in one piece."""

    def answer(narrower: Standing, wider: Standing | None) -> Answer:
        with monkeypatch.context() as patch:
            patch.setattr(questions, "are_plain", lambda *_: False)
            patch.setattr(questions, "beyond", lambda narrower, _: narrower)
            patch.setattr(questions, "grants_nothing", lambda *_: False)
            patch.setattr(cuts, "MANY", 1_000_000)
            if wider is None:
                return never(narrower, NAMED, CATALOG)
            return implies(narrower, wider, NAMED, CATALOG)

    return answer


def same(one: Answer, other: Answer) -> bool:
    return {type(one), type(other)} != {Proved, Refuted}


@pytest.mark.parametrize("kind", KINDS)
def test_shortcuts_and_cuts_answer_as_searching_does(
    kind: str, plainly: Plainly, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Counter[str]()
    for pair in random_pairs(kind, 8, seed=3):
        narrower, wider = standing_of(pair.narrower), standing_of(pair.wider)
        searched = plainly(narrower, wider)
        for many in (cuts.MANY, 1):
            monkeypatch.setattr(cuts, "MANY", many)
            answer = implies(narrower, wider, NAMED, CATALOG)
            assert same(answer, searched), str(pair)
            found[type(answer).__name__] += 1
    assert found["Proved"] and found["Refuted"]


# ── statements that list resources, and policies of resources ──

OWN = "111122223333"
CALLERS = {
    "role": f"arn:aws:iam::{OWN}:role/app",
    "service": "sns.amazonaws.com",
    "stranger": "arn:aws:iam::999999999999:role/app",
    "root": f"arn:aws:iam::{OWN}:root",
    "nobody": "anonymous",
}
WHO: list[Any] = [
    {"Service": "sns.amazonaws.com"},
    {"AWS": f"arn:aws:iam::{OWN}:root"},
    {"AWS": [f"arn:aws:iam::{OWN}:role/app", "999999999999"]},
    "*",
]
QUEUES = [f"arn:aws:sqs:us-east-1:{OWN}:{name}" for name in ("jobs", "jobs-*", "other")]
WHEN: list[Json] = [
    {},
    {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{OWN}:events"}},
    {"StringEquals": {"aws:SourceAccount": OWN}},
]


def statement(choose: random.Random) -> Json:
    return {
        "Effect": "Deny" if choose.random() < 0.2 else "Allow",
        "Principal": choose.choice(WHO),
        "Action": choose.choice(["sqs:SendMessage", ["sqs:ReceiveMessage", "sqs:SendMessage"], "sqs:*"]),
        "Resource": choose.sample(QUEUES, choose.choice((1, 1, 2))),
        "Condition": choose.choice(WHEN),
    }


def apart(statements: list[Json]) -> list[Json]:
    """The same, one statement a resource."""
    return [{**one, "Resource": resource} for one in statements for resource in one["Resource"]]


def resource_standing(caller: str, statements: list[Json], identity: list[Json], apart: bool = False) -> Standing:
    """What a caller can do to a resource with these statements; `apart`, to queues that they are the policy of."""

    def parsed(ones: list[Json], type: PolicyType) -> Any:
        return parse_policy({"Version": "2012-10-17", "Statement": ones}, type).value

    own = (parsed(identity, PolicyType.IDENTITY_BASED),) if identity else ()
    shared, session = parsed(statements, PolicyType.RESOURCE_BASED), session_of(parse_caller(CALLERS[caller]))
    if apart:
        targets = tuple(Target(queue, shared, OWN) for queue in QUEUES if "*" not in queue)
        return Standing(session, PolicySet(identity_based=own), targets)
    return Standing(session, PolicySet(identity_based=own, resource_based=shared))


@pytest.mark.parametrize(("caller", "also"), list(product(CALLERS, (False, True))))
def test_what_nobody_grants_and_what_targets_share_needs_no_search(
    caller: str, also: bool, plainly: Plainly
) -> None:
    choose = random.Random(f"never {caller} {also}")
    answers = Counter[str]()
    for _ in range(25):
        ones = [statement(choose) for _ in range(choose.choice((1, 2)))]
        own = [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": choose.choice(QUEUES)}] if also else []
        more = [*own, {"Effect": "Allow", "Action": "sqs:*", "Resource": choose.choice(QUEUES)}] if also else []
        standings = [resource_standing(caller, ones, one, True) for one in (own, more)]
        answer = never(standings[0], NAMED, CATALOG)
        assert same(answer, plainly(standings[0], None)), ones
        answers[f"never {type(answer).__name__}"] += 1
        for narrower, wider in (standings, standings[::-1]):
            answer = implies(narrower, wider, NAMED, CATALOG)
            assert same(answer, plainly(narrower, wider)), (ones, own, more)
            answers[type(answer).__name__] += 1
    assert answers["Proved"] and (answers["never Proved"] or also)


@pytest.mark.parametrize(("caller", "also"), list(product(CALLERS, (False, True))))
def test_policies_of_resources_that_say_the_same_need_no_search(
    caller: str, also: bool, plainly: Plainly, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose = random.Random(f"{caller} {also}")
    identity = (
        [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]
        if also and caller not in ("service", "nobody")
        else []
    )
    answers = Counter[str]()
    for _ in range(25):
        ones = [statement(choose) for _ in range(choose.choice((1, 2, 3)))]
        others = apart(copy.deepcopy(ones))
        change = choose.choice(("nothing", "nothing", "more", "fewer", "other"))
        if change == "fewer":
            others.pop()
        elif change != "nothing":
            others.append(apart([statement(choose)])[0])
            others = others[1:] if change == "other" else others
        for narrower, wider in ((ones, others), (others, ones)):
            pair = (
                resource_standing(caller, narrower or [], identity),
                resource_standing(caller, wider, identity),
            )
            answer = implies(*pair, NAMED, CATALOG)
            assert same(answer, plainly(*pair)), (narrower, wider)
            answers[type(answer).__name__] += 1
    assert answers["Proved"]
    asked: list[object] = []
    monkeypatch.setattr(questions, "ask", lambda *given: asked.append(given))
    ones = [statement(choose) for _ in range(3)]
    subject = resource_standing(caller, ones, identity)
    assert isinstance(implies(subject, resource_standing(caller, apart(ones), identity), NAMED, CATALOG), Proved)
    assert asked == []


def test_a_question_over_many_resources_meets_only_what_is_near_each_of_them() -> None:
    tables = [f"arn:aws:dynamodb:us-east-1:{OWN}:table/t{number}" for number in range(100, 140)]
    listed = {"identity_based": [document({"Action": "dynamodb:GetItem", "Resource": tables})]}
    wider = [{"Action": "dynamodb:GetItem", "Resource": f"{one}*"} for one in tables]
    assert isinstance(implied(listed, {"identity_based": [document(*wider)]}), Proved)
    answer = implied(listed, {"identity_based": [document(*wider[:17], *wider[20:])]})
    assert isinstance(answer, Refuted) and answer.request.resource == tables[17]
    joined = {"Action": "dynamodb:GetItem", "Resource": [f"{one}*" for one in tables]}
    denied = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": [tables[3], tables[39]]}
    answer = implied(listed, {"identity_based": [document(joined, denied)]})
    assert isinstance(answer, Refuted) and answer.request.resource in (tables[3], tables[39])


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}


def implied(narrower: Json, wider: Json) -> Answer:
    return implies(standing_of(narrower), standing_of(wider), NAMED, CATALOG)
