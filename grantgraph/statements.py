"""What a statement says by itself: which keys it speaks of, and which actions it may name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from grantgraph.policy.document import Effect, Policy, Statement
from grantgraph.prove import patterns_of
from grantgraph.prove.actions import encode_actions
from grantgraph.prove.formula import FALSE


def speaks_of(statement: Statement, key: str) -> bool:
    """Whether a statement compares a condition key, or has a policy variable of it; the key in lower case."""
    return any(one.key == key for one in statement.conditions) or key in variables_of(statement)


def variables_of(statement: Statement) -> frozenset[str]:
    """The keys of a statement's policy variables."""
    return frozenset(one.key for pattern in patterns_of(statement) for one in pattern.variables)


def literal_variables(statement: Statement) -> frozenset[str]:
    """What looks like a policy variable in a statement, and is plain text: its policy's version has none (3)."""
    plain = (part for pattern in patterns_of(statement) for part in pattern.parts if isinstance(part, str))
    return frozenset(found for part in plain for found in _VARIABLE.findall(part))


_VARIABLE = re.compile(r"\$\{[A-Za-z][A-Za-z0-9._-]*:[^}]+\}")
"""A policy variable that is a condition key, in the middle of a text."""


def names_one(statement: Statement, actions: Iterable[str]) -> bool:
    """Whether a statement names one of some actions, as far as that is known."""
    return any(encode_actions(statement.actions, one) != FALSE for one in actions)


def allowing(policies: Iterable[Policy]) -> Iterator[Statement]:
    """The Allow statements of some policies."""
    return (one for policy in policies for one in policy.statements if one.effect is Effect.ALLOW)


def denying(policies: Iterable[Policy]) -> Iterator[Statement]:
    """The Deny statements of some policies."""
    return (one for policy in policies for one in policy.statements if one.effect is Effect.DENY)
