"""Everybody who can do one thing: those whose policies allow it, and those who get code to do it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from grantgraph.ask import find_action, find_resource
from grantgraph.catalog import Action, Catalog
from grantgraph.graph import NodeId, NodeKind, build
from grantgraph.model import Application, Resource
from grantgraph.outsiders import outsiders_of
from grantgraph.paths import Flow, Path, may_start_code
from grantgraph.permissions import Permissions
from grantgraph.places import requests_of, service_of
from grantgraph.policy.document import Effect, PrincipalKind, Statement
from grantgraph.problems import Location
from grantgraph.prove import (
    EVERYWHERE,
    Answer,
    Formula,
    Proved,
    Reach,
    Refuted,
    Undecided,
    at_or_under,
    matching,
    never,
    resource_matches,
)
from grantgraph.prove.glob import literal_glob
from grantgraph.standing import Ground, hidden_at
from grantgraph.statements import names_one


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who can do it by rights of their own, with the request that shows it; or nobody can tell.

    `outside` is whether it is nobody of the application, whom a resource lets in.
    """

    id: str
    answer: Refuted | Undecided
    at: Location
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Mediated:
    """Somebody who gets a holder to run, by the shortest way; what its code then does is not IAM's to decide."""

    who: NodeId
    holder: str
    path: Path


@dataclass(frozen=True, slots=True)
class WhoCan:
    """Who can do one action on one thing, of how many who were asked about.

    `caveats` are what no answer about the whole can know.
    """

    application: Application
    catalog: str
    action: str
    resource: str
    asked: int
    holders: tuple[Holder, ...]
    mediated: tuple[Mediated, ...]
    caveats: tuple[str, ...]

    @property
    def undecided(self) -> bool:
        """Whether there may be somebody besides those who are shown for sure."""
        return bool(self.caveats) or any(isinstance(one.answer, Undecided) for one in self.holders)


def who_can(application: Application, action: str, resource: str, catalog: Catalog) -> WhoCan:
    """Everybody who can do an action on a resource, each shown by a request.

    Args:
        resource: the id of a resource or a route, followed by what lies under it; or an ARN with `*` for any text.

    Raises:
        UsageError: an argument names nothing.
    """
    wanted = find_action(action, catalog)
    region, doubt = _region(application, resource)
    ground = Ground(application)
    holders = []
    for principal in application.principals:
        answer: Answer = never(ground.standing(principal), [wanted], catalog, region)
        if isinstance(answer, Proved) and doubt:
            answer = Undecided(doubt)
        if not isinstance(answer, Proved):
            holders.append(Holder(principal.id, answer, principal.at))
    flow = Flow(build(application, catalog, may_start_code), catalog)
    mediated = tuple(_mediated(flow, holders))
    holders += _outside(application, wanted, resource, catalog)
    return WhoCan(
        application,
        catalog.date,
        str(wanted),
        resource,
        len(application.principals),
        tuple(holders),
        mediated,
        application.caveats,
    )


def _region(application: Application, spelled: str) -> tuple[Formula, str]:
    """The requests that are meant; and why a policy that was not seen may decide about them, "" if none may."""
    if spelled == "*":
        return EVERYWHERE, next((one.reason for one in application.hidden), "")
    route = application.entry_point(spelled)
    if route is not None and route.arn != "":
        return requests_of(route), ""
    arn = find_resource(application, spelled)
    if any(one.arn == arn for one in application.resources):
        return at_or_under(arn), ""
    doubt = next((one.reason for one in hidden_at(application, arn)), "")
    wild = any(letter in str(arn) for letter in "*?")
    return (matching(arn) if wild else resource_matches(literal_glob(arn))), doubt


def _outside(application: Application, action: Action, spelled: str, catalog: Catalog) -> Iterator[Holder]:
    """Who of other accounts can, by the policy of a resource; and whom one may let in that is not known."""
    permissions = Permissions(application, catalog)
    for one, whole in _meant(application, action, spelled):
        policy = one.policy
        if policy is None:
            continue
        for unseen in policy.unseen:
            yield Holder(f"whoever `{one.id}` lets in", Undecided(unseen.reason), one.at, True)
        if any(_by_canonical_id(statement, action) for statement in policy.statements):
            yield Holder(
                f"a canonical id that `{one.id}` names", Undecided("whose it is, is not known"), one.at, True
            )
        for outsider in outsiders_of(policy, application):
            answers = [
                _answer(reach, action) for reach in permissions.let_in(one, outsider) if action in reach.actions
            ]
            if answers and not whole:  # they were asked about the whole resource, and about no part
                answers = [Undecided(f"`{one.id}` lets them in, perhaps not to `{spelled}`")]
            yield from (Holder(outsider.words, answer, one.at, True) for answer in answers[:1])


def _meant(application: Application, action: Action, spelled: str) -> Iterator[tuple[Resource, bool]]:
    """The resources that may be meant, and whether each is meant as a whole; where it is not plain, it may be."""
    arn = find_resource(application, spelled) if spelled != "*" else "*"
    words = str(arn)
    own = [one for one in application.resources if words == str(one.arn) or words.startswith(_below(one))]
    start = re.split(r"[*?]", words, maxsplit=1)[0]
    for one in own or application.resources:
        told = isinstance(one.arn, str)
        near = str(one.arn).startswith(start) or start.startswith(_below(one))
        if one in own or spelled == "*" or (service_of(one) == action.service and (near or not told)):
            yield one, spelled == "*" or words == str(one.arn)


def _below(resource: Resource) -> tuple[str, str]:
    return f"{resource.arn}/", f"{resource.arn}:"


def _by_canonical_id(statement: Statement, action: Action) -> bool:
    members = statement.principals.members if statement.principals is not None else ()
    named = any(one.kind is PrincipalKind.CANONICAL_USER for one in members)
    return named and statement.effect is Effect.ALLOW and names_one(statement, [str(action)])


def _answer(reach: Reach, action: Action) -> Refuted | Undecided:
    return reach.witnesses[reach.actions.index(action)] if reach.certain else Undecided(reach.doubt)


def _mediated(flow: Flow, holders: list[Holder]) -> Iterator[Mediated]:
    """Callers and other principals who get a holder to run, but for those who lie on the way of another one.

    Those who hold it themselves need nobody.
    """
    own = {one.id for one in holders}
    for holder in holders:
        paths = tuple(flow.leading_to(NodeId(NodeKind.PRINCIPAL, holder.id)))
        inner = {hop.end for path in paths for hop in path.hops}
        for path in paths:
            start = path.hops[0].start
            apart = start.kind is NodeKind.PRINCIPAL and start.name not in own
            if start not in inner and (start.kind is NodeKind.CALLER or apart):
                yield Mediated(start, holder.id, path)
