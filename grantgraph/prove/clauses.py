"""A formula as clauses over numbered atoms: what the search runs on.

An atom is a positive number, its negation the negative one. An alternative that is more than a literal gets a
number of its own, its *guard*: when the guard holds, so does what it stands for. A guard that nothing asks for
is false, and its clauses count as kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from grantgraph.prove.formula import And, Atom, Formula, Free, Literal, Or

SETTLED = 1
"""The first number: that nothing is used which nobody told us."""


@dataclass(slots=True)
class Clauses:
    """A formula in clauses.

    Attributes:
        atoms: what each number stands for, from 0; None for guards and SETTLED.
        clauses: each holds when one of its literals does.
        guards: for each clause the guard that it hangs on, 0 for none.
    """

    atoms: list[Atom | None] = field(default_factory=lambda: [None, None])
    clauses: list[list[int]] = field(default_factory=list)
    guards: list[int] = field(default_factory=list)
    numbers: dict[Atom, int] = field(default_factory=dict)
    used: dict[int, int] = field(default_factory=dict)
    named: dict[int, int] = field(default_factory=dict)

    def demand(self, formula: Formula, guard: int = 0) -> None:
        """Ask for a formula to hold, always or when a guard does."""
        match formula:
            case And(parts):
                for part in parts:
                    self.demand(part, guard)
            case Or(parts):
                self._add([self.stand_for(part) for part in parts], guard)
            case Literal():
                self._add([self.stand_for(formula)], guard)

    def stand_for(self, formula: Formula) -> int:
        """The literal whose truth makes a formula true."""
        if isinstance(formula, Literal):
            return self._literal(formula)
        guard = self.named.get(id(formula))
        if guard is None:
            guard = self.named[id(formula)] = self._number(None)
            self.demand(formula, guard)
        return guard

    def _literal(self, literal: Literal) -> int:
        number = self.numbers.get(literal.atom)
        if number is None:
            number = self.numbers[literal.atom] = self._number(literal.atom)
        signed = number if literal.positive else -number
        if not isinstance(literal.atom, Free):
            return signed
        use = self.used.get(signed)
        if use is None:
            use = self.used[signed] = self._number(None)
            self._add([signed], use)
            self._add([-SETTLED], use)
        return use

    def _number(self, atom: Atom | None) -> int:
        self.atoms.append(atom)
        return len(self.atoms) - 1

    def _add(self, literals: list[int], guard: int) -> None:
        self.clauses.append([-guard, *literals] if guard else literals)
        self.guards.append(guard)


def clauses_of(formula: Formula) -> Clauses:
    """The clauses of a formula."""
    made = Clauses()
    made.demand(formula)
    return made
