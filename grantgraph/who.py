"""Everybody who can do one thing: those whose policies allow it, and those who get code to do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grantgraph.ask import find_action, find_resource
from grantgraph.catalog import Catalog
from grantgraph.grants import requests_of
from grantgraph.graph import NodeId, NodeKind, PermissionGraph, build
from grantgraph.model import Application
from grantgraph.paths import Flow, Path, may_start_code
from grantgraph.problems import Location
from grantgraph.prove import (
    EVERYWHERE,
    Answer,
    Formula,
    Proved,
    Refuted,
    Undecided,
    at_or_under,
    matching,
    never,
    resource_matches,
)
from grantgraph.prove.glob import literal_glob
from grantgraph.standing import Ground, hidden_at


@dataclass(frozen=True, slots=True)
class Holder:
    """A principal who can do it by its own rights, with the request that shows it; or nobody can tell."""

    id: str
    answer: Refuted | Undecided
    at: Location


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
    mediated = tuple(_mediated(build(application, catalog, may_start_code), holders))
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


def _mediated(graph: PermissionGraph, holders: list[Holder]) -> Iterator[Mediated]:
    """Callers and other principals who get a holder to run, but for those who lie on the way of another one.

    Those who hold it themselves need nobody.
    """
    flow, own = Flow(graph), {one.id for one in holders}
    for holder in holders:
        paths = tuple(flow.leading_to(NodeId(NodeKind.PRINCIPAL, holder.id)))
        inner = {hop.end for path in paths for hop in path.hops}
        for path in paths:
            start = path.hops[0].start
            apart = start.kind is NodeKind.PRINCIPAL and start.name not in own
            if start not in inner and (start.kind is NodeKind.CALLER or apart):
                yield Mediated(start, holder.id, path)
