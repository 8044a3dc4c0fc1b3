"""The parameters of a template: given by the caller or by the stack around it, by default, or not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from grantgraph.node import Node
from grantgraph.problems import Problems, did_you_mean
from grantgraph.sources._cloudformation.functions.values import node_of_text, with_references
from grantgraph.text import Text, parts_of, split_text, text, unknowns_in

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.resolve import Resolver
    from grantgraph.sources._cloudformation.template import Stack

STORED = "AWS::SSM::Parameter::Value"
"""What the types begin with whose value is read from Parameter Store."""


def read_parameter(resolver: Resolver, name: str, node: Node) -> Node:
    """The value of a parameter, where it is referred to."""
    declared = resolver.sections.parameters[name]
    type = spelled_type(declared)
    value = _given(resolver, name, declared)
    opaque = type.startswith(STORED)
    label = f"parameter {resolver.prefix}{name}"
    assumed = resolver.assembly.assumed.get(label)
    if assumed is not None and assumed.value is not None:
        value, opaque = assumed.value, False
    if value is None or opaque:
        why = "is read from Parameter Store" if opaque else "has no value here"
        default = declared.get("Default")
        origin = f"{type} {default.as_str() if default else None}"
        return resolver.unknown(label, node, f"the parameter `{name}` {why}", origin)
    if type != "CommaDelimitedList" and not type.startswith("List<"):
        return resolver.joined((value,), node)
    if not all(one.plain for one in unknowns_in(value)):
        return resolver.unknown(label, node, f"how many members the parameter `{name}` has is not known here")
    members = (with_references(_stripped(one)) for one in split_text(value, ","))
    return Node(tuple(node_of_text(one, node.at) for one in members), node.at)


def _given(resolver: Resolver, name: str, declared: Node) -> Text | None:
    """What the caller says, then the stack around this one, then the template itself."""
    given = resolver.stack.parameters.get(name)
    if given is not None:
        return given
    passed = resolver.stack.passed()
    if passed is None:
        return None
    default = declared.get("Default")
    otherwise = default.as_str() if default else None
    if name not in passed:
        return otherwise
    label = f"the parameter `{resolver.prefix}{name}`"
    return resolver.once(label, passed[name], lambda: _passed(resolver, passed[name], otherwise))


def _passed(resolver: Resolver, written: Node, otherwise: str | None) -> Text | None:
    """What the stack around this one passes in; CloudFormation joins a list with commas."""
    assert resolver.stack.parent is not None
    outer = resolver.assembly.of_stack(resolver.stack.parent)
    resolved = outer.value(written)
    if resolved is None:  # AWS::NoValue
        return otherwise
    if not isinstance(resolved.value, tuple):
        return resolved.as_text()
    members = [one.as_text() for one in resolved.value]
    pieces = [piece for one in members if one is not None for piece in (",", one)]
    return None if None in members else text(pieces[1:])


def _stripped(value: Text) -> Text:
    """Text without the spaces around it."""
    parts = list(parts_of(value))
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0].lstrip()
    if parts and isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    return text(parts)


def spelled_type(declared: Node) -> str:
    """The type of a parameter, as written."""
    type = declared.get("Type")
    return (type.as_str() if type else None) or "String"


def allowed_values(declared: Node) -> tuple[str, ...]:
    """The values that a parameter may have; () where any will do."""
    node = declared.get("AllowedValues")
    found = [one.as_str() for one in node.items] if node else []
    return tuple(one for one in found if one is not None) if None not in found else ()


def check_parameters(stacks: Sequence[Stack], given: Iterable[str], problems: Problems) -> None:
    """Find parameters that no stack has, and values that a parameter may not have."""
    declared: dict[str, Node] = {}
    for stack in stacks:
        node = stack.template.get("Parameters")
        own = node.fields if node else {}
        if stack.parent is None:
            declared.update(own)
        for name, one in own.items():
            _check_value(stack, name, one, problems)
        for name, value in (stack.passed() or {}).items():
            if name not in own:
                message = f"the nested stack `{stack.logical_id}` has no parameter `{name}`"
                problems.error(value.at, "unknown-parameter", message, did_you_mean(name, own))
    for name in given:
        if name not in declared:
            message = f"the template has no parameter `{name}`"
            if sum(stack.parent is None for stack in stacks) > 1:
                message = f"no stack has a parameter `{name}`"
            problems.error(stacks[0].template.at, "unknown-parameter", message, did_you_mean(name, declared))


def _check_value(stack: Stack, name: str, declared: Node, problems: Problems) -> None:
    allowed = allowed_values(declared)
    given = stack.parameters.get(name)
    if not allowed or given is None:
        return
    type = spelled_type(declared)
    several = type == "CommaDelimitedList" or type.startswith("List<")
    for value in (one.strip() for one in given.split(",")) if several else (given,):
        if value not in allowed:
            at = declared.fields["AllowedValues"].at
            message = f"the parameter `{name}` may not be `{value}`"
            problems.error(at, "parameter-value", message, did_you_mean(value, allowed))
