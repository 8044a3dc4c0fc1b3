"""A model file as it is written: sections of entries, some of them commented out, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from grantgraph.quoting import one_line

LONGEST = 300
"""How long a comment becomes at most; what an input is called may be anything."""


@dataclass(slots=True)
class Item:
    """One entry, on one line, under its comments; `out` is why it is commented out, "" where it stands."""

    text: str
    comments: tuple[str, ...] = ()
    out: str = ""


@dataclass(slots=True)
class Section:
    """A part of a model file; `about` is said above it, `after` below."""

    key: str
    items: list[Item] = field(default_factory=list)
    about: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def render(head: Iterable[str], sections: Iterable[Section]) -> tuple[str, Mapping[int, Item]]:
    """The text of a model file, and the entry that stands on each of its lines, counted from 1."""
    lines = list(head)
    where: dict[int, Item] = {}
    for section in sections:
        if not (section.items or section.after):
            continue
        lines.append("")
        for line, item in _section(section):
            lines.append(line)
            if item is not None:
                where[len(lines)] = item
    return "\n".join(lines) + "\n", where


def _section(section: Section) -> Iterator[tuple[str, Item | None]]:
    for line in section.about:
        yield comment(line), None
    stands = any(not one.out for one in section.items)
    yield f"{'' if stands else '# '}{section.key}:", None
    for item in section.items:
        for line in (*item.comments, *([item.out] if item.out else ())):
            yield f"  {comment(line)}", None
        yield (f"  # {item.text}", None) if item.out else (f"  {item.text}", item)
    for line in section.after:
        yield f"  {comment(line)}", None


def comment(words: str) -> str:
    """A comment, on one line whatever the words are."""
    shown = one_line(words)
    return f"# {shown}" if len(shown) <= LONGEST else f"# {shown[: LONGEST - 4]} ..."
