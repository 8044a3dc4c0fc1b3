"""Needs to least-privilege policies: each statement with the reasons behind it, the whole with its proof."""

from grantgraph.synthesize.application import Options, synthesize, with_policies
from grantgraph.synthesize.result import (
    Attached,
    Attachment,
    Conditions,
    Entrance,
    Reason,
    Synthesis,
    Synthesized,
    Wish,
    Written,
)

__all__ = [
    "Attached",
    "Attachment",
    "Conditions",
    "Entrance",
    "Options",
    "Reason",
    "Synthesis",
    "Synthesized",
    "Wish",
    "Written",
    "synthesize",
    "with_policies",
]
