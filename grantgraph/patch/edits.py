"""Changes of a text: pieces replaced, everything between them left as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from grantgraph.patch.spans import Source, Span
from grantgraph.patch.writing import Style, Value, write
from grantgraph.problems import bug


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """`text[start:end]` becomes another text."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Edits:
    """The changes of one text so far; which members of lists and objects go, and come, is gathered first."""

    source: Source
    edits: list[Edit] = field(default_factory=list)
    gone: dict[int, tuple[Span, set[int]]] = field(default_factory=dict)
    gone_keys: dict[int, tuple[Span, set[str]]] = field(default_factory=dict)
    new: dict[int, tuple[Span, Style, list[Value]]] = field(default_factory=dict)

    def so_far(self) -> tuple[list[Edit], dict[int, tuple[Span, set[int]]]]:
        """What has been gathered: replacements, and members that go; where to go back to."""
        return list(self.edits), {key: (around, set(numbers)) for key, (around, numbers) in self.gone.items()}

    def back_to(self, before: tuple[list[Edit], dict[int, tuple[Span, set[int]]]]) -> None:
        """Forget what has been gathered since."""
        self.edits, self.gone = before

    def replace(self, span: Span, text: str) -> None:
        """Write a value anew."""
        self.edits.append(Edit(span.start, span.end, text))

    def write(self, start: int, end: int, text: str) -> None:
        self.edits.append(Edit(start, end, text))

    def remove_item(self, around: Span, number: int) -> None:
        """Take a member out of a list."""
        self.gone.setdefault(id(around), (around, set()))[1].add(number)

    def remove_member(self, around: Span, key: str) -> None:
        """Take a member out of an object."""
        self.gone_keys.setdefault(id(around), (around, set()))[1].add(key)

    def append(self, around: Span, value: Value, style: Style) -> None:
        """Put a member at the end of a list."""
        self.new.setdefault(id(around), (around, style, []))[2].append(value)

    def insert_after(self, around: Span, number: int, value: Value, style: Style) -> None:
        """Put a member behind another one of a list."""
        source, item = self.source, around.items[number]
        if not around.flow:
            column = source.column(around.dashes[number])
            end = source.line_end(item.end)
            before = "" if source.text[end - 1 : end] == "\n" else source.newline
            lines = write([value], style, column, flow=False, line=False).removeprefix(source.newline)
            self.write(end, end, before + lines + ("" if before else source.newline))
            return
        line = is_single_line(source, around)
        column = source.column(item.start) if not line else 0
        comma = style.compact[0] if line or not source.is_json else "," + source.newline + " " * column
        self.write(item.end, item.end, comma + write(value, style, column, flow=True, line=line))

    def add_member(self, around: Span, key: str, value: Value, style: Style) -> None:
        """Put a member at the end of an object."""
        source = self.source
        if not around.members:
            self.replace(around, self.written({key: value}, style, around, around.flow))
            return
        last = list(around.members)[-1]
        column = source.column(around.keys[last][0])
        if not around.flow:
            end = source.line_end(around.members[last].end)
            before = "" if source.text[end - 1 : end] == "\n" else source.newline
            lines = write({key: value}, style, column, flow=False, line=False).removeprefix(source.newline)
            self.write(end, end, before + lines + ("" if before else source.newline))
            return
        line = is_single_line(source, around)
        comma = style.compact[0] if line or not source.is_json else "," + source.newline + " " * column
        member = write({key: value}, style, column - style.indent, flow=True, line=True)[1:-1]
        if not line and source.is_json:
            member = f"{json.dumps(key)}: {write(value, style, column, flow=True, line=False)}"
        self.write(around.members[last].end, around.members[last].end, comma + member)

    def written(self, value: Value, style: Style, where: Span, flow: bool) -> str:
        """A value in the place of another one."""
        column = self.indent_of(where.start)
        line = is_single_line(self.source, where) and self.source.is_json and self.source.text.count("\n") < 3
        return write(value, style, column, flow=flow, line=line)

    def indent_of(self, offset: int) -> int:
        """How far the line of an offset is indented."""
        start = self.source.line_start(offset)
        line = self.source.text[start:offset]
        return len(line) - len(line.lstrip(" "))

    def append_all(self, around: Span, style: Style, values: list[Value]) -> None:
        """Put members at the end of a list, or in the place of all that were there."""
        if around.items and not self.is_emptied(around):
            for value in values:
                self.insert_after(around, len(around.items) - 1, value, style)
            return
        self.gone.pop(id(around), None)
        if around.flow:
            self.replace(around, self.written(values, style, around, True))
        else:
            column = self.source.column(around.dashes[0])
            self.replace(around, write(values, style, column, flow=False, line=False).lstrip())

    def is_emptied(self, around: Span) -> bool:
        """Whether every member of a list is to go."""
        known = self.gone.get(id(around))
        return known is not None and len(known[1]) == len(around.items)

    def text(self) -> str:
        """The text with all changes.

        Raises:
            Bug: two changes meet.
        """
        for around, style, values in self.new.values():
            self.append_all(around, style, values)
        edits = [*self.edits]
        for around, numbers in self.gone.values():
            edits += _without_items(self.source, around, numbers)
        for around, keys in self.gone_keys.values():
            edits += _without_members(self.source, around, keys)
        return apply(self.source.text, edits)


