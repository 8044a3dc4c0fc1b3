"""Whether policies say the same words, apart from order, names and places: then no question has to be asked."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from grantgraph.policy.document import Condition, Policy, Principals, Statement
from grantgraph.text import Unknown


def same_words(ones: Iterable[Policy | None], others: Iterable[Policy | None]) -> bool:
    """Whether two sets of policies hold the same statements, and leave the same unseen."""
    mine, yours = [one for one in ones if one is not None], [one for one in others if one is not None]
    return mine == yours or _words(mine) == _words(yours)


def _words(policies: Iterable[Policy]) -> frozenset[Hashable]:
    found: set[Hashable] = set()
    for policy in policies:
        found.update((policy.type, _statement(one)) for one in policy.statements)
        found.update((policy.type, one) for one in policy.unseen)
    return frozenset(found)


def _statement(one: Statement) -> Hashable:
    return (
        one.effect,
        frozenset((pattern.service, pattern.name) for pattern in one.actions.patterns),
        one.actions.negated,
        frozenset(one.resources.patterns),
        one.resources.negated,
        _principals(one.principals),
        frozenset(map(_condition, one.conditions)),
    )


def _principals(principals: Principals | None) -> Hashable:
    return principals and (frozenset(principals.members), principals.negated)


def _condition(one: Condition) -> Hashable:
    if isinstance(one.operator, Unknown):
        return replace(one, values=())  # its name says what could not be read
    return (one.operator, one.key, frozenset(one.values), one.quantifier, one.if_exists)
