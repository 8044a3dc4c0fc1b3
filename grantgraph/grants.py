"""What a principal really holds: for each statement, the actions that some request can use, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.catalog import AccessLevel, Action, Catalog
from grantgraph.model import Application, Principal, Resource
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import ActionPattern, Condition, Effect, Policy, PolicyType, Statement
from grantgraph.problems import Location, bug
from grantgraph.prove import (
    Formula,
    Reach,
    Refuted,
    Standing,
    allowed_actions,
    at_or_under,
    conjunction,
    matching,
    negation,
    reaches,
)
from grantgraph.standing import standing_of
from grantgraph.text import Text, Unknown

CHANGING = frozenset({AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.PERMISSIONS_MANAGEMENT})
"""The access levels that change something."""


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
    bare = replace(
        application, resources=tuple(_without_grants(one, application) for one in application.resources)
    )
    denies = tuple(one for policy in principal.policies for one in policy.statements if one.effect is Effect.DENY)
    for policy in principal.policies:
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW:
                alone = replace(policy, statements=(statement, *denies), unseen=())
                standing = standing_of(bare, principal, (alone,))
                yield from _grants(application, principal, policy, statement, standing, catalog, wanted)
    yield from _grants_of_resource_policies(application, principal, denies, catalog, wanted)


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


def _grants(
    application: Application,
    principal: Principal,
    policy: Policy,
    statement: Statement,
    standing: Standing,
    catalog: Catalog,
    wanted: Callable[[Action], bool],
) -> Iterator[Grant]:
    by_service: dict[str, list[Action]] = {}
    for action in allowed_actions([statement], catalog):
        if wanted(action):
            by_service.setdefault(action.service, []).append(action)
    for service, actions in by_service.items():
        places = dict(places_of(application, service))
        for id, region in places.items():
            found = tuple(reaches(standing, actions, catalog, region))
            if found:
                yield Grant(principal.id, service, id, policy, statement, found)
        elsewhere = conjunction(negation(region) for region in places.values())
        found = tuple(reaches(standing, actions, catalog, elsewhere))
        if found:
            yield Grant(principal.id, service, "", policy, statement, found)


def places_of(application: Application, service: str) -> Iterator[tuple[str, Formula]]:
    """What an application has of a service: its routes that IAM guards, then its resources without these."""
    routes = [one for one in application.entry_points if one.arn != "" and _service_of_arn(one.arn) == service]
    for route in routes:
        yield route.id, matching(route.arn)
    apart = [negation(matching(route.arn)) for route in routes]
    for resource in application.resources:
        if service_of(resource) == service:
            yield resource.id, conjunction([at_or_under(resource.arn), *apart])


def service_of(resource: Resource) -> str:
    """The service prefix of the actions on a resource."""
    return _service_of_arn(resource.arn) or resource.type.partition(":")[0]


def _service_of_arn(value: Text) -> str:
    arn = parse_arn(value)
    return arn.service if arn is not None and isinstance(arn.service, str) else ""


def _grants_of_resource_policies(
    application: Application,
    principal: Principal,
    denies: tuple[Statement, ...],
    catalog: Catalog,
    wanted: Callable[[Action], bool],
) -> Iterator[Grant]:
    """What resources grant by policies of their own."""
    own = (Policy(PolicyType.IDENTITY_BASED, denies),) if denies else ()
    for resource in application.resources:
        if resource.policy is None:
            continue
        for statement in resource.policy.statements:
            if statement.effect is not Effect.ALLOW:
                continue
            alone = replace(
                resource.policy,
                statements=(statement, *(one for one in resource.policy.statements if one.effect is Effect.DENY)),
            )
            changed = replace(
                application,
                resources=tuple(
                    replace(one, policy=alone) if one is resource else replace(one, policy=None)
                    for one in application.resources
                ),
            )
            standing = standing_of(changed, principal, own)
            service = service_of(resource)
            own_actions = (one for one in allowed_actions([statement], catalog) if one.service == service)
            actions = [one for one in own_actions if wanted(one)]
            found = tuple(reaches(standing, actions, catalog, at_or_under(resource.arn)))
            if found:
                yield Grant(principal.id, service, resource.id, resource.policy, statement, found)


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
