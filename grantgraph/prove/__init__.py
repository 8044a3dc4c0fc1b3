"""All requests: questions over what policies allow, each proved, refuted by a request, or undecided."""

from grantgraph.prove.answers import Answer, Proved, Refuted, Undecided
from grantgraph.prove.formula import TRUE as EVERYWHERE
from grantgraph.prove.formula import Formula, conjunction, negation
from grantgraph.prove.isolation import Shared, isolated
from grantgraph.prove.questions import (
    Reach,
    actions_of,
    allowed_actions,
    allowed_exactly,
    assumptions,
    disjoint,
    equivalent,
    implies,
    never,
    reaches,
)
from grantgraph.prove.shapes import Session, session_of
from grantgraph.prove.spaces import Dimension
from grantgraph.prove.subject import Standing, Target, at_or_under, matching
from grantgraph.prove.summary import Allowed, summary

__all__ = [
    "EVERYWHERE",
    "Allowed",
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
    "assumptions",
    "at_or_under",
    "conjunction",
    "disjoint",
    "equivalent",
    "implies",
    "isolated",
    "matching",
    "negation",
    "never",
    "reaches",
    "session_of",
    "summary",
]
