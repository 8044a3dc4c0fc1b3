"""Text that may hold parts decided elsewhere: a generated name, a parameter, an account number.

Most text is plain `str`. Text with at least one part that is not known is `Symbolic`. Both are sequences
of *letters*, a letter being one character or one `Unknown`, so that one matcher serves both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Unknown:
    """A string that is decided outside what we were given; equal only to itself.

    `name` identifies its owner (`Notes.Ref`, `AWS::Region`). Two `generated` names are never the same
    string; any other unknown may turn out to be equal to anything. `origin` says what a value was made from,
    where its name says only where: two inputs that agree on it hold the same value.
    """

    name: str
    reason: str = field(default="", compare=False)
    generated: bool = False
    origin: str = field(default="", compare=False, repr=False)

    @property
    def plain(self) -> bool:
        """Whether it is one word, without a colon or a slash: a generated name, or a part of the environment."""
        return self.generated or self.name in ("AWS::Partition", "AWS::Region", "AWS::AccountId")

    def __str__(self) -> str:
        return "${" + self.name + "}"


Letter: TypeAlias = str | Unknown


@dataclass(frozen=True, slots=True)
class Symbolic:
    """Text of literal runs and unknown parts.

    INVARIANT: at least one part is Unknown, no part is empty, and no two neighbours are both literal.
    """

    parts: tuple[Letter, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


Text: TypeAlias = str | Symbolic


def text(parts: Iterable[Text | Unknown]) -> Text:
    """Join parts into text, in normal form."""
    flat: list[Letter] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Symbolic) else (part,):
            if isinstance(piece, str) and flat and isinstance(last := flat[-1], str):
                flat[-1] = last + piece
            elif piece != "":
                flat.append(piece)
    if not flat:
        return ""
    if len(flat) == 1 and isinstance(flat[0], str):
        return flat[0]
    return Symbolic(tuple(flat))


def letters(value: Text) -> Iterator[Letter]:
    """The letters of a text, one by one."""
    for part in parts_of(value):
        if isinstance(part, str):
            yield from part
        else:
            yield part


def parts_of(value: Text) -> tuple[Letter, ...]:
    """The literal runs and unknown parts of a text, in order."""
    return value.parts if isinstance(value, Symbolic) else ((value,) if value else ())


def unknowns_in(value: Text) -> frozenset[Unknown]:
    """The unknown parts of a text."""
    return frozenset(part for part in parts_of(value) if isinstance(part, Unknown))


def split_text(value: Text, separator: str, limit: int = -1) -> tuple[Text, ...]:
    """Split at a literal separator, at most `limit` times; an unknown part is never split."""
    fields: list[list[Letter]] = [[]]
    for part in parts_of(value):
        if isinstance(part, Unknown):
            fields[-1].append(part)
            continue
        left = limit - len(fields) + 1 if limit >= 0 else -1
        first, *rest = part.split(separator, left) if left else [part]
        fields[-1].append(first)
        fields.extend([piece] for piece in rest)
    return tuple(text(field) for field in fields)


# Control characters, line separators, marks that turn the direction of writing, and halves of pairs.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def visible(words: str) -> str:
    """Words that a terminal shows as they are, on one line: what would steer it is spelled out, as JSON does."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", words)
