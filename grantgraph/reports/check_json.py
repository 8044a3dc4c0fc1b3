"""`check` for programs: schema `grantgraph/check/1`."""

from __future__ import annotations

from typing import Any

from grantgraph.findings import Doubt, Evidence, Finding, Path, Proof, Written
from grantgraph.ignores import Ignore
from grantgraph.prove import Refuted
from grantgraph.reports._check import why_accepted
from grantgraph.reports._words import (
    catalog_json,
    changes_json,
    json_page,
    location_json,
    problems_json,
    request_json,
)
from grantgraph.rules import Checked


def render(checked: Checked) -> str:
    """Findings, what is undecided, and a summary."""
    document = {
        "schema": "grantgraph/check/1",
        "catalog": catalog_json(checked.catalog),
        "application": checked.application.name,
        "source": checked.application.source,
        "findings": [_finding(one) for one in checked.findings],
        "undecided": [_doubt(one) for one in checked.doubts],
        "proved": [_proof(one) for one in checked.proved],
        "accepted": [
            {**_finding(one.finding), "accepted": why_accepted(one), "ignore": _ignore(one.ignore)}
            for one in checked.accepted
        ],
        "cases": list(checked.cases),
        "assuming": list(checked.assuming),
        "problems": problems_json(checked.application),
        "not_modelled": dict(sorted(checked.application.counted.items())),
        **({"changes": changes} if (changes := changes_json(checked.application)) else {}),
        "summary": {
            "outcome": checked.outcome.value,
            "findings": len(checked.findings) + len(checked.accepted),
            "new": len(checked.findings),
            "failing": len(checked.failing),
            "baselined": sum(one.ignore is None for one in checked.accepted),
            "ignored": sum(one.ignore is not None for one in checked.accepted),
            "undecided": len(checked.doubts),
            "asked": checked.asked,
        },
    }
    return json_page(document)


def _ignore(ignore: Ignore | None) -> dict[str, Any] | None:
    """Who accepts a finding; nothing where it was there before."""
    if ignore is None:
        return None
    until = ignore.until.isoformat() if ignore.until is not None else ""
    return {
        "reason": ignore.reason,
        "owner": ignore.owner,
        "until": until,
        "location": location_json(ignore.at),
    }


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
        "evidence": _evidence(finding.evidence),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    match evidence:
        case Refuted():
            return {"kind": "witness", **_witness(evidence)}
        case Path(steps, _, witness):
            told = [{"words": one.words, "location": location_json(one.at)} for one in steps]
            return {"kind": "path", "steps": told, **_witness(witness)}
        case Written(words):
            return {"kind": "statement", "words": words}


def _witness(witness: Refuted) -> dict[str, Any]:
    return {
        "request": request_json(witness.request),
        "decision": witness.verdict.decision.value,
        "because": [
            {
                "policy": one.policy.name,
                "statement": one.statement.sid,
                "location": location_json(one.statement.at),
            }
            for one in witness.verdict.because
        ],
    }


def _doubt(doubt: Doubt) -> dict[str, Any]:
    return {
        "rule": doubt.rule,
        "principal": doubt.principal,
        "reason": doubt.reason,
        "when": doubt.when,
        "location": location_json(doubt.at),
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {"rule": proof.rule, "principal": proof.principal, "statement": proof.words, "on": list(proof.on)}
