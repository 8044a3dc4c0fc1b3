"""Functions that make text: `Fn::Join`, `Fn::Sub`, `Fn::Base64`, `Fn::ToJsonString`."""

from __future__ import annotations

import base64 as encoding
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from grantgraph.node import Node, expect_fields
from grantgraph.sources._cloudformation.pseudo_parameters import PSEUDO_PARAMETERS
from grantgraph.text import Symbolic, Text, Unknown, parts_of

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.resolve import Resolver

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def join(resolver: Resolver, argument: Node, node: Node) -> Node:
    parts = resolver.arguments("Fn::Join", argument, (2,))
    delimiter = resolver.value(parts[0]) if parts else None
    between = delimiter.as_str() if delimiter else None
    if parts is None or between is None:
        if parts is not None:
            resolver.problems.error(parts[0].at, "type", "the delimiter of `Fn::Join` must be a string")
        return resolver.not_understood(node)
    members = resolver.texts(parts[1], "what `Fn::Join` joins")
    if members is None:
        return resolver.unknown(f"Fn::Join at {node.at}", node, "what is joined is not known here")
    pieces: list[Text] = []
    for member in members:
        pieces += [between, member] if pieces else [member]
    return resolver.joined(pieces, node)


def sub(resolver: Resolver, argument: Node, node: Node) -> Node:
    own: Mapping[str, Node] = {}
    template = argument
    if isinstance(argument.value, tuple):
        parts = resolver.arguments("Fn::Sub", argument, (2,))
        if parts is None:
            return resolver.not_understood(node)
        template = parts[0]
        own = expect_fields(parts[1], "the variables of `Fn::Sub`", resolver.problems)
    if template.fields:  # which the language extensions allow
        resolved = resolver.value(template)
        if resolved is not None and isinstance(resolved.value, Unknown | Symbolic):
            return resolver.unknown(f"Fn::Sub at {node.at}", node, "what is filled in is not known here")
        template = resolved or template
    spelled = template.as_str()
    if spelled is None:
        resolver.problems.error(argument.at, "type", f"`Fn::Sub` takes a string, not {argument.describe()}")
        return resolver.not_understood(node)
    pieces: list[Text | Unknown] = []
    for at, piece in enumerate(_VARIABLE.split(spelled)):  # literal, variable, literal, ..., literal
        if at % 2 == 0:
            pieces.append(piece)
        elif piece.startswith("!"):
            pieces.append("${" + piece[1:] + "}")
        else:
            pieces.append(_variable(resolver, piece.strip(), own, template, node))
    return resolver.joined(pieces, node)


def _variable(resolver: Resolver, name: str, own: Mapping[str, Node], template: Node, node: Node) -> Text:
    """What one `${variable}` of `Fn::Sub` stands for."""
    policy_variable = ":" in name and name not in PSEUDO_PARAMETERS
    help = f"write `${{!{name}}}` for the policy variable" if policy_variable else ""
    resource, dot, attribute = name.partition(".")
    resolved: Node | None
    if name in own:
        resolved = resolver.value(own[name])
    elif dot and not policy_variable:
        resolved = resolver.attribute(resource, attribute, template, node, help)
    else:
        resolved = resolver.named(name, template, node, help)
    value = resolved.as_text() if resolved is not None else None
    if value is None:
        shown = resolved.describe() if resolved is not None else "nothing"
        resolver.problems.error(node.at, "type", f"`${{{name}}}` of `Fn::Sub` must be a string, not {shown}")
        return ""
    return value


def base64(resolver: Resolver, argument: Node, node: Node) -> Node:
    resolved = resolver.value(argument)
    value = resolved.as_str() if resolved else None
    if value is None:
        return resolver.unknown(f"Fn::Base64 at {node.at}", node, "what is encoded is not known here")
    return resolver.joined((encoding.b64encode(value.encode()).decode(),), node)


def to_json_string(resolver: Resolver, argument: Node, node: Node) -> Node:
    resolved = resolver.value(argument)
    if resolved is None or not isinstance(resolved.value, Mapping | tuple):
        if resolved is None or isinstance(resolved.value, Unknown):
            return resolver.unknown(f"Fn::ToJsonString at {node.at}", node, "what is written is not known here")
        message = f"`Fn::ToJsonString` takes an object or a list, not {resolved.describe()}"
        resolver.problems.error(argument.at, "type", message)
        return resolver.not_understood(node)
    return resolver.joined(_as_json(resolved), node)


def _as_json(node: Node) -> Iterator[Text | Unknown]:
    """A value as compact JSON; what is not known stays an unknown part."""
    match node.value:
        case tuple():
            yield "["
            for at, member in enumerate(node.value):
                yield "," if at else ""
                yield from _as_json(member)
            yield "]"
        case Mapping():
            yield "{"
            for at, (key, member) in enumerate(node.value.items()):
                yield ("," if at else "") + json.dumps(key) + ":"
                yield from _as_json(member)
            yield "}"
        case Symbolic():
            yield '"'
            yield from (json.dumps(one)[1:-1] if isinstance(one, str) else one for one in parts_of(node.value))
            yield '"'
        case Unknown():
            yield Unknown(f"{node.value.name} as JSON", node.value.reason)
        case Decimal():
            yield str(node.value)
        case _:
            yield json.dumps(node.value)
