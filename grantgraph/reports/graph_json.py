"""The graph for programs: schema `grantgraph/graph/1`."""

from __future__ import annotations

from grantgraph.graph import PermissionGraph, describe
from grantgraph.reports._words import json_page


def render(graph: PermissionGraph) -> str:
    """Nodes and edges, by their identities."""
    document = {
        "schema": "grantgraph/graph/1",
        "application": graph.application.name,
        "nodes": [{"kind": node.kind.value, "name": node.name} for node in graph.nodes()],
        "edges": [
            {
                "from": {"kind": start.kind.value, "name": start.name},
                "to": {"kind": end.kind.value, "name": end.name},
                "type": type(edge).__name__.lower(),
                "label": describe(edge),
            }
            for start, end, edge in graph.edges()
        ],
        **({"unknown": list(caveats)} if (caveats := graph.application.caveats) else {}),
    }
    return json_page(document)
