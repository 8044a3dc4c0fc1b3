"""Measure proofs beside two solvers, on the same questions in the same run: `python scripts/bench_proofs.py`.

A question is `implies`: is every request that one policy set allows allowed by the other? Every figure is CPU
time of one question whose policies are read already, with the catalog loaded and every other cache cold. The
solvers get each question as formulas (tests/smt), in processes of their own; making the formulas, reading them and
solving them are timed apart. A question without an answer within the limit counts as undecided, with the limit.
"""

from __future__ import annotations

import argparse
import gc
import random
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper, partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grantgraph.catalog import AccessLevel, Catalog, load_catalog
from grantgraph.model import Application
from grantgraph.prove import Answer, Proved, Refuted, Undecided, actions_of, implies, never
from grantgraph.standing import Ground
from scripts import proof_questions
from tests.hand_made import HAND_MADE
from tests.pair_maker import KINDS, random_pairs
from tests.pairs import Pair, revisions, standing_of
from tests.smt.encode import cases_of
from tests.smt.solvers import Opinion, Solver
from tests.smt.terms import Refused

WORDS = {Proved: "unsat", Refuted: "sat", Undecided: "unknown"}
"""What a solver would say where the prover says this: it is asked for a request that refutes."""
EACH_KIND = 20
SAMPLE = 120
ROLES = (10, 100, 1_000, 10_000)


@dataclass
class Row:
    """One question, and what everyone says of it."""

    pair: Pair
    answer: str
    seconds: float
    making: float = 0.0
    refused: str = ""
    opinions: dict[str, Opinion] = field(default_factory=dict)

    @property
    def disagreeing(self) -> list[str]:
        """The solvers that say the opposite."""
        others = {name: one.answer for name, one in self.opinions.items()}
        opposite = {"sat": "unsat", "unsat": "sat"}.get(self.answer)
        return [name for name, answer in others.items() if answer == opposite]


def caches() -> list[_lru_cache_wrapper[object]]:
    """Every cache of a module that remembers what a question taught; the catalog's stay warm."""
    modules = [
        module
        for name, module in sys.modules.items()
        if name.startswith("grantgraph.") and not name.startswith("grantgraph.catalog")
    ]
    found = [value for module in modules for value in vars(module).values()]
    return list({id(one): one for one in found if isinstance(one, _lru_cache_wrapper)}.values())


class OutOfTime(Exception):
    """The limit has passed."""


def within(limit: float, question: Callable[[], Answer]) -> tuple[str, float]:
    """What the prover says, and its CPU seconds; `late` when the limit has passed."""

    def stop(*_: object) -> None:
        raise OutOfTime

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit)  # a timer of CPU time would make the CPU clock coarse
    start = time.process_time()
    try:
        answer = WORDS[type(question())]
    except OutOfTime:
        answer = "late"
    except RecursionError:
        answer = "crashed"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return answer, time.process_time() - start


def ask(pair: Pair, catalog: Catalog, solvers: Mapping[str, Solver], limit: float) -> Row:
    """Our answer with cold caches, and the solvers'."""
    narrower, wider = standing_of(pair.narrower), standing_of(pair.wider)
    for one in caches():
        one.cache_clear()
    answer, seconds = within(limit, lambda: implies(narrower, wider, None, catalog))
    row = Row(pair, answer, seconds)
    if not solvers:
        return row
    narrower, wider = standing_of(pair.narrower), standing_of(pair.wider)
    start = time.process_time()
    try:
        scripts = [case.script for case in cases_of(narrower, wider, catalog)]
    except Refused as refused:
        row.refused = str(refused)
        return row
    row.making = time.process_time() - start
    for name, solver in solvers.items():
        row.opinions[name] = solver.ask(scripts, limit)
    return row


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────


def summary(times: Iterable[float]) -> tuple[float, float, float, float]:
    """Median, mean, 95th percentile and maximum."""
    found = sorted(times)
    late = found[min(len(found) - 1, int(0.95 * len(found)))]
    return statistics.median(found), statistics.mean(found), late, found[-1]


def line(name: str, decided: int, times: Iterable[float], own: float) -> None:
    median, mean, high, most = (seconds * 1000 for seconds in summary(times))
    ratio = median / own / 1000
    print(f"{name:<32}{decided:>9,}{median:>10.2f}{mean:>10.1f}{high:>10.1f}{most:>10.0f}{ratio:>9.2f}")


def report(title: str, rows: list[Row]) -> None:
    answers = Counter(row.answer for row in rows)
    print(
        f"\n{title}: {len(rows)} questions, {answers['unsat']} proved, {answers['sat']} refuted, "
        f"{len(rows) - answers['unsat'] - answers['sat']} undecided"
    )
    print(
        f"{'CPU ms of a question':<32}{'decided':>9}{'median':>10}{'mean':>10}{'95 %':>10}{'most':>10}{'ratio':>9}"
    )
    _own(f"ours, all {len(rows)}", rows)
    asked = [row for row in rows if row.opinions]
    if not asked:
        return
    own = _own(f"ours, these {len(asked)}", asked) if len(asked) < len(rows) else _median(rows)
    line("making the formulas", len(asked), (row.making for row in asked), own)
    for name in asked[0].opinions:
        opinions = [row.opinions[name] for row in asked]
        decided = sum(one.answer != "unknown" for one in opinions)
        line(f"{name}, solving", decided, (one.solving for one in opinions), own)
        line(f"{name}, reading and solving", decided, (one.reading + one.solving for one in opinions), own)
        whole = (row.making + row.opinions[name].reading + row.opinions[name].solving for row in asked)
        line(f"{name}, and making the formulas", decided, whole, own)


def _median(rows: list[Row]) -> float:
    return statistics.median(row.seconds for row in rows)


