"""How far power reaches: over services, over the account, and up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from grantgraph import powers
from grantgraph.escalations import Kind, Opening, named_ways, open_ways
from grantgraph.findings import Doubt
from grantgraph.grants import unseen_of
from grantgraph.model import Principal, PrincipalType
from grantgraph.permissions.core import Core
from grantgraph.policy.document import Statement
from grantgraph.prove import (
    EVERYWHERE,
    Reach,
    Things,
    allowed_actions,
    reaches,
)
from grantgraph.statements import allowing


class AboutPower(Core):
    """How far power reaches: over services, over the account, and up."""

    @cached_property
    def _spans(self) -> dict[str, tuple[int, tuple[Reach, ...]]]:
        return {}

    @cached_property
    def _openings(self) -> dict[str, tuple[Opening, ...]]:
        return {}

    @cached_property
    def _told(self) -> set[str]:
        return set()

    def workers(self) -> Iterator[Principal]:
        """The principals that services act as: code of the application does what they are allowed."""
        for one in self.application.principals:
            if powers.runs_code(one):
                self.asked.add(one.id)
                yield one

    def told_unseen(self, rule: str, principal: Principal) -> Iterator[Doubt]:
        """What may grant a role of the input more than it shows; the first rule that asks tells it for all.

        A role that is not in the input is judged by what the input gives it.
        """
        if principal.trust is not None and principal.id not in self._told:
            self._told.add(principal.id)
            yield from (Doubt(rule, principal.id, one.reason, principal.at) for one in unseen_of(principal))

    def span(self, principal: Principal) -> tuple[int, tuple[Reach, ...]]:
        """How many services there are, and in which of them a principal can use an action that manages something.

        One such action of each service is asked about, and only where the policies may span half of them.
        """
        if principal.id not in self._spans:
            services = len(self.catalog.services())
            found: tuple[Reach, ...] = ()
            if powers.may_span(allowing(principal.policies), services // 2):
                some = powers.one_of_each_service(self.catalog)
                services, found = len(some), tuple(reaches(self.standing(principal), some.values(), self.catalog))
            self._spans[principal.id] = services, found
        return self._spans[principal.id]

    def administers_account(self, principal: Principal) -> bool:
        """Whether a principal can manage something in at least half of all services."""
        services, found = self.span(principal)
        return 2 * sum(len(one.actions) for one in found if one.certain) >= services

    def wide_services(self, principal: Principal) -> Iterator[tuple[str, int, tuple[Reach, ...]]]:
        """The services of which a principal's policies name at least half of what changes something.

        Each with how many such actions there are, and which of them it can use whatever the resource is called.
        """
        own, where = allowing(principal.policies), self.application.environment
        for service, wide in powers.services_mostly_named(own, where, self.catalog):
            changing = powers.changing_actions(self.catalog, service)
            alone = tuple(powers.with_only(wide, one) for one in principal.policies)
            bare = replace(self._holdings.grants.ground.standing(principal, alone, ()), things=Things())
            yield service, len(changing), tuple(reaches(bare, changing, self.catalog))

    def ways_up(self, *kinds: Kind) -> Iterator[tuple[Principal, tuple[Opening, ...]]]:
        """The principals with the ways to more power that are open to each; administrators have it all already."""
        for one in self.application.principals:
            if one.type is PrincipalType.ACCOUNT or self.administers_account(one):
                continue
            if one.id not in self._openings:
                named = named_ways(allowing(one.policies)) | self._ways_around
                found = open_ways(self.application, one, self.standing(one), named, self.catalog) if named else ()
                self._openings[one.id] = found
            self.asked.add(one.id)
            yield one, tuple(way for way in self._openings[one.id] if way.way.kind in kinds)

    @cached_property
    def _ways_around(self) -> frozenset[str]:
        return named_ways(self._around)

    def reached_unnamed(self, principal: Principal, statement: Statement) -> Iterator[Reach]:
        """What a statement that says what it leaves out reaches besides, in services or on resources."""
        if statement.actions.negated or "*" in statement.actions.by_service:
            named = powers.services_in(statement)
            some = powers.one_of_each_service(self.catalog)
            actions = [one for service, one in some.items() if service not in named]
        else:
            actions = list(allowed_actions([statement], self.catalog))
        anywhere = statement.actions.negated and not statement.resources.negated
        region = EVERYWHERE if anywhere else powers.whatever_it_is_called()
        for reach in reaches(self.standing(principal), actions, self.catalog, region):
            if not reach.certain or any(statement == one.statement for one in reach.witnesses[0].verdict.because):
                yield reach
