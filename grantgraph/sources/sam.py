"""A SAM template: CloudFormation with `Transform: AWS::Serverless-2016-10-31`."""

from __future__ import annotations

from pathlib import Path

from grantgraph.node import Node
from grantgraph.sources import Source
from grantgraph.sources._cloudformation import is_serverless, long_form, read_template


def recognises(path: Path, node: Node | None) -> bool:
    """Whether this is a template that SAM transforms."""
    return node is not None and is_serverless(node)


SOURCE = Source("a SAM template", recognises, read_template, long_form)
