"""A small language for "which requests": literals over the dimensions of a request, with and, or.

A dimension is the resource, or one condition key in lower case. Negation lives in the literals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from grantgraph.prove.comparison import Test, passes
from grantgraph.text import Text, Unknown

RESOURCE = "resource"
"""The dimension of the resource; no condition key is called so, for every key has a colon."""


@dataclass(frozen=True, slots=True)
class Present:
    """The request carries the key."""

    dimension: str


@dataclass(frozen=True, slots=True)
class Holds:
    """The request carries one value, and the test holds for it."""

    dimension: str
    test: Test


@dataclass(frozen=True, slots=True)
class Every:
    """Each value of a set passes some test, or, when negated, none; true for an absent set."""

    dimension: str
    tests: frozenset[Test]
    negated: bool


@dataclass(frozen=True, slots=True)
class Free:
    """Something that nobody told us: it may be so or not."""

    about: Unknown


Atom: TypeAlias = Present | Holds | Every | Free


@dataclass(frozen=True, slots=True)
class Literal:
    """An atom, or its negation."""

    atom: Atom
    positive: bool = True
    _hash: int = field(default=0, init=False, compare=False, repr=False)

    def __hash__(self) -> int:
        return self._hash or _remember(self, hash((self.atom, self.positive)))


@dataclass(frozen=True, slots=True)
class And:
    """All of these; TRUE is the one of nothing."""

    parts: tuple[Formula, ...]
    _hash: int = field(default=0, init=False, compare=False, repr=False)

    def __hash__(self) -> int:
        return self._hash or _remember(self, hash(self.parts))


@dataclass(frozen=True, slots=True)
class Or:
    """One of these; FALSE is the one of nothing."""

    parts: tuple[Formula, ...]
    _hash: int = field(default=0, init=False, compare=False, repr=False)

    def __hash__(self) -> int:
        return self._hash or _remember(self, ~hash(self.parts))


Formula: TypeAlias = Literal | And | Or


def _remember(formula: Formula, found: int) -> int:
    """Formulas hold formulas, and are looked up again and again: what each hashes to is kept with it."""
    object.__setattr__(formula, "_hash", found or 1)
    return found or 1


TRUE = And(())
FALSE = Or(())


def conjunction(parts: Iterable[Formula]) -> Formula:
    """All of these, simplified."""
    flat: dict[Formula, None] = {}
    for part in parts:
        if part == FALSE:
            return FALSE
        for piece in part.parts if isinstance(part, And) else (part,):
            flat[piece] = None
    return next(iter(flat)) if len(flat) == 1 else And(tuple(flat))


def disjunction(parts: Iterable[Formula]) -> Formula:
    """One of these, simplified."""
    flat: dict[Formula, None] = {}
    for part in parts:
        if part == TRUE:
            return TRUE
        for piece in part.parts if isinstance(part, Or) else (part,):
            flat[piece] = None
    return next(iter(flat)) if len(flat) == 1 else Or(tuple(flat))


def negation(formula: Formula) -> Formula:
    """What holds exactly when this does not."""
    match formula:
        case Literal(atom, positive):
            return Literal(atom, not positive)
        case And(parts):
            return disjunction(negation(part) for part in parts)
        case Or(parts):
            return conjunction(negation(part) for part in parts)


def literal(atom: Atom) -> Formula:
    """The atom as a formula."""
    return Literal(atom)


Value: TypeAlias = Text | tuple[Text, ...]
Point: TypeAlias = Mapping[str, Value]
"""One request, as far as formulas see it: dimension → value; what is not there is absent."""


def holds_at(formula: Formula, point: Point, free: Mapping[Unknown, bool] | None = None) -> bool:
    """Whether a formula is true of one request. Needs no search: the cheap half of the differential test."""
    match formula:
        case And(parts):
            return all(holds_at(part, point, free) for part in parts)
        case Or(parts):
            return any(holds_at(part, point, free) for part in parts)
        case Literal(atom, positive):
            value = point.get(atom.dimension) if not isinstance(atom, Free) else None
            match atom:
                case Free(about):
                    result = (free or {}).get(about, False)
                case Present():
                    result = value is not None
                case Holds(_, test):
                    result = value is not None and not isinstance(value, tuple) and passes(test, value)
                case Every(_, tests, negated):
                    members = () if value is None else value if isinstance(value, tuple) else (value,)
                    result = all(any(passes(test, one) for test in tests) is not negated for one in members)
            return result is positive
