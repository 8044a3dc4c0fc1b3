"""Globs: what a pattern asks of a text, as a row of tokens.

A text is a sequence of letters, where an unknown part of it is one letter that stands for whatever it will be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from grantgraph.policy.pattern import Part, Wild
from grantgraph.text import Letter, Text, Unknown, letters, text


@dataclass(frozen=True, slots=True)
class One:
    """Exactly one character, but none of these.

    An unknown is not one character; with `letter` it counts as one letter of a name that is not empty.
    """

    excluded: str = ""
    letter: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Any number of letters, but none of these."""

    excluded: str = ""


@dataclass(frozen=True, slots=True)
class AnyCase:
    """One letter in either case."""

    letter: str


GlobToken: TypeAlias = Letter | One | Run | AnyCase
Glob: TypeAlias = tuple[GlobToken, ...]

ANYTHING: Glob = (Run(),)
EMPTY: Glob = ()


def glob_of(parts: Iterable[Part], *, ignore_case: bool = False) -> Glob:
    """The parts of a pattern without variables as a glob."""
    tokens: list[GlobToken] = []
    for part in parts:
        if part is Wild.ONE:
            tokens.append(One())
        elif part is Wild.RUN:
            tokens.append(Run())
        elif isinstance(part, str):
            tokens.extend(AnyCase(letter.lower()) if ignore_case else letter for letter in part)
        elif isinstance(part, Unknown):
            tokens.append(caseless(part) if ignore_case else part)
        else:
            raise ValueError(f"{part} has no value")
    return tuple(tokens)


def spelled_by(glob: Glob, fill: str) -> Text:
    """A text that a glob spells, with a letter or nothing for each of its runs."""
    letters: list[Letter] = []
    for token in glob:
        match token:
            case Run():
                letters.append(fill)
            case One():
                letters.append("x")
            case AnyCase(letter):
                letters.append(letter)
            case _:
                letters.append(token)
    return text(letters)


def caseless(unknown: Unknown) -> Unknown:
    """What is not known, in whatever case: a letter of its own, which may be the unknown or not."""
    return Unknown(f"{unknown.name} in any case", unknown.reason)


def literal_glob(value: Text) -> Glob:
    """The glob that only one text matches."""
    return tuple(letters(value))


def seal(glob: Glob, crossing_ends: bool = False) -> Glob:
    """The glob as an ARN pattern reads it: no wildcard before the fifth colon matches a colon.

    With `crossing_ends`, a `*` that ends one of the first five segments does (the wide reading of rule 31).
    """
    sealed: list[GlobToken] = []
    colons = 0
    for at, token in enumerate(glob):
        if token == ":":
            colons += 1
        if colons < 5 and isinstance(token, One):
            token = One(token.excluded + ":", token.letter)
        elif colons < 5 and isinstance(token, Run):
            ends = at + 1 < len(glob) and glob[at + 1] == ":"
            if not (crossing_ends and ends):
                token = Run(token.excluded + ":")
        sealed.append(token)
    return tuple(sealed)


def colons_in(glob: Glob) -> int:
    """How many literal colons a glob has."""
    return sum(token == ":" for token in glob)
