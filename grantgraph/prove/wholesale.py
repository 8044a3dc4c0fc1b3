"""Whole families of actions at once: what no request of any shape can do, none of a particular shape can.

Policies about every service (`*`, NotAction) meet thousands of shapes of requests, which statements hardly tell
apart. One question that leaves the shape open often answers for all of them; what it does not is asked one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from grantgraph.catalog import Catalog
from grantgraph.prove.budget import Exhausted
from grantgraph.prove.case import Case
from grantgraph.prove.encode import has_rules_of_its_own, reads_service
from grantgraph.prove.groups import Group
from grantgraph.prove.shapes import any_shape
from grantgraph.prove.subject import Question

FEW = 8
"""So many shapes are asked about one by one rather than at once."""

SHARE = 0.1
"""How much of the budget a question about many shapes may take, before they are asked about one by one."""


def unsettled(question: Question, groups: Iterable[Group], catalog: Catalog) -> Iterator[Group]:
    """The groups that are left when those are taken out that one question about a whole family settles.

    A group that is left out is proved: no request for any of its actions makes the question true.
    """
    rest = iter(groups)
    yield from islice(rest, FEW)  # a refutation is often near
    families: dict[object, list[Group]] = {}
    for group in rest:
        families.setdefault(_family(group, question), []).append(group)
    for family in families.values():
        if _shapes(family) <= FEW:
            yield from family
        elif not _is_impossible(question, family[0], None, catalog):
            yield from _unsettled_by_keys(question, family, catalog)


def _unsettled_by_keys(question: Question, family: list[Group], catalog: Catalog) -> Iterator[Group]:
    """The groups of a family that are left when their shapes are told apart: by the keys that they carry, and
    by whether they have a resource."""
    kinds: dict[object, list[str | None]] = {}
    for group in family:
        for type, keys in zip(group.types, group.carried, strict=True):
            kinds.setdefault((keys, group.always, type is None), []).append(type)
    settled: dict[object, bool] = {}
    for group in family:
        left = []
        for type, keys in zip(group.types, group.carried, strict=True):
            kind = (keys, group.always, type is None)
            if kind not in settled:
                few = len(kinds[kind]) <= FEW or len(kinds) == 1
                settled[kind] = not few and _is_impossible(question, group, keys, catalog, star=type is None)
            left += [] if settled[kind] else [type]
        if left:
            yield replace(group, settled=frozenset(group.types) - frozenset(left))


def _family(group: Group, question: Question) -> object:
    """What makes the formulas of two groups the same, whatever their shapes."""
    action = group.actions[0]
    own = str(action) if has_rules_of_its_own(str(action)) else ""
    sides = [one for one in (question.standing, question.other) if one is not None]
    service = action.service if any(reads_service(action.service, one.policies) for one in sides) else ""
    return group.naming, own, service


def _shapes(family: list[Group]) -> int:
    return sum(len(group.actions[0].resource_types) + 1 for group in family)


def _is_impossible(
    question: Question, group: Group, carried: frozenset[str] | None, catalog: Catalog, star: bool = False
) -> bool:
    if group.actions[0].service == "kms":
        return False  # a key's own policy has to allow, an alias has none: the formula itself reads the shape
    shape = any_shape(group.actions[0], carried, star)
    try:
        asked = replace(question, budget=question.budget.share(SHARE))
        targets = () if star else question.targets
        return all(Case(asked, shape, at, catalog).is_impossible() for at in (None, *targets))
    except Exhausted:
        return False
