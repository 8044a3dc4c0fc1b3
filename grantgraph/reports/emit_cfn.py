"""`synth --emit cfn`: a CloudFormation template."""

from __future__ import annotations

from grantgraph.emit import Emission
from grantgraph.emit.cloudformation import template


def render(emission: Emission) -> str:
    """The template as YAML."""
    return template(emission.synthesized, by_id=emission.by_id)
