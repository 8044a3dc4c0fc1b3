"""Where something is, what reading says about it, and what is raised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Location:
    """A place in an input: file, line and column (both from 1), and the path inside the document.

    Where a framework wrote the document, `path` is that of the construct, and `origin` the line of the author's
    own code that made it, as far as the framework tells.
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = ""
    origin: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


NOWHERE = Location("")


class Level(StrEnum):
    """How much a problem takes away from the answer."""

    ERROR = "error"  # not understood: there is no answer over this input
    INVALID = "invalid"  # a policy that AWS would refuse: what could be read of it is reasoned about
    UNMODELLED = "unmodelled"  # understood, but not reasoned about: it stands in the answer
    NOTE = "note"  # odd, and harmless to the answer


@dataclass(frozen=True, slots=True)
class Problem:
    """What reading has to say about one place; `help` says what to do about it."""

    at: Location
    level: Level
    code: str
    message: str
    help: str = ""

    def __str__(self) -> str:
        where = f"{self.at}: " if self.at.file else ""
        tail = f" ({self.help})" if self.help else ""
        return f"{where}{self.message}{tail}"


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A value, and the problems that reading it met."""

    value: T
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level is Level.ERROR)


@dataclass(slots=True)
class Problems:
    """The collector that readers hand along: the one mutable thing in reading."""

    found: list[Problem] = field(default_factory=list)

    def error(self, at: Location, code: str, message: str, help: str = "") -> None:
        self.found.append(Problem(at, Level.ERROR, code, message, help))

    def unmodelled(self, at: Location, code: str, message: str, help: str = "") -> None:
        self.found.append(Problem(at, Level.UNMODELLED, code, message, help))

    def note(self, at: Location, code: str, message: str, help: str = "") -> None:
        self.found.append(Problem(at, Level.NOTE, code, message, help))

    def invalid(self, at: Location, code: str, message: str, help: str = "") -> None:
        self.found.append(Problem(at, Level.INVALID, code, message, help))

    def all(self) -> tuple[Problem, ...]:
        return tuple(dict.fromkeys(self.found))


class GrantgraphError(Exception):
    """What the caller must act on: the exit code is 2.

    GrantgraphError
    ├── UsageError      a wrong argument, option or setting
    └── InputError      an input that cannot be read; carries the problems
    """

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class UsageError(GrantgraphError):
    """An argument, option or setting that cannot be used."""


class InputError(GrantgraphError):
    """An input that cannot be read, with every problem found in it."""

    def __init__(self, message: str, problems: Iterable[Problem] = (), help: str = "") -> None:
        super().__init__(message, help)
        self.problems = tuple(problems)


class Bug(Exception):
    """An error of grantgraph itself: the exit code is 4."""


def bug(message: str) -> NoReturn:
    """Say that something impossible happened.

    Raises:
        Bug: always.
    """
    raise Bug(message)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A help text that names the nearest known words, or lists them when they are few; may be empty."""
    import difflib

    choices = sorted(set(known))
    folded = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word.lower(), list(folded), n=2, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(f"`{folded[one]}`" for one in near) + "?"
    if 0 < len(choices) <= 12:
        return "known: " + ", ".join(f"`{choice}`" for choice in choices)
    return ""
