"""What a rule may ask about an application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from grantgraph.catalog import AccessLevel, Action, Catalog
from grantgraph.evaluate import scope_down
from grantgraph.evaluate.statement import match_actions
from grantgraph.grants import Grant, Grants
from grantgraph.model import Application, Principal, PrincipalType, Resource
from grantgraph.problems import Problem
from grantgraph.resources import resource_types
from grantgraph.ways import Way, ways_in


@dataclass(slots=True)
class Permissions:
    """What a rule may ask about an application; answers are remembered."""

    application: Application
    catalog: Catalog
    asked: set[str] = field(default_factory=set)
    _all: Grants = field(init=False)
    _grants: dict[tuple[str, frozenset[AccessLevel]], tuple[Grant, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = Grants(self.application, self.catalog)

    def principals(self, *types: PrincipalType) -> Iterator[Principal]:
        """The principals of some types; a report says how many were asked about."""
        found = [one for one in self.application.principals if one.type in types]
        self.asked.update(one.id for one in found)
        return iter(found)

    def grants(self, principal: Principal, levels: frozenset[AccessLevel]) -> tuple[Grant, ...]:
        """What a principal holds at some access levels: every grant is shown by a request."""
        key = (principal.id, levels)
        if key not in self._grants:
            found = self._all.of(principal, lambda action: action.access_level in levels)
            self._grants[key] = tuple(found)
        return self._grants[key]

    def ways(self) -> Iterator[Way]:
        """How callers get code to run; the roles that it runs as count as asked about."""
        for way in ways_in(self.application):
            self.asked.update([way.role.id] if way.role is not None else [])
            yield way

    def lost_ways(self) -> Iterator[Problem]:
        """Ways in of which the input does not say who may take them, or where they lead."""
        return (one for one in self.application.problems if one.code == "lost-entry-point")

    def resource(self, id: str) -> Resource | None:
        """The resource of an id."""
        return self.application.resource(id)

    def administers(self, action: Action) -> bool:
        """Whether an action manages resources, or who has access to them, and not their data.

        Where no resource type says what is data, AWS's own list of services for visitors decides: what it lets
        guests use is meant for an application's users, and what it leaves out is not (rules 139, 140).
        """
        if action.access_level is AccessLevel.PERMISSIONS_MANAGEMENT:
            return True
        if action.access_level is not AccessLevel.WRITE:
            return False
        types = [one for one in resource_types().values() if one.service == action.service]
        if types:
            return str(action).lower() not in {name for one in types for name in one.data_actions}
        return not any(
            match_actions(statement.actions, str(action)).name == "YES"
            for policy in scope_down()
            for statement in policy.statements
        )
