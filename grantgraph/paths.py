"""Ways through an application: from whoever begins, by what each step lets run, to what is reached at the end.

What code does with its rights is not IAM's to decide: a path says what a caller could get done through it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from grantgraph.catalog import Action, Catalog
from grantgraph.explain import find_principal
from grantgraph.grants import CHANGING, INVOKING, Grant, unseen_of
from grantgraph.graph import (
    ANYONE,
    Assumes,
    Edge,
    NodeId,
    NodeKind,
    PermissionGraph,
    Runs,
    Trust,
    Visits,
    build,
    describe,
)
from grantgraph.model import Application, Authorizer, EntryPointType
from grantgraph.outsiders import outsiders_of
from grantgraph.permissions import Permissions
from grantgraph.problems import NOWHERE, Location, UsageError, did_you_mean
from grantgraph.prove import Proved, Refuted, Undecided
from grantgraph.resources import resource_types
from grantgraph.rules import WHO_COMES_IN
from grantgraph.ways import RUNNING

LOST = "lost-entry-point"
"""The code of the problem that it is not known who may use a way in, or where it leads."""

ANYTHING_MORE = frozenset({"incomplete-plan", "transform"})
"""Codes of problems that leave open what else there is."""

MOST_PATHS = 20
"""How many ways are looked for from one thing to another; they are all as short as the first."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path, in words.

    `certain` is whether it is there for sure, or hinges on what is not known. `grants` are what the last step of a
    path rests on; a step on the way says the action that leads on.
    """

    start: NodeId
    end: NodeId
    words: str
    at: Location = NOWHERE
    certain: bool = True
    grants: tuple[Grant, ...] = ()

    @property
    def weight(self) -> int:
        """Many steps that are sure are better than one that is not."""
        return 1 if self.certain else 1000


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from one thing to another, each beginning where the last one ended."""

    hops: tuple[Hop, ...]

    @property
    def certain(self) -> bool:
        """Whether every step is."""
        return all(hop.certain for hop in self.hops)

    @property
    def runs_code(self) -> bool:
        """Whether code acts on the way, with the rights of a role of its own."""
        return any(hop.end.kind is NodeKind.PRINCIPAL and hop.start.kind in _ACTING for hop in self.hops)


_ACTING = (NodeKind.RESOURCE, NodeKind.ENTRY_POINT)


