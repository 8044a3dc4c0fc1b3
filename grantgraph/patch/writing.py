"""New values in an author's style: JSON as the file indents it, YAML as blocks or between brackets."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from grantgraph.patch.spans import Shape, Source
from grantgraph.quoting import yaml_scalar

Value: TypeAlias = Any
"""What is written: strings, lists, objects, `Raw`, `Tagged` and `Call`."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A piece of the author's own text, as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value of YAML with a tag, such as `!Join`."""

    tag: str
    value: Value


@dataclass(frozen=True, slots=True)
class Call:
    """A function of CloudFormation: `Ref`, `GetAtt` or `Sub`."""

    name: str
    argument: str | tuple[str, ...]

    def long(self) -> dict[str, Any]:
        """As an object."""
        key = self.name if self.name == "Ref" else f"Fn::{self.name}"
        return {key: list(self.argument) if isinstance(self.argument, tuple) else self.argument}

    def short(self) -> str:
        """As YAML's short form."""
        argument = ".".join(self.argument) if isinstance(self.argument, tuple) else self.argument
        return f"!{self.name} {argument if self.name != 'Sub' else json.dumps(argument, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is written: its indent, and whether functions have their short form.

    `dash` is how far the dashes of a list are in from its key.
    """

    is_json: bool
    indent: int
    short: bool
    newline: str
    compact: tuple[str, str] = (", ", ": ")
    dash: int = 2


def style_of(source: Source) -> Style:
    """The style of a file, as its own text shows it."""
    text = source.text
    found = re.search(r"\n( +)\S", text) if source.is_json else None
    indent = len(found.group(1)) if found else 2
    commas = re.search(r',( ?)"', text)
    colons = re.search(r'":( ?)\S', text)
    compact = ("," + (commas.group(1) if commas else " "), ":" + (colons.group(1) if colons else " "))
    short = not re.search(r"\bFn::|\bRef:", text) or "!Ref" in text or "!GetAtt" in text or "!Sub" in text
    return Style(source.is_json, indent, short, source.newline, compact, _dash_of(source))


def _dash_of(source: Source) -> int:
    """How far the first list under a key has its dashes in."""
    stack = [source.root]
    while stack:
        here = stack.pop()
        for key, value in here.members.items():
            if value.shape is Shape.LIST and value.dashes and not here.flow:
                return source.column(value.dashes[0]) - source.column(here.keys[key][0])
        stack += reversed(list(here.children()))
    return 2


def write(value: Value, style: Style, column: int, *, flow: bool, line: bool) -> str:
    """A value as text.

    Args:
        column: how far the line that it begins on is indented.
        flow: whether it stands between brackets.
        line: whether it has to stay on one line.
    """
    if style.is_json:
        return _json(value, style, column, line)
    return _flow(value, style) if flow else _block(value, style, column)


# ── JSON ──


def _json(value: Value, style: Style, column: int, line: bool) -> str:
    comma, colon = style.compact
    match value:
        case Raw():
            return value.text
        case Call():
            return _json(value.long(), style, column, line)
        case dict() if value:
            members = {key: _json(one, style, column + style.indent, line) for key, one in value.items()}
            spelled = [f"{json.dumps(key)}{colon if line else ': '}{one}" for key, one in members.items()]
            return _enclosed("{", spelled, "}", comma, style, column, line)
        case list() if value:
            return _enclosed(
                "[",
                [_json(one, style, column + style.indent, line) for one in value],
                "]",
                comma,
                style,
                column,
                line,
            )
        case _:
            return json.dumps(value, ensure_ascii=False)


def _enclosed(start: str, members: list[str], end: str, comma: str, style: Style, column: int, line: bool) -> str:
    if line:
        return start + comma.join(members) + end
    inner, outer = style.newline + " " * (column + style.indent), style.newline + " " * column
    return start + inner + ("," + inner).join(members) + outer + end


# ── YAML ──


def _flow(value: Value, style: Style) -> str:
    match value:
        case Raw():
            return value.text
        case Tagged():
            return f"{value.tag} {_flow(value.value, style)}"
        case Call():
            return value.short() if style.short else _flow(value.long(), style)
        case dict():
            inner = ", ".join(f"{_key(key)}: {_flow(one, style)}" for key, one in value.items())
            return "{" + inner + "}"
        case list():
            return "[" + ", ".join(_flow(one, style) for one in value) + "]"
        case str():
            return yaml_scalar(value)
        case _:
            return json.dumps(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", key) else yaml_scalar(key)


def _block(value: Value, style: Style, column: int) -> str:
    """A value that follows a key or a dash; lists and objects begin on a line of their own."""
    newline = style.newline
    match value:
        case dict() if value:
            lines = [f"{' ' * column}{_key(key)}:{_after(one, style, column)}" for key, one in value.items()]
            return newline + newline.join(lines)
        case list() if value:
            lines = [f"{' ' * column}-{_after_dash(one, style, column)}" for one in value]
            return newline + newline.join(lines)
        case _:
            return _flow(value, style)


def _after(value: Value, style: Style, column: int) -> str:
    if isinstance(value, dict | list) and value:
        return _block(value, style, column + (style.dash if isinstance(value, list) else 2))
    written = _flow(value, style)
    return written if written.startswith(style.newline) else f" {written}"


def _after_dash(value: Value, style: Style, column: int) -> str:
    if isinstance(value, dict) and value:
        return " " + _block(value, style, column + 2).lstrip()
    if isinstance(value, list) and value:
        return " " + _flow(value, style)
    return " " + _flow(value, style)
