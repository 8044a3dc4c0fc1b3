"""`synth --emit terraform`: a configuration in Terraform's JSON syntax, for a file `*.tf.json`."""

from __future__ import annotations

from grantgraph.emit import Emission
from grantgraph.emit.terraform import configuration


def render(emission: Emission) -> str:
    """The configuration."""
    return configuration(emission.synthesized, emission.by_id)
