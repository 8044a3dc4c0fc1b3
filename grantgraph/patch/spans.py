"""Where every value of a text begins and ends: what a change of the text needs to leave the rest as it is."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from json.decoder import scanstring  # type: ignore[attr-defined]  # C, untyped
from typing import TypeAlias

from grantgraph.problems import Location

Way: TypeAlias = "list[tuple[Span, str | int]]"
"""How to get to a value: what is stepped through, and by which key or number."""

_SPACE = re.compile(r"[ \t\r\n]*")
_ATOM = re.compile(r"[^\s,\]}]+")


class Shape(Enum):
    """What a value is."""

    SCALAR = "scalar"
    LIST = "list"
    OBJECT = "object"


@dataclass(slots=True)
class Span:
    """A value in a text: `text[start:end]`, without what is around it.

    Attributes:
        flow: whether it is written between brackets, as everything in JSON is.
        value: the text of a scalar, decoded.
        tag: its YAML tag, such as `!Ref`.
        items: the members of a list; `dashes` are where those of a block list are marked.
        members: the members of an object, by key; `keys` are the places of the keys.
    """

    shape: Shape
    start: int
    end: int
    flow: bool = True
    value: str = ""
    tag: str = ""
    items: list[Span] = field(default_factory=list)
    dashes: list[int] = field(default_factory=list)
    members: dict[str, Span] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def get(self, *path: str) -> Span | None:
        """The value under a path of keys."""
        here: Span | None = self
        for key in path:
            here = here.members.get(key) if here is not None else None
        return here

    def children(self) -> Iterator[Span]:
        """The values directly in this one."""
        yield from self.items
        yield from self.members.values()


@dataclass(frozen=True, slots=True)
class Source:
    """A text that is to be changed, with the spans of its values."""

    file: str
    text: str
    root: Span
    is_json: bool
    newline: str = "\n"
    starts: tuple[int, ...] = ()

    def offset(self, at: Location) -> int:
        """Where a place is in the text."""
        return self.starts[at.line - 1] + at.column - 1

    def column(self, offset: int) -> int:
        """How far from the beginning of its line an offset is, from 0."""
        return offset - self.starts[bisect_right(self.starts, offset) - 1]

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.starts[bisect_right(self.starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, after its line break."""
        at = bisect_right(self.starts, offset)
        return self.starts[at] if at < len(self.starts) else len(self.text)

    def of(self, span: Span) -> str:
        """How a value is written."""
        return self.text[span.start : span.end]

    def path_to(self, at: Location) -> Way | None:
        """The way from the whole text to the value at a place; None where none begins there."""
        wanted = self.offset(at)
        way: Way = []
        here = self.root
        while here.start != wanted:
            step = _step(here, wanted)
            if step is None:
                return None
            way.append((here, step))
            here = here.items[step] if isinstance(step, int) else here.members[step]
        return way

    def at(self, way: Way) -> Span:
        """The value at the end of a way."""
        if not way:
            return self.root
        around, step = way[-1]
        return around.items[step] if isinstance(step, int) else around.members[step]


def _step(span: Span, offset: int) -> str | int | None:
    for number, one in enumerate(span.items):
        if one.start <= offset < max(one.end, one.start + 1):
            return number
    for key, one in span.members.items():
        if one.start <= offset < max(one.end, one.start + 1):
            return key
    return None


def read_source(text: str, file: str) -> Source:
    """A text of JSON or YAML that has been decoded before, so that it is known to be well-formed."""
    is_json = text.lstrip()[:1] in ("{", "[")
    if is_json:
        root = _Json(text).value(_skip(text, 0))
    else:
        from grantgraph.patch.yaml_spans import read_yaml

        root = read_yaml(text)
    starts = (0, *(found.end() for found in re.finditer("\n", text)))
    return Source(file, text, root, is_json, "\r\n" if "\r\n" in text else "\n", starts)


def _skip(text: str, offset: int) -> int:
    found = _SPACE.match(text, offset)
    return found.end() if found else offset


class _Json:
    def __init__(self, text: str) -> None:
        self.text = text

    def value(self, at: int) -> Span:
        first = self.text[at]
        if first == "{":
            return self.object(at)
        if first == "[":
            return self.list(at)
        if first == '"':
            value, end = scanstring(self.text, at + 1, True)
            return Span(Shape.SCALAR, at, end, value=value)
        found = _ATOM.match(self.text, at)
        assert found is not None
        return Span(Shape.SCALAR, at, found.end(), value=found.group())

    def object(self, start: int) -> Span:
        found = Span(Shape.OBJECT, start, start)
        at = _skip(self.text, start + 1)
        while self.text[at] != "}":
            key, end = scanstring(self.text, at + 1, True)
            value = self.value(_skip(self.text, _skip(self.text, end) + 1))
            found.keys[key], found.members[key] = (at, end), value
            at = self.after(value.end)
        found.end = at + 1
        return found

    def list(self, start: int) -> Span:
        found = Span(Shape.LIST, start, start)
        at = _skip(self.text, start + 1)
        while self.text[at] != "]":
            found.items.append(self.value(at))
            at = self.after(found.items[-1].end)
        found.end = at + 1
        return found

    def after(self, end: int) -> int:
        at = _skip(self.text, end)
        return _skip(self.text, at + 1) if self.text[at] == "," else at
