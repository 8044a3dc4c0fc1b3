"""The language of IAM: patterns, ARNs, and policy documents."""

from grantgraph.policy.arn import Arn, ArnPattern, parse_arn
from grantgraph.policy.document import (
    ALL_RESOURCES,
    ActionPattern,
    Actions,
    Condition,
    Effect,
    Family,
    Operator,
    Policy,
    PolicySet,
    PolicyType,
    PrincipalKind,
    PrincipalPattern,
    Principals,
    Quantifier,
    Resources,
    Statement,
    Unusable,
)
from grantgraph.policy.parse import parse_policy
from grantgraph.policy.pattern import Match, Pattern, Variable, Wild, literal_pattern, parse_pattern
from grantgraph.policy.render import render_policy, render_statement, size_of

__all__ = [
    "ALL_RESOURCES",
    "ActionPattern",
    "Actions",
    "Arn",
    "ArnPattern",
    "Condition",
    "Effect",
    "Family",
    "Match",
    "Operator",
    "Pattern",
    "Policy",
    "PolicySet",
    "PolicyType",
    "PrincipalKind",
    "PrincipalPattern",
    "Principals",
    "Quantifier",
    "Resources",
    "Statement",
    "Unusable",
    "Variable",
    "Wild",
    "literal_pattern",
    "parse_arn",
    "parse_pattern",
    "parse_policy",
    "render_policy",
    "render_statement",
    "size_of",
]
