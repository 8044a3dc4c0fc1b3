"""What undecided conditions hinge on, and what each of it can be: a parameter is `prod`, or it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from grantgraph.model import Choice

MOST_CASES = 16
"""How many ways to decide are told apart, at most; what would make more of them stays undecided."""


@dataclass(slots=True)
class Compared:
    """The known texts that something unknown is compared with, and all that it may be (() for anything)."""

    texts: dict[str, None] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()

    def add(self, other: Compared) -> None:
        self.texts.update(other.texts)
        self.allowed = self.allowed or other.allowed

    def choices(self, name: str) -> tuple[Choice, ...]:
        """Every way in which the comparisons can turn out."""
        texts = tuple(self.texts)
        rest = [one for one in self.allowed if one not in self.texts]
        found = tuple(Choice(name, one) for one in texts)
        if not self.allowed or len(rest) > 1:
            return (*found, Choice(name, None, texts))
        return (*found, *(Choice(name, one) for one in rest))


Hinges = dict[str, Compared]
"""What a condition hinges on: the name of something unknown → what it is compared with."""


def merge(into: Hinges, more: Mapping[str, Compared]) -> None:
    """Add what another condition hinges on."""
    for name, compared in more.items():
        into.setdefault(name, Compared()).add(compared)


def groups_of(hinges: Mapping[str, Compared]) -> tuple[tuple[Choice, ...], ...]:
    """One group of choices for each unknown, as many unknowns as there is room for."""
    return tuple(_within(hinges.items()))


def _within(hinges: Iterable[tuple[str, Compared]]) -> Iterator[tuple[Choice, ...]]:
    cases = 1
    for name, compared in hinges:
        group = compared.choices(name)
        if cases * len(group) <= MOST_CASES:
            cases *= len(group)
            yield group
