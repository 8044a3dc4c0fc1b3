"""Color and weight in reports for people, where a terminal shows them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from grantgraph.text import visible

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


class _Painter:
    """What was painted, by marks that no name in a report can guess: names are escaped, paint is not."""

    def __init__(self) -> None:
        self.secret = secrets.token_hex(8)
        self.painted: list[str] = []
        self.mark = re.compile(rf"<{self.secret}:(\d+)>")

    def add(self, words: str, styles: tuple[str, ...]) -> str:
        codes = ";".join(_CODES[style] for style in styles)
        self.painted.append(f"\x1b[{codes}m{visible(words)}\x1b[0m")
        return f"<{self.secret}:{len(self.painted) - 1}>"


_PAINTER: ContextVar[_Painter | None] = ContextVar("painter", default=None)


@contextmanager
def colored(wanted: bool) -> Iterator[None]:
    """Within this, `paint` paints, or does not."""
    token = _PAINTER.set(_Painter() if wanted else None)
    try:
        yield
    finally:
        _PAINTER.reset(token)


def paint(words: str, *styles: str) -> str:
    """Words in a style, where color is wanted; `dry` puts them in their places."""
    painter = _PAINTER.get()
    return painter.add(words, styles) if painter is not None and words else words


def dry(line: str) -> str:
    """A line in which all that steers a terminal is escaped, but for what was painted."""
    painter = _PAINTER.get()
    shown = visible(line)
    return painter.mark.sub(lambda found: painter.painted[int(found.group(1))], shown) if painter else shown
