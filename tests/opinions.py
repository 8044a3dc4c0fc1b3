"""The prover's answer to a pair beside a solver's: the words for both, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grantgraph.catalog import Action, load_catalog
from grantgraph.prove import Proved, Refuted, Undecided, actions_of, implies
from tests.pairs import Pair, standing_of
from tests.smt.encode import cases_of
from tests.smt.solvers import Opinion, Solver
from tests.smt.terms import Refused

CATALOG = load_catalog()
WORDS = {Proved: "unsat", Refuted: "sat", Undecided: "unknown"}
"""What a solver says where the prover says this: it is asked for a request that refutes."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One pair, and what everyone says of it; `refused` is why the solver could not be asked."""

    pair: Pair
    ours: str
    theirs: Opinion
    reading: bool
    refused: str = ""

    @property
    def both_decided(self) -> bool:
        return "unknown" not in (self.ours, self.theirs.answer)

    @property
    def disagrees(self) -> bool:
        return self.both_decided and self.ours != self.theirs.answer

    def __str__(self) -> str:
        contested = "yes" if self.reading else "no"
        return (
            f"{self.pair.name}: the prover says {self.ours}, the solver {self.theirs.answer} "
            f"(what is contested reads as {contested}): {self.pair}"
        )


def answer_of(pair: Pair, actions: Sequence[Action] | None = None) -> str:
    """The prover's answer in a solver's words, about some actions or all."""
    narrower, wider = standing_of(pair.narrower), standing_of(pair.wider)
    asked = actions_of(narrower, CATALOG) if actions is None else actions
    return WORDS[type(implies(narrower, wider, asked, CATALOG))]


def compare(
    pair: Pair,
    solver: Solver,
    limit: float,
    actions: Sequence[Action] | None = None,
    readings: Sequence[bool] = (False,),
) -> list[Compared]:
    """A solver's opinion of a pair beside ours, for each reading of contested rules."""
    ours = answer_of(pair, actions)
    return [_compare(pair, ours, solver, limit, actions, reading) for reading in readings]


def _compare(
    pair: Pair, ours: str, solver: Solver, limit: float, actions: Sequence[Action] | None, reading: bool
) -> Compared:
    narrower, wider = standing_of(pair.narrower), standing_of(pair.wider)
    try:
        scripts = [case.script for case in cases_of(narrower, wider, CATALOG, reading, actions)]
    except Refused as refused:
        return Compared(pair, ours, Opinion("unknown"), reading, str(refused))
    return Compared(pair, ours, solver.ask(scripts, limit), reading)
