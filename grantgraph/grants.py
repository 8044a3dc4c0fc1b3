"""What a principal really holds: for each statement, the actions that some request can use, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from grantgraph.catalog import AccessLevel, Action, Catalog
from grantgraph.model import Application, Principal, Resource
from grantgraph.places import Place, places_among, service_of, stays_within
from grantgraph.policy.document import (
    ActionPattern,
    Condition,
    Effect,
    Policy,
    PolicyType,
    PrincipalKind,
    Statement,
)
from grantgraph.problems import Location, bug
from grantgraph.prove import (
    Heads,
    Reach,
    Refuted,
    Standing,
    Target,
    allowed_actions,
    at_or_under,
    conjunction,
    head_of,
    heads_of,
    negation,
    reaches,
)
from grantgraph.standing import Ground
from grantgraph.text import Unknown

CHANGING = frozenset({AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.PERMISSIONS_MANAGEMENT})
"""The access levels that change something."""


ACCESSING = CHANGING | {AccessLevel.READ, AccessLevel.LIST}
"""All access levels."""

INVOKING = frozenset({"execute-api:Invoke", "appsync:GraphQL"})
"""Actions that do nothing but run what is behind a route or a field."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A statement lets a principal use actions on a resource, or on whatever else the statement names.

    `resource` is the id of a resource of the application, or of a route, "" for everything besides.
    """

    principal: str
    service: str
    resource: str
    policy: Policy
    statement: Statement
    reaches: tuple[Reach, ...]

    @property
    def certain(self) -> bool:
        """Whether a request shows it; a grant that is not certain hinges on something unknown."""
        return any(reach.certain for reach in self.reaches)

    @property
    def for_everyone(self) -> bool:
        """Whether a resource gives it to everybody, whoever asks."""
        principals = self.statement.principals
        return principals is not None and any(str(one.value) == "*" for one in principals.members)

    def actions(self) -> tuple[Action, ...]:
        """The actions that requests show, sorted."""
        found = {str(action): action for reach in self.reaches if reach.certain for action in reach.actions}
        return tuple(found[name] for name in sorted(found))

    def witness(self, action: Action) -> Refuted:
        """The request that shows that an action of this grant can be used."""
        for reach in self.reaches:
            if reach.certain and action in reach.actions:
                return reach.witnesses[reach.actions.index(action)]
        bug(f"no request shows {action}")

    def conditions(self) -> tuple[Condition, ...]:
        """What every request under this grant has to satisfy."""
        return self.statement.conditions

    def place(self, actions: Iterable[Action]) -> Location:
        """Where the policy names one of these actions; the statement, where it does so only by leaving out."""
        names = [action.name.lower() for action in actions]
        for pattern in self.statement.actions.patterns if not self.statement.actions.negated else ():
            if pattern.at.file and any(_covers(pattern, self.service, name) for name in names):
                return replace(pattern.at, path=self.statement.at.path, origin=self.statement.at.origin)
        return self.statement.at


def _covers(pattern: ActionPattern, service: str, name: str) -> bool:
    return pattern.service in (None, service) and pattern.name.match(name).name == "YES"


def grants_of(
    application: Application,
    principal: Principal,
    catalog: Catalog,
    wanted: Callable[[Action], bool] = lambda action: True,
) -> Iterator[Grant]:
    """Every grant of a principal for the actions that are wanted, after denies and boundaries."""
    return Grants(application, catalog).of(principal, wanted)


class Grants:
    """The grants of an application's principals: what does not hang on the principal is prepared once."""

    def __init__(self, application: Application, catalog: Catalog) -> None:
        self.application = application
        self.catalog = catalog
        self.ground = Ground(application)
        self._places: dict[str, Heads[Place]] = {}

    def of(self, principal: Principal, wanted: Callable[[Action], bool] = lambda action: True) -> Iterator[Grant]:
        """Every grant of a principal for the actions that are wanted, after denies and boundaries."""
        denies = tuple(
            one for policy in principal.policies for one in policy.statements if one.effect is Effect.DENY
        )
        for policy in principal.policies:
            for statement in policy.statements:
                if statement.effect is Effect.ALLOW:
                    yield from self._by(principal, policy, statement, denies, wanted)
        yield from self._by_resources(principal, denies, wanted)

    # ── what a principal's own statements grant ──

    def _by(
        self,
        principal: Principal,
        policy: Policy,
        statement: Statement,
        denies: tuple[Statement, ...],
        wanted: Callable[[Action], bool],
    ) -> Iterator[Grant]:
        by_service: dict[str, list[Action]] = {}
        for action in allowed_actions([statement], self.catalog):
            if wanted(action):
                by_service.setdefault(action.service, []).append(action)
        if not by_service:
            return
        heads = heads_of(statement.resources)
        alone = replace(policy, statements=(statement, *denies), unseen=())
        standing = self.ground.standing(principal, (alone,), tuple(self._bare.near(heads)))
        for service, actions in by_service.items():
            places = tuple(self.places(service).near(heads))
            for place in places:
                found = tuple(reaches(standing, actions, self.catalog, place.region))
                if found:
                    yield Grant(principal.id, service, place.id, policy, statement, found)
            if stays_within(statement, places):
                continue
            elsewhere = conjunction(negation(place.region) for place in places)
            found = tuple(reaches(standing, actions, self.catalog, elsewhere))
            if found:
                yield Grant(principal.id, service, "", policy, statement, found)

    def alone(self, principal: Principal, policy: Policy, statement: Statement) -> Standing:
        """What one statement of a principal's own policies grants, under all that is denied."""
        denies = (one for each in principal.policies for one in each.statements if one.effect is Effect.DENY)
        only = replace(policy, statements=(statement, *denies), unseen=())
        return self.ground.standing(principal, (only,), tuple(self._bare.near(heads_of(statement.resources))))

    def places(self, service: str) -> Heads[Place]:
        """What the application has of a service, by what the ARNs begin with."""
        if service not in self._places:
            own = self._by_service.get(service, ())
            self._places[service] = Heads((one.heads, one) for one in places_among(self.application, service, own))
        return self._places[service]

    @cached_property
    def _by_service(self) -> Mapping[str, tuple[Resource, ...]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.application.resources:
            found.setdefault(service_of(resource), []).append(resource)
        return {service: tuple(ones) for service, ones in found.items()}

    @cached_property
    def _bare(self) -> Heads[Target]:
        """The resources with the denying half of their policies: what these allow is a grant of its own."""
        bare = (_without_grants(one, self.application) for one in self.application.resources)
        return Heads(
            ((head_of(one.arn),), Target(one.arn, one.policy, one.account))
            for one in bare
            if one.policy is not None
        )

    # ── what resources grant by policies of their own ──

    def _by_resources(
        self, principal: Principal, denies: tuple[Statement, ...], wanted: Callable[[Action], bool]
    ) -> Iterator[Grant]:
        own = (Policy(PolicyType.IDENTITY_BASED, denies),) if denies else ()
        for resource, policy, statement in self._letting_in(principal):
            refusing = (one for one in policy.statements if one.effect is Effect.DENY)
            alone = replace(policy, statements=(statement, *refusing))
            standing = self.ground.standing(principal, own, (Target(resource.arn, alone, resource.account),))
            service = service_of(resource)
            named = (one for one in allowed_actions([statement], self.catalog) if one.service == service)
            actions = [one for one in named if wanted(one)]
            found = tuple(reaches(standing, actions, self.catalog, at_or_under(resource.arn)))
            if found:
                yield Grant(principal.id, service, resource.id, policy, statement, found)

    def _letting_in(self, principal: Principal) -> Iterator[tuple[Resource, Policy, Statement]]:
        """The statements of resources that may let a principal in, in the order of the resources."""
        if not isinstance(principal.arn, str):  # it may turn out to be any role that is named
            at = sorted({one for places in self._letting.values() for one in places})
        else:
            at = sorted({*self._letting.get("", ()), *self._letting.get(principal.arn.lower(), ())})
        return (self._statements[one] for one in at)

    @cached_property
    def _statements(self) -> tuple[tuple[Resource, Policy, Statement], ...]:
        return tuple(
            (resource, resource.policy, statement)
            for resource in self.application.resources
            if resource.policy is not None
            for statement in resource.policy.statements
            if statement.effect is Effect.ALLOW
        )

    @cached_property
    def _letting(self) -> Mapping[str, tuple[int, ...]]:
        """The places of these statements by the ARN of whom they name; under "" those that may name anybody."""
        found: dict[str, dict[int, None]] = {}
        for at, (_, _, statement) in enumerate(self._statements):
            for name in _named(statement):
                found.setdefault(name, {})[at] = None
        return {name: tuple(places) for name, places in found.items()}


_ONE_ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[^*?$]+")


def _named(statement: Statement) -> Iterator[str]:
    """The ARNs of the roles and users that a statement names, "" where it may name others."""
    if statement.principals is None or statement.principals.negated:
        yield ""
        return
    for member in statement.principals.members:
        if member.kind in (PrincipalKind.SERVICE, PrincipalKind.FEDERATED):
            continue
        yield member.value.lower() if isinstance(member.value, str) and _ONE_ROLE.fullmatch(member.value) else ""


def _without_grants(resource: Resource, application: Application) -> Resource:
    """A resource with the denying half of its policy: what that allows is a grant of its own.

    The policy stays whole where it has to allow besides the identity policy: for keys, for roles that are to be
    assumed, and in an account that may be another one (rules 111, 112, 123).
    """
    policy = resource.policy
    if policy is None or _has_to_allow(resource, application):
        return resource
    own = tuple(one for one in policy.statements if one.effect is Effect.DENY)
    return replace(resource, policy=replace(policy, statements=own) if own else None)


def _has_to_allow(resource: Resource, application: Application) -> bool:
    whole = resource.type == "kms:key" or (
        resource.policy is not None and resource.policy.type is PolicyType.TRUST
    )
    return whole or resource.account not in ("", application.environment.account)


def unseen_of(principal: Principal) -> tuple[Unknown, ...]:
    """What may grant a principal more than the input shows."""
    return tuple(dict.fromkeys(one for policy in principal.policies for one in policy.unseen))


def by_level(actions: Iterable[Action]) -> Mapping[AccessLevel, tuple[Action, ...]]:
    """Actions by access level, the most dangerous first; levels without an action are left out."""
    order = (
        AccessLevel.PERMISSIONS_MANAGEMENT,
        AccessLevel.WRITE,
        AccessLevel.TAGGING,
        AccessLevel.READ,
        AccessLevel.LIST,
    )
    known = tuple(actions)
    found = {level: tuple(one for one in known if one.access_level is level) for level in order}
    return {level: ones for level, ones in found.items() if ones}
