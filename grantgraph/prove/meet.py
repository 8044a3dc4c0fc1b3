"""Find a text that some globs match and others do not.

All globs are run at once: their positions lie side by side in one integer, so that a step costs the same for two
globs as for twenty. Texts are built letter by letter, the one first that has least left to spell; letters that no
glob tells apart here are one letter.

With unknown parts, one required glob keeps its letters, the forbidden ones are read strictly, and only the other
required ones have to be read loosely: substituting for a letter on both sides keeps a match.
"""

from __future__ import annotations

from functools import lru_cache
from heapq import heappop, heappush

from grantgraph.prove.automaton import Automaton, automaton
from grantgraph.prove.budget import Exhausted
from grantgraph.prove.glob import ANYTHING, AnyCase, Glob, One, Run
from grantgraph.text import Letter, Text, Unknown, text

MAX_STATES = 20_000

LOOK_AHEAD = 200
"""After so many states it pays to ask of every new one whether two of the automata already leave no way on."""

FAR = 500
"""How many states of two automata are looked at for that."""


def find(required: tuple[Glob, ...], forbidden: tuple[Glob, ...], *, loose: bool = False) -> Text | None:
    """A short text that every required glob matches and no forbidden one.

    Args:
        loose: read unknowns loosely: None then means that there is no such text whatever they are, and a text
            means only that there may be one.

    Raises:
        Exhausted: more than MAX_STATES states were visited.
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
    return _meet(first, [automaton(glob, loose) for glob in rest], [automaton(glob) for glob in against])


def _meet(first: Glob, others: list[Automaton], against: list[Automaton]) -> Text | None:
    """A text for few of the automata, and for more of them as long as it is not one for all: where few leave no
    text, nothing has to be known of the rest."""
    wanted, barred = [automaton(first)], list[Automaton]()
    while True:
        together = Together(first, wanted, barred)
        found = together.guess(first)
        if found is None:
            found = together.search()
        if found is None:
            return None
        hit = [one for one in against if one.accepts(found)]
        missed = next((one for one in others if not one.accepts(found)), None)
        if not hit and missed is None:
            return found
        barred += hit
        wanted += [missed] if missed is not None and not hit else []


def _weight(glob: Glob) -> tuple[int, int, str]:
    """How much a glob fixes; the one that fixes most is read from."""
    unknown = sum(isinstance(token, Unknown) for token in glob)
    return unknown, sum(isinstance(token, str) for token in glob), str(glob)


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


class Together:
    """Several automata run at once: those that have to accept, the first of which texts are read from, and those
    that must not."""

    __slots__ = (
        "barred",
        "covers",
        "doom",
        "empty",
        "first",
        "first_wild",
        "forward",
        "fresh",
        "hopes",
        "loose",
        "must",
        "must_not",
        "order",
        "parts",
        "pruned",
        "spelled",
        "spelling",
        "start",
        "stay",
        "taking",
        "wanted",
        "widths",
    )

    def __init__(self, first: Glob, wanted: list[Automaton], against: list[Automaton]) -> None:
        self.spelling = {1 << at: one for at, one in enumerate(first) if isinstance(one, str | Unknown)}
        self.start = self.empty = self.must = self.must_not = self.doom = 0
        self.wanted: list[int] = []
        self.parts: list[tuple[int, int, Automaton]] = []
        self.hopes: dict[tuple[Automaton, int, Automaton, int], bool] = {}
        self.widths: list[tuple[int, int, tuple[int, ...]]] = []
        self.covers: dict[int, int] = {}
        self.loose: list[tuple[int, int, Automaton]] = []
        self.spelled: dict[Letter, int] = {}
        one_bars: dict[str, int] = {}
        run_bars: dict[str, int] = {}
        ones = runs = names = barred = opaque = inner = at = 0
        for number, machine in enumerate((*wanted, *against)):
            self.start |= machine.start << at
            accept = machine.accept << at
            self.parts.append((at, machine.accept * 2 - 1, machine))
            if number < len(wanted):
                self.must |= accept
                self.wanted.append((machine.accept * 2 - 1) << at)
                self.widths.append((at, machine.accept * 2 - 1, machine.left))
            else:
                self.must_not |= accept
                self.doom |= machine.end << at
            for mine, theirs in (
                (self.spelled, machine.spelled),
                (one_bars, machine.one_bars),
                (run_bars, machine.run_bars),
            ):
                for letter, mask in theirs.items():
                    mine[letter] = mine.get(letter, 0) | mask << at  # type: ignore[index,arg-type]
            for run, covered in machine.covers.items():
                self.covers[run << at] = ~(covered << at)
            ones |= machine.ones << at
            runs |= machine.runs << at
            if machine.loose:
                opaque |= machine.opaque << at
                inner |= (machine.opaque & ~machine.plain) << at
                self.loose.append((at, machine.accept * 2 - 1, machine))
            else:
                names |= machine.names << at
                barred |= machine.barred << at
            at += machine.accept.bit_length()
        self.empty = runs | inner
        self.pruned = sum(self.covers)
        self.barred = {
            letter: one_bars.get(letter, 0) | run_bars.get(letter, 0) for letter in {*one_bars, *run_bars}
        }
        self.order = {letter: at for at, letter in enumerate(_alphabet({*self.spelled, *one_bars, *run_bars}))}
        self.fresh = next(iter(self.order))
        self.first = self.wanted[0]
        self.first_wild = self.first & (runs | ones)
        self.taking = (runs, names, barred)
        self.forward: dict[Letter, int] = {}
        self.stay: dict[Letter, int] = {}
        for letter in self.order:
            spelled = self.spelled.get(letter, 0)
            if isinstance(letter, Unknown):
                taking = runs | names if letter.plain else (runs | names) & ~barred
                self.forward[letter], self.stay[letter] = spelled | (taking & names), taking & runs
            else:  # an unknown that is read loosely may be spelled by what is read
                within = inner if letter in ":/" else opaque
                self.forward[letter] = spelled | (ones & ~one_bars.get(letter, 0)) | within
                self.stay[letter] = (runs & ~run_bars.get(letter, 0)) | within
        for at, width, _ in self.loose:
            for letter in self.order:
                if isinstance(letter, Unknown):
                    self.forward[letter] &= ~(width << at)
                    self.stay[letter] &= ~(width << at)
        self.first_wild |= self.first & opaque

    def step(self, state: int, letter: Letter) -> int:
        """The positions after one letter of the alphabet."""
        after = (state & self.forward[letter]) << 1 | state & self.stay[letter]
        if self.loose and isinstance(letter, Unknown):
            for at, width, machine in self.loose:
                own = state >> at & width
                if own:
                    after |= machine.step_loosely(own, letter) << at
        empty = self.empty
        more = after | (after & empty) << 1
        while more != after:
            after, more = more, more | (more & empty) << 1
        entered = after & ~state & self.pruned
        while entered:
            run = entered & -entered
            after &= self.covers[run]
            entered ^= run
        return after

    def accepts(self, state: int) -> bool:
        """Whether the text read so far is one that is looked for."""
        return state & self.must == self.must and not state & self.must_not

    def search(self) -> Text | None:
        """A text, the shortest or nearly so.

        Raises:
            Exhausted: more than MAX_STATES states were visited.
        """
        if not self.alive(self.start):
            return None
        came: dict[int, tuple[int, list[Letter]] | None] = {self.start: None}
        frontier = [(0, 0, self.start)]
        while frontier:
            _, _, state = heappop(frontier)
            if self.accepts(state):
                return _path(came, state)
            for letter in self.letters_from(state):
                read = [letter]
                after = self.alive(self.step(state, letter))
                while after not in came and (forced := self.forced(after)) is not None:
                    read.append(forced)
                    after = self.alive(self.step(after, forced))
                if after and len(came) > LOOK_AHEAD and self.is_hopeless(after):
                    after = 0
                if after and after not in came:
                    came[after] = (state, read)
                    heappush(frontier, (self.left(after), len(came), after))
            if len(came) > MAX_STATES:
                raise Exhausted(f"more than {MAX_STATES:,} states of patterns run together")
        return None

    def alive(self, state: int) -> int:
        """The state, or none where some wanted automaton has no way on, or an unwanted one accepts from now on."""
        if state & self.doom:
            return 0
        for own in self.wanted:
            if not state & own:
                return 0
        return state

    def is_hopeless(self, state: int) -> bool:
        """Whether whatever makes some wanted automaton accept makes some unwanted one accept for good."""
        own = [(machine, state >> at & width) for at, width, machine in self.parts]
        for machine, here in own[: len(self.wanted)]:
            if here & machine.accept and here & machine.end:
                continue
            for other, there in own[len(self.wanted) :]:
                key = (machine, here, other, there)
                if key not in self.hopes:
                    self.hopes[key] = _leads_on(*key, self.letters_of(machine, other))
                if not self.hopes[key]:
                    return True
        return False

    def letters_of(self, *machines: Automaton) -> tuple[Letter, ...]:
        """The letters that some of the automata tell apart, one that none does, and every unknown, which read
        loosely may be whatever is spelled next."""
        told = {letter for one in machines for letter in (*one.spelled, *one.one_bars, *one.run_bars)}
        return (self.fresh, *(letter for letter in self.order if letter in told or isinstance(letter, Unknown)))

    def forced(self, state: int) -> Letter | None:
        """The one letter that the first glob spells next, if there is just one way on for it."""
        own = state & self.first
        return self.spelling.get(own) if own else None

    def left(self, state: int) -> int:
        """How much is still to be spelled, about."""
        return sum(left[(state >> at & width).bit_length() - 1] for at, width, left in self.widths)

    def letters_from(self, state: int) -> list[Letter]:
        """The letters that some glob tells apart here, and one that none does; pleasant ones first."""
        found = [letter for letter, mask in self.spelled.items() if mask & state or isinstance(letter, Unknown)]
        if state & self.first & self.first_wild:
            found += [letter for letter, mask in self.barred.items() if mask & state and letter not in found]
            found.append(self.fresh)
        found.sort(key=self.order.__getitem__)
        return found

    def guess(self, first: Glob) -> Text | None:
        """A text read off the first glob, its wildcards filled with nothing or one letter, if it happens to do."""
        for fill in ("", self.fresh):
            value: list[Letter] = []
            for token in first:
                match token:
                    case Run():
                        value += [fill] if fill else []
                    case One():
                        value.append(self.fresh)
                    case AnyCase(letter):
                        value.append(letter)
                    case _:
                        value.append(token)
            state = self.start
            for one in value:
                state = self.step(state, one)
            if self.accepts(state):
                return text(value)
        return None


def _leads_on(wanted: Automaton, here: int, unwanted: Automaton, there: int, letters: tuple[Letter, ...]) -> bool:
    """Whether some text leads the one to accept and the other not, as far as a short search tells."""
    known = {(here, there)}
    waiting = [(here, there)]
    while waiting:
        one, other = waiting.pop()
        if one & wanted.accept and not other & unwanted.accept:
            return True
        for letter in letters:
            after = wanted.step(one, letter), unwanted.step(other, letter)
            if after[0] and not after[1] & unwanted.end and after not in known:
                known.add(after)
                waiting.append(after)
        if len(known) > FAR:
            return True
    return False


_PLEASANT = "xyzabcdefghijklmnopqrstuvw0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _alphabet(told: set[Letter]) -> tuple[Letter, ...]:
    """Every letter that some glob tells apart, after one that none does."""
    fresh = next((letter for letter in _PLEASANT if letter not in told), None)
    if fresh is None:
        fresh = next(chr(code) for code in range(0xA1, 0x3000) if chr(code) not in told)
    characters = sorted((one for one in told if isinstance(one, str)), key=_pleasantness)
    unknowns = sorted((one for one in told if isinstance(one, Unknown)), key=lambda one: one.name)
    return (fresh, *characters, *unknowns)


def _pleasantness(letter: str) -> tuple[int, str]:
    at = _PLEASANT.find(letter)
    return (at if at >= 0 else len(_PLEASANT)), letter


def _path(came: dict[int, tuple[int, list[Letter]] | None], end: int) -> Text:
    found: list[list[Letter]] = []
    step = came[end]
    while step is not None:
        end, read = step
        found.append(read)
        step = came[end]
    return text(letter for read in reversed(found) for letter in read)
