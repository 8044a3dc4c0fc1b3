"""Patterns with wildcards and policy variables against a text of the request.

Without variables a pattern is a regular expression. With variables it is cut at its stars, and each piece has to
follow the one before: the leftmost place is the best place, as long as no piece holds a `?`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from grantgraph.policy.document import Family
from grantgraph.policy.pattern import Part, Pattern, Variable, Wild, pattern
from tests.smt.keys import Key
from tests.smt.terms import (
    ANY_LETTER,
    TRUE,
    Refused,
    Term,
    all_of,
    any_of,
    concat,
    either,
    fact,
    in_a_row,
    letter_but,
    negation,
    quote,
    run_of,
    spelled,
    within,
)

MAX_VARIABLES = 3
NO_COLON = letter_but(":")
ARN = in_a_row([*(piece for _ in range(5) for piece in (run_of(NO_COLON), spelled(":"))), run_of(ANY_LETTER)])
"""Any text of six fields."""

Parts = tuple[Part, ...]


def put_in(own: Pattern, keys: Mapping[str, Key]) -> Iterator[tuple[Term, Parts]]:
    """The pattern with each variable left in where it has a value, or with its default; one answer for each way.

    A set is no value, nor is the empty text (rules 94, 97); without value and default nothing matches (95).
    """
    names = sorted({one.key for one in own.variables if keys[one.key].constant is None})
    if len(names) > MAX_VARIABLES:
        raise Refused("many variables in one pattern")
    for chosen in product((True, False), repeat=len(names)):
        there = dict(zip(names, chosen, strict=True))
        whens: list[Term] = []
        for name, has_value in there.items():
            filled = Term("false") if keys[name].dimension.multivalued else keys[name].filled
            whens.append(filled if has_value else negation(filled))
        parts: list[Part] = []
        for part in own.parts:
            if not isinstance(part, Variable):
                parts.append(part)
            elif (constant := keys[part.key].constant) is not None:
                parts.append(constant or part.default or part)
            elif there[part.key]:
                parts.append(Variable(part.key))
            else:
                parts.append(part if part.default is None else part.default)
        lost = any(isinstance(part, Variable) and not there.get(part.key) for part in parts)
        when = all_of(whens)
        if not lost and when.text != "false":
            yield when, pattern(parts).parts


def matches_text(own: Pattern, subject: str, keys: Mapping[str, Key], about: str, fold: bool = False) -> Term:
    """That a text of the request is what a pattern describes, read as a whole."""
    found: list[Term] = []
    for when, parts in put_in(own, keys):
        names = {part.key for part in parts if isinstance(part, Variable)}
        if not names:
            found.append(all_of([when, fact(_plain(parts, subject, fold), about)]))
            continue
        if fold:
            raise Refused("a variable in a comparison without case")
        found.append(all_of([when, fact(follow(parts, subject, keys), about, *names)]))
    return any_of(found)


def _plain(parts: Parts, subject: str, fold: bool) -> str:
    if len(parts) < 2 and not fold and all(isinstance(part, str) for part in parts):
        return f"(= {subject} {quote(str(parts[0]) if parts else '')})"
    return within(subject, expression_of(parts, fold))


def expression_of(parts: Iterable[Part], fold: bool = False) -> str:
    """A pattern without variables as a regular expression."""
    found: list[str] = []
    for part in parts:
        if part is Wild.ONE:
            found.append(ANY_LETTER)
        elif part is Wild.RUN:
            found.append(run_of(ANY_LETTER))
        elif isinstance(part, str):
            found += map(_any_case, part) if fold else [spelled(part)]
        else:
            raise Refused(f"{part} is not known")
    return in_a_row(found)


def _any_case(letter: str) -> str:
    if not letter.isascii():
        raise Refused("letters beyond ASCII in a comparison without case")
    return either([spelled(letter.lower()), spelled(letter.upper())])


def follow(parts: Parts, subject: str, keys: Mapping[str, Key]) -> str:
    """The pieces between the stars, one after the other."""
    pieces: list[list[str]] = [[]]
    for part in parts:
        if part is Wild.RUN:
            pieces.append([])
        elif isinstance(part, str):
            pieces[-1].append(quote(part))
        elif isinstance(part, Variable):
            pieces[-1].append(_value(keys[part.key]))
        else:
            raise Refused("a question mark beside a variable" if part is Wild.ONE else f"{part} is not known")
    first, *rest = map(concat, pieces)
    if not rest:
        return f"(= {subject} {first})"
    *middle, last = rest
    found = [f"(str.prefixof {first} {subject})"] if first != '""' else []
    at = f"(str.len {first})"
    for piece in middle:
        start = f"(str.indexof {subject} {piece} {at})"
        found.append(f"(>= {start} 0)")
        at = f"(+ {start} (str.len {piece}))"
    if last != '""':
        found.append(f"(str.suffixof {last} {subject})")
        if first != '""' or middle:
            found.append(f"(<= (+ {at} (str.len {last})) (str.len {subject}))")
    return f"(and {' '.join(found)})" if found else "true"


def _value(key: Key) -> str:
    if key.kind is not Family.STRING:
        raise Refused(f"the value of `{key.name}` in a pattern is no text")
    return key.values[0]


# ── ARNs ─────────────────────────────────────────────────────────────────────────────────────────────────


def colons(parts: Iterable[Part]) -> int:
    """How many colons a pattern spells."""
    return sum(part.count(":") for part in parts if isinstance(part, str))


def fields_of(parts: Parts) -> tuple[Parts, ...]:
    """A pattern of at least five colons, cut at the first five."""
    fields: list[list[Part]] = [[]]
    for part in parts:
        pieces = part.split(":", 6 - len(fields)) if isinstance(part, str) else [part]
        fields[-1].append(pieces[0])
        fields += [[piece] for piece in pieces[1:]]
    if any(isinstance(part, Variable) for field in fields[:5] for part in field):
        raise Refused("a variable before the last field of an ARN")
    return tuple(pattern(field).parts for field in fields)


def sealed(fields: Iterable[Parts], crossing: bool = False) -> str:
    """Six fields as one expression: no wildcard before the fifth colon takes a colon (32, 43).

    With `crossing`, a star that ends one of these fields does (the other reading of rule 31).
    """
    *head, tail = fields
    found: list[str] = []
    for field in head:
        for at, part in enumerate(field):
            if part is Wild.RUN and crossing and at == len(field) - 1:
                found.append(run_of(ANY_LETTER))
            elif isinstance(part, Wild):
                found.append(NO_COLON if part is Wild.ONE else run_of(NO_COLON))
            else:
                found.append(spelled(str(part)))
        found.append(spelled(":"))
    return in_a_row([*found, expression_of(tail)])


def lowered(fields: Iterable[Parts]) -> tuple[Parts, ...]:
    """Six fields, the first five in lower case (35)."""
    *head, tail = fields
    lower = (tuple(part.lower() if isinstance(part, str) else part for part in field) for field in head)
    return (*lower, tail)


def matches_field(parts: Parts, subject: str, keys: Mapping[str, Key], about: str) -> Term:
    """That one field of an ARN is what the pattern has for it; its variables have values."""
    if parts == (Wild.RUN,):
        return TRUE
    names = {part.key for part in parts if isinstance(part, Variable)}
    return fact(follow(parts, subject, keys) if names else _plain(parts, subject, False), about, *names)
