"""How much a question may cost: it is answered within that, or undecided; it never hangs."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import thread_time

SECONDS = 20.0
"""How long a question may take, in seconds of CPU, unless the one who asks says otherwise."""

LOOK = 1_000
"""How many steps pass between two looks at the clock."""


class Exhausted(Exception):
    """A search went beyond its budget: nothing is decided."""


@dataclass(slots=True)
class Budget:
    """The CPU time that is left to one question, of the thread that answers it; looked at every so many steps.

    `outside` is what is left, in seconds, to a solver that is asked where our own search gave up.
    """

    seconds: float = SECONDS
    outside: float = SECONDS
    began: float = field(default_factory=thread_time)
    steps: int = 0
    spent: bool = False

    def share(self, part: float) -> Budget:
        """A part of what is left, to be spent on something that may well turn out to be in vain."""
        left = self.seconds - (thread_time() - self.began)
        return Budget(max(left * part, 0.0))

    def spend(self, steps: int) -> None:
        """Note the steps that a search took.

        Raises:
            Exhausted: the time is used up.
        """
        self.steps += steps
        if self.steps >= LOOK or self.spent:
            self.steps = 0
            self.spent = self.spent or thread_time() - self.began > self.seconds
            if self.spent:
                raise Exhausted(f"no answer within {self.seconds:g} s of CPU time")
