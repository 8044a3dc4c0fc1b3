"""Patterns with `*`, `?` and policy variables, and whether a text matches one.

Matching reads the text once. Neither `re` nor `fnmatch` is used: IAM knows no `[a-z]`, and a hundred stars
must cost no more than a hundred searches (rules 19, 39, 40).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TypeAlias

from grantgraph.text import Letter, Symbolic, Text, Unknown, letters, parts_of, text


class Match(IntEnum):
    """Whether something matches: MAYBE when that hinges on a thing decided elsewhere."""

    NO = 0
    MAYBE = 1
    YES = 2

    def __invert__(self) -> Match:
        return _INVERSE[self]


_INVERSE = (Match.YES, Match.MAYBE, Match.NO)


class Wild(Enum):
    """The two wildcards."""

    ONE = "?"
    RUN = "*"


@dataclass(frozen=True, slots=True)
class Variable:
    """A policy variable; the key is lower case (rules 66, 90), and is shown as it was spelled."""

    key: str
    default: str | None = None
    spelled: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        tail = "" if self.default is None else f", '{self.default}'"
        return "${" + (self.spelled or self.key) + tail + "}"


Part: TypeAlias = str | Wild | Variable | Unknown
Token: TypeAlias = Letter | Wild


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern.

    INVARIANT: in a row of wildcards every ONE comes before a single RUN, and no two neighbours are literal
    (held by `pattern`, the only constructor in use).
    """

    parts: tuple[Part, ...]
    _plan: _Plan | None = field(default=None, init=False, compare=False, repr=False)

    @property
    def is_star(self) -> bool:
        """Whether this is `*` alone."""
        return self.parts == (Wild.RUN,)

    @property
    def literal(self) -> Text | None:
        """The only text that matches, when there is just one."""
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            return self.parts[0]
        if any(isinstance(part, Wild | Variable) for part in self.parts):
            return None
        return text(part for part in self.parts if isinstance(part, str | Unknown))

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The policy variables in it."""
        return tuple(part for part in self.parts if isinstance(part, Variable))

    def lower(self) -> Pattern:
        """The pattern with its literal parts in lower case."""
        return Pattern(tuple(part.lower() if isinstance(part, str) else part for part in self.parts))

    def substitute(self, value_of: Callable[[Variable], Text | None]) -> Pattern | None:
        """The pattern with every variable replaced; None when one has no value.

        What is put in is literal text: it is not scanned again for wildcards or variables (rules 98, 99).
        """
        parts: list[Part] = []
        for part in self.parts:
            if isinstance(part, Variable):
                value = value_of(part)
                if value is None:
                    return None
                parts.extend(parts_of(value))
            else:
                parts.append(part)
        return pattern(parts)

    def match(self, value: Text) -> Match:
        """Whether a text matches; the pattern has no variables left."""
        plan = self._planned()
        if plan.symbolic or isinstance(value, Symbolic):
            return _match_symbolic(tuple(tokens_of(self.parts)), value)
        return Match.YES if plan.matches(value) else Match.NO

    def tester(self) -> Callable[[str], bool] | None:
        """A test for known text, as cheap as the pattern allows; None where parts of the pattern are not known."""
        if any(isinstance(part, Variable | Unknown) for part in self.parts):
            return None
        plan = self._planned()
        if plan.exact is not None:
            return plan.exact.__eq__
        if self.parts == (Wild.RUN,):
            return _anything
        match self.parts:
            case (str(prefix), Wild.RUN):
                return lambda value: value.startswith(prefix)
            case _:
                return plan.matches

    @property
    def unknowns(self) -> frozenset[Unknown]:
        """The parts that are decided elsewhere."""
        return frozenset(part for part in self.parts if isinstance(part, Unknown))

    def _planned(self) -> _Plan:
        plan = self._plan
        if plan is None:
            plan = _plan(self.parts)
            object.__setattr__(self, "_plan", plan)
        return plan

    @property
    def text(self) -> Text:
        """How a policy spells it; what is decided elsewhere stays open."""
        return text(
            part.value
            if isinstance(part, Wild)
            else _escape(part)
            if isinstance(part, str)
            else part
            if isinstance(part, Unknown)
            else str(part)
            for part in self.parts
        )

    def __str__(self) -> str:
        return str(self.text)


def _anything(value: str) -> bool:
    return True


def _escape(literal: str) -> str:
    if not any(character in literal for character in "*?$"):
        return literal
    escaped = literal.replace("${", "${$}{") if "${" in literal else literal
    return escaped.replace("*", "${*}").replace("?", "${?}")


def pattern(parts: Iterable[Part]) -> Pattern:
    """A Pattern in normal form."""
    normal: list[Part] = []
    ones, run = 0, False
    for part in (*parts, None):
        if isinstance(part, Wild):
            ones += part is Wild.ONE
            run = run or part is Wild.RUN
            continue
        normal.extend([Wild.ONE] * ones)
        if run:
            normal.append(Wild.RUN)
        ones, run = 0, False
        if isinstance(part, str) and normal and isinstance(last := normal[-1], str):
            normal[-1] = last + part
        elif part is not None and part != "":
            normal.append(part)
    return Pattern(tuple(normal))


def literal_pattern(value: Text) -> Pattern:
    """The pattern that only this text matches."""
    return pattern(parts_of(value))


def parse_pattern(value: Text, *, wildcards: bool = True, variables: bool = True) -> Pattern:
    """Read `*`, `?`, `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`.

    Without `variables` (Version 2008-10-17, rule 3) `${...}` is literal. A `${` that is never closed is
    literal, too (rule 100).
    """
    if isinstance(value, str) and "*" not in value and "?" not in value and "${" not in value:
        return Pattern((value,) if value else ())
    parts: list[Part] = []
    for part in parts_of(value):
        if isinstance(part, Unknown):
            parts.append(part)
        else:
            parts.extend(_parse_run(part, wildcards, variables))
    return pattern(parts)


def _parse_run(run: str, wildcards: bool, variables: bool) -> Iterator[Part]:
    at = 0
    while at < len(run):
        character = run[at]
        if character == "$" and run.startswith("${", at):
            end = run.find("}", at)
            if end > 0:
                yield _parse_braces(run[at : end + 1], variables)
                at = end + 1
                continue
        if wildcards and character == "*":
            yield Wild.RUN
        elif wildcards and character == "?":
            yield Wild.ONE
        else:
            yield character
        at += 1


def _parse_braces(spelled: str, variables: bool) -> Part:
    inside = spelled[2:-1]
    if not variables:
        return spelled
    if inside in ("*", "?", "$"):
        return inside
    key, comma, default = inside.partition(",")
    default = default.strip()
    if comma and len(default) >= 2 and default[0] == default[-1] == "'":
        return Variable(key.strip().lower(), default[1:-1], key.strip())
    return Variable(inside.strip().lower(), spelled=inside.strip())


def tokens_of(parts: Iterable[Part]) -> Iterator[Token]:
    """The parts as single letters and wildcards."""
    for part in parts:
        if isinstance(part, str):
            yield from part
        elif isinstance(part, Variable):
            raise ValueError(f"the variable {part} has no value yet")
        else:
            yield part


# ── known text against a known pattern: split at the stars, then find each piece leftmost ──────────────


@dataclass(frozen=True, slots=True)
class _Plan:
    """What matching needs: the pieces between the stars, or the one text that matches."""

    symbolic: bool
    exact: str | None
    pieces: tuple[_Piece, ...]
    shortest: int

    def matches(self, value: str) -> bool:
        if self.exact is not None:
            return value == self.exact
        first, *middle, last = self.pieces if len(self.pieces) > 1 else (self.pieces[0], None)
        if len(value) < self.shortest or not first.fits(value, 0):
            return False
        if last is None:
            return len(value) == first.length
        end = len(value) - last.length
        if not last.fits(value, end):
            return False
        at = first.length
        for piece in middle:
            at = piece.find(value, at, end)
            if at < 0:
                return False
        return True


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters and ONEs without a star; `masks` only where there is a ONE."""

    literal: str
    length: int
    masks: dict[str, int] | None
    ones: int

    def fits(self, value: str, at: int) -> bool:
        if self.masks is None:
            return value.startswith(self.literal, at)
        return all(
            self.ones >> index & 1 or value[at + index] == character
            for index, character in enumerate(self.literal)
        )

    def find(self, value: str, at: int, end: int) -> int:
        """Where the leftmost occurrence in value[at:end] stops, or -1."""
        if self.masks is None:
            found = value.find(self.literal, at, end)
            return found + self.length if found >= 0 else -1
        state, goal = 0, 1 << self.length - 1
        for index in range(at, end):
            state = (state << 1 | 1) & (self.masks.get(value[index], 0) | self.ones)
            if state & goal:
                return index + 1
        return -1


