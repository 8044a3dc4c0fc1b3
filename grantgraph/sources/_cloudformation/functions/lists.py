"""Functions on lists: `Fn::Select`, `Fn::Split`, `Fn::Length`, `Fn::Cidr`."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from grantgraph.node import Node
from grantgraph.sources._cloudformation.functions.values import node_of_text
from grantgraph.text import Symbolic, Unknown, split_text, unknowns_in

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.resolve import Resolver

MOST_BLOCKS = 256


def split(resolver: Resolver, argument: Node, node: Node) -> Node:
    parts = resolver.arguments("Fn::Split", argument, (2,))
    between = resolver.value(parts[0]) if parts else None
    delimiter = between.as_str() if between else None
    if parts is None or not delimiter:
        if between is not None and isinstance(between.value, Unknown | Symbolic):
            return resolver.unknown(f"Fn::Split at {node.at}", node, "the delimiter is not known here")
        resolver.problems.error(argument.at, "function", "`Fn::Split` takes a delimiter and a string")
        return resolver.not_understood(node)
    resolved = resolver.value(parts[1])
    value = resolved.as_text() if resolved else None
    if value is None and resolved is not None:
        message = f"`Fn::Split` takes a string, not {resolved.describe()}"
        resolver.problems.error(parts[1].at, "type", message)
        return resolver.not_understood(node)
    if value is None or any(_may_hold(one, delimiter) for one in unknowns_in(value)):
        return resolver.unknown(f"Fn::Split at {node.at}", node, f"`{value}` is not known here")
    return Node(tuple(node_of_text(one, node.at) for one in split_text(value, delimiter)), node.at)


def _may_hold(unknown: Unknown, delimiter: str) -> bool:
    """Whether an unknown part may be cut itself, so that nobody knows how many pieces there are."""
    return not (unknown.plain and (":" in delimiter or "/" in delimiter))


def select(resolver: Resolver, argument: Node, node: Node) -> Node | None:
    parts = resolver.arguments("Fn::Select", argument, (2,))
    if parts is None:
        return resolver.not_understood(node)
    chosen, members = resolver.value(parts[0]), resolver.value(parts[1])
    index = chosen.as_str() if chosen else None
    if members is None or isinstance(members.value, Unknown) or chosen is None or index is None:
        return resolver.unknown(f"Fn::Select at {node.at}", node, "what is selected is not known here")
    if not isinstance(members.value, tuple):
        message = f"`Fn::Select` takes a list, not {members.describe()}"
        resolver.problems.error(parts[1].at, "type", message)
        return resolver.not_understood(node)
    if not (index.isascii() and index.isdigit() and len(index) < 9 and int(index) < len(members.value)):
        message = f"`Fn::Select` has no member {index[:20]} among {len(members.value)}"
        resolver.problems.error(parts[0].at, "function", message)
        return resolver.not_understood(node)
    return replace(members.value[int(index)], at=node.at)


def length(resolver: Resolver, argument: Node, node: Node) -> Node:
    members = resolver.value(argument)
    if members is None or isinstance(members.value, Unknown):
        return resolver.unknown(f"Fn::Length at {node.at}", node, "the list is not known here")
    if not isinstance(members.value, tuple):
        message = f"`Fn::Length` takes a list, not {members.describe()}"
        resolver.problems.error(argument.at, "type", message)
        return resolver.not_understood(node)
    return Node(len(members.value), node.at)


def cidr(resolver: Resolver, argument: Node, node: Node) -> Node:
    parts = resolver.arguments("Fn::Cidr", argument, (2, 3))
    if parts is None:
        return resolver.not_understood(node)
    block, count, bits = [resolver.value(part) for part in parts] + [None] * (3 - len(parts))
    given = [one.as_str() if one else None for one in (block, count)]
    spelled = (bits.as_str() if bits else None) if len(parts) == 3 else ""
    if given[0] is None or given[1] is None or spelled is None:
        return resolver.unknown(f"Fn::Cidr at {node.at}", node, "what the blocks are cut from is not known here")
    blocks = _blocks(given[0], given[1], spelled)
    if blocks is None:
        message = (
            f"`Fn::Cidr` cannot cut {given[1][:20]} blocks of {spelled[:20] or '8'} bits from `{given[0][:50]}`"
        )
        resolver.problems.error(argument.at, "function", message)
        return resolver.not_understood(node)
    return Node(tuple(Node(one, node.at) for one in blocks), node.at)


def _blocks(block: str, count: str, bits: str) -> list[str] | None:
    """The first `count` networks with `bits` bits for hosts in a network."""
    wanted = bits or "8"
    if not all(one.isascii() and one.isdigit() and len(one) < 5 for one in (count, wanted)):
        return None
    try:
        network = ip_network(block, strict=False)
    except ValueError:
        return None
    prefix = network.max_prefixlen - int(wanted)
    if not (1 <= int(count) <= MOST_BLOCKS and network.prefixlen <= prefix <= network.max_prefixlen):
        return None
    if int(count) > 2 ** (prefix - network.prefixlen):
        return None
    found = network.subnets(new_prefix=prefix)
    return [str(next(found)) for _ in range(int(count))]
