"""The same thing in other words: unknown names replaced by others, and places told differently.

Everything that a source reads is made of frozen dataclasses, tuples, mappings and texts; this walks through them
and leaves what does not change as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar, cast

from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.pattern import Part, Pattern, pattern
from grantgraph.text import Symbolic, Text, Unknown, parts_of, text

T = TypeVar("T")


def rename(value: T, names: Mapping[Unknown, Text]) -> T:
    """A value with unknown names replaced, wherever they occur in texts and patterns.

    Where an Unknown stands alone, it is replaced only by another one.
    """
    return cast(T, _Walk(names).over(value)) if names else value


def respell(value: T, spell: Callable[[str], str]) -> T:
    """A value with every string in it spelled by a function: names of files, messages, names of unknowns."""
    return cast(T, _Walk({}, spell).over(value))


def unknowns_of(value: object) -> Iterator[Unknown]:
    """Every Unknown in a value, again for each time that it occurs."""
    stack = [value]
    while stack:
        one = stack.pop()
        match one:
            case Unknown():
                yield one
            case Symbolic() | Pattern():
                yield from (part for part in one.parts if isinstance(part, Unknown))
            case ArnPattern():
                stack.append(one.pattern)
            case tuple():
                stack.extend(one)
            case Mapping():
                stack.extend(one.values())
            case _ if is_dataclass(one):
                stack.extend(getattr(one, name) for name in _names_of(type(one)))


@dataclass(slots=True)
class _Walk:
    names: Mapping[Unknown, Text]
    spell: Callable[[str], str] | None = None
    spelled: dict[str, str] = field(default_factory=dict)

    def over(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self.string(value)
        if kind is tuple:
            found = tuple(map(self.over, value))
            return value if all(one is other for one, other in zip(found, value, strict=True)) else found
        if kind is Symbolic:
            found = tuple(self.part(one) for one in value.parts)
            return value if found == value.parts and self.spell is None else text(found)
        if kind is Unknown:
            return self.alone(value)
        if kind is Pattern:
            return self.pattern(value)
        if kind is ArnPattern:
            own = self.pattern(value.pattern)
            return value if own is value.pattern else ArnPattern(own)
        if isinstance(value, Mapping):
            return {key: self.over(member) for key, member in value.items()}
        return self.whole(value) if is_dataclass(kind) else value

    def whole(self, value: Any) -> Any:
        """A dataclass with its fields walked over."""
        kind = type(value)
        names = _names_of(kind)
        given = [getattr(value, name) for name in names]
        found = [self.over(one) for one in given]
        if all(one is other for one, other in zip(found, given, strict=True)):
            return value
        return kind(**dict(zip(names, found, strict=True)))

    def string(self, value: str) -> str:
        if self.spell is None or not value:
            return value
        if value not in self.spelled:
            found = self.spell(value)
            self.spelled[value] = value if found == value else found
        return self.spelled[value]

    def alone(self, value: Unknown) -> Unknown:
        known = self.names.get(value)
        if known is not None:
            parts = parts_of(known)
            return parts[0] if len(parts) == 1 and isinstance(parts[0], Unknown) else value
        return cast(Unknown, self.whole(value)) if self.spell is not None else value

    def part(self, one: str | Unknown) -> Text | Unknown:
        """A part of a text; what is literal in it is the application's own word, and stays."""
        if isinstance(one, str):
            return one
        return self.names.get(one) or self.alone(one)

    def pattern(self, value: Pattern) -> Pattern:
        if not value.unknowns:
            return value
        parts: list[Part] = []
        for one in value.parts:
            if isinstance(one, Unknown):
                found = self.part(one)
                parts.extend((found,) if isinstance(found, Unknown) else parts_of(found))
            else:
                parts.append(one)
        return pattern(parts)


_NAMES: dict[type, tuple[str, ...]] = {}


def _names_of(kind: type) -> tuple[str, ...]:
    """The fields that make a value of a dataclass."""
    if kind not in _NAMES:
        _NAMES[kind] = tuple(one.name for one in fields(kind) if one.init)
    return _NAMES[kind]
