"""What goes beyond our own budget is put to cvc5, where it is installed (the extra `solvers`).

Only plain questions are: patterns on the resource and on keys with one value each, nothing that is not known. The
translation is a direct one into cvc5's theory of strings; a value that it finds is replayed like any other.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from time import process_time
from typing import TYPE_CHECKING, Any

from grantgraph.prove.budget import Budget
from grantgraph.prove.comparison import Compare
from grantgraph.prove.formula import And, Every, Formula, Free, Holds, Literal, Or, Present, Value
from grantgraph.prove.glob import AnyCase, Glob, GlobToken, One, Run
from grantgraph.prove.search import Model
from grantgraph.prove.spaces import Dimension
from grantgraph.text import Unknown

if TYPE_CHECKING:
    import cvc5

HIGHEST = 0x2FFFF
"""The highest character of SMT-LIB's strings."""

SECONDS = 10
"""How long cvc5 may think about one kind of request; all of a question share a budget."""


class _TooMuch(Exception):
    """The question holds something that is not put to cvc5."""


def ask_cvc5(formula: Formula, dimensions: Mapping[str, Dimension], budget: Budget) -> Model | bool:
    """A model of the formula, False when there is none, True when that is not known: no cvc5, or no answer."""
    try:
        import cvc5
    except ImportError:
        return True
    seconds = min(SECONDS, budget.outside)
    if seconds <= 0:
        return True
    began = process_time()
    try:
        return _Question(cvc5, dimensions, seconds).ask(formula)
    except _TooMuch:
        return True
    finally:
        budget.outside -= process_time() - began