def _plan(parts: tuple[Part, ...]) -> _Plan:
    if any(isinstance(part, Variable) for part in parts):
        raise ValueError(f"a variable of {parts} has no value yet")
    if any(isinstance(part, Unknown) for part in parts):
        return _Plan(True, None, (), 0)
    if not any(isinstance(part, Wild) for part in parts):
        return _Plan(False, "".join(part for part in parts if isinstance(part, str)), (), 0)
    pieces: list[list[str | Wild]] = [[]]
    for part in parts:
        if part is Wild.RUN:
            pieces.append([])
        elif isinstance(part, str | Wild):
            pieces[-1].append(part)
    built = tuple(_piece(piece) for piece in pieces)
    return _Plan(False, None, built, sum(piece.length for piece in built))


def _piece(parts: list[str | Wild]) -> _Piece:
    literal = "".join(part if isinstance(part, str) else "\0" for part in parts)
    if all(isinstance(part, str) for part in parts):
        return _Piece(literal, len(literal), None, 0)
    tokens: list[str | Wild] = [token for part in parts for token in (part if isinstance(part, str) else (part,))]
    ones = sum(1 << index for index, token in enumerate(tokens) if token is Wild.ONE)
    masks: dict[str, int] = {}
    for index, token in enumerate(tokens):
        if isinstance(token, str):
            masks[token] = masks.get(token, 0) | 1 << index
    return _Piece(literal, len(literal), masks, ones)


