"""How commands end, for tests that run them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """Runs a command line."""

    def __call__(self, *arguments: object) -> Ended: ...
