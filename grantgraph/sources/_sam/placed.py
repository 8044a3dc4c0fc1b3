"""Plain values that remember where they were written.

The translator moves an author's values around, and copies them, as plain Python: what it does not make itself
comes out with its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from grantgraph.node import Node
from grantgraph.problems import Location


class PlacedObject(dict[str, Any]):
    """An object of the template, with the places of its keys."""

    at: Location
    key_at: Mapping[str, Location]


class PlacedList(list[Any]):
    """A list of the template."""

    at: Location


class PlacedText(str):
    """A string of the template."""

    at: Location

    def __deepcopy__(self, memo: object) -> PlacedText:
        return self


def place_of(value: object) -> Location | None:
    """Where a value was written; None for one that the translator made."""
    return value.at if isinstance(value, PlacedObject | PlacedList | PlacedText) else None


def to_plain(node: Node) -> Any:
    """A Node as the plain value that the translator takes."""
    found: PlacedObject | PlacedList | PlacedText
    match node.value:
        case str():
            found = PlacedText(node.value)
        case tuple():
            found = PlacedList(to_plain(one) for one in node.value)
        case Mapping():
            found = PlacedObject((key, _member(key, one)) for key, one in node.value.items())
            found.key_at = node.key_at
        case Decimal():
            return float(node.value)
        case _:
            return node.value
    found.at = node.at
    return found


def _member(key: str, node: Node) -> Any:
    """A member of an object; the translator knows `Fn::GetAtt` as a list only."""
    plain = to_plain(node)
    if key != "Fn::GetAtt" or not isinstance(plain, PlacedText):
        return plain
    parts = PlacedList(plain.split(".", 1))
    parts.at = plain.at
    return parts


def to_node(value: object, otherwise: Location) -> Node:
    """A value that the translator gave as a Node; what it made has the place of what is around it.

    Raises:
        TypeError: a value that JSON has no word for.
    """
    at = place_of(value) or otherwise
    match value:
        case Mapping():
            key_at = value.key_at if isinstance(value, PlacedObject) else {}
            members = {str(key): to_node(one, at) for key, one in value.items()}
            return Node(members, at, key_at)
        case list() | tuple():
            return Node(tuple(to_node(one, at) for one in value), at)
        case bool() | int() | None:
            return Node(value, at)
        case str():
            return Node(str(value), at)
        case float():
            return Node(Decimal(repr(value)), at)
        case _:
            raise TypeError(f"not a JSON value: {type(value).__name__}")
