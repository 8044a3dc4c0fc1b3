"""A model file begun for an application that is there: what it has, what it seems to need, what it can promise."""

from grantgraph.outline.inputs import find_input
from grantgraph.outline.whole import Outline, outline

__all__ = ["Outline", "find_input", "outline"]
