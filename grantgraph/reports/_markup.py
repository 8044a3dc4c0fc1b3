"""Words that nobody reads as markup: in Markdown and in HTML, whatever a name holds."""

from __future__ import annotations

import html
import re

from grantgraph.text import visible

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+!|~@$&-])")


def code(words: str) -> str:
    """Words as code in Markdown, with a fence that they do not hold."""
    shown = visible(words)
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def plain(words: str) -> str:
    """Words as text in Markdown; what stands between single backquotes stays code."""
    pieces = re.split(r"`([^`]*)`", words)
    return "".join(code(piece) if at % 2 else _escaped(piece) for at, piece in enumerate(pieces))


def _escaped(words: str) -> str:
    return _MARKS.sub(r"\\\1", visible(words))


def hypertext(words: str) -> str:
    """Words as text in HTML; what stands between single backquotes becomes code."""
    pieces = re.split(r"`([^`]*)`", visible(words))
    return "".join(
        f"<code>{html.escape(piece)}</code>" if at % 2 else html.escape(piece) for at, piece in enumerate(pieces)
    )
