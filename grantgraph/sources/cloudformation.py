"""A CloudFormation template, in JSON or in YAML."""

from __future__ import annotations

from pathlib import Path

from grantgraph.model import Application
from grantgraph.node import Node
from grantgraph.problems import Problems, bug
from grantgraph.sources import STANDARD_INPUT, ReadOptions, Source
from grantgraph.sources._cloudformation import environment_of, long_form, open_stack, read_application


def recognises(path: Path, node: Node | None) -> bool:
    """Whether this is a template, be it a broken one."""
    return node is not None and ("Resources" in node.fields or "AWSTemplateFormatVersion" in node.fields)


def read(path: Path, node: Node | None, options: ReadOptions) -> Application:
    """The application of one template, and of the stacks nested in it."""
    if node is None:
        bug("a folder is no template")
    problems = Problems()
    environment = environment_of(node, options.partition, options.region, options.account)
    stack = open_stack(node, environment, problems, parameters=options.parameters)
    name = "standard input" if path == STANDARD_INPUT else path.name.split(".")[0]
    return read_application([stack], name, str(path), options.parameters, problems)


SOURCE = Source("a CloudFormation template", recognises, read, long_form)
