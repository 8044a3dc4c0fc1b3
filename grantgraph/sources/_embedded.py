"""JSON inside a string of JSON: a policy that a file keeps as text, with the places of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate

from grantgraph.decode import decode_json
from grantgraph.node import Node
from grantgraph.problems import InputError, Location, Problems
from grantgraph.text import Unknown

_SHORT = '"\\\b\f\n\r\t'
_LONG = "<>&\u2028\u2029"  # Terraform writes these as \u003c and so on


def decode_embedded(node: Node, what: str, problems: Problems) -> Node:
    """The value that a string holds as JSON; a problem, and Unknown, where it holds none."""
    source = node.as_str() or ""
    places = _Places(source, node.at)
    try:
        decoded = decode_json(source, node.at.file)
    except InputError as error:
        found = error.problems[0]
        at = places.outer(found.at)
        problems.error(at, "policy-text", f"{what} is not JSON that can be read: {found.message}", found.help)
        return Node(Unknown(f"the text at {node.at}", f"{what} is not JSON that can be read"), node.at)
    return _placed(decoded, places)


class _Places:
    """Places in a decoded string to places in the file that holds it, on the one line that the string is on."""

    def __init__(self, source: str, at: Location) -> None:
        self.at = at
        self.starts = [0, *(found.end() for found in re.finditer("\n", source))]
        self.plain = source.isascii() and not re.search(r'["\\<>&\x00-\x1f]', source)
        self.columns = [] if self.plain else [0, *accumulate(map(_width, source))]

    def outer(self, inner: Location) -> Location:
        if not inner.line or not self.at.line:
            return self.at
        offset = self.starts[inner.line - 1] + inner.column - 1
        width = offset if self.plain else self.columns[min(offset, len(self.columns) - 1)]
        return replace(self.at, column=self.at.column + 1 + width)


def _width(character: str) -> int:
    """How many characters of JSON one character takes."""
    if character in _SHORT:
        return 2
    return 6 if character in _LONG or character < " " else 1


def _placed(node: Node, places: _Places) -> Node:
    keys = {key: places.outer(at) for key, at in node.key_at.items()}
    match node.value:
        case tuple():
            return Node(tuple(_placed(one, places) for one in node.value), places.outer(node.at))
        case Mapping():
            return Node(
                {key: _placed(one, places) for key, one in node.value.items()}, places.outer(node.at), keys
            )
        case _:
            return Node(node.value, places.outer(node.at))
