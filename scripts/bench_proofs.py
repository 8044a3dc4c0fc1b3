"""Measure proofs beside two solvers, on the same questions in the same run: `python scripts/bench_proofs.py`.

A question is `implies`: is every request that one policy set allows allowed by the other? Every figure is CPU
time of one question whose policies are read already, with the catalog loaded and every other cache cold. The
solvers get each question as one formula (tests/smt), in a process of their own; making the formula, reading it and
solving it are timed apart. A question without an answer within the limit counts with the limit.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grantgraph.catalog import Catalog, load_catalog
from grantgraph.prove import Proved, Refuted, Undecided, actions_of, implies
from tests.pairs import Pair, revisions, standing_of
from tests.smt.encode import cases_of, joined
from tests.smt.solvers import Opinion, Solver
from tests.smt.terms import Refused

WORDS = {Proved: "unsat", Refuted: "sat", Undecided: "unknown"}
"""What a solver would say where the prover says this: it is asked for a request that refutes."""


@dataclass
class Row:
    """One question, and what everyone says of it."""

    pair: Pair
    answer: str
    seconds: float
    encoding: float = 0.0
    refused: str = ""
    opinions: dict[str, Opinion] = field(default_factory=dict)

    @property
    def disagreeing(self) -> list[str]:
        """The solvers that say the opposite."""
        if self.answer == "unknown":
            return []
        others = {name: one.answer for name, one in self.opinions.items()}
        return [name for name, answer in others.items() if answer not in ("unknown", self.answer)]


def caches() -> list[_lru_cache_wrapper[object]]:
    """Every cache of a module that remembers what a question taught; the catalog's stay warm."""
    modules = [
        module
        for name, module in sys.modules.items()
        if name.startswith("grantgraph.") and not name.startswith("grantgraph.catalog")
    ]
    found = [value for module in modules for value in vars(module).values()]
    return list({id(one): one for one in found if isinstance(one, _lru_cache_wrapper)}.values())


def ask(pair: Pair, catalog: Catalog, solvers: Mapping[str, Solver], limit: float) -> Row:
    """Our answer with cold caches, and the solvers'."""
    narrower, wider = standing_of(pair.narrower), standing_of(pair.wider)
    for one in caches():
        one.cache_clear()
    start = time.process_time()
    answer = implies(narrower, wider, actions_of(narrower, catalog), catalog)
    row = Row(pair, WORDS[type(answer)], time.process_time() - start)
    if not solvers:
        return row
    narrower, wider = standing_of(pair.narrower), standing_of(pair.wider)
    start = time.process_time()
    try:
        script = joined(cases_of(narrower, wider, catalog)).script
    except Refused as refused:
        row.refused = str(refused)
        return row
    row.encoding = time.process_time() - start
    for name, solver in solvers.items():
        row.opinions[name] = solver.ask(script, limit)
    return row


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────


def summary(times: Iterable[float]) -> tuple[float, float, float]:
    """Median, 95th percentile and maximum."""
    found = sorted(times)
    return statistics.median(found), found[min(len(found) - 1, int(0.95 * len(found)))], found[-1]


def line(name: str, decided: str, times: Iterable[float], own: float) -> None:
    median, high, most = (seconds * 1000 for seconds in summary(times))
    print(f"{name:<28}{decided:>10}{median:>10.2f}{high:>10.1f}{most:>10.0f}{median / own / 1000:>9.2f}")


def report(kind: str, rows: list[Row], names: Iterable[str]) -> None:
    answers = Counter(row.answer for row in rows)
    print(
        f"\n{kind}: {len(rows)} questions, {answers['unsat']} proved, {answers['sat']} refuted, "
        f"{answers['unknown']} undecided"
    )
    print(f"{'':<28}{'decided':>10}{'median':>10}{'95 %':>10}{'most':>10}{'ratio':>9}   CPU ms a question")
    own = statistics.median(row.seconds for row in rows)
    line("ours", f"{len(rows) - answers['unknown']}", (row.seconds for row in rows), own)
    asked = [row for row in rows if row.opinions]
    if not asked:
        return
    if len(asked) < len(rows):
        line("ours, where solvers asked", f"of {len(asked)}", (row.seconds for row in asked), own)
    line("making the formula", f"{len(asked)}", (row.encoding for row in asked), own)
    for name in names:
        opinions = [row.opinions[name] for row in asked]
        decided = str(sum(one.answer != "unknown" for one in opinions))
        line(f"{name}, reading", decided, (one.reading for one in opinions), own)
        line(f"{name}, solving", decided, (one.solving for one in opinions), own)


def sample(pairs: Iterable[Pair], size: int | None) -> list[Pair]:
    found = list(pairs)
    return found if size is None or size >= len(found) else random.Random(0).sample(found, size)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, help="ask only so many questions of each kind, drawn by a seed")
    parser.add_argument("--without", action="append", default=[], choices=["cvc5", "z3"], help="do not ask it")
    parser.add_argument("--limit", type=float, default=10.0, help="seconds for one question")
    parser.add_argument("--slowest", type=int, default=0, help="name our slowest questions")
    options = parser.parse_args()
    catalog = load_catalog()
    for service in catalog.services():
        catalog.actions(service)
    gc.freeze()
    solvers = {name: Solver(name) for name in ("cvc5", "z3") if name not in options.without}
    rows = [ask(pair, catalog, solvers, options.limit) for pair in sample(revisions(), options.sample)]
    for solver in solvers.values():
        solver.close()
    report("revisions of AWS managed policies", rows, solvers)
    for row in sorted(rows, key=lambda one: -one.seconds)[: options.slowest]:
        print(f"{row.seconds * 1000:>8.1f} ms  {row.answer:<10}{row.pair.name}")
    for reason, count in Counter(row.refused for row in rows if row.refused).most_common():
        print(f"not put to the solvers: {count} for {reason}")
    wrong = [row for row in rows if row.disagreeing]
    for row in wrong:
        print(f"{row.pair.name}: ours {row.answer}, {', '.join(row.disagreeing)} the opposite: {row.pair}")
    print(f"disagreements: {len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
