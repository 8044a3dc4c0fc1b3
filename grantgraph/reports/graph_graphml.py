"""The graph as GraphML, for programs that draw or query graphs (http://graphml.graphdrawing.org)."""

from __future__ import annotations

from grantgraph.graph import PermissionGraph, describe
from grantgraph.text import visible


def render(graph: PermissionGraph) -> str:
    """Nodes with their kind and name, edges with their type and label."""
    import networkx as nx

    plain: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        application=visible(graph.application.name), unknown="\n".join(map(visible, graph.application.caveats))
    )
    names = {node: f"n{at}" for at, node in enumerate(graph.nodes())}
    for node, name in names.items():
        plain.add_node(name, kind=node.kind.value, name=visible(node.name))
    for at, (start, end, edge) in enumerate(graph.edges()):  # the key is written as the edge's id
        type_, label = type(edge).__name__.lower(), visible(describe(edge))
        plain.add_edge(names[start], names[end], key=f"e{at}", type=type_, label=label)
    return "\n".join(nx.generate_graphml(plain)) + "\n"
