"""For a request that is denied: the statements that come nearest to allowing it, and what they lack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grantgraph.evaluate.condition import compile_condition
from grantgraph.evaluate.decide import Decision, decide
from grantgraph.evaluate.request import ContextValue, Request
from grantgraph.evaluate.statement import Reason, compile_statement, match_actions, match_resources
from grantgraph.evaluate.variable import NO, YES
from grantgraph.policy.document import (
    Condition,
    Effect,
    Family,
    Operator,
    Policy,
    PolicySet,
    PolicyType,
    Quantifier,
    Statement,
)

KEPT = 3


@dataclass(frozen=True, slots=True)
class Miss:
    """One respect in which a statement does not cover a request: `action`, `resource`, `principal` or a
    condition key, and what it would need, in words."""

    respect: str
    needed: str

    def __str__(self) -> str:
        return self.needed


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An Allow statement, and everything that keeps it from covering the request."""

    reason: Reason
    misses: tuple[Miss, ...]

    def __str__(self) -> str:
        return "would allow it if " + " and ".join(map(str, self.misses))


def near_misses(request: Request, policies: PolicySet) -> tuple[NearMiss, ...]:
    """The Allow statements that fail in the fewest respects, nearest first; nothing for an allowed request.

    Only the layer that said no is searched: what is missing there cannot be made good elsewhere.
    """
    verdict = decide(request, policies)
    if verdict.decision in (Decision.ALLOWED, Decision.EXPLICIT_DENY):
        return ()
    found = []
    for policy in _searched(policies, verdict.layer):
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW:
                misses = _misses(request, policies, policy, statement)
                if misses:
                    found.append(NearMiss(Reason(policy, statement), misses))
    fewest = min((_distance(one, request) for one in found), default=(0, 0))
    nearest = [one for one in found if _distance(one, request) == fewest]
    return tuple(nearest[:KEPT])


def _searched(policies: PolicySet, layer: str) -> tuple[Policy, ...]:
    own = tuple(policy for policy in policies.all() if policy.type == layer)
    if layer == PolicyType.IDENTITY_BASED and policies.resource_based is not None:
        return (*own, policies.resource_based)  # within one account either is enough
    return own


def _distance(one: NearMiss, request: Request) -> tuple[int, int]:
    """How far away a statement is; another action is further than another resource or a condition."""
    respects = [miss.respect for miss in one.misses]
    service = any(pattern.service in (None, request.service) for pattern in one.reason.statement.actions.patterns)
    return len(respects) + ("action" in respects and not service), "action" in respects


def _misses(request: Request, policies: PolicySet, policy: Policy, statement: Statement) -> tuple[Miss, ...]:
    misses = []
    if match_actions(statement.actions, request.action) is NO:
        word = "none of" if statement.actions.negated else "one of"
        misses.append(Miss("action", f"the action were {word} {_list(map(str, statement.actions.patterns))}"))
    if match_resources(statement.resources, request) is NO:
        word = "none of" if statement.resources.negated else "one of"
        misses.append(
            Miss("resource", f"the resource were {word} {_list(map(str, statement.resources.patterns))}")
        )
    who = compile_statement(policy, statement).match_caller(request, policies.permissions_boundary is not None)
    if not who and statement.principals is not None:
        word = "none of" if statement.principals.negated else "one of"
        misses.append(
            Miss("principal", f"the principal were {word} {_list(map(str, statement.principals.members))}")
        )
    for condition in statement.conditions:
        if compile_condition(condition)(request, None) is not YES:
            misses.append(Miss(condition.spelled_key or condition.key, _wanted(condition, request)))
    return tuple(misses)


def _wanted(condition: Condition, request: Request) -> str:
    """What a condition asks for, and what the request carries."""
    key = condition.spelled_key or condition.key
    operator = condition.operator
    given = _given(request.value(condition.key))
    values = _list(map(str, condition.spelled_values))
    if not isinstance(operator, Operator):
        return f"`{operator.name}` on {key} held ({given})"
    if operator is Operator.NULL:
        return f"{key} were {'absent' if True in condition.values else 'present'} ({given})"
    which = ""
    if condition.quantifier is Quantifier.FOR_ALL_VALUES:
        which = "every value of "
    elif condition.quantifier is Quantifier.FOR_ANY_VALUE:
        which = "some value of "
    return f"{which}{key} were {_PHRASES.get(operator) or _phrase(operator)} {values} ({given})"


def _phrase(operator: Operator) -> str:
    plain = (
        "in" if operator.family is Family.IP_ADDRESS else "like" if operator.family is Family.ARN else "equal to"
    )
    return f"not {plain}" if operator.negated else plain


_PHRASES = {
    Operator.STRING_LIKE: "like",
    Operator.STRING_NOT_LIKE: "not like",
    Operator.NUMERIC_LESS_THAN: "less than",
    Operator.NUMERIC_LESS_THAN_EQUALS: "at most",
    Operator.NUMERIC_GREATER_THAN: "greater than",
    Operator.NUMERIC_GREATER_THAN_EQUALS: "at least",
    Operator.DATE_LESS_THAN: "before",
    Operator.DATE_LESS_THAN_EQUALS: "not after",
    Operator.DATE_GREATER_THAN: "after",
    Operator.DATE_GREATER_THAN_EQUALS: "not before",
}


def _given(value: ContextValue | None) -> str:
    if value is None:
        return "it is absent"
    if isinstance(value, tuple):
        return f"it is {_list(map(str, value)) or 'empty'}"
    return f"it is {value}"


def _list(words: Iterable[str]) -> str:
    return " or ".join(words)
