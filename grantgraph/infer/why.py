"""What becomes of a statement: what stays of it, what goes, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from grantgraph.catalog import Action
from grantgraph.infer.holdings import Held
from grantgraph.policy.document import ActionPattern
from grantgraph.prove import Refuted
from grantgraph.text import Text


class Why(StrEnum):
    """Why a part of a statement stays or goes."""

    NEED = "it uses data of the application"
    EXACT = "it is named, and takes no resource that could limit it"
    OUTSIDE = "it is about nothing of the application"
    WORDLESS = "its service has no access words"
    RUNTIME = "AWS's own policy for Lambda's runtime"
    LAMBDA = "Lambda itself uses it in the function's name"
    SHARED = "others hold the policy, of whom nothing is known"
    OPEN = "what it names is decided at deployment"
    CONTROL = "no access word stands for it: it administers"
    UNUSABLE = "there is nothing to use it on"
    UNWIRED = "the application refers to another resource of that type"
    BEYOND = "it reaches beyond the application"
    DEFAULT = "a default that identity pools are given, for services that nothing here uses"
    UNNAMED = "a wildcard over all services names none"
    VISITOR = "visitors use it without IAM"
    UNSAID = "a wildcard says that it is used, and is taken to mean less"
    UNNEEDED = "the model says no need of it"
    PARTLY = "it stays, for fewer requests"


KEPT = frozenset({Why.NEED, Why.EXACT, Why.OUTSIDE, Why.WORDLESS, Why.RUNTIME, Why.LAMBDA, Why.OPEN})


@dataclass(frozen=True, slots=True)
class Row:
    """Actions that stay on one resource of a statement: one of its own entries (`number`), or a narrower text."""

    number: int
    narrowed: Text | None
    place: str
    actions: frozenset[Action]
    why: Why


@dataclass(frozen=True, slots=True)
class Dropped:
    """An action that goes, at one place; the request that shows that today's policy allows it."""

    place: str
    action: Action
    why: Why
    note: str = ""
    witness: Refuted | None = None


@dataclass(slots=True)
class Decision:
    """What becomes of one statement.

    `whole` is why it stays as it is; `patterns` are entries of its actions that stay as they are, with why; `rows`
    are actions that stay; `dropped` are those that go, and `gone` entries of its actions that go unasked.
    """

    held: Held
    whole: Why | None = None
    patterns: list[tuple[ActionPattern, Why]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    gone: list[tuple[ActionPattern, Why]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
