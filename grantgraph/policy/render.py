"""Policies as canonical JSON, and their size against AWS's quotas."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from grantgraph.policy.document import (
    ALL_RESOURCES,
    Condition,
    Policy,
    PrincipalKind,
    Principals,
    Statement,
)
from grantgraph.text import Text

INLINE_ROLE_QUOTA = 10_240
MANAGED_POLICY_QUOTA = 6_144
TRUST_POLICY_QUOTA = 2_048


Spell: TypeAlias = Callable[[Text], Any]
"""How a text is written that may hold what is decided elsewhere: `${name}`, or a reference of some language."""


def render_policy(policy: Policy, spell: Spell = str) -> dict[str, Any]:
    """A policy as the document that AWS takes; one value stands alone, several in a list."""
    return {
        "Version": "2012-10-17",
        "Statement": [render_statement(statement, spell) for statement in policy.statements],
    }


def render_statement(statement: Statement, spell: Spell = str) -> dict[str, Any]:
    """A statement in the order in which people read one."""
    document: dict[str, Any] = {}
    if statement.sid:
        document["Sid"] = statement.sid
    document["Effect"] = statement.effect.value
    if statement.principals is not None:
        key = "NotPrincipal" if statement.principals.negated else "Principal"
        document[key] = _principals(statement.principals, spell)
    actions = statement.actions
    document["NotAction" if actions.negated else "Action"] = _one_or_many(
        [pattern.spelled for pattern in actions.patterns]
    )
    if statement.resources != ALL_RESOURCES:
        resources = statement.resources
        document["NotResource" if resources.negated else "Resource"] = _one_or_many(
            [spell(one.pattern.text) for one in resources.patterns]
        )
    if statement.conditions:
        document["Condition"] = _conditions(statement.conditions, spell)
    return document


def _one_or_many(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _principals(principals: Principals, spell: Spell) -> str | dict[str, Any]:
    if any(member.kind is PrincipalKind.EVERYONE for member in principals.members):
        return "*"
    kinds: dict[str, list[Any]] = {}
    for member in principals.members:
        kinds.setdefault(member.kind.value, []).append(spell(member.value))
    return {kind: _one_or_many(values) for kind, values in kinds.items()}


def _conditions(conditions: tuple[Condition, ...], spell: Spell) -> dict[str, dict[str, Any]]:
    operators: dict[str, dict[str, Any]] = {}
    for condition in conditions:
        block = operators.setdefault(condition.spelled_operator, {})
        values = [spell(value) for value in condition.spelled_values]
        block[condition.spelled_key or condition.key] = _one_or_many(values)
    return operators


def size_of(document: dict[str, Any]) -> int:
    """Characters that count against a quota of IAM: all but white space (rule 186)."""
    written = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return len("".join(written.split()))


def length_of(document: dict[str, Any]) -> int:
    """Characters of the shortest spelling: what counts against a quota of Organizations, where all count."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
