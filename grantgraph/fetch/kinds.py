"""What is asked of a service, and what comes back: one kind of thing a `Kind`, one thing a `Found`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from grantgraph.fetch.asking import Asking


@dataclass(frozen=True, slots=True)
class Unread:
    """Stands for a value that could not be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A resource in CloudFormation's words; a property that is None is not given, one may be Unread.

    `name` ends its ARN; for a type without one it is what tells it from others of its type in its region.
    `region` is "" for where it was asked.
    """

    type: str
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    region: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """Things that are there and that the model has no place for."""

    type: str
    number: int


@dataclass(frozen=True, slots=True)
class Identity:
    """An entry of one of IAM's lists."""

    section: str
    entry: Mapping[str, Any]


Read: TypeAlias = Found | Counted | Identity


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing in an account.

    Attributes:
        name: what they are, for people: `queues`.
        client: the client of boto3 that is asked.
        types: the CloudFormation types of which some are missing when the listing fails.
        actions: every operation that is called, as boto3 names it, and the IAM action that it takes.
        items: lists what there is; each item is read on its own.
        read: all that one item says.
        everywhere: whether one region knows those of all.
    """

    name: str
    client: str
    types: tuple[str, ...]
    actions: Mapping[str, str]
    items: Callable[[Asking], Iterable[Any]]
    read: Callable[[Asking, Any], Iterable[Read]]
    everywhere: bool = False


def members(value: Any, *keys: str) -> dict[str, Any]:
    """Some members of an object, those that it has."""
    return {key: value[key] for key in keys if isinstance(value, Mapping) and value.get(key) is not None}


def part(value: Any, key: str) -> Any:
    """A member of a response; Unread where the response is."""
    return value if isinstance(value, Unread) or value is None else value.get(key)


def last(arn: str, separator: str = ":") -> str:
    """What ends an ARN."""
    return arn.rpartition(separator)[2]


def document(value: Any) -> Any:
    """A policy that a service hands out as text; left as it is where it is no JSON that says one thing."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    for spelled in _spellings(value):
        try:
            return json.loads(spelled, object_pairs_hook=_only_once, parse_float=str, parse_constant=_refuse)
        except (ValueError, RecursionError):
            continue
    return value


def _spellings(value: str) -> Iterator[str]:
    """The text, and what it means where API Gateway has put a backslash before each quote."""
    yield value
    if value.lstrip().startswith('{\\"'):
        try:
            yield str(json.loads(f'"{value}"', strict=False))
        except ValueError:
            return


def _only_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
