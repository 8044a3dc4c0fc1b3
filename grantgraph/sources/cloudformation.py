"""A CloudFormation template, in JSON or in YAML."""

from __future__ import annotations

from pathlib import Path

from grantgraph.node import Node
from grantgraph.sources import Source
from grantgraph.sources._cloudformation import is_serverless, long_form, read_template


def recognises(path: Path, node: Node | None) -> bool:
    """Whether this is a template, be it a broken one."""
    if node is None or is_serverless(node):
        return False
    return "Resources" in node.fields or "AWSTemplateFormatVersion" in node.fields


SOURCE = Source("a CloudFormation template", recognises, read_template, long_form)
