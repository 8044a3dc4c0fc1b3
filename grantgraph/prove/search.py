"""Find a request that a formula is true of, or say that there is none.

The solver makes the formula's clauses true; here each dimension of a request says whether some value can do what
is asked of it, and, if none can, which few of the things asked are too much. Answers are remembered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grantgraph.prove.budget import Budget, Exhausted
from grantgraph.prove.clauses import SETTLED, Clauses, clauses_of
from grantgraph.prove.comparison import Test, passes
from grantgraph.prove.formula import Atom, Every, Formula, Free, Holds, Present, Value
from grantgraph.prove.glob import literal_glob
from grantgraph.prove.solver import Objection, Solver
from grantgraph.prove.spaces import Dimension, find_value
from grantgraph.prove.variables import About, known_of_variables, letters_of, put_in
from grantgraph.text import Text, Unknown


@dataclass(frozen=True, slots=True)
class Model:
    """What makes a formula true: a value for each dimension that carries one, and what was assumed.

    `settled` says that nothing was assumed that nobody told us.
    """

    values: Mapping[str, Value]
    free: Mapping[Unknown, bool]
    settled: bool = True


@dataclass(slots=True)
class Search:
    """One search over given dimensions; `loose` over-approximates (see `meet`)."""

    dimensions: Mapping[str, Dimension]
    loose: bool = False
    budget: Budget = field(default_factory=Budget)
    stand_ins: Mapping[str, Unknown] = field(default_factory=dict)
    memory: dict[tuple[str, tuple[int, ...]], Value | Exhausted | None] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    speaks: dict[str, dict[str, None]] = field(default_factory=dict)
    doubt: Exhausted | None = None

    def solve(self, formula: Formula) -> Model | None:
        """A model of the formula, one that assumes nothing if there is one; None when there is none at all.

        Raises:
            Exhausted: the budget was spent before an answer.
        """
        clauses = clauses_of(formula)
        for number, atom in enumerate(clauses.atoms):
            if atom is not None and not isinstance(atom, Free):
                self.numbers.setdefault(atom.dimension, []).append(number)
        if self.loose:
            self.note_variables(clauses)
        solver = Solver(clauses, lambda news: self.objection(news, clauses, solver), self.budget)
        if not solver.solve():
            if self.doubt is not None:
                raise self.doubt
            return None
        return self.model(clauses, solver)

    def model(self, clauses: Clauses, solver: Solver) -> Model:
        """The request behind the clauses that hold."""
        values: dict[str, Value] = {}
        for name, dimension in self.dimensions.items():
            told = self.told(name, solver)
            value = self.pleasant(dimension, told, clauses) or self.value(name, told, clauses)
            if isinstance(value, Exhausted):
                raise value
            if value is not None and value != ABSENT:
                values[name] = value
        free = {
            atom.about: solver.value[number] > 0
            for number, atom in enumerate(clauses.atoms)
            if isinstance(atom, Free) and solver.value[number]
        }
        return Model(values, free, solver.true(SETTLED))

    def objection(self, news: list[int], clauses: Clauses, solver: Solver) -> Objection | None:
        """A few literals that hold and that no value of their dimension can do together."""
        touched: dict[str, None] = {}
        for literal in news:
            atom = clauses.atoms[abs(literal)]
            if atom is not None and not isinstance(atom, Free):
                touched[atom.dimension] = None
        for name, keys in self.speaks.items():
            if any(key in touched for key in keys):
                touched[name] = None
        for name in touched:
            told = self.told(name, solver)
            value = self.value(name, told, clauses)
            if value is None:
                return self.core(name, list(told), clauses)
            if isinstance(value, Exhausted):
                self.doubt = value
                return list(told)
        return None

    def told(self, name: str, solver: Solver) -> tuple[int, ...]:
        """The literals about a dimension that hold, and those about the variables that its tests speak of."""
        value = solver.value
        return tuple(
            value[number] * number
            for one in (name, *self.speaks.get(name, ()))
            for number in self.numbers.get(one, ())
            if value[number]
        )

    def note_variables(self, clauses: Clauses) -> None:
        """Which variables the tests on a dimension speak of."""
        keys = {letter: key for key, letter in self.stand_ins.items()}
        for atom in clauses.atoms:
            if isinstance(atom, Holds | Every):
                for token in letters_of(atom):
                    key = keys.get(token)
                    if key is not None and key != atom.dimension:
                        self.speaks.setdefault(atom.dimension, {})[key] = None

    def core(self, name: str, literals: list[int], clauses: Clauses) -> list[int]:
        """The literals without those that are not needed for the contradiction."""
        width = len(literals) // 2
        while width:
            at = 0
            while at < len(literals):
                fewer = literals[:at] + literals[at + width :]
                if self.value(name, tuple(fewer), clauses) is None:
                    literals = fewer
                else:
                    at += width
            width = width // 2 if width > 1 or len(literals) < 2 else 0
        return literals

    def value(self, name: str, literals: tuple[int, ...], clauses: Clauses) -> Value | Exhausted | None:
        """A value that does what the literals ask of a dimension, ABSENT, or None when there is none."""
        key = (name, literals)
        if key not in self.memory:
            try:
                self.memory[key] = self.found(self.dimensions[name], tuple(_about(literals, clauses)))
            except Exhausted as spent:
                self.memory[key] = spent
        return self.memory[key]

    def found(self, dimension: Dimension, about: About) -> Value | None:
        """A value of a dimension; read loosely, one that is there for what is known of the variables, too."""
        find = self.set_of_values if dimension.multivalued else self.single_value
        own = tuple((atom, truth) for atom, truth in about if _is_about(atom, dimension.name))
        value = find(dimension, own)
        if value is None or len(own) == len(about):
            return value
        known = known_of_variables(about, self.stand_ins)
        known.pop(self.stand_ins.get(dimension.name), None)  # type: ignore[arg-type]
        return find(dimension, put_in(own, known)) if known else value

    def pleasant(self, dimension: Dimension, literals: tuple[int, ...], clauses: Clauses) -> Value | None:
        """A value of the preferred kind, if there is one; only a model that is found asks for it."""
        for glob in dimension.preferred():
            value = self.single_value(replace(dimension, domain=(glob,)), tuple(_about(literals, clauses)))
            if value is not None:
                return value
        return None

    def single_value(self, dimension: Dimension, about: About) -> Value | None:
        yes = frozenset(atom.test for atom, truth in about if isinstance(atom, Holds) and truth)
        no = frozenset(atom.test for atom, truth in about if isinstance(atom, Holds) and not truth)
        presence = _presence(dimension, about, bool(yes))
        if presence is not True:
            return ABSENT if presence is False else None
        self.budget.spend(10)
        return find_value(dimension, yes, no, loose=self.loose)

    def set_of_values(self, dimension: Dimension, about: About) -> Value | None:
        everies = [(atom, truth) for atom, truth in about if isinstance(atom, Every)]
        some = [atom for atom, truth in everies if not truth]
        presence = _presence(dimension, about, bool(some or dimension.members))
        if presence is not True:
            return ABSENT if presence is False else None
        any_of = [atom.tests for atom, truth in everies if truth and not atom.negated]
        none_of = frozenset(test for atom, truth in everies if truth and atom.negated for test in atom.tests)
        members: dict[Text, None] = {}
        nothing: frozenset[Test] = frozenset()
        fixed = [([frozenset[Test]({literal_glob(member)})], nothing) for member in dimension.members]
        wanted = [([atom.tests], nothing) if atom.negated else ([], atom.tests) for atom in some]
        for more_any, more_none in [*fixed, *wanted] or [([], nothing)]:
            member = self.member(dimension, [*any_of, *more_any], none_of | more_none)
            if member is None:
                return None
            members[member] = None
        return tuple(members)

    def member(self, dimension: Dimension, any_of: list[frozenset[Test]], none_of: frozenset[Test]) -> Text | None:
        """One member of a set that passes a test of each of `any_of`, and none of `none_of`."""

        def grow(chosen: frozenset[Test], rest: Sequence[frozenset[Test]]) -> Text | None:
            self.budget.spend(10)
            found = find_value(dimension, chosen, none_of, loose=self.loose)
            if found is None or not rest:
                return found
            for test in sorted(rest[0] - none_of, key=lambda one: (not passes(one, found), str(one))):
                more = grow(chosen | {test}, rest[1:])
                if more is not None:
                    return more
            return None

        return grow(frozenset(), sorted(any_of, key=len))


ABSENT: Value = ()
"""The value of a dimension that a request does not carry; a set that it carries is never empty."""


def _about(literals: tuple[int, ...], clauses: Clauses) -> Iterator[tuple[Atom, bool]]:
    for literal in literals:
        atom = clauses.atoms[abs(literal)]
        if atom is not None:
            yield atom, literal > 0


def _is_about(atom: Atom, name: str) -> bool:
    return not isinstance(atom, Free) and atom.dimension == name


def _presence(dimension: Dimension, about: About, needed: bool) -> bool | None:
    """Whether the dimension carries a value; None is a contradiction."""
    told = {truth for atom, truth in about if isinstance(atom, Present)}
    must = needed or True in told or not dimension.may_be_absent
    must_not = False in told or not dimension.may_be_present
    if must and must_not:
        return None
    return must