class _Question:
    """One question in cvc5's terms: for each dimension a string, and whether the request carries it."""

    def __init__(self, library: Any, dimensions: Mapping[str, Dimension], seconds: float) -> None:
        self.kinds: Any = library.Kind
        self.terms = library.TermManager()
        self.solver = library.Solver(self.terms)
        self.solver.setOption("strings-exp", "true")
        self.solver.setOption("produce-models", "true")
        self.solver.setOption("strings-fmf", "true")
        self.solver.setOption("tlimit-per", str(max(1, int(seconds * 1000))))
        self.solver.setLogic("QF_SLIA")
        self.dimensions = dimensions
        self.values: dict[str, cvc5.Term] = {}
        self.present: dict[str, cvc5.Term] = {}
        self.free: dict[Unknown, cvc5.Term] = {}

    def ask(self, formula: Formula) -> Model | bool:
        """Put the question, and read the answer."""
        self.solver.assertFormula(self.formula(formula))
        for name in tuple(self.values):
            self.solver.assertFormula(self.domain(self.dimensions[name]))
        result = self.solver.checkSat()
        if result.isUnsat():
            return False
        if not result.isSat():
            return True
        values: dict[str, Value] = {
            name: self.solver.getValue(term).getStringValue()
            for name, term in self.values.items()
            if self.solver.getValue(self.present[name]).getBooleanValue()
        }
        return Model(values, {})

    def declare(self, name: str) -> None:
        dimension = self.dimensions[name]
        if dimension.multivalued or dimension.members:
            raise _TooMuch
        if name not in self.values:
            self.values[name] = self.terms.mkConst(self.terms.getStringSort(), f"value {name}")
            self.present[name] = self.terms.mkConst(self.terms.getBooleanSort(), f"carries {name}")

    def domain(self, dimension: Dimension) -> cvc5.Term:
        """What a dimension can be."""
        kinds, carried = self.kinds, self.present[dimension.name]
        told = [self.terms.mkBoolean(True)] * 2
        if not dimension.may_be_absent:
            told.append(carried)
        if not dimension.may_be_present:
            told.append(self.terms.mkTerm(kinds.NOT, carried))
        if dimension.domain:
            own = [self.matches(dimension.name, glob) for glob in dimension.domain]
            told.append(self.any_of(own))
        for glob in dimension.apart_from:
            told.append(self.terms.mkTerm(kinds.NOT, self.matches(dimension.name, glob)))
        return self.terms.mkTerm(kinds.AND, *told)

    def formula(self, formula: Formula) -> cvc5.Term:
        match formula:
            case And(parts):
                made = [self.formula(part) for part in parts]
                return self.terms.mkTerm(self.kinds.AND, *made, *[self.terms.mkBoolean(True)] * 2)
            case Or(parts):
                return self.any_of([self.formula(part) for part in parts])
            case Literal(atom, positive):
                made_atom = self.atom(atom)
                return made_atom if positive else self.terms.mkTerm(self.kinds.NOT, made_atom)

    def atom(self, atom: Present | Holds | Every | Free) -> cvc5.Term:
        match atom:
            case Present(name):
                self.declare(name)
                return self.present[name]
            case Holds(name, test) if not isinstance(test, Compare):
                self.declare(name)
                return self.terms.mkTerm(self.kinds.AND, self.present[name], self.matches(name, test))
            case Free(about):
                return self.declare_free(about)
            case _:
                raise _TooMuch

    def declare_free(self, about: Unknown) -> cvc5.Term:
        """Something that nobody told us: true or false as it pleases."""
        if about not in self.free:
            self.free[about] = self.terms.mkConst(self.terms.getBooleanSort(), str(about))
        return self.free[about]

    def any_of(self, parts: list[cvc5.Term]) -> cvc5.Term:
        return self.terms.mkTerm(self.kinds.OR, *parts, *[self.terms.mkBoolean(False)] * 2)

    def matches(self, name: str, glob: Glob) -> cvc5.Term:
        return self.terms.mkTerm(self.kinds.STRING_IN_REGEXP, self.values[name], self.expression(glob))

    def expression(self, glob: Glob) -> cvc5.Term:
        """A glob as a regular expression."""
        pieces: list[cvc5.Term] = []
        for spells, tokens in itertools.groupby(glob, lambda token: isinstance(token, str)):
            if spells:
                pieces.append(self.spelled("".join(map(str, tokens))))
                continue
            for token in tokens:
                pieces.append(self.wildcard(token))
        if not pieces:
            return self.spelled("")
        return pieces[0] if len(pieces) == 1 else self.terms.mkTerm(self.kinds.REGEXP_CONCAT, *pieces)

    def wildcard(self, token: GlobToken) -> cvc5.Term:
        """What a token that is no letter matches."""
        match token:
            case Run(excluded):
                return self.terms.mkTerm(self.kinds.REGEXP_STAR, self.one_but(excluded))
            case One(excluded):
                return self.one_but(excluded)
            case AnyCase(letter):
                both = (self.spelled(letter.lower()), self.spelled(letter.upper()))
                return self.terms.mkTerm(self.kinds.REGEXP_UNION, *both)
            case _:
                raise _TooMuch

    def spelled(self, word: str) -> cvc5.Term:
        if not word.isascii():
            raise _TooMuch  # cvc5 spells such letters in a way of its own
        return self.terms.mkTerm(self.kinds.STRING_TO_REGEXP, self.terms.mkString(word))

    def one_but(self, excluded: str) -> cvc5.Term:
        """One character, but none of these."""
        if not excluded:
            return self.terms.mkTerm(self.kinds.REGEXP_ALLCHAR)
        edges = [-1, *sorted(map(ord, excluded)), HIGHEST + 1]
        ranges = [
            self.terms.mkTerm(self.kinds.REGEXP_RANGE, self.letter(low + 1), self.letter(high - 1))
            for low, high in itertools.pairwise(edges)
            if high - low > 1
        ]
        return ranges[0] if len(ranges) == 1 else self.terms.mkTerm(self.kinds.REGEXP_UNION, *ranges)

    def letter(self, code: int) -> cvc5.Term:
        return self.terms.mkString(f"\\u{{{code:x}}}", True)
