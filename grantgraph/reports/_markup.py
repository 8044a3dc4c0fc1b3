"""Words that nobody reads as markup: in Markdown and in HTML, whatever a name holds."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable

from grantgraph.text import visible

_SPECIAL = re.compile(r"(?![:.](?: |$))[^A-Za-z0-9 ,;()\u2192'-]")


def code(words: str) -> str:
    """Words as code in Markdown: no mention, no link, no markup; a backtick in them gets a longer fence."""
    shown = visible(words).replace("\n", " ")
    if not shown.strip():
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    space = " " if len(fence) > 1 or shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{space}{shown}{space}{fence}"


def block(lines: Iterable[str]) -> str:
    """Lines to copy, in Markdown."""
    shown = [visible(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}sh", *shown, fence, ""])


def plain(words: str) -> str:
    """A sentence of ours with names in it, in Markdown: what stands in backticks becomes code, the rest is plain.

    A name with a backtick of its own could step out of the code; so what is plain links to nothing, either.
    """
    return _told(words, code, _spelled)


def folded(words: str) -> str:
    """The same in HTML within Markdown, such as the title of a fold."""
    return _told(words, lambda name: f"<code>{_spelled(name)}</code>", _spelled)


def hypertext(words: str) -> str:
    """The same in HTML."""
    return _told(visible(words), lambda name: f"<code>{html.escape(name)}</code>", html.escape)


def _told(words: str, as_code: Callable[[str], str], as_text: Callable[[str], str]) -> str:
    pieces = re.split(r"`([^`]*)`", words)
    return "".join(as_code(piece) if at % 2 else as_text(piece) for at, piece in enumerate(pieces))


def _spelled(words: str) -> str:
    """Words with every character that Markdown, HTML or GitHub reads spelled by its number.

    After `@` and `#` comes a space of no width: GitHub looks for mentions in what is shown.
    """
    return _SPECIAL.sub(
        lambda found: f"&#{ord(found.group())};" + ("&#8203;" if found.group() in "@#" else ""), visible(words)
    )
