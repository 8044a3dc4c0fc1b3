"""Transforms that need no AWS: included files, loops, and SAM. Whatever else transforms a template stays named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from grantgraph.model import Environment
from grantgraph.node import Node
from grantgraph.problems import Problems
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.files import names_a_file, read_beside
from grantgraph.sources._cloudformation.loops import write_out_loops
from grantgraph.sources._cloudformation.template import Stack, transforms_of

INCLUDE = "AWS::Include"
LANGUAGE = "AWS::LanguageExtensions"
SERVERLESS = "AWS::Serverless-2016-10-31"
_NESTING = 8


def is_serverless(template: Node) -> bool:
    """Whether a template is written in SAM."""
    return SERVERLESS in transforms_of(template)


def transformed(
    template: Node, parameters: Mapping[str, str], environment: Environment, problems: Problems
) -> Node:
    """A template after the transforms that can be carried out here; the others stay in its `Transform`."""
    if any("Fn::Transform" in node.fields for node in template.walk()):
        template = _Included(problems).value(template, 0)
    names = transforms_of(template)
    if LANGUAGE in names:
        template, whole = _without_loops(template, parameters, environment, problems)
        template = _without(template, LANGUAGE) if whole else template
    if SERVERLESS in names:
        from grantgraph.sources._sam import translate

        translated = translate(template, parameters, environment, problems)
        template = _without(translated, SERVERLESS) if translated is not None else template
    return template


def _without(template: Node, name: str) -> Node:
    """A template that a transform has been carried out on."""
    node = template.fields["Transform"]
    left = tuple(one for one in node.one_or_many() if one.value != name)
    rest = {key: one for key, one in template.fields.items() if key != "Transform"}
    return replace(template, value=rest | ({"Transform": replace(node, value=left)} if left else {}))


def _without_loops(
    template: Node, parameters: Mapping[str, str], environment: Environment, problems: Problems
) -> tuple[Node, bool]:
    """A template with its loops written out; their collections may use parameters and mappings."""
    kept = {key: one for key, one in template.fields.items() if key in ("Parameters", "Mappings")}
    bare = replace(template, value={**kept, "Resources": Node({}, template.at)})
    stack = Stack(bare, environment, parameters=parameters)
    resolver = Assembly([stack], Problems()).of_stack(stack)

    def members(collection: Node) -> tuple[str, ...] | None:
        resolved = resolver.value(collection)
        texts = (
            [one.as_str() for one in resolved.value] if resolved and isinstance(resolved.value, tuple) else [None]
        )
        return tuple(one for one in texts if one is not None) if None not in texts else None

    return write_out_loops(template, members, problems)


@dataclass(slots=True)
class _Included:
    """Puts local files in the place of `Fn::Transform: {Name: AWS::Include, Parameters: {Location: file}}`."""

    problems: Problems

    def value(self, node: Node, depth: int) -> Node:
        match node.value:
            case tuple():
                return replace(node, value=tuple(self.value(one, depth) for one in node.value))
            case Mapping():
                included = self.file(node.value.get("Fn::Transform"), depth)
                if included is None:
                    return replace(node, value={key: self.value(one, depth) for key, one in node.value.items()})
                own = {key: self.value(one, depth) for key, one in node.value.items() if key != "Fn::Transform"}
                if not own:
                    return included
                return Node({**included.fields, **own}, node.at, {**included.key_at, **node.key_at})
            case _:
                return node

    def file(self, call: Node | None, depth: int) -> Node | None:
        """What an include stands for; None where it is none, or names no file here."""
        named, location = (call.get("Name"), call.get("Parameters", "Location")) if call else (None, None)
        path = location.as_str() if location else None
        if named is None or named.value != INCLUDE or location is None or path is None or not names_a_file(path):
            return None
        if depth >= _NESTING:
            self.problems.error(location.at, "depth", f"files include each other more than {_NESTING} levels deep")
            return None
        found = read_beside(path, location.at, self.problems)
        return self.value(found, depth + 1) if found is not None else None
