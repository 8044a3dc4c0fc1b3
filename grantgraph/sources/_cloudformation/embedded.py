"""Documents that a template holds as JSON text: a policy, the body of an API."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grantgraph.decode import decode_json
from grantgraph.node import Node
from grantgraph.problems import InputError, Location, Problems
from grantgraph.text import Symbolic, Unknown, parts_of, text, unknowns_in

_MARK = "\ue000"  # a private character: no template has a word for it
_MARKED = re.compile(f"{_MARK}([0-9]+){_MARK}")


def from_text(node: Node, what: str, problems: Problems) -> Node:
    """A document that is written as JSON text, decoded; its places are the text's.

    A text with a part that may hold quotes itself is not known: it may say anything.
    """
    if not isinstance(node.value, str | Symbolic):
        return node
    unknowns = sorted(unknowns_in(node.value), key=str)
    if not all(one.plain for one in unknowns) or _MARK in str(node.value):
        name = next((str(one) for one in unknowns if not one.plain), "its text")
        return Node(Unknown(f"{what} at {node.at}", f"it is JSON text that hinges on {name}"), node.at)
    marks = {one: f"{_MARK}{at}{_MARK}" for at, one in enumerate(unknowns)}
    spelled = "".join(part if isinstance(part, str) else marks[part] for part in parts_of(node.value))
    try:
        return _filled(decode_json(spelled, node.at.file), unknowns, node.at)
    except InputError as error:
        message = error.problems[0].message if error.problems else error.message
        problems.error(node.at, "json-text", f"{what} is not JSON: {message.replace(_MARK, '')}")
        return Node(Unknown(f"{what} at {node.at}", "its text is not JSON"), node.at)


def _filled(node: Node, unknowns: list[Unknown], at: Location) -> Node:
    """A decoded value with its unknown parts back in it, all of it at the place of the text."""
    match node.value:
        case str() if _MARK in node.value:
            pieces = _MARKED.split(node.value)  # literal, number, literal, ..., literal
            return Node(text(unknowns[int(one)] if i % 2 else one for i, one in enumerate(pieces)), at)
        case tuple():
            return Node(tuple(_filled(one, unknowns, at) for one in node.value), at)
        case Mapping():
            if any(_MARK in key for key in node.value):
                return Node(Unknown(f"an object at {at}", "a key of it is made at deployment"), at)
            return Node({key: _filled(one, unknowns, at) for key, one in node.value.items()}, at)
        case _:
            return Node(node.value, at)
