"""Globs as automata: find a text that some globs match and others do not.

States are sets of positions, held in one integer a glob; texts are sequences of letters, where an unknown
part of a text is one letter that stands for whatever it will be.

Two readings of that letter serve two purposes. *Strictly*, it matches only itself and a `*`: a text found so
matches whatever the unknown turns out to be. *Loosely*, it may also turn out to be what a glob spells at that
place: when no text is found so, there is none, whatever the unknown turns out to be. (Substituting for a
letter on both sides keeps a match. So one glob may keep its letters, the forbidden ones are read strictly,
and only the other required ones have to be read loosely.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from grantgraph.policy.pattern import Part, Wild
from grantgraph.text import Letter, Text, Unknown, letters, text

MAX_STATES = 20_000


class Exhausted(Exception):
    """A search went beyond its budget: nothing is decided."""


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
            tokens.append(part)
        else:
            raise ValueError(f"{part} has no value")
    return tuple(tokens)


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


class Automaton:
    """A glob that can be run, strictly or loosely."""

    __slots__ = (
        "accept",
        "barred",
        "loose",
        "names",
        "one_bars",
        "ones",
        "opaque",
        "plain",
        "run_bars",
        "runs",
        "spelled",
        "start",
        "table",
    )

    def __init__(self, glob: Glob, loose: bool) -> None:
        self.accept = 1 << len(glob)
        self.loose = loose
        self.table: dict[int, Moves] = {}
        self.spelled: dict[Letter, int] = {}
        self.one_bars: dict[str, int] = {}
        self.run_bars: dict[str, int] = {}
        self.ones = self.runs = self.names = self.opaque = self.plain = self.barred = 0
        for at, token in enumerate(glob):
            bit = 1 << at
            match token:
                case One(excluded, letter):
                    self.ones |= bit
                    self.names |= bit if letter else 0
                    self.barred |= bit if excluded else 0
                    for character in excluded:
                        self.one_bars[character] = self.one_bars.get(character, 0) | bit
                case Run(excluded):
                    self.runs |= bit
                    self.barred |= bit if excluded else 0
                    for character in excluded:
                        self.run_bars[character] = self.run_bars.get(character, 0) | bit
                case AnyCase(letter):
                    for one in {letter, letter.upper()}:
                        self.spelled[one] = self.spelled.get(one, 0) | bit
                case _:
                    self.spelled[token] = self.spelled.get(token, 0) | bit
                    if isinstance(token, Unknown):
                        self.opaque |= bit
                        self.plain |= bit if token.plain else 0
        self.start = self.close(1)

    def close(self, state: int) -> int:
        """Every position reached without reading: a run may be empty, and loosely an unknown that is no name."""
        empty = self.runs | (self.opaque & ~self.plain) if self.loose else self.runs
        while True:
            more = state | (state & empty) << 1
            if more == state:
                return state
            state = more

    def moves(self, state: int) -> Moves:
        """Where each letter leads from here that this glob tells apart, and where any other character does."""
        known = self.table.get(state)
        if known is None:
            told = {letter for letter, mask in self.spelled.items() if mask & state and isinstance(letter, str)}
            wild = state & (self.runs | self.ones | self.opaque)
            if wild:
                told.update(self.one_bars, self.run_bars)
            if self.loose and wild & self.opaque:
                told.update(":/")
            other = self.step(state, NOWHERE_SPELLED) if wild else 0
            known = Moves({letter: self.step(state, letter) for letter in told}, other)
            self.table[state] = known
        return known

    def after(self, state: int, letter: Letter) -> int:
        """The positions after one letter, remembered."""
        if not state:
            return 0
        moves = self.moves(state)
        found = moves.by_letter.get(letter)
        if found is None:
            if isinstance(letter, str):
                return moves.other
            found = moves.by_letter[letter] = self.step(state, letter)
        return found

    def step(self, state: int, letter: Letter) -> int:
        """The positions after one letter."""
        if isinstance(letter, Unknown):
            return self.step_loosely(state, letter) if self.loose else self.step_strictly(state, letter)
        forward = self.spelled.get(letter, 0) | (self.ones & ~self.one_bars.get(letter, 0))
        stay = self.runs & ~self.run_bars.get(letter, 0)
        if self.loose:  # an unknown of the glob may be spelled by what is read
            within = self.opaque & ~self.plain if letter in ":/" else self.opaque
            forward |= within
            stay |= within
        return self.close((state & forward) << 1 | (state & stay))

    def step_strictly(self, state: int, letter: Unknown) -> int:
        """An unknown is matched by itself, and by a wildcard that takes whatever it may hold."""
        taking = self.runs | self.names
        if not letter.plain:
            taking &= ~self.barred
        forward = self.spelled.get(letter, 0) | (taking & self.names)
        return self.close((state & forward) << 1 | (state & taking & self.runs))

    def step_loosely(self, state: int, letter: Unknown) -> int:
        """An unknown may be whatever is spelled from here on.

        A generated name is taken whole: it is neither another one nor a part of it. A plain one is not empty,
        and holds neither a colon nor a slash.
        """
        others = self.spelled.get(":", 0) | self.spelled.get("/", 0) if letter.plain else 0
        if letter.generated:
            for token, mask in self.spelled.items():
                if isinstance(token, Unknown) and token.generated and token != letter:
                    others |= mask
        passing = (self.accept - 1) & ~others
        within = state & passing
        reach = within << 1 | (within & (self.runs | self.opaque))
        if not letter.plain:
            reach |= state
        at = 1
        while at < self.accept:
            if reach & at & passing:
                reach |= at << 1
            at <<= 1
        return self.close(reach)


@dataclass(slots=True)
class Moves:
    """What can be read at one set of positions; unknown letters are added as they are met."""

    by_letter: dict[Letter, int]
    other: int


NOWHERE_SPELLED = "\0"
"""Stands for any character that no glob spells."""


@lru_cache(maxsize=20_000)
def automaton(glob: Glob, loose: bool = False) -> Automaton:
    """The automaton of a glob, made once."""
    return Automaton(glob, loose)


def accepts(glob: Glob, value: Text) -> bool:
    """Whether a text matches, read strictly."""
    machine = automaton(glob)
    state = machine.start
    for letter in letters(value):
        state = machine.step(state, letter)
        if not state:
            return False
    return bool(state & machine.accept)


_PLEASANT = "xyzabcdefghijklmnopqrstuvw0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def find(required: tuple[Glob, ...], forbidden: tuple[Glob, ...], *, loose: bool = False) -> Text | None:
    """A shortest text that every required glob matches and no forbidden one.

    Args:
        loose: read unknowns loosely: None then means that there is no such text whatever they are, and a text
            means only that there may be one.

    Raises:
        Exhausted: more than MAX_STATES states of the product were visited.
    """
    return _find(frozenset(required), frozenset(forbidden), loose)


@lru_cache(maxsize=20_000)
def _find(required: frozenset[Glob], forbidden: frozenset[Glob], loose: bool) -> Text | None:
    if ANYTHING in forbidden or not required.isdisjoint(forbidden):
        return None
    first = max(required, key=_weight, default=ANYTHING)
    rest = sorted((glob for glob in required if glob != first and glob != ANYTHING), key=str)
    if not loose and any(_differ(first, glob) for glob in rest):
        return None
    against = sorted((glob for glob in forbidden if not _differ(first, glob)), key=str)
    machines = [
        automaton(first),
        *(automaton(glob, loose) for glob in rest),
        *(automaton(glob) for glob in against),
    ]
    return _product(machines, 1 + len(rest))


def _differ(one: Glob, other: Glob) -> bool:
    """Whether no text matches both, as far as what they spell before any wildcard tells.

    The first is what texts are read from; read strictly, the second differs where it spells another letter.
    """
    for own, their in zip(one, other, strict=False):
        if not isinstance(own, str | Unknown) or not isinstance(their, str | Unknown):
            return False
        if own != their:
            return True
    return False


def _product(machines: list[Automaton], wanted: int) -> Text | None:
    """Breadth first through the states of all machines together; the first `wanted` must accept, the rest not."""
    order = {letter: at for at, letter in enumerate(_alphabet(machines))}
    start = tuple(machine.start for machine in machines)
    came: dict[tuple[int, ...], tuple[tuple[int, ...], Letter] | None] = {start: None}
    frontier = [start]
    while frontier:
        following: list[tuple[int, ...]] = []
        for states in frontier:
            if _accepted(machines, states, wanted):
                return _path(came, states)
            for letter in _letters_from(machines, states, wanted, order):
                after: list[int] = []
                for at, machine in enumerate(machines):
                    state = machine.after(states[at], letter)
                    if not state and at < wanted:
                        break
                    after.append(state)
                else:
                    reached = tuple(after)
                    if reached not in came:
                        came[reached] = (states, letter)
                        following.append(reached)
        if len(came) > MAX_STATES:
            raise Exhausted(f"more than {MAX_STATES:,} states of {len(machines)} patterns")
        frontier = following
    return None


def _weight(glob: Glob) -> tuple[int, int, str]:
    """How much a glob fixes; the one that fixes most is read from."""
    unknown = sum(isinstance(token, Unknown) for token in glob)
    return unknown, sum(isinstance(token, str) for token in glob), str(glob)


def _accepted(machines: list[Automaton], states: tuple[int, ...], wanted: int) -> bool:
    return all(
        bool(state & machine.accept) == (at < wanted)
        for at, (machine, state) in enumerate(zip(machines, states, strict=True))
    )


def _alphabet(machines: list[Automaton]) -> tuple[Letter, ...]:
    """Every letter that some glob tells apart, after one that none does."""
    told: set[Letter] = set()
    for machine in machines:
        told.update(machine.spelled, machine.one_bars, machine.run_bars)
    fresh = next((letter for letter in _PLEASANT if letter not in told), None)
    if fresh is None:
        fresh = next(chr(code) for code in range(0xA1, 0x3000) if chr(code) not in told)
    characters = sorted((one for one in told if isinstance(one, str)), key=_pleasantness)
    unknowns = sorted((one for one in told if isinstance(one, Unknown)), key=lambda one: one.name)
    return (fresh, *characters, *unknowns)


def _pleasantness(letter: str) -> tuple[int, str]:
    at = _PLEASANT.find(letter)
    return (at if at >= 0 else len(_PLEASANT)), letter


def _letters_from(
    machines: list[Automaton], states: tuple[int, ...], wanted: int, order: dict[Letter, int]
) -> list[Letter]:
    """The letters that some machine tells apart here, and one that none does; pleasant ones first."""
    told: set[Letter] = set()
    only: set[Letter] | None = None
    for at, (machine, state) in enumerate(zip(machines, states, strict=True)):
        if not state:
            continue
        moves = machine.moves(state)
        told.update(moves.by_letter)
        if at < wanted and not moves.other:
            own = {letter for letter, reached in moves.by_letter.items() if reached}
            only = own if only is None else only & own
    unknown = [letter for letter in order if isinstance(letter, Unknown)]
    if only is not None:
        return sorted({*(letter for letter in only if letter in order), *unknown}, key=order.__getitem__)
    fresh = next(iter(order))
    return sorted({fresh, *(letter for letter in told if letter in order), *unknown}, key=order.__getitem__)


def _path(came: dict[tuple[int, ...], tuple[tuple[int, ...], Letter] | None], end: tuple[int, ...]) -> Text:
    found: list[Letter] = []
    step = came[end]
    while step is not None:
        end, letter = step
        found.append(letter)
        step = came[end]
    return text(reversed(found))
