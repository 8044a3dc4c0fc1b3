"""`synth --emit json`: every policy document by name."""

from __future__ import annotations

from grantgraph.emit import Emission
from grantgraph.policy.render import render_policy
from grantgraph.reports._words import json_page


def render(emission: Emission) -> str:
    """One object: `worker.policy`, `worker.trust`, `Jobs.resource`, ... each a document as AWS takes it."""
    return json_page({name: render_policy(one) for name, one in emission.synthesized.documents().items()})
