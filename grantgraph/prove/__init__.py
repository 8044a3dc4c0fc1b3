"""All requests: questions over what policies allow, each proved, refuted by a request, or undecided."""

from grantgraph.prove.answers import Answer, Proved, Refuted, Undecided
from grantgraph.prove.change import Gain, Witness, aligned, as_given, gained
from grantgraph.prove.formula import TRUE as EVERYWHERE
from grantgraph.prove.formula import Formula, conjunction, disjunction, negation
from grantgraph.prove.groups import patterns_of
from grantgraph.prove.heads import Heads, head_of, heads_of
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
from grantgraph.prove.subject import (
    Standing,
    Target,
    at_or_under,
    both,
    carried,
    either,
    equal_to,
    matching,
    resource_matches,
)
from grantgraph.prove.summary import Allowed, summary
from grantgraph.prove.things import Things

__all__ = [
    "EVERYWHERE",
    "Allowed",
    "Answer",
    "Dimension",
    "Formula",
    "Gain",
    "Heads",
    "Proved",
    "Reach",
    "Refuted",
    "Session",
    "Shared",
    "Standing",
    "Target",
    "Things",
    "Undecided",
    "Witness",
    "actions_of",
    "aligned",
    "allowed_actions",
    "allowed_exactly",
    "as_given",
    "assumptions",
    "at_or_under",
    "both",
    "carried",
    "conjunction",
    "disjoint",
    "disjunction",
    "either",
    "equal_to",
    "equivalent",
    "gained",
    "head_of",
    "heads_of",
    "implies",
    "isolated",
    "matching",
    "negation",
    "never",
    "patterns_of",
    "reaches",
    "resource_matches",
    "session_of",
    "summary",
]
