"""Today's policies against what is needed: what they allow beyond it, and the policies that do not."""

from grantgraph.tighten.input import tighten_input
from grantgraph.tighten.part import keys_of, prove_between, tighten_only
from grantgraph.tighten.result import Beyond, Held, Rewritten, Stays, Tight, Tightened
from grantgraph.tighten.said import tighten_said
from grantgraph.tighten.tighten import tighten

__all__ = [
    "Beyond",
    "Held",
    "Rewritten",
    "Stays",
    "Tight",
    "Tightened",
    "keys_of",
    "prove_between",
    "tighten",
    "tighten_input",
    "tighten_only",
    "tighten_said",
]
