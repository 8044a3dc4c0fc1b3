"""The graph as DOT, for Graphviz."""

from __future__ import annotations

from grantgraph.graph import NodeKind, PermissionGraph, describe
from grantgraph.text import visible

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
    lines = [f"// not known, so it may be more: {visible(one)}" for one in graph.application.caveats]
    lines += [f"digraph {quote(graph.application.name)} {{", "  rankdir=LR;"]
    for node, number in numbers.items():
        lines.append(f"  {number} [shape={SHAPES[node.kind]}, label={quote(node.name)}];")
    for start, end, edge in graph.edges():
        lines.append(f"  {numbers[start]} -> {numbers[end]} [label={quote(describe(edge))}];")
    return "\n".join([*lines, "}"]) + "\n"


def quote(words: str) -> str:
    """A DOT string: what could end it, steer its label, or be read as an entity is written so that it cannot."""
    escaped = visible(words).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'
