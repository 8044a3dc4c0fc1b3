"""Compare the evaluator with the reference on random cases: `python scripts/fuzz.py --examples 100000 --seed 1`.

Each difference is printed as a case in the format of docs/cases.md, ready for `fixtures/decisions`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grantgraph.cases import case_of
from grantgraph.evaluate import compile_policies, decide
from tests import reference
from tests.strategies import ACTIONS, Maker, RandomChoose

REQUESTS_PER_SET = 20
KEPT = 10


def run(examples: int, seed: int) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Compare that many decisions; the answers by kind, and the first differences."""
    maker = Maker(RandomChoose(random.Random(seed)))
    answers: Counter[str] = Counter()
    differences: list[dict[str, Any]] = []
    done = 0
    while done < examples:
        service = maker.choose.one(list(ACTIONS))
        policies = maker.policies(service)
        compiled = None
        for _ in range(min(REQUESTS_PER_SET, examples - done)):
            case = case_of({"request": maker.request(service), **policies, "expect": "unknown"}, compiled)
            compiled = case
            assert case.plain is not None
            found = decide(case.requests[0], compile_policies(case.policies)).decision.value
            expected = reference.decide(case.plain["requests"][0], case.plain["policies"])
            done += 1
            answers[found] += 1
            if found != expected:
                answers["DIFFERENT"] += 1
                if len(differences) < KEPT:
                    kept = {key: value for key, value in policies.items() if value not in ([], None)}
                    request = case.plain["requests"][0]
                    differences.append({"note": f"got {found}", "request": request, **kept, "expect": expected})
    return answers, differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    start = time.monotonic()
    share = -(-arguments.examples // arguments.jobs)
    seeds = [arguments.seed * 1_000 + job for job in range(arguments.jobs)]
    answers: Counter[str] = Counter()
    differences: list[dict[str, Any]] = []
    if arguments.jobs == 1:
        results = [run(share, seeds[0])]
    else:
        with ProcessPoolExecutor(arguments.jobs) as pool:
            results = list(pool.map(run, [share] * arguments.jobs, seeds))
    for counted, found in results:
        answers += counted
        differences += found
    for one in differences[:KEPT]:
        print("- " + json.dumps(one))
    total = sum(count for answer, count in answers.items() if answer != "DIFFERENT")
    kinds = ", ".join(f"{count:,} {answer}" for answer, count in sorted(answers.items()))
    seconds = time.monotonic() - start
    print(f"{total:,} comparisons in {seconds:.0f} s ({total / seconds:,.0f}/s): {kinds}")
    return 1 if answers["DIFFERENT"] else 0


if __name__ == "__main__":
    sys.exit(main())
