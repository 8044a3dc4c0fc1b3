"""Measure the rules one by one, on real templates: CPU time, and what each says.

    python scripts/bench_rules.py [TEMPLATE...]

Rules share what they ask, so the first to ask pays: the order is that of their ids, as in `check`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grantgraph.catalog import load_catalog  # noqa: E402
from grantgraph.permissions import Permissions  # noqa: E402
from grantgraph.rules import load_rules  # noqa: E402
from grantgraph.sources import load  # noqa: E402

APPS = ROOT / "fixtures" / "apps"
TEMPLATES = (APPS / "sst" / "f-full-notes.json", APPS / "cdk" / "notes")


def measure(template: Path, runs: int) -> None:
    """The median CPU milliseconds of each rule, and how many findings and doubts it has."""
    application, catalog, rules = load(template), load_catalog(), load_rules()
    times: dict[str, list[float]] = {rule.id: [] for rule in rules}
    said: dict[str, int] = {}
    for _ in range(runs):
        permissions = Permissions(application, catalog)
        for rule in rules:
            start = time.process_time()
            said[rule.id] = len(list(rule.check(permissions)))
            times[rule.id].append(time.process_time() - start)
    print(f"{template.name}: {len(rules)} rules\n{'rule':<8}{'CPU ms':>8}{'says':>6}")
    for rule in rules:
        middle = statistics.median(times[rule.id])
        if middle >= 0.0005 or said[rule.id]:
            print(f"{rule.id:<8}{middle * 1000:>8.1f}{said[rule.id]:>6}  {rule.title}")
    whole = statistics.median(sum(ones) for ones in zip(*times.values(), strict=True))
    print(f"{'all':<8}{whole * 1000:>8.1f}\n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("templates", nargs="*", type=Path, default=TEMPLATES)
    options.add_argument("--runs", type=int, default=5)
    given = options.parse_args()
    for template in given.templates:
        measure(template, given.runs)


if __name__ == "__main__":
    main()
