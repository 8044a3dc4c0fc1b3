"""`test` for people: what failed, and which rules the cases pin."""

from __future__ import annotations

from collections.abc import Iterable

from grantgraph.cases import CaseResult, coverage
from grantgraph.reports._words import count, page, place


def render(results: tuple[CaseResult, ...]) -> str:
    """One line that answers, then each case that failed, then the rules covered."""
    failed = [one for one in results if not one.passed]
    verdict = (
        f"FAILED: {len(failed)} of {count(len(results), 'case')}"
        if failed
        else f"PASSED: {count(len(results), 'case')}"
    )
    lines = [verdict]
    for one in failed:
        lines += ["", f"{place(one.case.at)}: {one.case.note}", *(f"  {line}" for line in one.differences)]
    covered, missing = coverage(one.case for one in results)
    if covered:
        total = len(covered) + len(missing)
        lines += ["", f"rules covered: {len(covered)} of {total}"]
        lines += [f"without a case: {ranges(missing)}"] if missing else []
    return page(lines)


def ranges(numbers: Iterable[int]) -> str:
    """`1-3, 7` for 1, 2, 3 and 7."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
