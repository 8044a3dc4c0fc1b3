"""Today's policies against what is needed: what they allow beyond it, and the policies that do not."""

from grantgraph.tighten.result import Beyond, Held, Rewritten, Stays, Tight, Tightened
from grantgraph.tighten.said import tighten_said
from grantgraph.tighten.tighten import tighten

__all__ = ["Beyond", "Held", "Rewritten", "Stays", "Tight", "Tightened", "tighten", "tighten_said"]
