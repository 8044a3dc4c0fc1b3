"""What synthesis works with and gives back: wishes, and policies with the needs behind them and their proofs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from grantgraph.model import Application, Need, Principal
from grantgraph.policy.document import Policy
from grantgraph.problems import Problem
from grantgraph.prove import Answer
from grantgraph.text import Text

Conditions: TypeAlias = tuple[tuple[str, str, tuple[str, ...]], ...]
"""(operator, key, values) of one statement."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one need asks for: actions on resources, under conditions. `purpose` names the statement."""

    need: Need
    purpose: str
    actions: tuple[str, ...]
    resources: tuple[Text, ...]
    conditions: Conditions = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A statement of a synthesized policy, by its Sid, and the needs behind it."""

    sid: str
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The policies of one principal. `policy` is None when it needs nothing."""

    principal: Principal
    policy: Policy | None
    trust: Policy | None
    why: tuple[Written, ...]
    proof: Answer


@dataclass(frozen=True, slots=True)
class Synthesized:
    """The policies of all principals, and what their reader should know.

    `to_fill_in` names what the model leaves open; the policies hold it as `${name}`.
    """

    application: Application
    catalog: str
    syntheses: tuple[Synthesis, ...]
    notes: tuple[Problem, ...] = ()
    to_fill_in: tuple[str, ...] = ()
