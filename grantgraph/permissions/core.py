"""What every question about an application is asked with; answers are remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from grantgraph.catalog import AccessLevel, Catalog
from grantgraph.grants import ACCESSING, Grant, Grants
from grantgraph.holdings import Holdings
from grantgraph.model import Application, Principal, PrincipalType, Resource
from grantgraph.policy.document import Statement
from grantgraph.problems import Problem
from grantgraph.prove import (
    EVERYWHERE,
    Formula,
    Reach,
    Standing,
    reaches,
)
from grantgraph.statements import allowing, names_one, speaks_of
from grantgraph.ways import Way, ways_in


@dataclass  # without slots: what lies around all principals is kept
class Core:
    """What every question is asked with: the application, the catalog, and what was asked before."""

    application: Application
    catalog: Catalog
    asked: set[str] = field(default_factory=set)
    _holdings: Holdings = field(init=False)
    _standings: dict[str, Standing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._holdings = Holdings(Grants(self.application, self.catalog))

    def principals(self, *types: PrincipalType) -> Iterator[Principal]:
        """The principals of some types; a report says how many were asked about."""
        found = [one for one in self.application.principals if one.type in types]
        self.asked.update(one.id for one in found)
        return iter(found)

    def grants(self, principal: Principal, levels: frozenset[AccessLevel]) -> tuple[Grant, ...]:
        """What a principal holds at some access levels: every grant is shown by a request."""
        return self._holdings.of(principal, levels)

    def allowing(self, principal: Principal) -> tuple[Statement, ...]:
        """The Allow statements of a principal's own policies."""
        return tuple(allowing(principal.policies))

    def able(self, actions: Iterable[str]) -> Iterator[Principal]:
        """The principals of whose own statements one names some of these actions: others cannot use them so."""
        names = tuple(actions)
        return self._holding(lambda statement: names_one(statement, names))

    def may_name(self, principal: Principal, actions: Iterable[str]) -> bool:
        """Whether an Allow statement of a principal, or of some resource's policy, names one of some actions."""
        names = tuple(actions)
        return any(names_one(one, names) for one in (*allowing(principal.policies), *self._around))

    def speaking_of(self, key: str) -> Iterator[Principal]:
        """The principals of whose own Allow statements one speaks of a condition key."""
        return self._holding(lambda statement: speaks_of(statement, key))

    def _holding(self, wanted: Callable[[Statement], bool]) -> Iterator[Principal]:
        for one in self.application.principals:
            if any(map(wanted, allowing(one.policies))):
                self.asked.add(one.id)
                yield one

    def places_of(self, principal: Principal, wanted: Callable[[Statement], bool]) -> frozenset[str]:
        """The ids of the resources on which some of a principal's statements allow something, or may."""
        held = self.grants(principal, ACCESSING)
        return frozenset(one.resource for one in held if one.resource and wanted(one.statement))

    def role(self, id: str) -> Principal | None:
        """The role of an id, if the input has it with its trust policy."""
        role = self.application.principal(id)
        if role is None or role.trust is None:
            return None
        self.asked.add(id)
        return role

    def ways(self) -> Iterator[Way]:
        """How callers get code to run; the roles that it runs as count as asked about."""
        for way in ways_in(self.application):
            self.asked.update([way.role.id] if way.role is not None else [])
            yield way

    def lost_ways(self) -> Iterator[Problem]:
        """Ways in of which the input does not say who may take them, or where they lead."""
        return (one for one in self.application.problems if one.code == "lost-entry-point")

    def standing(self, principal: Principal) -> Standing:
        """Everything that decides what a principal can do."""
        if principal.id not in self._standings:
            self._standings[principal.id] = self._holdings.grants.ground.standing(principal)
        return self._standings[principal.id]

    def can(self, principal: Principal, actions: Iterable[str], region: Formula = EVERYWHERE) -> Iterator[Reach]:
        """Which of some actions a principal can use, or may be able to, by requests in a region."""
        named = [one for one in map(self.catalog.action, actions) if one is not None]
        wanted = [one for one in named if self.may_name(principal, [str(one)])]
        return iter(tuple(reaches(self.standing(principal), wanted, self.catalog, region)) if wanted else ())

    @cached_property
    def _around(self) -> tuple[Statement, ...]:
        """The Allow statements of resources' own policies."""
        return tuple(allowing(one.policy for one in self.application.resources if one.policy is not None))

    def _all(self) -> Iterator[Principal]:
        for one in self.application.principals:
            self.asked.add(one.id)
            yield one

    def resource(self, id: str) -> Resource | None:
        """The resource of an id."""
        return self.application.resource(id)
