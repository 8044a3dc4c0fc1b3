"""Stacks from templates: each transformed, and followed by the stacks that are nested in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grantgraph.model import Environment
from grantgraph.node import Node
from grantgraph.problems import InputError, Problems
from grantgraph.sources._cloudformation.files import names_a_file, read_beside
from grantgraph.sources._cloudformation.template import Construct, Stack
from grantgraph.sources._cloudformation.transforms import transformed
from grantgraph.sources._cloudformation.types import STACK

MOST_STACKS = 1_000
MOST_NODES = 1_000_000
"""How many stacks, and how many values in all their templates, are read."""


def open_stack(
    template: Node,
    environment: Environment,
    problems: Problems,
    name: str = "",
    parameters: Mapping[str, str] | None = None,
    constructs: Mapping[str, Construct] | None = None,
    parent: Stack | None = None,
    logical_id: str = "",
) -> Stack:
    """A stack whose template has been through the transforms that need no AWS."""
    given = parameters or {}
    after = transformed(template, given, environment, problems)
    return Stack(after, environment, name, given, constructs or {}, parent=parent, logical_id=logical_id)


def with_nested(stack: Stack, problems: Problems) -> Iterator[Stack]:
    """A stack, and every stack in it whose template is a file here, outermost first.

    Raises:
        InputError: there are too many, or they are too large.
    """
    reader = _Nested(problems)
    stacks = nodes = 0
    waiting = [stack]
    while waiting:
        one = waiting.pop()
        stacks += 1
        nodes += sum(1 for _ in one.template.walk()) if one.parent is not None else 0
        if stacks > MOST_STACKS or nodes > MOST_NODES:
            most = f"{MOST_STACKS:,} stacks, or {MOST_NODES:,} values"
            raise InputError(f"{stack.template.at}: more than {most}, in one another")
        yield one
        waiting += reversed(list(reader.inside(one)))


@dataclass(slots=True)
class _Nested:
    """Finds the stacks in a stack; a file that several are made of is read once."""

    problems: Problems
    files: dict[Path, Node | None] = field(default_factory=dict)

    def inside(self, stack: Stack) -> Iterator[Stack]:
        """The stacks directly in a stack; one whose template is not here is said to be missing."""
        resources = stack.template.get("Resources")
        for logical_id, node in (resources.fields if resources else {}).items():
            type = node.get("Type")
            if type is None or type.value != STACK:
                continue
            template = self.template_of(stack, logical_id, node)
            if template is None:
                message = f"the template of the nested stack `{logical_id}` is not in the input"
                help = "name its template by a path, as it is before packaging"
                self.problems.unmodelled(node.at, "nested-stack", f"{message}: what it holds is not known", help)
                continue
            given = {key: value for key, one in _parameters(node).items() if (value := one.as_str()) is not None}
            environment, constructs = stack.environment, stack.constructs
            yield open_stack(template, environment, self.problems, "", given, constructs, stack, logical_id)

    def template_of(self, stack: Stack, logical_id: str, node: Node) -> Node | None:
        """The template of a nested stack: the file that its URL names, or the asset that its URL will be."""
        url = node.get("Properties", "TemplateURL")
        if node.get("Metadata", "aws:asset:property") == Node("TemplateURL"):
            url = node.get("Metadata", "aws:asset:path")
        name = url.as_str() if url else None
        if url is None or name is None or not names_a_file(name):
            return None
        path = Path(url.at.file).parent / name
        if path not in self.files:
            self.files[path] = read_beside(name, url.at, self.problems)
        template = self.files[path]
        if template is None:
            return None
        around: Stack | None = stack
        while around is not None:
            if Path(around.template.at.file) == Path(template.at.file):
                message = f"the nested stack `{logical_id}` has the template that it is nested in"
                self.problems.error(url.at, "cycle", message)
                return None
            around = around.parent
        return template


def _parameters(node: Node) -> Mapping[str, Node]:
    given = node.get("Properties", "Parameters")
    return given.fields if given else {}
