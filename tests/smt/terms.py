"""Formulas and regular expressions as text in SMT-LIB 2, and the names that each formula speaks of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class Refused(Exception):
    """The question holds something that this encoding cannot say; the reason is the message."""


@dataclass(frozen=True, slots=True)
class Term:
    """A formula, and the keys of the request that it speaks of."""

    text: str
    keys: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.text


TRUE, FALSE = Term("true"), Term("false")


def fact(text: str, *keys: str) -> Term:
    """A formula about some keys."""
    return Term(text, frozenset(keys))


def all_of(terms: Iterable[Term]) -> Term:
    """The conjunction."""
    return _join("and", TRUE, FALSE, terms)


def any_of(terms: Iterable[Term]) -> Term:
    """The disjunction."""
    return _join("or", FALSE, TRUE, terms)


def _join(word: str, neutral: Term, final: Term, terms: Iterable[Term]) -> Term:
    parts = {term: None for term in terms if term != neutral}
    if final in parts:
        return final
    if len(parts) < 2:
        return next(iter(parts), neutral)
    return Term(f"({word} {' '.join(map(str, parts))})", frozenset[str]().union(*(one.keys for one in parts)))


def negation(term: Term) -> Term:
    """What holds when this does not."""
    if term in (TRUE, FALSE):
        return FALSE if term == TRUE else TRUE
    if term.text.startswith("(not "):
        return Term(term.text[5:-1], term.keys)
    return Term(f"(not {term.text})", term.keys)


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────


def quote(text: str) -> str:
    """A string constant."""
    return '"' + "".join(map(_letter, text)) + '"'


def _letter(letter: str) -> str:
    if letter == '"':
        return '""'
    return letter if " " <= letter <= "~" and letter != "\\" else f"\\u{{{ord(letter):x}}}"


def concat(parts: Iterable[str]) -> str:
    """String terms in a row."""
    found = [part for part in parts if part != '""']
    if len(found) < 2:
        return found[0] if found else '""'
    return f"(str.++ {' '.join(found)})"


# ── regular expressions ──────────────────────────────────────────────────────────────────────────────────

ANYTHING = "re.all"
ANY_LETTER = "re.allchar"


def spelled(text: str) -> str:
    """The expression that only this text matches."""
    return f"(str.to_re {quote(text)})"


def letter_but(excluded: str) -> str:
    """One letter, but none of these."""
    return f"(re.diff {ANY_LETTER} {either(map(spelled, excluded))})" if excluded else ANY_LETTER


def run_of(letter: str) -> str:
    """Any number of letters of a kind."""
    return ANYTHING if letter == ANY_LETTER else f"(re.* {letter})"


def in_a_row(expressions: Iterable[str]) -> str:
    """One expression after another."""
    found = list(expressions)
    if len(found) < 2:
        return found[0] if found else spelled("")
    return f"(re.++ {' '.join(found)})"


def either(expressions: Iterable[str]) -> str:
    """One expression or another."""
    found = list(dict.fromkeys(expressions))
    return found[0] if len(found) == 1 else f"(re.union {' '.join(found)})"


def within(subject: str, expression: str) -> str:
    """That a text matches an expression."""
    return f"(str.in_re {subject} {expression})"
