"""Find a request that a formula is true of, or say that there is none.

The search branches over the alternatives of the formula; after each step the dimensions that it touched are
asked whether some value can still do what is asked of them. Their answers are remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from grantgraph.prove.comparison import Test
from grantgraph.prove.formula import (
    FALSE,
    TRUE,
    And,
    Atom,
    Every,
    Formula,
    Free,
    Holds,
    Literal,
    Or,
    Present,
    Value,
    conjunction,
    disjunction,
    negation,
)
from grantgraph.prove.glob import Exhausted
from grantgraph.prove.spaces import Dimension, find_value
from grantgraph.text import Text, Unknown

MAX_STEPS = 20_000

Known = dict[Atom, bool]


@dataclass(frozen=True, slots=True)
class Model:
    """What makes a formula true: a value for each dimension that carries one, and what was assumed."""

    values: Mapping[str, Value]
    free: Mapping[Unknown, bool]


@dataclass(slots=True)
class Search:
    """One search over given dimensions; `loose` over-approximates (see `glob`)."""

    dimensions: Mapping[str, Dimension]
    loose: bool = False
    steps: int = 0
    memory: dict[tuple[str, frozenset[tuple[Atom, bool]]], Value | None] = field(default_factory=dict)

    def solve(self, formula: Formula) -> Model | None:
        """A model of the formula, or None when there is none.

        Raises:
            Exhausted: the budget was spent before an answer.
        """
        known = self.extend({}, (formula,))
        if known is None:
            return None
        values = {}
        for name, dimension in self.dimensions.items():
            value = self.pleasant(dimension, known) or self.value(name, known)
            if value is not None and value != ABSENT:
                values[name] = value
        free = {atom.about: truth for atom, truth in known.items() if isinstance(atom, Free)}
        return Model(values, free)

    def extend(self, known: Known, pending: Iterable[Formula]) -> Known | None:
        """Make everything pending true on top of what is known."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise Exhausted(f"more than {MAX_STEPS:,} steps of search")
        open_ors, touched = _settle(known, pending)
        if open_ors is None:
            return None
        for name in sorted(touched):
            if self.value(name, known) is None:
                return None
        if not open_ors:
            return known
        choice = min(open_ors, key=lambda one: len(one.parts))
        rest: list[Formula] = [one for one in open_ors if one is not choice]
        excluded: list[Formula] = []
        for part in choice.parts:
            found = self.extend(dict(known), [*rest, *excluded, part])
            if found is not None:
                return found
            if isinstance(part, Literal):
                excluded.append(negation(part))
        return None

    def value(self, name: str, known: Known) -> Value | None:
        """A value that does what is known of a dimension, ABSENT, or None when there is none."""
        about = self.about(name, known)
        key = (name, about)
        if key not in self.memory:
            dimension = self.dimensions[name]
            find = self.set_of_values if dimension.multivalued else self.single_value
            self.memory[key] = find(dimension, about)
        return self.memory[key]

    def pleasant(self, dimension: Dimension, known: Known) -> Value | None:
        """A value of the preferred kind, if there is one; only a model that is found asks for it."""
        about = self.about(dimension.name, known)
        for glob in dimension.preferred:
            value = self.single_value(replace(dimension, domain=(glob,)), about)
            if value is not None:
                return value
        return None

    def about(self, name: str, known: Known) -> frozenset[tuple[Atom, bool]]:
        """What is known of a dimension."""
        return frozenset(
            (atom, truth) for atom, truth in known.items() if not isinstance(atom, Free) and atom.dimension == name
        )

    def single_value(self, dimension: Dimension, about: frozenset[tuple[Atom, bool]]) -> Value | None:
        yes = frozenset(atom.test for atom, truth in about if isinstance(atom, Holds) and truth)
        no = frozenset(atom.test for atom, truth in about if isinstance(atom, Holds) and not truth)
        presence = _presence(dimension, about, bool(yes))
        if presence is not True:
            return ABSENT if presence is False else None
        return find_value(dimension, yes, no, loose=self.loose)

    def set_of_values(self, dimension: Dimension, about: frozenset[tuple[Atom, bool]]) -> Value | None:
        everies = sorted(((atom, truth) for atom, truth in about if isinstance(atom, Every)), key=str)
        some = [atom for atom, truth in everies if not truth]
        presence = _presence(dimension, about, bool(some or dimension.members))
        if presence is not True:
            return ABSENT if presence is False else None
        any_of = [atom.tests for atom, truth in everies if truth and not atom.negated]
        none_of = frozenset(test for atom, truth in everies if truth and atom.negated for test in atom.tests)
        members: dict[Text, None] = {}
        fixed = [((frozenset({_literal(member)}),), frozenset[Test]()) for member in dimension.members]
        wanted = [((atom.tests,), frozenset[Test]()) if atom.negated else ((), atom.tests) for atom in some]
        for more_any, more_none in [*fixed, *wanted] or [((), frozenset[Test]())]:
            member = self.member(dimension, [*any_of, *more_any], none_of | more_none)
            if member is None:
                return None
            members[member] = None
        return tuple(members)

    def member(self, dimension: Dimension, any_of: list[frozenset[Test]], none_of: frozenset[Test]) -> Text | None:
        """One member of a set that passes a test of each of `any_of`, and none of `none_of`."""
        for chosen in product(*(sorted(tests - none_of, key=str) for tests in any_of)):
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise Exhausted(f"more than {MAX_STEPS:,} steps of search")
            found = find_value(dimension, frozenset(chosen), none_of, loose=self.loose)
            if found is not None:
                return found
        return None


ABSENT: Value = ()
"""The value of a dimension that a request does not carry; a set that it carries is never empty."""


def _literal(value: Text) -> Test:
    from grantgraph.prove.glob import literal_glob

    return literal_glob(value)


def _presence(dimension: Dimension, about: frozenset[tuple[Atom, bool]], needed: bool) -> bool | None:
    """Whether the dimension carries a value; None is a contradiction."""
    told = {truth for atom, truth in about if isinstance(atom, Present)}
    must = needed or True in told or not dimension.may_be_absent
    must_not = False in told or not dimension.may_be_present
    if must and must_not:
        return None
    return must


def _settle(known: Known, pending: Iterable[Formula]) -> tuple[list[Or] | None, set[str]]:
    """Draw every conclusion that takes no choice; None for the alternatives means a contradiction."""
    queue = list(pending)
    waiting: list[Or] = []
    touched: set[str] = set()
    while queue:
        changed = False
        while queue:
            part = simplify(queue.pop(), known)
            match part:
                case And(parts):
                    queue.extend(parts)
                case Or(()):
                    return None, touched
                case Or():
                    waiting.append(part)
                case Literal(atom, positive):
                    known[atom] = positive
                    changed = True
                    if not isinstance(atom, Free):
                        touched.add(atom.dimension)
        if changed:
            queue, waiting = list(waiting), []
    return waiting, touched


def simplify(formula: Formula, known: Mapping[Atom, bool]) -> Formula:
    """The formula with what is known put in."""
    match formula:
        case Literal(atom, positive):
            if atom in known:
                return TRUE if known[atom] is positive else FALSE
            return formula
        case And(parts):
            return conjunction(simplify(part, known) for part in parts)
        case Or(parts):
            return disjunction(simplify(part, known) for part in parts)
