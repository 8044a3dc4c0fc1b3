"""Stacks from templates: each transformed, and followed by the stacks that are nested in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from grantgraph.model import Environment
from grantgraph.node import Node
from grantgraph.problems import InputError, Problems
from grantgraph.sources._cloudformation.files import names_a_file, read_beside
from grantgraph.sources._cloudformation.template import Construct, Stack
from grantgraph.sources._cloudformation.transforms import transformed
from grantgraph.sources._cloudformation.types import STACK

MOST_STACKS = 1_000


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
        InputError: there are too many.
    """
    found = 0
    waiting = [stack]
    while waiting:
        one = waiting.pop()
        found += 1
        if found > MOST_STACKS:
            raise InputError(f"{stack.template.at}: more than {MOST_STACKS:,} stacks in one another")
        yield one
        waiting += reversed(list(_inside(one, problems)))


def _inside(stack: Stack, problems: Problems) -> Iterator[Stack]:
    """The stacks directly in a stack; one whose template is not here is said to be missing."""
    resources = stack.template.get("Resources")
    for logical_id, node in (resources.fields if resources else {}).items():
        type = node.get("Type")
        if type is None or type.value != STACK:
            continue
        template = _template_of(stack, logical_id, node, problems)
        if template is None:
            message = (
                f"the template of the nested stack `{logical_id}` is not in the input: what it holds is not known"
            )
            problems.unmodelled(node.at, "nested-stack", message, "name its template by a path, before packaging")
            continue
        given = {key: value for key, one in _parameters(node).items() if (value := one.as_str()) is not None}
        yield open_stack(template, stack.environment, problems, "", given, stack.constructs, stack, logical_id)


def _parameters(node: Node) -> Mapping[str, Node]:
    given = node.get("Properties", "Parameters")
    return given.fields if given else {}


def _template_of(stack: Stack, logical_id: str, node: Node, problems: Problems) -> Node | None:
    """The template of a nested stack: the file that its URL names, or the asset that its URL will be."""
    url = node.get("Properties", "TemplateURL")
    if node.get("Metadata", "aws:asset:property") == Node("TemplateURL"):
        url = node.get("Metadata", "aws:asset:path")
    path = url.as_str() if url else None
    if url is None or path is None or not names_a_file(path):
        return None
    template = read_beside(path, url.at, problems)
    if template is None:
        return None
    around: Stack | None = stack
    while around is not None:
        if Path(around.template.at.file) == Path(template.at.file):
            message = f"the nested stack `{logical_id}` has the template that it is nested in"
            problems.error(url.at, "cycle", message)
            return None
        around = around.parent
    return template
