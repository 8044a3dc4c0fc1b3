"""What an application's principals need, inferred from what it wires and from what its policies allow."""

from grantgraph.infer.dead import Dead
from grantgraph.infer.decide import ALL
from grantgraph.infer.evidence import Confidence, Evidence, InferredNeed
from grantgraph.infer.needs import Inference, Judged, infer
from grantgraph.infer.why import Why

__all__ = ["ALL", "Confidence", "Dead", "Evidence", "Inference", "InferredNeed", "Judged", "Why", "infer"]
