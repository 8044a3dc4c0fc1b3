"""The parts of a model file, one module each; `file.py` holds what all of them read through."""

from grantgraph.sources._model.application import read_application
from grantgraph.sources._model.bound import read_bound

__all__ = ["read_application", "read_bound"]
