"""Measure proofs: `python scripts/bench_proofs.py`.

`implies` in both directions on 260 pairs of consecutive revisions of AWS managed policies. Every figure is CPU
time of one question, asked of policies that are read already, with the catalog loaded and every other cache cold.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
from collections import Counter
from functools import _lru_cache_wrapper
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grantgraph.catalog import load_catalog
from grantgraph.prove import Proved, Refuted, Undecided, actions_of, implies
from tests.pairs import Pair, revisions, standing_of

WORDS = {Proved: "proved", Refuted: "refuted", Undecided: "undecided"}


def caches() -> list[_lru_cache_wrapper[object]]:
    """Every cache of a module that remembers what a question taught; the catalog's stay warm."""
    modules = [
        module
        for name, module in sys.modules.items()
        if name.startswith("grantgraph.") and not name.startswith("grantgraph.catalog")
    ]
    found = [value for module in modules for value in vars(module).values()]
    return list({id(one): one for one in found if isinstance(one, _lru_cache_wrapper)}.values())


def ours(pair: Pair) -> tuple[str, float]:
    """Our answer, and its CPU seconds with cold caches."""
    catalog = load_catalog()
    narrower, wider = standing_of(pair.narrower), standing_of(pair.wider)
    for one in caches():
        one.cache_clear()
    start = time.process_time()
    answer = implies(narrower, wider, actions_of(narrower, catalog), catalog)
    return WORDS[type(answer)], time.process_time() - start


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, help="ask only so many questions of each kind, drawn by a seed")
    parser.add_argument("--slowest", type=int, default=0, help="name the slowest questions")
    options = parser.parse_args()
    pairs = list(revisions())
    if options.sample:
        pairs = random.Random(0).sample(pairs, min(options.sample, len(pairs)))
    catalog = load_catalog()
    for service in catalog.services():
        catalog.actions(service)
    gc.freeze()
    found = [(pair, *ours(pair)) for pair in pairs]
    answers = Counter(word for _, word, _ in found)
    times = [seconds for *_, seconds in found]
    print(
        f"{len(pairs)} questions: {answers['proved']} proved, {answers['refuted']} refuted, "
        f"{answers['undecided']} undecided"
    )
    print(
        f"CPU ms: median {statistics.median(times) * 1000:.2f}, 95th percentile "
        f"{percentile(times, 0.95) * 1000:.1f}, maximum {max(times) * 1000:.0f}, sum {sum(times) * 1000:.0f}"
    )
    for pair, word, seconds in sorted(found, key=lambda one: -one[2])[: options.slowest]:
        print(f"{seconds * 1000:>8.1f} ms  {word:<10}{pair.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
