"""Patterns against text, with the policy variables filled in from the request (rules 90 to 102)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from grantgraph.evaluate.request import CALLER_KEYS, ContextValue, Request
from grantgraph.policy.pattern import Match, Part, Pattern, Variable, Wild, parse_pattern, pattern
from grantgraph.text import Text, Unknown, parts_of, text, unknowns_in

NO, MAYBE, YES = Match.NO, Match.MAYBE, Match.YES

Why: TypeAlias = set[Unknown] | None
"""Where to note what a MAYBE hinges on; None when nobody asks."""

Test: TypeAlias = Callable[[Request, Why], Match]
"""One part of a statement, made ready to be asked of many requests."""

TextTest: TypeAlias = Callable[[Text, Request, Why], Match]
"""One pattern, made ready to be compared with many values."""

Reading: TypeAlias = Callable[[Pattern, Text], Match]
"""How a pattern without variables is compared: as plain text, as an ARN, as a resource."""

VALUE_RULE = Unknown("rule 98", "AWS does not say whether a wildcard inside a variable's value is one")


def note(why: Why, *reasons: Unknown | frozenset[Unknown]) -> Match:
    """MAYBE, with its reasons noted."""
    if why is not None:
        for reason in reasons:
            why.update((reason,) if isinstance(reason, Unknown) else reason)
    return MAYBE


def getter(key: str) -> Callable[[Request], ContextValue | None]:
    """How to read one key of a request: most are in its context or nowhere."""
    if key in CALLER_KEYS:
        return lambda request: request.value(key)
    return lambda request: request.context.get(key)


def compile_text(
    own: Pattern,
    read: Reading = Pattern.match,
    tester: Callable[[Pattern], Callable[[str], bool] | None] = Pattern.tester,
    wild: bool = True,
    fold: bool = False,
    glob: bool = True,
    blame: Callable[[Pattern, Text], Unknown | None] | None = None,
) -> TextTest:
    """A pattern of a policy as a test.

    Args:
        own: the pattern, variables and all.
        read: how it is compared once the variables are filled in.
        tester: a quick form of `read` for known text, where there is one that never says MAYBE.
        wild: whether the operator knows wildcards at all (78).
        fold: whether `own` and the values are compared in lower case (79).
        glob: whether `read` compares known text as a whole, or no differently than if it did.
        blame: the contested rule behind a MAYBE of `read`.
    """

    def explain(why: Why, filled: Pattern, given: Text) -> Match:
        if why is None:
            return MAYBE
        rule = blame(filled, given) if blame is not None else None
        own_part, their_part = filled.unknowns, unknowns_in(given)
        # What stands on both sides is the same on both, whatever it will be; the rest is what it hinges on.
        return note(why, rule or own_part ^ their_part or own_part | their_part)

    if not own.variables:
        quick = tester(own)

        def plain(given: Text, request: Request, why: Why) -> Match:
            if quick is not None and isinstance(given, str):
                return YES if quick(given) else NO
            found = read(own, given)
            return explain(why, own, given) if found is MAYBE else found

        return plain

    template = _Template(own, wild, fold) if glob and _is_simple(own) else None

    def filled(given: Text, request: Request, why: Why) -> Match:
        if template is not None and isinstance(given, str):
            pieces = template.fill(request)
            if pieces is not None:
                return YES if _fits(pieces, given) else NO
        return _slowly(own, given, request, why, read, wild, fold, explain)

    return filled


def _is_simple(own: Pattern) -> bool:
    """Whether there are only literals, variables and stars: the usual pattern, with a quick way to match it."""
    return not any(part is Wild.ONE or isinstance(part, Unknown) for part in own.parts)


class _Template:
    """A pattern cut at its stars, with the places where values of the request go."""

    __slots__ = ("pieces", "wild")

    def __init__(self, own: Pattern, wild: bool, fold: bool) -> None:
        self.wild = wild
        pieces: list[list[tuple[str, Callable[[Request], ContextValue | None] | None]]] = [[]]
        for part in own.parts:
            if part is Wild.RUN:
                pieces.append([])
            elif isinstance(part, Variable):
                get = getter(part.key)
                pieces[-1].append(("", _folded(get) if fold else get))
            else:
                pieces[-1].append((str(part), None))
        self.pieces = tuple(tuple(piece) for piece in pieces)

    def fill(self, request: Request) -> list[str] | None:
        """The text between the stars, when all values are known, there, and without wildcards."""
        filled = []
        for piece in self.pieces:
            found = ""
            for literal, get in piece:
                if get is None:
                    found += literal
                    continue
                value = get(request)
                if not isinstance(value, str) or not value or (self.wild and ("*" in value or "?" in value)):
                    return None
                found += value
            filled.append(found)
        return filled


def _folded(get: Callable[[Request], ContextValue | None]) -> Callable[[Request], ContextValue | None]:
    def lowered(request: Request) -> ContextValue | None:
        value = get(request)
        return value.lower() if isinstance(value, str) else value

    return lowered


def _fits(pieces: list[str], given: str) -> bool:
    """Whether a text is these pieces, with anything between them."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return given == first
    at, end = len(first), len(given) - len(last)
    if end < at or not given.startswith(first) or not given.endswith(last):
        return False
    for piece in pieces[1:-1]:
        at = given.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _slowly(
    own: Pattern,
    given: Text,
    request: Request,
    why: Why,
    read: Reading,
    wild: bool,
    fold: bool,
    explain: Callable[[Why, Pattern, Text], Match],
) -> Match:
    """The whole truth about one pattern with variables: values that are unknown, absent, or hold wildcards."""
    values: dict[Variable, Text] = {}
    unsure: set[Unknown] = set()
    for one in own.variables:
        value = request.value(one.key)
        if isinstance(value, Unknown):
            unsure.add(value)
            values[one] = text((value,))
        elif value is None or value == "" or isinstance(value, tuple):  # a set is no value (94, 97)
            if one.default is None:
                return NO  # nothing is equal to it, nothing is like it (95, 96)
            values[one] = one.default
        else:
            values[one] = value

    def put(values: dict[Variable, Text]) -> Pattern:
        whole = own.substitute(values.__getitem__)
        assert whole is not None
        return whole.lower() if fold else whole

    whole = put(values)
    found = read(whole, given)
    spelled = wild and any("*" in str(value) or "?" in str(value) for value in values.values())
    if not unsure:
        if found is NO and spelled and read(_widen(own, values), given) is not NO:
            return note(why, VALUE_RULE)
        return explain(why, whole, given) if found is MAYBE else found
    defaults = {one: one.default if one.default is not None else value for one, value in values.items()}
    readings = [whole, put(defaults), *([_widen(own, values)] if spelled else ())]
    if all(read(reading, given) is NO for reading in readings):
        return NO
    return note(why, frozenset(unsure), unknowns_in(given))


def _widen(own: Pattern, values: dict[Variable, Text]) -> Pattern:
    """The pattern with the wildcards inside the values taken for wildcards (98)."""
    parts: list[Part] = []
    for part in own.parts:
        if isinstance(part, Variable):
            for piece in parts_of(values[part]):
                wild = parse_pattern(piece, variables=False).parts if isinstance(piece, str) else (piece,)
                parts.extend(wild)
        else:
            parts.append(part)
    return pattern(parts)


__all__ = ["MAYBE", "NO", "YES", "Test", "TextTest", "Why", "compile_text", "getter", "note"]
