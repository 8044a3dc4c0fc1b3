"""What each entry of a policy gives: a statement taken apart by its resources, each asked about by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from grantgraph.catalog import Action, Catalog
from grantgraph.model import Application, Principal
from grantgraph.places import Place, places_of
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Effect, Policy, Resources, Statement
from grantgraph.prove import (
    Heads,
    Reach,
    Refuted,
    Things,
    allowed_actions,
    conjunction,
    head_of,
    heads_of,
    negation,
    reaches,
)
from grantgraph.standing import Ground
from grantgraph.text import unknowns_in

Wanted: TypeAlias = Callable[[Statement, Action], bool]
"""Which actions of a statement are asked about."""
ELSEWHERE = ""
"""The place of everything that is no resource and no route of the application."""


@dataclass(frozen=True, slots=True)
class Given:
    """Actions that one entry of a statement gives at one place, each shown by a request; or the doubt about them.

    `place` is the id of a resource or a route, "" for everything else.
    """

    place: str
    actions: tuple[Action, ...]
    witnesses: tuple[Refuted, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of a statement, by its number; what it gives.

    `pattern` is None where the statement names what it leaves out (`NotResource`).
    """

    number: int
    pattern: ArnPattern | None
    given: tuple[Given, ...]

    @property
    def is_understood(self) -> bool:
        """Whether everything in its text is known, or a name that AWS makes."""
        return self.pattern is not None and all(one.plain for one in unknowns_in(self.pattern.pattern.text))

    def actions(self, place: str | None = None) -> frozenset[Action]:
        """What it gives at a place, or anywhere; what is in doubt counts."""
        return frozenset(
            action for one in self.given if place is None or one.place == place for action in one.actions
        )


@dataclass(frozen=True, slots=True)
class Held:
    """One Allow statement of a principal, by its number in its policy; what each of its entries gives."""

    policy: Policy
    number: int
    entries: tuple[Entry, ...]

    @property
    def statement(self) -> Statement:
        return self.policy.statements[self.number]

    @property
    def key(self) -> Key:
        """The same for the same statement, whoever has it."""
        return key_of(self.policy, self.number)


Key: TypeAlias = tuple[str, int, int, str, int]
"""A statement as it is written: file, line, column, and its number in a policy of a name."""


def key_of(policy: Policy, number: int) -> Key:
    """The same for the same statement of the same policy, whoever holds it."""
    at = policy.statements[number].at
    return (at.file, at.line, at.column, policy.name, number)


class Holdings:
    """Takes statements apart, for one application; what does not hang on the principal is prepared once."""

    def __init__(self, application: Application, catalog: Catalog) -> None:
        self.application = application
        self.catalog = catalog
        self.ground = Ground(application)
        routes = {one.id: (one.arn,) for one in application.entry_points if one.arn != ""}
        self.arns = {**routes, **{one.id: (one.arn,) for one in application.resources}}
        self._places: dict[str, Heads[Place]] = {}
        self._targets = Heads(((head_of(one.arn),), one) for one in self.ground.targets)

    def of(self, principal: Principal, wanted: Wanted) -> Iterator[Held]:
        """Every Allow statement of a principal's own policies, for the actions that are wanted."""
        denies = tuple(
            one for policy in principal.policies for one in policy.statements if one.effect is Effect.DENY
        )
        for policy in principal.policies:
            for number, statement in enumerate(policy.statements):
                if statement.effect is Effect.ALLOW:
                    actions = [one for one in allowed_actions([statement], self.catalog) if wanted(statement, one)]
                    entries = tuple(self.entries(principal, policy, statement, denies, actions))
                    yield Held(policy, number, entries)

    def entries(
        self,
        principal: Principal,
        policy: Policy,
        statement: Statement,
        denies: tuple[Statement, ...],
        actions: list[Action],
    ) -> Iterator[Entry]:
        if statement.resources.negated:
            yield Entry(0, None, tuple(self.given(principal, policy, statement, denies, actions)))
            return
        for number, pattern in enumerate(statement.resources.patterns):
            alone = replace(statement, resources=Resources((pattern,)))
            yield Entry(number, pattern, tuple(self.given(principal, policy, alone, denies, actions)))

    def given(
        self,
        principal: Principal,
        policy: Policy,
        statement: Statement,
        denies: tuple[Statement, ...],
        actions: list[Action],
    ) -> Iterator[Given]:
        """What a statement gives, place by place."""
        alone = replace(policy, statements=(statement, *denies), unseen=())
        heads = heads_of(statement.resources)
        standing = self.ground.standing(principal, (alone,), tuple(self._targets.near(heads)))
        by_service: dict[str, list[Action]] = {}
        for action in actions:
            by_service.setdefault(action.service, []).append(action)
        for service, ones in by_service.items():
            places = tuple(self.places(service).near(heads))
            elsewhere = conjunction(negation(place.region) for place in places)
            for id, region in [*((one.id, one.region) for one in places), (ELSEWHERE, elsewhere)]:
                here = replace(standing, things=Things(self.arns.get(id, ())))
                found = reaches(here, ones, self.catalog, region)
                yield from (_given(id, reach) for reach in found)

    def places(self, service: str) -> Heads[Place]:
        """What the application has of a service, by what the ARNs begin with."""
        if service not in self._places:
            self._places[service] = Heads((one.heads, one) for one in places_of(self.application, service))
        return self._places[service]


def _given(place: str, reach: Reach) -> Given:
    return Given(place, reach.actions, reach.witnesses, reach.doubt)


def bare(application: Application) -> Application:
    """The application as identity policies alone decide about it: without what its resources say themselves.

    The policies of keys stay: without them nobody can use a key (123).
    """
    return replace(
        application,
        resources=tuple(
            one if one.type == "kms:key" else replace(one, policy=None) for one in application.resources
        ),
    )
