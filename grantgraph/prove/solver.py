"""Find what makes all clauses true, with a theory that may object: search that learns from every contradiction.

Only clauses that are asked for have to be made true; what no clause needs stays open. After all conclusions are
drawn, the theory is asked about what changed. Its objection, a small set of literals that cannot hold together, is
learned as a clause, like any other contradiction (conflict-driven clause learning modulo a theory).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from grantgraph.prove.budget import Budget, Exhausted
from grantgraph.prove.clauses import SETTLED, Clauses

Objection = list[int]
"""Literals that hold and cannot hold together."""

Theory = Callable[[list[int]], Objection | None]
"""Asked with the literals that became true since it was last asked."""

MAX_CONFLICTS = 10_000


class Solver:
    """One search over clauses."""

    def __init__(self, clauses: Clauses, theory: Theory, budget: Budget) -> None:
        self.clauses = [list(one) for one in clauses.clauses]
        self.guards = clauses.guards
        self.theory = theory
        self.budget = budget
        size = len(clauses.atoms)
        self.value = [0] * size
        self.level = [0] * size
        self.reason: list[list[int] | None] = [None] * size
        self.trail: list[int] = []
        self.marks: list[int] = []
        self.watches: dict[int, list[list[int]]] = {}
        self.seen = 0
        self.asked = 0

    def solve(self) -> bool:
        """Whether the clauses can be made true; `true` tells what holds then.

        Raises:
            Exhausted: the budget was spent before an answer.
        """
        if not all(self._attach(clause) for clause in self.clauses):
            return False
        conflicts = 0
        while True:
            conflict = self._conclude()
            if conflict is not None:
                conflicts += 1
                self.budget.spend(20)
                if conflicts > MAX_CONFLICTS:
                    raise Exhausted(f"more than {MAX_CONFLICTS:,} contradictions")
                if not self._learn(conflict):
                    return False
                continue
            literal = SETTLED if self.value[SETTLED] == 0 else self._open_literal()
            if literal == 0:
                return True
            self.budget.spend(5)
            self._choose(literal)

    def true(self, literal: int) -> bool:
        """Whether a literal holds."""
        return (self.value[literal] if literal > 0 else -self.value[-literal]) > 0

    # ── conclusions ──

    def _attach(self, clause: list[int]) -> bool:
        """Watch a clause; False when it cannot hold at the outset."""
        if len(clause) > 1:
            for literal in clause[:2]:
                self.watches.setdefault(-literal, []).append(clause)
            return True
        if not clause or self._of(clause[0]) < 0:
            return False
        if self._of(clause[0]) == 0:
            self._assign(clause[0], None)
        return True

    def _of(self, literal: int) -> int:
        return self.value[literal] if literal > 0 else -self.value[-literal]

    def _assign(self, literal: int, reason: list[int] | None) -> None:
        number = abs(literal)
        self.value[number] = 1 if literal > 0 else -1
        self.level[number] = len(self.marks)
        self.reason[number] = reason
        self.trail.append(literal)

    def _choose(self, literal: int) -> None:
        self.marks.append(len(self.trail))
        self._assign(literal, None)

    def _conclude(self) -> list[int] | None:
        """Draw every conclusion that takes no choice; a clause that cannot hold any more is a contradiction."""
        while True:
            while self.seen < len(self.trail):
                literal = self.trail[self.seen]
                self.seen += 1
                conflict = self._visit(literal)
                if conflict is not None:
                    return conflict
            if self.asked == len(self.trail):
                return None
            news, self.asked = self.trail[self.asked :], len(self.trail)
            objection = self.theory(news)
            if objection is not None:
                return [-literal for literal in objection]

    def _visit(self, literal: int) -> list[int] | None:
        """Look at the clauses that a literal's truth takes an alternative from."""
        watching = self.watches.get(literal)
        if not watching:
            return None
        value, kept = self.value, []
        for at, clause in enumerate(watching):
            if clause[0] == -literal:
                clause[0], clause[1] = clause[1], clause[0]
            first = clause[0]
            truth = value[first] if first > 0 else -value[-first]
            if truth > 0:
                kept.append(clause)
                continue
            for other in range(2, len(clause)):
                new = clause[other]
                if (value[new] if new > 0 else -value[-new]) >= 0:
                    clause[1], clause[other] = new, clause[1]
                    self.watches.setdefault(-new, []).append(clause)
                    break
            else:
                kept.append(clause)
                if truth < 0:
                    kept.extend(watching[at + 1 :])
                    self.watches[literal] = kept
                    return clause
                self._assign(first, clause)
        self.watches[literal] = kept
        return None

    # ── contradictions ──

    def _learn(self, conflict: list[int]) -> bool:
        """Go back to where the contradiction could have been seen, and learn why; False when there is no way."""
        top = max((self.level[abs(one)] for one in conflict), default=0)
        if top == 0:
            return False
        self._back_to(top)
        learned, open, at = [], 0, len(self.trail)
        met: set[int] = set()
        clause: Iterable[int] = conflict
        while True:
            for one in clause:
                number = abs(one)
                if number not in met and self.level[number] > 0:
                    met.add(number)
                    if self.level[number] == top:
                        open += 1
                    else:
                        learned.append(one)
            at -= 1
            while abs(self.trail[at]) not in met:
                at -= 1
            literal = self.trail[at]
            open -= 1
            if open == 0:
                break
            clause = self.reason[abs(literal)] or ()
        learned.sort(key=lambda one: -self.level[abs(one)])
        back = self.level[abs(learned[0])] if learned else 0
        self._back_to(back)
        clause = [-literal, *learned]
        if len(clause) > 1:
            for one in clause[:2]:
                self.watches.setdefault(-one, []).append(clause)
            self._assign(-literal, clause)
        else:
            self._assign(-literal, None)
        return True

    def _back_to(self, level: int) -> None:
        if len(self.marks) <= level:
            return
        mark = self.marks[level]
        for literal in self.trail[mark:]:
            self.value[abs(literal)] = 0
        del self.trail[mark:]
        del self.marks[level:]
        self.seen = min(self.seen, mark)
        self.asked = min(self.asked, mark)

    # ── choices ──

    def _open_literal(self) -> int:
        """A literal of the clause with the fewest alternatives left that nothing makes true yet; 0 for none."""
        value = self.value
        best, fewest = 0, 1 << 30
        for clause, guard in zip(self.clauses, self.guards, strict=True):
            if guard and value[guard] <= 0:
                continue
            left, first = 0, 0
            for literal in clause:
                truth = value[literal] if literal > 0 else -value[-literal]
                if truth > 0:
                    break
                if truth == 0:
                    left += 1
                    if not first or abs(literal) < abs(first):
                        first = literal
            else:
                if left < fewest:
                    best, fewest = first, left
                    if left <= 2:
                        break
        return best
