"""All requests: questions over what policies allow, each proved, refuted by a request, or undecided."""

from grantgraph.prove.formula import TRUE as EVERYWHERE
from grantgraph.prove.formula import Formula, conjunction, negation
from grantgraph.prove.isolation import Shared, isolated
from grantgraph.prove.questions import (
    Answer,
    Proved,
    Reach,
    Refuted,
    Standing,
    Target,
    Undecided,
    actions_of,
    allowed_actions,
    allowed_exactly,
    at_or_under,
    implies,
    matching,
    never,
    reaches,
)
from grantgraph.prove.shapes import Session, session_of
from grantgraph.prove.spaces import Dimension

__all__ = [
    "EVERYWHERE",
    "Answer",
    "Dimension",
    "Formula",
    "Proved",
    "Reach",
    "Refuted",
    "Session",
    "Shared",
    "Standing",
    "Target",
    "Undecided",
    "actions_of",
    "allowed_actions",
    "allowed_exactly",
    "at_or_under",
    "conjunction",
    "implies",
    "isolated",
    "matching",
    "negation",
    "never",
    "reaches",
    "session_of",
]
