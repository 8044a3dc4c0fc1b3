"""What resources and roles let others do, who are not of the application."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph import outsiders
from grantgraph.model import RESTRICTED, Principal, Resource
from grantgraph.outsiders import Outsider, declared
from grantgraph.permissions.core import Core
from grantgraph.prove import (
    Reach,
)


class AboutOutsiders(Core):
    """What resources and roles let others do, who are not of the application."""

    def let_in(self, resource: Resource, outsider: Outsider) -> Iterator[Reach]:
        """What somebody of another account can do with a resource; nothing, where the application means it to."""
        shut = resource.attributes.get(RESTRICTED, "") if outsider.anybody else ""
        if outsider.caller.name in declared(self.application) or shut == "true":
            return
        for reach in outsiders.let_in(resource, outsider, self.application.environment, self.catalog):
            if shut and reach.certain:  # what blocks public access may be there or not (125)
                reach = Reach(
                    reach.actions, doubt=f"whether public access to `{resource.id}` is blocked is not known"
                )
            yield reach

    def assumed_by(self, role: Principal, outsider: Outsider) -> Iterator[Reach]:
        """Whether somebody of another account can assume a role."""
        if outsider.caller.name not in declared(self.application):
            yield from outsiders.assumed_by(role, outsider, self.application.environment, self.catalog)

    def sent_by(self, resource: Resource, service: str) -> Iterator[Reach]:
        """What a service can do with a resource for somebody of another account."""
        return outsiders.sent_by(resource, service, self.application.environment, self.catalog)
