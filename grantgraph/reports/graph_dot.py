"""The graph as DOT, for Graphviz."""

from __future__ import annotations

from grantgraph.graph import NodeKind, PermissionGraph, describe

SHAPES = {
    NodeKind.PRINCIPAL: "box",
    NodeKind.RESOURCE: "cylinder",
    NodeKind.ENTRY_POINT: "cds",
    NodeKind.CALLER: "ellipse",
    NodeKind.ELSEWHERE: "folder",
}


def render(graph: PermissionGraph) -> str:
    """A digraph with one shape a kind of node."""
    numbers = {node: f"n{at}" for at, node in enumerate(graph.nodes())}
    lines = [f"digraph {quote(graph.application.name)} {{", "  rankdir=LR;"]
    for node, number in numbers.items():
        lines.append(f"  {number} [shape={SHAPES[node.kind]}, label={quote(node.name)}];")
    for start, end, edge in graph.edges():
        lines.append(f"  {numbers[start]} -> {numbers[end]} [label={quote(describe(edge))}];")
    return "\n".join([*lines, "}"]) + "\n"


def quote(words: str) -> str:
    """A DOT string."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
