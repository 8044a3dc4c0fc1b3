"""One glob as an automaton: run it over a text, strictly or loosely.

States are sets of positions, held in one integer. An unknown part of a text is one letter, and two readings of
that letter serve two purposes. *Strictly*, it matches only itself and a `*`: a text that matches so does
whatever the unknown turns out to be. *Loosely*, it may also turn out to be what the glob spells at that place:
what does not match so does not, whatever the unknown turns out to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile

from grantgraph.prove.glob import AnyCase, Glob, GlobToken, One, Run
from grantgraph.text import Letter, Text, Unknown, letters


class Automaton:
    """A glob that can be run, strictly or loosely.

    Every text that matches begins with `head`; once `end` is reached, whatever follows matches.
    """

    __slots__ = (
        "accept",
        "barred",
        "covers",
        "end",
        "head",
        "left",
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
    )

    def __init__(self, glob: Glob, loose: bool) -> None:
        self.accept = 1 << len(glob)
        self.loose = loose
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
        self.covers = dict(_covers(glob))
        self.left = _left(glob)
        self.head = _spelled_first(glob)
        self.end = 1 << len(glob) - 1 if glob and glob[-1] == Run() else 0

    def accepts(self, value: Text) -> bool:
        """Whether a text matches."""
        if self.head and isinstance(value, str) and not value.startswith(self.head):
            return False
        state = self.start
        for letter in letters(value):
            state = self.step(state, letter)
            if not state:
                return False
        return bool(state & self.accept)

    def close(self, state: int) -> int:
        """Every position reached without reading: a run may be empty, and loosely an unknown that is no name."""
        empty = self.runs | (self.opaque & ~self.plain) if self.loose else self.runs
        while True:
            more = state | (state & empty) << 1
            if more == state:
                return state
            state = more

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


def _covers(glob: Glob) -> Iterator[tuple[int, int]]:
    """For each run the earlier positions that need not be kept once it is reached: whatever is matched from
    one of these by way of the run, the run matches by itself."""
    for at, token in enumerate(glob):
        if isinstance(token, Run):
            first = at
            while first and (not token.excluded or _within(glob[first - 1], token.excluded)):
                first -= 1
            if first < at:
                yield 1 << at, (1 << at) - (1 << first)


def _within(token: GlobToken, excluded: str) -> bool:
    """Whether a token reads only what a run without these characters reads, too."""
    match token:
        case One(own) | Run(own):
            return set(excluded) <= set(own)
        case AnyCase(letter):
            return letter.lower() not in excluded and letter.upper() not in excluded
        case _:
            return isinstance(token, str) and token not in excluded


def _spelled_first(glob: Glob) -> str:
    """The characters that every text begins with which matches."""
    return "".join(takewhile(lambda token: isinstance(token, str), glob))  # type: ignore[arg-type]


def _left(glob: Glob) -> tuple[int, ...]:
    """How many letters a text still has to spell from each position on, at least."""
    found = [0]
    for token in reversed(glob):
        found.append(found[-1] + (not isinstance(token, Run)))
    return tuple(reversed(found))


@lru_cache(maxsize=20_000)
def automaton(glob: Glob, loose: bool = False) -> Automaton:
    """The automaton of a glob, made once."""
    return Automaton(glob, loose)


def accepts(glob: Glob, value: Text) -> bool:
    """Whether a text matches, read strictly."""
    return automaton(glob).accepts(value)
