"""`test` for programs: schema `grantgraph/test/1`."""

from __future__ import annotations

from grantgraph.cases import CaseResult, coverage
from grantgraph.reports._words import json_page, location_json


def render(results: tuple[CaseResult, ...]) -> str:
    """Every case with its result."""
    covered, missing = coverage(one.case for one in results)
    document = {
        "schema": "grantgraph/test/1",
        "cases": [
            {
                "note": one.case.note,
                "rules": list(one.case.rules),
                "location": location_json(one.case.at),
                "decision": one.verdict.decision.value,
                "passed": one.passed,
                "differences": list(one.differences),
            }
            for one in results
        ],
        "rules": {"covered": sorted(covered), "without_a_case": list(missing)},
        "summary": {"cases": len(results), "failed": sum(not one.passed for one in results)},
    }
    return json_page(document)
