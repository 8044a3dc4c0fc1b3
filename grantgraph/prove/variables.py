"""What is known of policy variables, put into what is asked of other dimensions.

A variable's value is one letter to the globs that speak of it. Where its own key is compared, too, the letter can
be put in more exactly: `${aws:username}` is `alice` where the request has to say so, and begins with `team-` where
it has to match `team-*`. What is put in is never narrower than the value, so nothing is overlooked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from grantgraph.prove.comparison import Test
from grantgraph.prove.formula import Atom, Every, Holds
from grantgraph.prove.glob import Glob, GlobToken
from grantgraph.text import Unknown

About: TypeAlias = Sequence[tuple[Atom, bool]]
"""What is asked of a request: atoms that hold, and atoms that do not."""


def letters_of(atom: Holds | Every) -> Iterator[Unknown]:
    """The unknown letters in the tests of an atom."""
    tests = atom.tests if isinstance(atom, Every) else (atom.test,)
    for test in tests:
        if isinstance(test, tuple):
            yield from (token for token in test if isinstance(token, Unknown))


def known_of_variables(about: About, stand_ins: Mapping[str, Unknown]) -> dict[Unknown, Glob]:
    """For each variable's letter the closest glob that its value has to match."""
    found: dict[Unknown, Glob] = {}
    for atom, truth in about:
        if truth and isinstance(atom, Holds) and isinstance(atom.test, tuple):
            letter = stand_ins.get(atom.dimension)
            if letter is not None and letter not in atom.test:
                known = found.get(letter)
                if known is None or _closeness(atom.test) > _closeness(known):
                    found[letter] = atom.test
    return found


def _closeness(glob: Glob) -> tuple[bool, int]:
    return _is_exact(glob), sum(isinstance(token, str) for token in glob)


def _is_exact(glob: Glob) -> bool:
    """Whether only one text matches."""
    return all(isinstance(token, str | Unknown) for token in glob)


def put_in(about: About, known: Mapping[Unknown, Glob]) -> About:
    """What is asked, with more known of the letters; what is not exact any more is asked no longer."""
    return tuple(one for atom, truth in about for one in _put_in_atom(atom, truth, known))


def _put_in_atom(atom: Atom, truth: bool, known: Mapping[Unknown, Glob]) -> Iterator[tuple[Atom, bool]]:
    match atom:
        case Holds(dimension, test):
            if truth or _stays_exact(test, known):
                yield Holds(dimension, _put(test, known)), truth
        case Every(dimension, tests, negated):
            wider = truth is not negated  # a set's members have to pass some of these
            kept = frozenset(_put(test, known) for test in tests if wider or _stays_exact(test, known))
            yield Every(dimension, kept, negated), truth
        case _:
            yield atom, truth


def _stays_exact(test: Test, known: Mapping[Unknown, Glob]) -> bool:
    """Whether what is put into a test is known to the letter."""
    return not isinstance(test, tuple) or all(
        _is_exact(known[token]) for token in test if isinstance(token, Unknown) and token in known
    )


def _put(test: Test, known: Mapping[Unknown, Glob]) -> Test:
    if not isinstance(test, tuple):
        return test
    tokens: list[GlobToken] = []
    for token in test:
        tokens.extend(known.get(token, (token,)) if isinstance(token, Unknown) else (token,))
    return tuple(tokens)
