"""Functions that choose: `Fn::If`, and the condition functions where a value stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grantgraph.node import Node
from grantgraph.sources._cloudformation.choices import merge
from grantgraph.text import Unknown

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.resolve import Resolver


def choose(resolver: Resolver, argument: Node, node: Node) -> Node | None:
    parts = resolver.arguments("Fn::If", argument, (3,))
    if parts is None:
        return resolver.not_understood(node)
    decided = resolver.conditions.named(parts[0])
    if not isinstance(decided, Unknown):
        return resolver.value(parts[1 if decided else 2])
    branches = [resolver.value(part) for part in parts[1:]]
    if branches[0] == branches[1]:
        return branches[0]
    merge(resolver.assembly.hinges, resolver.conditions.hinges_of(parts[0]))
    message = f"which branch of `Fn::If` holds hinges on {decided}"
    resolver.problems.unmodelled(node.at, "undecided-condition", message)
    return resolver.unknown(f"Fn::If at {node.at}", node, message)


def as_value(resolver: Resolver, argument: Node, node: Node) -> Node:
    return Node(resolver.conditions.decide(node), node.at)
