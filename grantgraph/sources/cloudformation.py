"""A CloudFormation template, in JSON or in YAML."""

from __future__ import annotations

from pathlib import Path

from grantgraph.model import Application
from grantgraph.node import Node
from grantgraph.problems import Problems, bug, did_you_mean
from grantgraph.sources import STANDARD_INPUT, ReadOptions, Source
from grantgraph.sources._cloudformation import Stack, environment_of, long_form, read_application


def recognises(path: Path, node: Node | None) -> bool:
    """Whether this is a template, be it a broken one."""
    return node is not None and ("Resources" in node.fields or "AWSTemplateFormatVersion" in node.fields)


def read(path: Path, node: Node | None, options: ReadOptions) -> Application:
    """The application of one template."""
    if node is None:
        bug("a folder is no template")
    problems = Problems()
    declared = parameters.fields if (parameters := node.get("Parameters")) else {}
    for name in options.parameters:
        if name not in declared:
            help = did_you_mean(name, declared)
            problems.error(node.at, "unknown-parameter", f"the template has no parameter `{name}`", help)
    stack = Stack(
        node,
        environment_of(node, options.partition, options.region, options.account),
        parameters=options.parameters,
    )
    name = "standard input" if path == STANDARD_INPUT else path.name.split(".")[0]
    return read_application([stack], name, str(path), problems)


SOURCE = Source("a CloudFormation template", recognises, read, long_form)
