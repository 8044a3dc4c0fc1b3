"""The graph for people: each node with what leads from it."""

from __future__ import annotations

from grantgraph.graph import NodeId, PermissionGraph, describe
from grantgraph.reports._words import count, page


def render(graph: PermissionGraph) -> str:
    """One paragraph a node, sorted by kind and name."""
    leading: dict[NodeId, list[str]] = {node: [] for node in graph.nodes()}
    for start, end, edge in graph.edges():
        leading[start].append(f"  {describe(edge)} -> {end.kind} {end.name}")
    edges = sum(map(len, leading.values()))
    lines = [f"{graph.application.name}: {count(len(leading), 'node')}, {count(edges, 'edge')}"]
    for node, ways in leading.items():
        if ways:
            lines += ["", f"{node.kind} {node.name}", *ways]
    if graph.application.caveats:
        lines += ["", *(f"not known, so it may be more: {one}" for one in graph.application.caveats)]
    return page(lines)
