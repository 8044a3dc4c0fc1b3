"""What is going on, on standard error: only after a second, on one line of a terminal, plainly elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

PATIENCE = 1.0
"""Seconds that nobody is told anything."""
_EVERY = {True: 0.1, False: 10.0}
"""Seconds between two words: to a terminal, and to a file or a pipe."""


@dataclass(slots=True)
class Progress:
    """Tells how far something is; `done` clears the line."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    started: float = field(default_factory=time.monotonic)
    told: float = 0.0
    width: int = 0

    def __call__(self, doing: str, number: int, of: int) -> None:
        now = time.monotonic()
        terminal = self.stream.isatty()
        if now - self.started < PATIENCE or now - self.told < _EVERY[terminal]:
            return
        self.told = now
        line = f"{doing}: {number:,} of {of:,}"
        if terminal:
            self.stream.write(f"\r{line.ljust(self.width)}")
            self.width = len(line)
        else:
            self.stream.write(f"{line}\n")
        self.stream.flush()

    def done(self) -> None:
        if self.width:
            self.stream.write(f"\r{' ' * self.width}\r")
            self.stream.flush()
            self.width = 0
