"""What must hold of every decision, whatever the policies."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from grantgraph.cases import Case, case_of
from grantgraph.evaluate import Decision, Request, decide
from grantgraph.policy import Effect, Policy, PolicySet, PolicyType, parse_policy, render_policy
from grantgraph.policy.document import ALL_RESOURCES
from grantgraph.text import Unknown
from tests.strategies import KEYS, Maker, RandomChoose, cases

SETTINGS = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
DENIES = (Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY)


def decision(case: Case, policies: PolicySet | None = None) -> Decision:
    return decide(case.requests[0], case.policies if policies is None else policies).decision


def identity(statement: dict[str, Any]) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": statement}, PolicyType.IDENTITY_BASED).value


EVERYTHING = identity({"Effect": "Allow", "Action": "*", "Resource": "*"})
NOTHING = identity({"Effect": "Deny", "Action": "*", "Resource": "*"})


@SETTINGS
@given(cases(), st.randoms(use_true_random=False))
def test_order_is_irrelevant(document: dict[str, Any], shuffler: random.Random) -> None:
    case = case_of(document)

    def shuffled(policy: Policy) -> Policy:
        statements = list(policy.statements)
        shuffler.shuffle(statements)
        return replace(policy, statements=tuple(statements))

    own = case.policies
    changed = replace(
        own,
        identity_based=tuple(shuffled(one) for one in reversed(own.identity_based)),
        resource_based=shuffled(own.resource_based) if own.resource_based else None,
        scps=tuple(tuple(map(shuffled, level)) for level in reversed(own.scps)),
    )
    assert decision(case, changed) is decision(case)


@SETTINGS
@given(cases())
def test_an_added_allow_never_takes_away(document: dict[str, Any]) -> None:
    case = case_of(document)
    assume(decision(case) is Decision.ALLOWED)
    wider = replace(case.policies, identity_based=(*case.policies.identity_based, EVERYTHING))
    assert decision(case, wider) is Decision.ALLOWED


@SETTINGS
@given(cases())
def test_an_added_deny_never_allows(document: dict[str, Any]) -> None:
    case = case_of(document)
    narrower = replace(case.policies, identity_based=(*case.policies.identity_based, NOTHING))
    assert decision(case, narrower) in DENIES or not case.requests[0].caller.signed


@SETTINGS
@given(cases())
def test_explicit_deny_wins(document: dict[str, Any]) -> None:
    case = case_of(document)
    assume(case.requests[0].caller.signed)
    denied = replace(case.policies, identity_based=(*case.policies.identity_based, NOTHING))
    assert decision(case, denied) is Decision.EXPLICIT_DENY


@SETTINGS
@given(cases())
def test_default_is_deny(document: dict[str, Any]) -> None:
    case = case_of(document)
    empty = replace(case.policies, identity_based=(), resource_based=None, permissions_boundary=None, session=None)
    free = case.requests[0].situation.authorizer is not None
    root = case.requests[0].caller.kind == "root"
    must = case.requests[0].service in ("kms", "sts")  # whose own policy was not given
    assert decision(case, empty) is not Decision.ALLOWED or free or root or must


@SETTINGS
@given(cases())
def test_a_limit_never_grants(document: dict[str, Any]) -> None:
    case = case_of(document)
    assume(decision(case) in DENIES)
    for limit in (
        {"permissions_boundary": EVERYTHING},
        {"session": (EVERYTHING,)},
        {"scps": (*case.policies.scps, (EVERYTHING,))},
    ):
        field = next(iter(limit))
        if getattr(case.policies, field) in (None, ()) or field == "scps":
            assert decision(case, replace(case.policies, **limit)) in DENIES, field


@SETTINGS
@given(cases(), st.integers(0, 2**30))
def test_definite_verdicts_survive_filling(document: dict[str, Any], seed: int) -> None:
    """An allowed request stays allowed, an explicit deny stays one, an implicit deny stays a deny."""
    case = case_of(document)
    request = case.requests[0]
    choose = RandomChoose(random.Random(seed))
    hidden = {key.lower() for key in KEYS if choose.chance(40)} - {"k:many"}
    context = {key: value for key, value in request.context.items() if key not in hidden}
    unknown: Request = replace(request, context={**context, **{key: Unknown(key) for key in hidden}})
    before = decide(unknown, case.policies)
    fillings = [request]
    for _ in range(6):
        filled = {
            key: choose.one(KEYS[name]) for name in KEYS if (key := name.lower()) in hidden and choose.chance(70)
        }
        fillings.append(replace(request, context={**context, **filled}))
    for one in fillings:
        after = decide(one, case.policies).decision
        if before.decision is Decision.IMPLICIT_DENY:
            assert after in DENIES
        elif before.decision is not Decision.UNKNOWN:
            assert after is before.decision


@SETTINGS
@given(cases())
def test_an_unknown_verdict_says_why(document: dict[str, Any]) -> None:
    case = case_of(document)
    verdict = decide(case.requests[0], case.policies)
    assert bool(verdict.unknowns) is (verdict.decision is Decision.UNKNOWN)
    if verdict.decision is Decision.EXPLICIT_DENY:
        assert verdict.because and all(reason.statement.effect is Effect.DENY for reason in verdict.because)
    if verdict.decision is Decision.ALLOWED:
        assert all(reason.statement.effect is Effect.ALLOW for reason in verdict.because)


@SETTINGS
@given(cases())
def test_parse_render_round_trip(document: dict[str, Any]) -> None:
    for policy in case_of(document).policies.all():
        again = parse_policy(render_policy(policy), policy.type).value
        if (
            any(one.resources == ALL_RESOURCES for one in policy.statements)
            and policy.type is not PolicyType.TRUST
        ):
            continue
        assert [one.actions for one in again.statements] == [one.actions for one in policy.statements]
        if not _old(document):
            assert again.statements == policy.statements


def _old(document: dict[str, Any]) -> bool:
    """Whether some document speaks the old language: it is rendered in the new one."""
    text = str(document)
    return "2008-10-17" in text or text.count("'Statement'") != text.count("'Version'")


def test_the_maker_reaches_every_answer() -> None:
    maker = Maker(RandomChoose(random.Random(7)))
    found = {decision(case_of(maker.case())) for _ in range(300)}
    assert found == set(Decision)
