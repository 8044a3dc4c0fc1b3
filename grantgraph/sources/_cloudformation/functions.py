"""The intrinsic functions, one function each: (resolver, argument, whole node) → value."""

from __future__ import annotations

import base64 as encoding
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from grantgraph.node import Node, expect_fields
from grantgraph.problems import Location, did_you_mean
from grantgraph.text import Symbolic, Text, Unknown, split_text

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.resolve import Resolver

PSEUDO_PARAMETERS = (
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)
_DYNAMIC = re.compile(r"\{\{(resolve:[^{}]+)\}\}")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def node_of_text(value: Text, at: Location) -> Node:
    """Text as a Node; where all of it is one open unknown, not even its shape is known."""
    if isinstance(value, Symbolic) and len(value.parts) == 1:
        only = value.parts[0]
        if isinstance(only, Unknown) and not only.generated:
            return Node(only, at)
    return Node(value, at)


def dynamic_references(value: str) -> list[Text | Unknown]:
    """A text with each `{{resolve:...}}` in it as an unknown part."""
    pieces = _DYNAMIC.split(value)  # literal, reference, literal, ..., literal
    reason = "a dynamic reference is read at deployment"
    return [Unknown(piece, reason) if at % 2 else piece for at, piece in enumerate(pieces)]


# ── Ref, Fn::GetAtt ──


def reference(resolver: Resolver, argument: Node, node: Node) -> Node | None:
    name = argument.as_str()
    if name is None:
        resolver.problems.error(argument.at, "type", f"`Ref` takes a name, not {argument.describe()}")
        return resolver.not_understood(node)
    return resolver.named(name, argument, node)


def attribute(resolver: Resolver, argument: Node, node: Node) -> Node | None:
    if isinstance(argument.value, str):
        name, dot, attribute = argument.value.partition(".")
        if not dot:
            resolver.problems.error(argument.at, "function", "`Fn::GetAtt` takes a resource and an attribute")
            return resolver.not_understood(node)
        return resolver.attribute(name, attribute, argument, node)
    parts = resolver.arguments("Fn::GetAtt", argument, (2,))
    resolved = [resolver.value(part) for part in parts or ()]
    texts = [one.as_str() if one else None for one in resolved]
    if parts is None:
        return resolver.not_understood(node)
    if texts[0] is None or texts[1] is None:
        return resolver.unknown(f"Fn::GetAtt at {node.at}", node, "the attribute is not known here")
    return resolver.attribute(texts[0], texts[1], parts[0], node)


# ── text ──


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
    template: Node | None = argument
    if isinstance(argument.value, tuple):
        parts = resolver.arguments("Fn::Sub", argument, (2,))
        if parts is None:
            return resolver.not_understood(node)
        template = parts[0]
        own = expect_fields(parts[1], "the variables of `Fn::Sub`", resolver.problems)
    spelled = template.as_str() if template else None
    if template is None or spelled is None:
        resolver.problems.error(argument.at, "type", f"`Fn::Sub` takes a string, not {argument.describe()}")
        return resolver.not_understood(node)
    pieces: list[Text | Unknown] = []
    for at, piece in enumerate(_VARIABLE.split(spelled)):  # literal, variable, literal, ..., literal
        if at % 2 == 0:
            pieces += dynamic_references(piece)
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


def split(resolver: Resolver, argument: Node, node: Node) -> Node:
    parts = resolver.arguments("Fn::Split", argument, (2,))
    delimiter = parts[0].as_str() if parts else None
    if parts is None or not delimiter:
        resolver.problems.error(argument.at, "function", "`Fn::Split` takes a delimiter and a string")
        return resolver.not_understood(node)
    resolved = resolver.value(parts[1])
    value = resolved.as_text() if resolved else None
    if value is None or (isinstance(value, Symbolic) and len(value.parts) == 1):
        return resolver.unknown(f"Fn::Split at {node.at}", node, f"`{value}` is not known here")
    return Node(tuple(node_of_text(one, node.at) for one in split_text(value, delimiter)), node.at)


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


def base64(resolver: Resolver, argument: Node, node: Node) -> Node:
    resolved = resolver.value(argument)
    value = resolved.as_str() if resolved else None
    if value is None:
        return resolver.unknown(f"Fn::Base64 at {node.at}", node, "what is encoded is not known here")
    return resolver.joined((encoding.b64encode(value.encode()).decode(),), node)


