"""`check` as SARIF 2.1.0, the format that code scanning reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from grantgraph import __version__
from grantgraph.findings import Doubt, Finding, Path, Severity
from grantgraph.problems import Location
from grantgraph.reports._check import doubt_words, evidence, open_questions, proved, verdict, why_accepted
from grantgraph.reports._words import json_page
from grantgraph.rules import Accepted, Checked, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "grantgraph/v1"
_LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "error", Severity.LOW: "warning", Severity.NOTE: "note"}
# what GitHub calls security-severity: from 0 to 10
_SCORES = {Severity.HIGH: "8.5", Severity.MEDIUM: "6.0", Severity.LOW: "3.0", Severity.NOTE: "0.0"}


def render(checked: Checked) -> str:
    """One run: its rules, a result for each finding, accepted or not, and open ones for what is undecided.

    What is proved stands among the properties of the run: GitHub makes an alert of every result, of any kind.
    """
    ids = [*(rule.id for rule in checked.rules)]
    others = [*(one.rule for one in checked.findings), *(one.finding.rule for one in checked.accepted)]
    others += [one.rule for one in checked.doubts]
    ids += [id for id in dict.fromkeys(others) if id not in ids]
    rules = {rule.id: rule for rule in checked.rules}
    at = {id: number for number, id in enumerate(ids)}
    source = Location(checked.application.source)
    results = [_finding(one, at, source, []) for one in checked.findings]
    results += [_accepted(one, at, source) for one in checked.accepted]
    results += [_doubt(one, at, source) for one in open_questions(checked)]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "grantgraph",
                "version": __version__,
                "informationUri": "https://pypi.org/project/grantgraph/",
                "rules": [_rule(id, rules.get(id)) for id in ids],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "note",
                        "message": {"text": f"action catalog of {checked.catalog}; {verdict(checked)}"},
                    }
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "outcome": str(checked.outcome),
            "undecided": len(checked.doubts),
            "proved": [f"{one.rule}: {proved(one)}" for one in checked.proved],
            "assuming": list(checked.assuming),
        },
    }
    return json_page({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(id: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": id, "shortDescription": {"text": id}, "defaultConfiguration": {"level": "warning"}}
    return {
        "id": id,
        "name": "".join(word.capitalize() for word in re.findall("[A-Za-z0-9]+", rule.title.replace("'", ""))),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": _part(rule.page, "What it proves")},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["security", "iam"], "security-severity": _SCORES[rule.severity]},
    }


def _part(page: str, heading: str) -> str:
    """One paragraph of a rule's page."""
    _, _, rest = page.partition(f"{heading}: ")
    return " ".join(rest.partition("\n\n")[0].split()) or page.partition("\n")[0]


def _finding(
    finding: Finding, at: dict[str, int], source: Location, suppressions: list[dict[str, Any]]
) -> dict[str, Any]:
    told = [finding.message, *(f"{label} {words}".strip() for label, words in evidence(finding))]
    told += [f"when {finding.when}"] if finding.when else []
    told += [f"fix: {finding.help}"] if finding.help else []
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": at[finding.rule],
        "kind": "fail",
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(told)},
        "locations": [_location(finding.at, source)],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "suppressions": suppressions,
        "properties": {"principal": finding.principal, "on": finding.on, "actions": list(finding.actions)},
    }
    if isinstance(finding.evidence, Path):
        steps = [
            {"location": {**_location(one.at, source), "message": {"text": one.words}}}
            for one in finding.evidence.steps
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _accepted(accepted: Accepted, at: dict[str, int], source: Location) -> dict[str, Any]:
    ignored = accepted.ignore is not None
    suppression = {"kind": "external", "status": "accepted", "justification": why_accepted(accepted)}
    found = _finding(accepted.finding, at, source, [suppression])
    return found if ignored else {**found, "baselineState": "unchanged"}


def _doubt(doubt: Doubt, at: dict[str, int], source: Location) -> dict[str, Any]:
    when = f" (when {doubt.when})" if doubt.when else ""
    return {
        "ruleId": doubt.rule,
        "ruleIndex": at[doubt.rule],
        "kind": "open",
        "level": "none",
        "message": {"text": f"undecided: {doubt_words(doubt)}{when}"},
        "locations": [_location(doubt.at, source)],
    }


def _location(at: Location, source: Location) -> dict[str, Any]:
    """A place, or the input as a whole where there is none: GitHub refuses results without a place."""
    at = at if at.file else source
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(at.file.removeprefix("./"), safe="/")}}
    if at.line:
        place["region"] = {"startLine": at.line, "startColumn": max(at.column, 1)}
    found: dict[str, Any] = {"physicalLocation": place}
    if at.path:
        found["logicalLocations"] = [{"fullyQualifiedName": at.path}]
    return found