@dataclass(frozen=True, slots=True)
class Explained:
    """The shortest ways from one thing to another; none where there is no way.

    `more` is whether there are more than these, which are as short. `doubts` say why there may be a way though no
    sure one is shown: what the start reaches, and is not known in full.
    """

    application: Application
    catalog: str
    start: NodeId
    end: NodeId
    paths: tuple[Path, ...]
    more: bool
    doubts: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it is not known if there is a way."""
        return not any(path.certain for path in self.paths) and bool(self.paths or self.doubts)


def explain_path(application: Application, start: str, end: str, catalog: Catalog) -> Explained:
    """The shortest ways from a caller, a principal, a resource or an entry point to another of these.

    Raises:
        UsageError: one of the two is not there.
    """
    graph = build(application, catalog)
    flow = Flow(graph, catalog)
    first, last = (find_node(flow, name) for name in (start, end))
    found = tuple(itertools.islice(flow.paths(first, last), MOST_PATHS + 1))
    doubts = () if any(path.certain for path in found) else tuple(dict.fromkeys(flow.doubts(first)))
    return Explained(application, catalog.date, first, last, found[:MOST_PATHS], len(found) > MOST_PATHS, doubts)


def find_node(flow: Flow, name: str) -> NodeId:
    """The node of a name; a principal also goes by its kind, and a function stands for itself.

    Raises:
        UsageError: there is none, or more than one.
    """
    application = flow.graph.application
    nodes = {node.name: node for node in flow.nodes() if node.kind is not NodeKind.ELSEWHERE}
    nodes |= {one.id: NodeId(NodeKind.PRINCIPAL, one.id) for one in application.principals}
    if name in nodes:
        return nodes[name]
    starting = [known for known in nodes if known.lower().startswith(name.lower())]
    starting = [one for one in starting if nodes[one].kind is not NodeKind.ENTRY_POINT] or starting
    if len(starting) == 1:
        return nodes[starting[0]]
    try:
        return NodeId(NodeKind.PRINCIPAL, find_principal(application, name).id)
    except UsageError:
        pass
    if starting:
        named = ", ".join(f"`{one}`" for one in sorted(starting)[:8])
        raise UsageError(f"`{name}` may be any of {len(starting)} things", f"name one: {named}")
    callers = ", ".join(f"`{one}`" for one, node in sorted(nodes.items()) if node.kind is NodeKind.CALLER)
    help = did_you_mean(name, nodes) or f"name a principal, a resource, an entry point, or a caller: {callers}"
    raise UsageError(f"there is nothing called `{name}`", help)


class Flow:
    """A permission graph as far as one thing leads on to the next: what makes no code run ends a way."""

    def __init__(self, graph: PermissionGraph, catalog: Catalog) -> None:
        import networkx as nx

        self.graph = graph
        self._leading: dict[tuple[NodeId, NodeId], Hop] = {}
        self._ending: dict[NodeId, dict[NodeId, Hop]] = {}
        for start, end, edge in graph.edges():
            if isinstance(edge, Grant):
                self._end_with(start, end, edge)
            hop = _hop(start, end, edge, graph.application)
            if hop is not None:
                self._lead_on(hop)
        for hop in (*_attempts_to_sign_in(graph.application), *_assuming_from_outside(graph.application, catalog)):
            self._lead_on(hop)
        for hop, leads_on in _using_from_outside(graph.application, catalog):
            self._ending.setdefault(hop.end, {}).setdefault(hop.start, hop)
            if leads_on:
                self._lead_on(hop)
        self.flow: nx.DiGraph[NodeId] = nx.DiGraph()
        self.flow.add_nodes_from(graph.nodes())
        for hop in self._leading.values():
            self.flow.add_edge(hop.start, hop.end, weight=hop.weight)

    def nodes(self) -> tuple[NodeId, ...]:
        """Everything that a way can begin or end at, sorted."""
        return tuple(sorted(self.flow.nodes))

    def _lead_on(self, hop: Hop) -> None:
        known = self._leading.get((hop.start, hop.end))
        if known is None or (hop.certain and not known.certain):
            self._leading[hop.start, hop.end] = hop

    def _end_with(self, start: NodeId, end: NodeId, grant: Grant) -> None:
        own = self._ending.setdefault(end, {})
        grants = (*own[start].grants, grant) if start in own else (grant,)
        certain = any(one.certain for one in grants)
        own[start] = Hop(
            start, end, "can use" if certain else "may be able to use", grants[0].statement.at, certain, grants
        )

    def paths(self, start: NodeId, end: NodeId) -> Iterator[Path]:
        """The shortest ways from one thing to another, sure ones before others."""
        import networkx as nx

        flow = self.flow.copy()
        for hop in self._ending.get(end, {}).values():
            flow.add_edge(hop.start, end, weight=hop.weight)
        if start != end and nx.has_path(flow, start, end):
            for nodes in sorted(nx.all_shortest_paths(flow, start, end, weight="weight")):
                yield self._path(nodes)

    def doubts(self, start: NodeId) -> Iterator[str]:
        """What something reaches that may lead further than is known."""
        import networkx as nx

        application = self.graph.application
        yield from application.caveats
        yield from (one.reason for one in application.hidden)
        codes = {LOST, *(WHO_COMES_IN if start.kind is NodeKind.CALLER else ANYTHING_MORE)}
        if start in {visitors(pool.id, guests=True) for pool in application.pools}:
            codes.discard("role-mapping")  # which is about those who sign in
        yield from (one.message for one in application.problems if one.code in codes)
        for first, role, edge in self.graph.edges():
            if first == start and isinstance(edge, Trust):
                yield f"the trust policy of `{role}` names `{start}`, which is not followed"
        for resource in application.resources:
            for unseen in resource.policy.unseen if resource.policy is not None else ():
                yield f"the policy of `{resource.id}`: {unseen.reason}"
        for entry in application.entry_points if start.kind is NodeKind.CALLER else ():
            if entry.authorizer is Authorizer.UNKNOWN:
                yield f"who may ask for `{entry.id}` is not known here"
        for node in sorted({start, *nx.descendants(self.flow, start)}):
            principal = application.principal(node.name) if node.kind is NodeKind.PRINCIPAL else None
            way = application.entry_point(node.name) if node.kind is NodeKind.ENTRY_POINT else None
            code = application.resource(node.name) if node.kind is NodeKind.RESOURCE else None
            if principal is not None:
                yield from (f"what `{principal.id}` may do: {one.reason}" for one in unseen_of(principal))
            elif way is not None and way.unseen:
                yield f"what `{way.id}` runs is not in the input"
            elif code is not None and code.type in RUNNING and not any(self.flow.successors(node)):
                yield f"as whom `{code.id}` runs is not in the input"

    def leading_to(self, end: NodeId) -> Iterator[Path]:
        """The shortest way from each thing that leads to another, in the order of where they begin."""
        import networkx as nx

        found = nx.single_source_dijkstra_path(self.flow.reverse(copy=False), end)
        for start in sorted(found):
            if start != end:
                yield self._path(found[start][::-1])

    def _path(self, nodes: Sequence[NodeId]) -> Path:
        *before, last = itertools.pairwise(nodes)
        ending = self._ending.get(last[1], {}).get(last[0])
        hops = [self._leading[pair] for pair in before]
        return Path((*hops, ending or self._leading[last]))


def _hop(start: NodeId, end: NodeId, edge: Edge, application: Application) -> Hop | None:
    """The step that an edge is, where code may run after it or somebody acts as the role at its end."""
    match edge:
        case Grant():
            return _start_code(start, end, edge, application)
        case Visits():
            return _visit(start, end, edge)
        case Assumes(answer, at):
            return Hop(start, end, describe(edge), at, isinstance(answer, Refuted))
        case Runs(why):
            return Hop(start, end, why, _place(start, end, application))
        case _:
            return None


def _visit(start: NodeId, end: NodeId, edge: Visits) -> Hop | None:
    """Coming in, or getting a role: guests and signed-in visitors of a pool are not the same callers."""
    if isinstance(edge.barred, Proved):
        return None
    certain = not isinstance(edge.barred, Undecided)
    if end.kind is NodeKind.PRINCIPAL:
        certain = certain and edge.barred is not None  # a role that is not in the input may let nobody in
        return Hop(visitors(start.name, guests=edge.guests), end, f"`{start}` {edge.how}", certain=certain)
    return Hop(start, visitors(end.name, guests=edge.guests), edge.how, certain=certain)


def visitors(pool: str, *, guests: bool) -> NodeId:
    """Those who came in through an identity pool, as callers."""
    return NodeId(NodeKind.CALLER, f"{'guests' if guests else 'signed-in visitors'} of {pool}")


def _start_code(start: NodeId, end: NodeId, grant: Grant, application: Application) -> Hop | None:
    """A grant after which code may run: it runs it, or puts in what makes others run."""
    resource = application.resource(grant.resource)
    type = resource_types().get(resource.type) if resource is not None else None
    names = type.starting_actions if type is not None else _INVOKING
    for reach in sorted(grant.reaches, key=lambda one: not one.certain):
        for action in reach.actions:
            if may_start_code(action) and str(action).lower() in names:
                return Hop(start, end, f"can use {action}", grant.place([action]), reach.certain)
    return None


def may_start_code(action: Action) -> bool:
    """Whether code may run after an action, on some type of resource."""
    return action.access_level in CHANGING and str(action).lower() in _starting()


@cache
def _starting() -> frozenset[str]:
    return _INVOKING.union(*(one.starting_actions for one in resource_types().values()))


_INVOKING = frozenset(map(str.lower, INVOKING))


def _assuming_from_outside(application: Application, catalog: Catalog) -> Iterator[Hop]:
    """Who of other accounts can assume a role; services come for the application itself."""
    permissions = Permissions(application, catalog)
    for role in application.principals:
        for outsider in outsiders_of(role.trust, application) if role.trust is not None else ():
            for reach in permissions.assumed_by(role, outsider):
                start, end = NodeId(NodeKind.CALLER, outsider.words), NodeId(NodeKind.PRINCIPAL, role.id)
                yield Hop(start, end, "can assume", role.at, reach.certain)


def _using_from_outside(application: Application, catalog: Catalog) -> Iterator[tuple[Hop, bool]]:
    """What the policies of resources let others do, and whether code may run after it."""
    permissions = Permissions(application, catalog)
    for resource in application.resources:
        starting = resource_types()[resource.type].starting_actions
        for outsider in outsiders_of(resource.policy, application) if resource.policy is not None else ():
            reaches = sorted(permissions.let_in(resource, outsider), key=lambda one: not one.certain)
            for reach in reaches[:1]:
                ways = [action for one in reaches for action in one.actions if str(action).lower() in starting]
                action = (ways or list(reach.actions))[0]
                start, end = NodeId(NodeKind.CALLER, outsider.words), NodeId(NodeKind.RESOURCE, resource.id)
                yield Hop(start, end, f"can use {action}", resource.at, reach.certain), bool(ways)


def _attempts_to_sign_in(application: Application) -> Iterator[Hop]:
    """Whoever tries to sign up or in to a user pool runs its triggers (179)."""
    for entry in application.entry_points:
        if entry.type is EntryPointType.USER_POOL_TRIGGER:
            end = NodeId(NodeKind.ENTRY_POINT, entry.id)
            yield Hop(ANYONE, end, f"signs up or in to `{entry.source}`, or tries to", entry.at)


def _place(start: NodeId, end: NodeId, application: Application) -> Location:
    """Where what is at one of the two ends is written, the entry point's place first."""
    for node in (start, end):
        entry = application.entry_point(node.name) if node.kind is NodeKind.ENTRY_POINT else None
        resource = application.resource(node.name) if node.kind is NodeKind.RESOURCE else None
        found = entry or resource
        if found is not None:
            return found.at
    return NOWHERE
