"""The lines around a place of an input, with a caret under it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from grantgraph.problems import Location
from grantgraph.reports._style import paint

WIDTH = 100
MAX_BYTES = 20_000_000


def frame(at: Location, around: int = 1) -> list[str]:
    """The line of a place and its neighbors, where the file can still be read; () where it cannot."""
    lines = _lines(at.file)
    if not at.line or at.line > len(lines):
        return []
    first, last = max(1, at.line - around), min(len(lines), at.line + around)
    width = len(str(last))
    column = max(at.column, 1)
    shift = max(0, column - WIDTH // 2) if len(lines[at.line - 1]) > WIDTH else 0
    found = []
    for number in range(first, last + 1):
        shown = _window(lines[number - 1], shift)
        mark = ">" if number == at.line else " "
        gutter = f"{mark} {number:>{width}} | "
        found.append(paint(gutter, "dim") + shown)
        if number == at.line:
            prefix = "".join("\t" if one == "\t" else " " for one in shown[: column - 1 - shift])
            found.append(paint(f"  {'':>{width}} | ", "dim") + prefix + paint("^", "red", "bold"))
    return found


def _window(line: str, shift: int) -> str:
    """A part of a line: minified templates have one line of a million characters."""
    part = line[shift : shift + WIDTH]
    return part + ("…" if len(line) > shift + WIDTH else "")


@lru_cache(maxsize=64)
def _lines(file: str) -> tuple[str, ...]:
    path = Path(file)
    try:
        if not file or not path.is_file() or path.stat().st_size > MAX_BYTES:
            return ()
        return tuple(path.read_text(encoding="utf-8-sig").splitlines())
    except (OSError, UnicodeDecodeError, ValueError):
        return ()
