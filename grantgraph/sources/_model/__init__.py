"""The parts of a model file, one module each; `file.py` holds what all of them read through."""

from grantgraph.sources._model.application import read_application

__all__ = ["read_application"]
