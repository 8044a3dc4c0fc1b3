"""What an inferred need rests on, and how much it is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from grantgraph.model import Need
from grantgraph.problems import NOWHERE, Location


class Confidence(StrEnum):
    """What speaks for a need."""

    BOTH = "wired and granted"
    GRANTED = "granted only"  # nothing of the application refers to it
    WIRED = "wired only"  # today's policies do not allow it, or not all of it
    SAID = "said by the model"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a need, in words, with its place."""

    words: str
    at: Location = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class InferredNeed:
    """A need that an application shows, and why it is believed.

    Attributes:
        need: who does what to what, in access words and exact actions.
        actions: what the words stand for, as far as it is used.
        confidence: what speaks for it.
        evidence: the places behind it.
        doubts: what the evidence does not say, or where it disagrees.
        missing: actions that it takes and that today's policies do not allow.
        by_service: whether only services use it, in the principal's name, and never its own code.
    """

    need: Need
    actions: tuple[str, ...]
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    doubts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    by_service: bool = False
