"""The graph as Mermaid, for Markdown pages."""

from __future__ import annotations

from grantgraph.graph import NodeKind, PermissionGraph, describe
from grantgraph.text import visible

BRACKETS = {
    NodeKind.PRINCIPAL: ("[", "]"),
    NodeKind.RESOURCE: ("[(", ")]"),
    NodeKind.ENTRY_POINT: (">", "]"),
    NodeKind.CALLER: ("([", "])"),
    NodeKind.ELSEWHERE: ("[[", "]]"),
}

ENTITIES = {ord(character): f"#{ord(character)};" for character in '#&"<>`|'}


def render(graph: PermissionGraph) -> str:
    """A flowchart with one shape a kind of node."""
    numbers = {node: f"n{at}" for at, node in enumerate(graph.nodes())}
    lines = ["flowchart LR"]
    lines += [f"  %% not known, so it may be more: {visible(one)}" for one in graph.application.caveats]
    for node, number in numbers.items():
        left, right = BRACKETS[node.kind]
        lines.append(f"  {number}{left}{quote(node.name)}{right}")
    for start, end, edge in graph.edges():
        lines.append(f"  {numbers[start]} -->|{quote(describe(edge))}| {numbers[end]}")
    return "\n".join(lines) + "\n"


def quote(words: str) -> str:
    """A Mermaid string: what could end it, or be read as HTML, is written as an entity."""
    return '"' + visible(words).translate(ENTITIES) + '"'
