"""Actions that no statement tells apart: one question about one of them answers for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from grantgraph.catalog import Action, Catalog
from grantgraph.policy.document import Effect, Statement
from grantgraph.policy.pattern import Pattern
from grantgraph.prove.actions import ActionIndex, encode_actions
from grantgraph.prove.encode import has_rules_of_its_own
from grantgraph.prove.formula import Formula
from grantgraph.prove.shapes import always_carried

Naming: TypeAlias = tuple[tuple[int, ...], tuple[Formula, ...]]
"""Which statements are about an action, by their places, and how far that is known of those where it is open."""


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that the same statements name, whose requests have the same shapes; `about` are these statements.

    `carried` holds, for each resource type and then for `*`, the keys that requests can carry, of those that the
    statements speak of; `always` the keys that each request carries. Of `settled` types nothing has to be asked.
    """

    naming: Naming
    about: tuple[Statement, ...]
    actions: tuple[Action, ...]
    carried: tuple[frozenset[str], ...]
    always: frozenset[str]
    settled: frozenset[str | None] = frozenset()

    @property
    def named(self) -> tuple[int, ...]:
        """The places of the statements that are about the actions."""
        return self.naming[0]

    @property
    def types(self) -> tuple[str | None, ...]:
        """The types whose keys `carried` holds; None is `*`."""
        return (*self.actions[0].resource_types, None)


def alike(statements: Sequence[Statement], actions: Iterable[Action], catalog: Catalog) -> Iterator[Group]:
    """Group actions that no statement tells apart, and whose requests have the same shapes.

    Actions that no Allow statement names are left out: nothing allows them.
    """
    index = ActionIndex(statements)
    keys = {condition.key for one in statements for condition in one.conditions} | {
        variable.key for one in statements for pattern in patterns_of(one) for variable in pattern.variables
    }
    listed = frozenset(name for key in keys for name in _listed_names(key, catalog))
    allowing = {at for at, one in enumerate(statements) if one.effect is Effect.ALLOW}
    open_at = frozenset(at for at, one in enumerate(statements) if one.actions.is_open)
    speaking: dict[str, bool] = {}  # service → whether its actions list any of the keys
    unplaced: dict[str, frozenset[str]] = {}  # service → its keys that nobody says which action carries
    groups: dict[object, tuple[Naming, tuple[frozenset[str], ...], frozenset[str], list[Action]]] = {}
    for action in actions:
        named = index.naming(action)
        if allowing.isdisjoint(named):
            continue
        name = str(action)
        how = tuple(encode_actions(statements[at].actions, name) for at in named if at in open_at)
        types = (*action.resource_types, None)
        if action.service not in speaking:
            speaking[action.service] = not catalog.listed_keys(action.service).isdisjoint(listed)
            own_keys = frozenset(name.lower() for name in catalog.unplaced_keys(action.service))
            unplaced[action.service] = own_keys & listed
        loose, lists = unplaced[action.service], speaking[action.service]
        carried = tuple(loose | catalog.carried_keys(action, one) & listed if lists else loose for one in types)
        always = always_carried(action) & keys
        own = name if has_rules_of_its_own(name) else ""
        shape = (action.service, action.resource_types, action.may_use_star, carried, always, own)
        groups.setdefault((named, how, shape), ((named, how), carried, always, []))[3].append(action)
    for naming, carried, always, members in groups.values():
        yield Group(naming, tuple(statements[at] for at in naming[0]), tuple(members), carried, always)


def _listed_names(key: str, catalog: Catalog) -> tuple[str, ...]:
    """How the catalog may list a key: as it is spelled, or as its template (`aws:requesttag/${tagkey}`)."""
    known = catalog.condition_key(key)
    if known is None:
        return (key,)
    return (key, known.name.lower()) if known.listed else ()


def patterns_of(statement: Statement) -> Iterator[Pattern]:
    """Every pattern that a resource or a value of a statement has to match."""
    for one in statement.resources.patterns:
        yield one.pattern
    for condition in statement.conditions:
        for value in condition.values:
            own = getattr(value, "pattern", value)
            if isinstance(own, Pattern):
                yield own
