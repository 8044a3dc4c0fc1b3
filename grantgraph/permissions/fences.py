"""What is meant to hold somebody off, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph import fences, powers
from grantgraph.model import Principal, Resource
from grantgraph.permissions.core import Core
from grantgraph.policy.document import Condition, Statement
from grantgraph.prove import (
    Answer,
    Reach,
    allowed_actions,
    at_or_under,
    reaches,
)
from grantgraph.statements import allowing, denying
from grantgraph.text import text


class AboutFences(Core):
    """What is meant to hold somebody off, and whether it does."""

    def reached_without_key(self) -> Iterator[tuple[Principal, Statement, Condition, Reach]]:
        """What Allow statements let through because a request lacks the key of a condition of theirs."""
        for principal in self.application.principals:
            for statement in allowing(principal.policies):
                for condition in filter(fences.holds_without_its_key, statement.conditions):
                    self.asked.add(principal.id)
                    alone = tuple(powers.with_only([statement], one) for one in principal.policies)
                    standing = self._holdings.grants.ground.standing(principal, alone)
                    reach = fences.reached_without(standing, statement, condition, self.catalog)
                    if reach is not None:
                        yield principal, statement, condition, reach

    def slipping_through(self) -> Iterator[tuple[Principal, Statement, Condition, Answer]]:
        """What Deny statements let pass because a request lacks the key that has to be true."""
        for principal in self.application.principals:
            for statement in denying(principal.policies):
                for condition in filter(fences.asks_for_truth, statement.conditions):
                    self.asked.add(principal.id)
                    standing = self.standing(principal)
                    yield (
                        principal,
                        statement,
                        condition,
                        fences.slips_through(standing, statement, condition, self.catalog),
                    )

    def beyond_boundaries(self) -> Iterator[tuple[Principal, Answer]]:
        """The principals with a boundary: whether they are allowed nothing that it does not allow."""
        for one in self.application.principals:
            if one.boundary is not None:
                self.asked.add(one.id)
                yield one, fences.held_within(self.standing(one), one.boundary, self.catalog)

    def exempted_in_vain(self) -> Iterator[tuple[Resource, Principal, Statement]]:
        """Who is exempted by a Deny of a resource, and may be denied all the same."""
        for resource in self.application.resources:
            if resource.policy is not None:
                for principal, statement in fences.exempted_in_vain(self.application, resource.policy):
                    self.asked.add(principal.id)
                    yield resource, principal, statement

    def named_alike(self) -> Iterator[tuple[Principal, Resource, Statement, Reach]]:
        """What is allowed on resources because their names begin as one of the application's does."""
        for principal in self.application.principals:
            for statement in allowing(principal.policies):
                for resource in powers.begun_by(statement, self.application.resources):
                    self.asked.add(principal.id)
                    actions = list(allowed_actions([statement], self.catalog))
                    region = at_or_under(text((resource.arn, powers.STRANGE)))
                    for reach in reaches(self.standing(principal), actions, self.catalog, region):
                        yield principal, resource, statement, reach
