"""How a plan keeps expressions: what they refer to, and which of them stand behind a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from grantgraph.node import Node
from grantgraph.sources._terraform.document import Key, unescape

Step: TypeAlias = str | int
"""A name in a path through a value, or an index."""

_TOKEN = re.compile(r'\.?([\w*-]+)|\[(?:"((?:[^"\\]|\\.)*)"|(\d+))\]')


class Quoted(str):
    """An instance key in quotes, which is no name."""


Token: TypeAlias = "str | int | Quoted"


def spell(path: tuple[Step, ...]) -> str:
    """A path as Terraform writes it behind an address."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def tokens_of(reference: str) -> list[Token]:
    """`module.a["x"].b[0]` as its names and keys; empty when it is no reference."""
    found: list[Token] = []
    at = 0
    while at < len(reference):
        token = _TOKEN.match(reference, at)
        if token is None:
            return []
        name, quoted, number = token.groups()
        found.append(
            int(number) if number is not None else Quoted(unescape(quoted)) if quoted is not None else name
        )
        at = token.end()
    return found


def key_of(token: Token) -> Key:
    """The instance key that a token is."""
    return token if isinstance(token, int) else str(token)


def longest(references: Iterable[str]) -> Iterator[str]:
    """Terraform lists `a.b.c` as `a.b.c`, `a.b`: each reference, without the shorter ones that follow it."""
    last = ""
    for reference in references:
        if not (
            last and len(reference) < len(last) and last.startswith(reference) and last[len(reference)] in ".["
        ):
            yield reference
        last = reference


def refers(expression: Node | None) -> Iterator[str]:
    """The references of an expression, or of all expressions in a block."""
    for node in expression.walk() if expression else ():
        references = node.get("references")
        for one in references.items if references else ():
            if isinstance(one.value, str):
                yield one.value


def expressions_at(expressions: Node | None, path: tuple[Step, ...], values: Node) -> Iterator[Node]:
    """The expressions behind a path; where blocks cannot be told apart, those of all that may be meant."""
    waiting: list[tuple[Node, tuple[Step, ...], Node | None]] = (
        [(expressions, path, values)] if expressions else []
    )
    while waiting:
        expression, steps, value = waiting.pop(0)
        if not steps or "references" in expression.fields or "constant_value" in expression.fields:
            yield expression
            continue
        step, rest = steps[0], steps[1:]
        if isinstance(expression.value, Mapping):
            member = expression.get(str(step))
            if member is not None:
                waiting.append((member, rest, value.get(str(step)) if value else None))
        else:
            chosen = value.items[step] if value and isinstance(step, int) and step < len(value.items) else None
            blocks = [one for one in expression.items if chosen is None or _may_be(one, chosen)]
            waiting += [(one, rest, chosen) for one in blocks or expression.items]


def _may_be(block: Node, value: Node) -> bool:
    """Whether a block may have made a value: its constants are the value's."""
    for name, written in block.fields.items():
        constant, known = written.get("constant_value"), value.get(name)
        if constant is not None and known is not None and known.value is not None and not _same(known, constant):
            return False
    return True


def _same(known: Node, constant: Node) -> bool:
    """Whether a value is a constant, after Terraform made a set of a list or text of a number."""
    if known.items or constant.items:
        return sorted(map(_spelled, known.items)) == sorted(map(_spelled, constant.items))
    return _spelled(known) == _spelled(constant)


def _spelled(node: Node) -> str:
    return node.as_str() or repr(node.value)
