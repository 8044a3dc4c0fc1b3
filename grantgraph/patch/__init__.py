"""Tight policies put back into the template that they came from, in its author's own words and style."""

from grantgraph.patch.files import Plan, Read, plan
from grantgraph.patch.template import Patched, Unpatched
from grantgraph.patch.unified import unified

__all__ = ["Patched", "Plan", "Read", "Unpatched", "plan", "unified"]
