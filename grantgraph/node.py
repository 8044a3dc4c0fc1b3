"""A JSON or YAML value that knows where it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from grantgraph.problems import NOWHERE, Location, Problems, did_you_mean
from grantgraph.text import Symbolic, Text, Unknown, text

Scalar: TypeAlias = str | Symbolic | Unknown | bool | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Node:
    """One value and its place: a scalar, a list or an object.

    A number keeps the spelling of its source (`1.0` is not `1`): conditions compare by it.
    `Unknown` as the whole value means that not even the shape is known.
    """

    value: Scalar | tuple[Node, ...] | Mapping[str, Node]
    at: Location = field(default=NOWHERE, compare=False)
    key_at: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)

    @property
    def fields(self) -> Mapping[str, Node]:
        """The members of an object; empty for anything else."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> tuple[Node, ...]:
        """The members of a list; empty for anything else."""
        return self.value if isinstance(self.value, tuple) else ()

    def get(self, *path: str) -> Node | None:
        """The value under a path of keys, if every step is there."""
        here: Node | None = self
        for key in path:
            here = here.fields.get(key) if here is not None else None
        return here

    def one_or_many(self) -> tuple[Node, ...]:
        """The members of a list, or this value alone."""
        return self.value if isinstance(self.value, tuple) else (self,)

    def as_text(self) -> Text | None:
        """The text of a scalar; numbers and booleans as JSON writes them; None for anything else."""
        match self.value:
            case bool():
                return "true" if self.value else "false"
            case str() | Symbolic():
                return self.value
            case int() | Decimal():
                return str(self.value)
            case Unknown():
                return text((self.value,))
            case _:
                return None

    def as_str(self) -> str | None:
        """The text of a scalar when all of it is known."""
        value = self.as_text()
        return value if isinstance(value, str) else None

    def describe(self) -> str:
        """What kind of value this is, for a message."""
        match self.value:
            case None:
                return "nothing"
            case bool():
                return "a boolean"
            case str() | Symbolic():
                return "a string"
            case int() | Decimal():
                return "a number"
            case Unknown():
                return "a value that is not known here"
            case tuple():
                return "a list"
            case _:
                return "an object"

    def walk(self) -> Iterator[Node]:
        """This value and everything in it, depth first."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            value = node.value
            if isinstance(value, tuple):
                stack.extend(reversed(value))
            elif not isinstance(value, str) and isinstance(value, Mapping):
                stack.extend(reversed(tuple(value.values())))


def expect_text(node: Node, what: str, problems: Problems) -> Text | None:
    """The text of a node, or a problem that says what was expected."""
    value = node.as_text()
    if value is None:
        problems.error(node.at, "type", f"{what} must be a string, not {node.describe()}")
    return value


def expect_str(node: Node, what: str, problems: Problems) -> str | None:
    """The known text of a node, or a problem that says what was expected."""
    value = node.as_str()
    if value is None:
        problems.error(node.at, "type", f"{what} must be a string, not {node.describe()}")
    return value


def expect_fields(node: Node, what: str, problems: Problems) -> Mapping[str, Node]:
    """The members of an object, or a problem that says what was expected."""
    if not isinstance(node.value, Mapping):
        problems.error(node.at, "type", f"{what} must be an object, not {node.describe()}")
    return node.fields


def expect_keys(node: Node, known: frozenset[str], what: str, problems: Problems) -> None:
    """Report every key that is not known, with the nearest known one."""
    for key in node.fields:
        if key not in known:
            at = node.key_at.get(key, node.at)
            problems.error(at, "unknown-key", f"unknown key `{key}` in {what}", did_you_mean(key, known))


def node_of(value: object, at: Location = NOWHERE) -> Node:
    """A plain Python value as a Node, all of it at one place.

    Raises:
        TypeError: a value that JSON has no word for.
    """
    match value:
        case None | bool() | int() | str() | Symbolic() | Unknown() | Decimal():
            return Node(value, at)
        case float():
            return Node(Decimal(repr(value)), at)
        case Mapping():
            return Node({str(key): node_of(member, at) for key, member in value.items()}, at)
        case list() | tuple():
            return Node(tuple(node_of(member, at) for member in value), at)
        case _:
            raise TypeError(f"not a JSON value: {type(value).__name__}")


def plain(node: Node) -> object:
    """A Node as the plain Python value that `json.dumps` takes; unknown parts are spelled `${name}`."""
    match node.value:
        case tuple():
            return [plain(member) for member in node.value]
        case Mapping():
            return {key: plain(member) for key, member in node.value.items()}
        case Symbolic() | Unknown():
            return str(node.value)
        case Decimal():
            return float(node.value)
        case _:
            return node.value