# ── unknown parts on either side ─────────────────────────────────────────────────────────────────────────


def _match_symbolic(tokens: tuple[Token, ...], value: Text) -> Match:
    """YES when it matches whatever the unknown parts are, NO when it cannot, MAYBE otherwise."""
    given = tuple(letters(value))
    if accepts(tokens, given):
        return Match.YES
    return Match.MAYBE if _may_meet(tokens, given) else Match.NO


def accepts(tokens: tuple[Token, ...], given: tuple[Letter, ...], sealed: frozenset[int] = frozenset()) -> bool:
    """Run the pattern over letters; an unknown is a letter of its own, which no ONE matches.

    The wildcards at the `sealed` positions do not match a colon.
    """
    stays = sum(1 << at for at, token in enumerate(tokens) if token is Wild.RUN)
    ones = sum(1 << at for at, token in enumerate(tokens) if token is Wild.ONE)
    closed = sum(1 << at for at in sealed)
    masks: dict[Letter, int] = {}
    for at, token in enumerate(tokens):
        if not isinstance(token, Wild):
            masks[token] = masks.get(token, 0) | 1 << at
    state = _skip_runs(1, stays)
    for letter in given:
        open_wild = ~closed if letter == ":" else -1
        forward = masks.get(letter, 0) | (ones & open_wild if isinstance(letter, str) else 0)
        state = _skip_runs((state & forward) << 1 | (state & stays & open_wild), stays)
        if not state:
            return False
    return bool(state >> len(tokens) & 1)


def _skip_runs(state: int, stays: int) -> int:
    while True:
        more = state | (state & stays) << 1
        if more == state:
            return state
        state = more


def _may_meet(tokens: tuple[Token, ...], given: tuple[Letter, ...]) -> bool:
    """Whether some filling of the unknowns makes the text match.

    A generated name is one word, not empty, without colon or slash, and never another generated name.
    """
    width = len(given)
    reach = 1
    for token in (*tokens, None):
        spread = reach
        for at, letter in enumerate(given):  # an unknown of the text may be empty, unless it is a generated name
            if spread >> at & 1 and isinstance(letter, Unknown) and not letter.generated:
                spread |= 1 << at + 1
        if token is None:
            return bool(spread >> width & 1)
        after = 0
        for at in range(width + 1):
            if spread >> at & 1:
                after |= _step(token, given, at)
        reach = after & ((1 << width + 1) - 1)
        if not reach:
            return False
    return False


def _step(token: Token, given: tuple[Letter, ...], at: int) -> int:
    """Where the text may go on after one token that starts at `at`: a set of positions."""
    if token is Wild.RUN or (isinstance(token, Unknown) and not token.generated):
        return -1 << at
    if at >= len(given):
        return 0
    here = given[at]
    inside = 1 << at if isinstance(here, Unknown) else 0  # the rest of this unknown is still to come
    if isinstance(token, Unknown):
        after = inside
        for end in range(at, len(given)):
            other = given[end]
            if other in (":", "/") or (isinstance(other, Unknown) and other.generated and other != token):
                break
            after |= 1 << end + 1
        return after
    if isinstance(here, Unknown):
        fits = not (here.plain and token in (":", "/"))
        return (1 << at + 1) | inside if fits else 0
    return 1 << at + 1 if token is Wild.ONE or here == token else 0