def apply(text: str, edits: Iterable[Edit]) -> str:
    """A text with changes made; what lies within a part that goes is not changed any more.

    Raises:
        Bug: two changes meet.
    """
    found: list[str] = []
    at = 0
    ordered = sorted(edits, key=lambda one: (one.start, one.end > one.start, -one.end))
    for one in ordered:
        if one.end <= at and one.start < at:
            continue  # inside what has gone already
        if one.start < at:
            bug(f"two changes of a text meet at {one.start}")
        found += [text[at : one.start], one.text]
        at = one.end
    return "".join([*found, text[at:]])


def _without_items(source: Source, around: Span, numbers: set[int]) -> list[Edit]:
    if len(numbers) == len(around.items):
        return [_emptied(source, around, "[]")]
    if not around.flow:
        return [
            Edit(source.line_start(around.dashes[at]), source.line_end(around.items[at].end), "")
            for at in sorted(numbers)
        ]
    ends = [one.end for one in around.items]
    starts = [one.start for one in around.items]
    return _without_runs(starts, ends, numbers)


def _without_members(source: Source, around: Span, keys: set[str]) -> list[Edit]:
    names = list(around.members)
    numbers = {names.index(key) for key in keys}
    if len(numbers) == len(names):
        return [_emptied(source, around, "{}")]
    if not around.flow:
        return [
            Edit(source.line_start(around.keys[names[at]][0]), source.line_end(around.members[names[at]].end), "")
            for at in sorted(numbers)
        ]
    starts = [around.keys[name][0] for name in names]
    ends = [around.members[name].end for name in names]
    return _without_runs(starts, ends, numbers)


def _emptied(source: Source, around: Span, nothing: str) -> Edit:
    """A list or an object without members; that of a block stands behind its key, or further in than it was."""
    if around.flow:
        return Edit(around.start, around.end, nothing)
    before = source.text[: around.start].rstrip()
    if before.endswith(":"):
        return Edit(len(before), around.end, f" {nothing}")
    return Edit(around.start, around.end, f"  {nothing}")


def _without_runs(starts: list[int], ends: list[int], numbers: set[int]) -> list[Edit]:
    """Members between commas: each goes with the comma after it, those at the end with the comma before them."""
    last = max(at for at in range(len(starts)) if at not in numbers)
    found = [Edit(starts[at], starts[at + 1], "") for at in sorted(numbers) if at < last]
    if last + 1 < len(starts):
        found.append(Edit(ends[last], ends[-1], ""))
    return found


def is_single_line(source: Source, span: Span) -> bool:
    """Whether a list or an object is written on one line."""
    return "\n" not in source.of(span)
