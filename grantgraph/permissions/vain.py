"""What policies say in vain."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph import deadwood
from grantgraph.deadwood import Dead, Locked
from grantgraph.model import Principal
from grantgraph.permissions.core import Core
from grantgraph.policy.document import Statement
from grantgraph.statements import allowing, literal_variables


class AboutWaste(Core):
    """What policies say in vain."""

    def dead_entries(self) -> Iterator[tuple[Principal, Dead]]:
        """The entries of principals' own statements that no request can use."""
        known: dict[Statement, tuple[Dead, ...]] = {}
        for one in self._all():
            yield from ((one, dead) for dead in deadwood.dead_entries(self._holdings, one, known))

    def silent_denies(self) -> Iterator[tuple[Principal, Statement]]:
        """The Deny statements of principals' own policies that no request can match."""
        for one in self._all():
            yield from ((one, statement) for statement in deadwood.silent_denies(self._holdings.grants, one))

    def locked(self) -> Iterator[tuple[Principal, Locked]]:
        """What principals are allowed on encrypted resources, and cannot do for want of the key."""
        if any(one.attributes.get("key") for one in self.application.resources):
            for one in self._all():
                around = (*allowing(one.policies), *self._around)
                found = deadwood.locked(self.application, self.standing(one), around, self.catalog)
                yield from ((one, each) for each in found)

    def literal_variables(self) -> Iterator[tuple[str, str, Statement, frozenset[str]]]:
        """What looks like a policy variable and is plain text: by principal, or on which resource."""
        for one in self.application.principals:
            for policy in (*one.policies, *filter(None, (one.trust, one.boundary))):
                for statement in policy.statements:
                    if found := literal_variables(statement):
                        yield one.id, "", statement, found
        for resource in self.application.resources:
            for statement in resource.policy.statements if resource.policy is not None else ():
                if found := literal_variables(statement):
                    yield "", resource.id, statement, found
