"""Changes as a patch that `git apply` and `patch` take."""

from __future__ import annotations

import difflib
from collections.abc import Iterator


def unified(file: str, before: str, after: str) -> str:
    """The changes of a file as a unified diff; "" where there are none."""
    return "".join(_lines(file, before, after))


def _lines(file: str, before: str, after: str) -> Iterator[str]:
    own = file.removeprefix("/")
    for line in difflib.unified_diff(_split(before), _split(after), f"a/{own}", f"b/{own}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _split(text: str) -> list[str]:
    """Lines as a patch counts them: at line feeds only."""
    pieces = text.split("\n")
    return [f"{one}\n" for one in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