def _own(name: str, rows: list[Row]) -> float:
    decided = sum(row.answer in ("sat", "unsat") for row in rows)
    own = _median(rows)
    line(name, decided, (row.seconds for row in rows), own)
    return own


def measure(
    title: str, pairs: list[Pair], catalog: Catalog, solvers: Mapping[str, Solver], options: Options
) -> list[Row]:
    """Ask every pair, put a sample of them to the solvers, and print the table."""
    chosen = {id(pair) for pair in sample(pairs, options.sample)}
    rows = []
    for number, pair in enumerate(pairs):
        rows.append(ask(pair, catalog, solvers if id(pair) in chosen else {}, options.limit))
        if sys.stderr.isatty():
            print(f"\r{title}: {number + 1} of {len(pairs)} ", end="", file=sys.stderr, flush=True)
    report(title, rows)
    for row in sorted(rows, key=lambda one: -one.seconds)[: options.slowest]:
        print(f"{row.seconds * 1000:>9.1f} ms  {row.answer:<10}{row.pair.name}")
    for reason, count in Counter(row.refused for row in rows if row.refused).most_common():
        print(f"not put to the solvers: {count} for {reason}")
    return rows


def stress(catalog: Catalog, solvers: Mapping[str, Solver], options: Options) -> list[Row]:
    """Hard questions, one line each: decided or undecided, and within the limit."""
    print(f"\n{'stress, CPU ms':<50}{'ours':>18}" + "".join(f"{name:>18}" for name in solvers))
    rows = []
    for pair in proof_questions.stress():
        row = ask(pair, catalog, solvers, options.limit)
        cells = [(row.answer, row.seconds), *((one.answer, one.solving) for one in row.opinions.values())]
        print(f"{pair.name:<50}" + "".join(f"{answer:>8}{seconds * 1000:>10.1f}" for answer, seconds in cells))
        rows.append(row)
    return rows


def growth(catalog: Catalog, limit: float) -> None:
    """How one question grows with the policies, and with the application around it."""
    print(f"\n{'growth':<40}{'CPU ms':>10}{'per unit':>12}  times the row above")
    for made in (proof_questions.statements, proof_questions.differing):
        last = 0.0
        for count in (10, 100, 1_000):
            pair = made(count)
            row = ask(pair, catalog, {}, limit)
            last = _grown(f"implies, {pair.name}", row.answer, row.seconds, count, last)
    last = 0.0
    for count in ROLES:
        application = proof_questions.application(count)
        for one in caches():
            one.cache_clear()
        answer, seconds = within(10 * limit, partial(_nobody_writes, application, catalog))
        last = _grown(f"never(write), {count:,} roles", answer, seconds, count, last)


def _nobody_writes(application: Application, catalog: Catalog) -> Answer:
    """Whether no role of an application can write anything: the first answer that is no proof, if there is one."""
    ground = Ground(application)
    for principal in application.principals:
        standing = ground.standing(principal)
        actions = [one for one in actions_of(standing, catalog) if one.access_level is AccessLevel.WRITE]
        answer = never(standing, actions, catalog)
        if not isinstance(answer, Proved):
            return answer
    return Proved()


def _grown(name: str, answer: str, seconds: float, count: int, last: float) -> float:
    times = f"{seconds / last:.1f}" if last else ""
    print(f"{name:<40}{seconds * 1000:>10.1f}{seconds / count * 1000:>12.3f}  {times:<8}{answer}", flush=True)
    return seconds


def sample(pairs: Iterable[Pair], size: int | None) -> list[Pair]:
    found = list(pairs)
    return found if size is None or size >= len(found) else random.Random(0).sample(found, size)


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    sample: int | None
    limit: float
    slowest: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sample", type=int, default=SAMPLE, help="put so many questions of each table to the solvers"
    )
    parser.add_argument("--all", action="store_true", help="put every question to the solvers")
    parser.add_argument("--without", action="append", default=[], choices=["cvc5", "z3"], help="do not ask it")
    parser.add_argument("--only", choices=["revisions", "made", "stress", "growth"], help="one table only")
    parser.add_argument("--limit", type=float, default=10.0, help="seconds for one question")
    parser.add_argument("--slowest", type=int, default=0, help="name our slowest questions")
    given = parser.parse_args()
    options = Options(None if given.all else given.sample, given.limit, given.slowest)
    catalog = load_catalog()
    for service in catalog.services():
        catalog.actions(service)
    gc.freeze()
    solvers = {name: Solver(name) for name in ("cvc5", "z3") if name not in given.without}
    made = [*HAND_MADE, *(pair for kind in KINDS for pair in random_pairs(kind, EACH_KIND))]
    tables: dict[str, Callable[[], list[Row]]] = {
        "revisions": lambda: measure(
            "revisions of AWS managed policies", list(revisions()), catalog, solvers, options
        ),
        "made": lambda: measure(f"hand-made, and random: {', '.join(KINDS)}", made, catalog, solvers, options),
        "stress": lambda: stress(catalog, solvers, options),
    }
    rows = [row for name, table in tables.items() if given.only in (None, name) for row in table()]
    for solver in solvers.values():
        solver.close()
    if given.only in (None, "growth"):
        growth(catalog, options.limit)
    wrong = [row for row in rows if row.disagreeing]
    for row in wrong:
        print(f"\n{row.pair.name}: ours {row.answer}, {', '.join(row.disagreeing)} the opposite: {row.pair}")
    crashed = [row.pair.name for row in rows if row.answer == "crashed"]
    print(f"\ndisagreements: {len(wrong)}; crashed: {', '.join(crashed) or 'none'}")
    return 1 if wrong or crashed else 0


if __name__ == "__main__":
    sys.exit(main())
