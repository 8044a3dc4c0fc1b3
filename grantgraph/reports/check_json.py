"""`check` for programs: schema `grantgraph/check/1`."""

from __future__ import annotations

from typing import Any

from grantgraph.reports._words import (
    catalog_json,
    changes_json,
    json_page,
    location_json,
    problems_json,
    request_json,
)
from grantgraph.rules import Checked, Doubt, Finding


def render(checked: Checked) -> str:
    """Findings, what is undecided, and a summary."""
    document = {
        "schema": "grantgraph/check/1",
        "catalog": catalog_json(checked.catalog),
        "application": checked.application.name,
        "source": checked.application.source,
        "findings": [_finding(one) for one in checked.findings],
        "undecided": [_doubt(one) for one in checked.doubts],
        "proved": list(checked.proved),
        "cases": list(checked.cases),
        "assuming": list(checked.assuming),
        "problems": problems_json(checked.application),
        "not_modelled": dict(sorted(checked.application.counted.items())),
        **({"changes": changes} if (changes := changes_json(checked.application)) else {}),
        "summary": {
            "findings": len(checked.findings),
            "new": len(checked.findings),
            "baselined": 0,
            "ignored": 0,
            "undecided": len(checked.doubts),
            "asked": checked.asked,
        },
    }
    return json_page(document)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "principal": finding.principal,
        "message": finding.message,
        "help": finding.help,
        "on": finding.on,
        "actions": list(finding.actions),
        "when": finding.when,
        "fingerprint": finding.fingerprint,
        "location": location_json(finding.at),
        "evidence": {
            "kind": "witness",
            "request": request_json(finding.evidence.request),
            "decision": finding.evidence.verdict.decision.value,
            "because": [
                {
                    "policy": one.policy.name,
                    "statement": one.statement.sid,
                    "location": location_json(one.statement.at),
                }
                for one in finding.evidence.verdict.because
            ],
        },
    }


def _doubt(doubt: Doubt) -> dict[str, Any]:
    return {
        "rule": doubt.rule,
        "principal": doubt.principal,
        "reason": doubt.reason,
        "when": doubt.when,
        "location": location_json(doubt.at),
    }
