"""What a question over all requests is answered with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from grantgraph.evaluate import Request, Verdict

PLAIN_VALUES = "a wildcard inside the value of a policy variable is plain text (rule 98)"
"""What every proof over policy variables assumes: AWS does not say it."""


@dataclass(frozen=True, slots=True)
class Proved:
    """It holds for every well-formed request, under the assumptions named."""

    assuming: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refuted:
    """A request shows that it does not hold; the verdict is the evaluator's own, on this very request."""

    request: Request
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Undecided:
    """Neither a proof nor a request that refutes, and why."""

    reason: str


Answer: TypeAlias = Proved | Refuted | Undecided
