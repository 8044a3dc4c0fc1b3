"""`synth --emit cdk`: a construct of the AWS CDK, in TypeScript."""

from __future__ import annotations

from grantgraph.emit import Emission
from grantgraph.emit.cdk import construct


def render(emission: Emission) -> str:
    """The file; it always refers to constructs, so that there is one form only."""
    return construct(emission.synthesized)
