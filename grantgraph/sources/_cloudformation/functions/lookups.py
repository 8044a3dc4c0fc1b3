"""Functions that look something up: `Ref`, `Fn::GetAtt`, mappings, what other stacks say, what AWS alone knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grantgraph.node import Node, expect_fields
from grantgraph.problems import did_you_mean
from grantgraph.sources._cloudformation.choices import Compared, merge
from grantgraph.text import Unknown

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.resolve import Resolver


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


def find_in_map(resolver: Resolver, argument: Node, node: Node) -> Node | None:
    parts = resolver.arguments("Fn::FindInMap", argument, (3, 4))
    if parts is None:
        return resolver.not_understood(node)
    resolved = [resolver.value(part) for part in parts[:3]]
    keys = [one.as_str() if one else None for one in resolved]
    if any(key is None for key in keys):
        if keys[0] is not None and resolved[1] is not None and len(parts) == 3:
            _note(resolver, keys[0], resolved[1])
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


def _note(resolver: Resolver, mapping: str, key: Node) -> None:
    """Remember that a parameter without a value has to be one of the keys of a mapping."""
    known = tuple(resolver.sections.mappings.get(mapping, Node({})).fields)
    if known and isinstance(key.value, Unknown) and key.value.name.startswith("parameter "):
        merge(resolver.assembly.hinges, {key.value.name: Compared(dict.fromkeys(known), known)})


def import_value(resolver: Resolver, argument: Node, node: Node) -> Node:
    resolved = resolver.value(argument)
    name = resolved.as_text() if resolved else None
    if name is None:
        resolver.problems.error(argument.at, "type", "`Fn::ImportValue` takes the name of an export")
        return resolver.not_understood(node)
    found = resolver.assembly.exported(name, resolver.stack)
    if found is None:
        return resolver.unknown(f"import {name}", node, f"no stack here exports `{name}`")
    return resolver.assembly.of_stack(found[0]).output(found[1], node)


def get_stack_output(resolver: Resolver, argument: Node, node: Node) -> Node:
    fields = expect_fields(argument, "`Fn::GetStackOutput`", resolver.problems)
    given = {key: resolver.value(fields[key]) for key in ("StackName", "OutputName", "Region") if key in fields}
    stack_name, output, region = (
        one.as_str() if (one := given.get(key)) else None for key in ("StackName", "OutputName", "Region")
    )
    stack = resolver.assembly.stack_named(stack_name, region) if stack_name else None
    if stack is None or output is None or output not in resolver.assembly.of_stack(stack).sections.outputs:
        name = f"output {stack_name}.{output}" if stack_name else f"Fn::GetStackOutput at {node.at}"
        return resolver.unknown(name, node, f"no stack `{stack_name}` with the output `{output}` is in the input")
    return resolver.assembly.of_stack(stack).output(output, node)


def opaque(resolver: Resolver, argument: Node, node: Node) -> Node:
    """A function that AWS alone can carry out."""
    name = next(iter(node.fields))
    return resolver.unknown(f"{name} at {node.at}", node, f"what `{name}` gives is decided at deployment")


def transform(resolver: Resolver, argument: Node, node: Node) -> Node:
    """A macro: what it makes of this part of the template is not in the input."""
    named, location = argument.get("Name"), argument.get("Parameters", "Location")
    macro = (named.as_str() if named else None) or "Fn::Transform"
    resolved = resolver.value(location) if location else None
    where = f" of `{resolved.as_text()}`" if resolved is not None and resolved.as_text() is not None else ""
    message = f"what `{macro}` makes{where} is not in the input"
    resolver.problems.unmodelled(node.at, "transform", message, "give the template that the transform makes")
    return resolver.unknown(f"{macro} at {node.at}", node, message)
