"""Whose data is whose: what reads it all, what keeps identities apart, and what manages it."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.bulk import reads_all
from grantgraph.catalog import AccessLevel, Action
from grantgraph.evaluate import scope_down
from grantgraph.evaluate.statement import match_actions
from grantgraph.model import Principal, Resource
from grantgraph.owning import Meeting, keys_on_rows, meetings
from grantgraph.permissions.core import Core
from grantgraph.prove import (
    EVERYWHERE,
    Answer,
    Formula,
)
from grantgraph.resources import ResourceType, resource_types
from grantgraph.statements import allowing

_READING = (AccessLevel.READ, AccessLevel.LIST)


class AboutData(Core):
    """Whose data is whose: what reads it all, what keeps identities apart, and what manages it."""

    def data_actions(self, resource: Resource) -> tuple[str, ...]:
        """The actions on the data of a resource, reading ones first; none of them manages it."""
        known = [self.catalog.action(one) for one in resource_types()[resource.type].data_actions]
        found = [one for one in known if one is not None]
        return tuple(map(str, sorted(found, key=lambda one: (one.access_level not in _READING, one.name))))

    def reads_all(self, principal: Principal, type: ResourceType, resource: Resource | None) -> Answer:
        """Refuted by a request, where a principal can make all requests that read what a resource holds.

        Without a resource: what any other of the type holds, whatever it is called.
        """
        statements = (*allowing(principal.policies), *self._around)
        return reads_all(self.application, self.standing(principal), statements, type, resource, self.catalog)

    def kept_to_rows(self, principal: Principal) -> frozenset[str]:
        """The tables on which a statement of a principal compares the leading keys with its identity."""
        if not keys_on_rows(self.allowing(principal)):
            return frozenset()
        return self.places_of(principal, lambda statement: bool(keys_on_rows([statement])))

    def meetings(
        self, principal: Principal, resource: Resource, key: str, own: Formula = EVERYWHERE
    ) -> Iterator[Meeting]:
        """Where two identities of a principal meet on a resource, in what belongs to one of them."""
        named = [one for one in map(self.catalog.action, self.data_actions(resource)) if one is not None]
        return meetings(self.standing(principal), resource.arn, key, named, self.catalog, own)

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