# ── lookups ──


def find_in_map(resolver: Resolver, argument: Node, node: Node) -> Node | None:
    parts = resolver.arguments("Fn::FindInMap", argument, (3, 4))
    if parts is None:
        return resolver.not_understood(node)
    keys = [resolved.as_str() if (resolved := resolver.value(part)) else None for part in parts[:3]]
    if any(key is None for key in keys):
        return resolver.unknown(f"Fn::FindInMap at {node.at}", node, "its key is not known here")
    here = Node(resolver.sections.mappings)
    for key, part in zip(keys, parts, strict=False):
        assert key is not None
        found = here.fields.get(key)
        if found is None:
            default = parts[3].get("DefaultValue") if len(parts) == 4 else None
            if default is not None:
                return resolver.value(default)
            what = "mapping" if here.value is resolver.sections.mappings else "key"
            help = did_you_mean(key, here.fields)
            resolver.problems.error(part.at, "no-target", f"there is no {what} `{key}`", help)
            return resolver.not_understood(node)
        here = found
    return replace(here, at=node.at)


def import_value(resolver: Resolver, argument: Node, node: Node) -> Node:
    resolved = resolver.value(argument)
    name = resolved.as_text() if resolved else None
    if name is None:
        resolver.problems.error(argument.at, "type", "`Fn::ImportValue` takes the name of an export")
        return resolver.not_understood(node)
    found = resolver.assembly.exported(name)
    if found is None:
        return resolver.unknown(f"import {name}", node, f"no stack here exports `{name}`")
    return resolver.assembly.of_stack(found[0]).output(found[1], node)


def get_stack_output(resolver: Resolver, argument: Node, node: Node) -> Node:
    fields = expect_fields(argument, "`Fn::GetStackOutput`", resolver.problems)
    values = [resolver.value(fields[key]) if key in fields else None for key in ("StackName", "OutputName")]
    stack_name, output = (one.as_str() if one else None for one in values)
    stack = resolver.assembly.stack_named(stack_name) if stack_name else None
    if stack is None or output is None or output not in resolver.assembly.of_stack(stack).sections.outputs:
        name = f"output {stack_name}.{output}" if stack_name else f"Fn::GetStackOutput at {node.at}"
        return resolver.unknown(name, node, f"no stack `{stack_name}` with the output `{output}` is in the input")
    return resolver.assembly.of_stack(stack).output(output, node)


def opaque(resolver: Resolver, argument: Node, node: Node) -> Node:
    """A function that AWS alone can carry out."""
    name = next(iter(node.fields))
    return resolver.unknown(f"{name} at {node.at}", node, f"what `{name}` gives is decided at deployment")


def transform(resolver: Resolver, argument: Node, node: Node) -> Node:
    message = "what `Fn::Transform` makes is not in the input"
    resolver.problems.unmodelled(node.at, "transform", message, "give the template that the transform makes")
    return resolver.unknown(f"Fn::Transform at {node.at}", node, message)


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
    message = f"which branch of `Fn::If` holds hinges on {decided}"
    resolver.problems.unmodelled(node.at, "undecided-condition", message)
    return resolver.unknown(f"Fn::If at {node.at}", node, message)


def as_value(resolver: Resolver, argument: Node, node: Node) -> Node:
    return Node(resolver.conditions.decide(node), node.at)


FUNCTIONS: Mapping[str, Callable[[Resolver, Node, Node], Node | None]] = {
    "Ref": reference,
    "Fn::And": as_value,
    "Fn::Base64": base64,
    "Fn::Cidr": opaque,
    "Fn::Equals": as_value,
    "Fn::FindInMap": find_in_map,
    "Fn::GetAZs": opaque,
    "Fn::GetAtt": attribute,
    "Fn::GetStackOutput": get_stack_output,
    "Fn::If": choose,
    "Fn::ImportValue": import_value,
    "Fn::Join": join,
    "Fn::Length": opaque,
    "Fn::Not": as_value,
    "Fn::Or": as_value,
    "Fn::Select": select,
    "Fn::Split": split,
    "Fn::Sub": sub,
    "Fn::ToJsonString": opaque,
    "Fn::Transform": transform,
}
