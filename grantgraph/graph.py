"""The permission graph: principals, resources and entry points, and what connects them.

This is the only module that imports networkx, and it is imported only where a graph is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import networkx as nx

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate.statement import match_actions
from grantgraph.grants import Grant, Grants, by_level
from grantgraph.model import Application, EntryPoint, Need, Principal
from grantgraph.policy.document import Effect, Policy, PrincipalKind, PrincipalPattern, Statement
from grantgraph.problems import Location
from grantgraph.prove import Answer, Proved, Refuted, Undecided
from grantgraph.trusting import ASSUME_ROLE, cannot_assume
from grantgraph.visits import visits
from grantgraph.ways import ASKED, RUNNING, caller_of


class NodeKind(StrEnum):
    """What a node of the graph is."""

    PRINCIPAL = "principal"
    RESOURCE = "resource"
    ENTRY_POINT = "entry point"
    CALLER = "caller"  # who comes from outside: anyone, a service, another account
    ELSEWHERE = "elsewhere"  # resources of a service beyond the application's own


@dataclass(frozen=True, slots=True, order=True)
class NodeId:
    """The identity of a node; what it stands for is looked up in the application."""

    kind: NodeKind
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Trust:
    """A statement of a trust policy lets somebody assume the role."""

    statement: Statement
    policy: Policy


@dataclass(frozen=True, slots=True)
class Visits:
    """A visitor comes in through an identity pool, or gets a role from it, unless its trust policy bars all."""

    how: str
    guests: bool
    barred: Answer | None = None


@dataclass(frozen=True, slots=True)
class Assumes:
    """A principal of the application can assume a role: refuted is that it never can, or nobody knows."""

    answer: Refuted | Undecided
    at: Location


@dataclass(frozen=True, slots=True)
class Runs:
    """An entry point runs a function, or a function runs as a role."""

    why: str


Edge: TypeAlias = Need | Grant | Trust | Visits | Assumes | Runs


ANYONE = NodeId(NodeKind.CALLER, "anyone")


@dataclass(frozen=True, slots=True)
class PermissionGraph:
    """A frozen networkx graph: nodes are NodeIds, and every edge carries itself as `edge`."""

    application: Application
    graph: nx.MultiDiGraph[NodeId]

    def edges(self) -> Iterator[tuple[NodeId, NodeId, Edge]]:
        """Every edge, in a fixed order."""
        found = [(start, end, data["edge"]) for start, end, data in self.graph.edges(data=True)]
        return iter(sorted(found, key=lambda one: (one[0], one[1], describe(one[2]))))

    def nodes(self) -> tuple[NodeId, ...]:
        """Every node, sorted."""
        return tuple(sorted(self.graph.nodes))

    def paths(self, start: NodeId, end: NodeId) -> Iterator[tuple[NodeId, ...]]:
        """The shortest ways from one node to another, if there is any."""
        if start in self.graph and end in self.graph and nx.has_path(self.graph, start, end):
            for path in sorted(nx.all_shortest_paths(nx.DiGraph(self.graph), start, end)):
                yield tuple(path)


def build(
    application: Application, catalog: Catalog, wanted: Callable[[Action], bool] = lambda action: True
) -> PermissionGraph:
    """The graph of an application, with a Grant for everything that some request can really use.

    Args:
        wanted: which actions grants are asked about.
    """
    graph: nx.MultiDiGraph[NodeId] = nx.MultiDiGraph()
    for principal in application.principals:
        graph.add_node(NodeId(NodeKind.PRINCIPAL, principal.id))
    for resource in application.resources:
        graph.add_node(NodeId(NodeKind.RESOURCE, resource.id))
    for entry in application.entry_points:
        graph.add_node(NodeId(NodeKind.ENTRY_POINT, entry.id))
    for start, end, edge in _edges(application, catalog, wanted):
        graph.add_edge(start, end, edge=edge)
    return PermissionGraph(application, nx.freeze(graph))


def _edges(
    application: Application, catalog: Catalog, wanted: Callable[[Action], bool]
) -> Iterator[tuple[NodeId, NodeId, Edge]]:
    grants = Grants(application, catalog)
    for principal in application.principals:
        own = NodeId(NodeKind.PRINCIPAL, principal.id)
        for grant in grants.of(principal, wanted):
            yield own, _target(application, grant), grant
        for caller, trust in _trusts(principal):
            yield caller, own, trust
    yield from _assuming(application, grants, catalog)
    for need in application.needs:
        kind = NodeKind.ENTRY_POINT if application.entry_point(need.to) else NodeKind.RESOURCE
        yield NodeId(NodeKind.PRINCIPAL, need.who), NodeId(kind, need.to), need
    for resource in application.resources:
        role = resource.attributes.get("runs_as")
        if isinstance(role, str) and role and application.principal(role) is not None:
            yield NodeId(NodeKind.RESOURCE, resource.id), NodeId(NodeKind.PRINCIPAL, role), Runs("runs as")
    for entry in application.entry_points:
        yield from _entry_edges(application, entry)
    for visit in visits(application, catalog):
        callers, pool = NodeId(NodeKind.CALLER, visit.start), _pool(application, visit.pool)
        if visit.role:
            yield pool, NodeId(NodeKind.PRINCIPAL, visit.role), Visits(visit.how, visit.guests, visit.barred)
        else:
            yield callers, pool, Visits(visit.how, visit.guests)


def _assuming(
    application: Application, grants: Grants, catalog: Catalog
) -> Iterator[tuple[NodeId, NodeId, Assumes]]:
    """Which principals can assume which roles: one of the two has to speak of the other (119)."""
    askers = {one.id for one in application.principals if _asks_for_roles(one)}
    for role in application.principals:
        members = tuple(_let_in(role))
        for principal in application.principals if members else ():
            named = any(_may_be(one, principal) for one in members)
            if principal is not role and (named or principal.id in askers):
                standing = grants.ground.standing(principal)
                answer = cannot_assume(standing, role, application.environment.account, catalog)
                if not isinstance(answer, Proved):
                    start, end = (NodeId(NodeKind.PRINCIPAL, one.id) for one in (principal, role))
                    yield start, end, Assumes(answer, role.at)


def _asks_for_roles(principal: Principal) -> bool:
    statements = [one for policy in principal.policies for one in policy.statements]
    allowing = [one for one in statements if one.effect is Effect.ALLOW]
    unseen = any(policy.unseen for policy in principal.policies)
    return unseen or any(match_actions(one.actions, ASSUME_ROLE).name != "NO" for one in allowing)


def _may_be(member: PrincipalPattern, principal: Principal) -> bool:
    return member.value in (principal.arn, "*") or not isinstance(member.value, str)


def _let_in(role: Principal) -> Iterator[PrincipalPattern]:
    """The accounts, roles and users that a trust policy lets in, or everybody."""
    for statement in role.trust.statements if role.trust is not None else ():
        if statement.effect is Effect.ALLOW and statement.principals is not None:
            for member in statement.principals.members:
                if statement.principals.negated or member.kind in (PrincipalKind.AWS, PrincipalKind.EVERYONE):
                    yield member


def _pool(application: Application, id: str) -> NodeId:
    """The resource that a pool is; a model file may have the pool without saying so, or the resource beside it."""
    pools = [one.id for one in application.resources if one.type == "cognito-identity:identitypool"]
    return NodeId(NodeKind.RESOURCE, pools[0] if id not in pools and len(pools) == 1 else id)


def _target(application: Application, grant: Grant) -> NodeId:
    if application.entry_point(grant.resource) is not None:
        return NodeId(NodeKind.ENTRY_POINT, grant.resource)
    if grant.resource:
        return NodeId(NodeKind.RESOURCE, grant.resource)
    return NodeId(NodeKind.ELSEWHERE, f"{grant.service}: anything else")


def _trusts(principal: Principal) -> Iterator[tuple[NodeId, Trust]]:
    policy = principal.trust
    for statement in policy.statements if policy is not None else ():
        if policy is None or statement.effect is not Effect.ALLOW or statement.principals is None:
            continue
        for member in statement.principals.members:
            everyone = member.kind is PrincipalKind.EVERYONE or str(member.value) == "*"
            named = "any AWS account" if everyone else str(member.value)
            but = "everyone except " if statement.principals.negated else ""
            yield NodeId(NodeKind.CALLER, but + named), Trust(statement, policy)


def _entry_edges(application: Application, entry: EntryPoint) -> Iterator[tuple[NodeId, NodeId, Edge]]:
    """Who may come in, and what runs then: an entry point is a way to everything that its function may do."""
    own = NodeId(NodeKind.ENTRY_POINT, entry.id)
    if entry.type in ASKED:
        if caller := caller_of(entry):
            yield NodeId(NodeKind.CALLER, caller), own, Runs(f"calls, authorizer {entry.authorizer}")
    elif entry.source and application.resource(entry.source) is not None:
        yield NodeId(NodeKind.RESOURCE, entry.source), own, Runs(f"calls, {entry.type}")
    if entry.target:
        kind = application.resource(entry.target)
        runs = kind is None or kind.type in RUNNING
        yield own, NodeId(NodeKind.RESOURCE, entry.target), Runs("runs" if runs else "hands on to")
    if entry.runs_as and application.principal(entry.runs_as) is not None:
        yield own, NodeId(NodeKind.PRINCIPAL, entry.runs_as), Runs("acts as")


def describe(edge: Edge) -> str:
    """An edge in a few words."""
    match edge:
        case Need():
            return f"needs to {' and '.join(edge.access)}"
        case Grant():
            if not edge.certain:
                return "may be able to use " + ", ".join(sorted(str(reach.actions[0]) for reach in edge.reaches))
            counts = [f"{len(actions)} {level}" for level, actions in by_level(edge.actions()).items()]
            return "can use " + ", ".join(counts)
        case Trust():
            return "may assume"
        case Visits():
            return edge.how
        case Assumes():
            return "can assume" if isinstance(edge.answer, Refuted) else "may be able to assume"
        case Runs():
            return edge.why
