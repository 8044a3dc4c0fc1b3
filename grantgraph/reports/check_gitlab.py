"""`check` as GitLab's code quality report: what a merge request shows beside the changed lines.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
from typing import Any

from grantgraph.findings import Doubt, Finding, Severity
from grantgraph.problems import Location
from grantgraph.reports._check import open_questions
from grantgraph.reports._words import json_page
from grantgraph.rules import Checked

_LEVELS = {Severity.HIGH: "critical", Severity.MEDIUM: "major", Severity.LOW: "minor", Severity.NOTE: "info"}


def render(checked: Checked) -> str:
    """One issue for each finding and each doubt."""
    seen: dict[str, int] = {}
    source = checked.application.source
    found = [
        _issue(one.message, one.rule, _LEVELS[one.severity], one.at, source, _own(one, seen))
        for one in checked.findings
    ]
    for doubt in open_questions(checked):
        level = "major" if checked.unknown == "fail" else "info"
        words = f"undecided: {doubt.reason}"
        found.append(_issue(words, doubt.rule, level, doubt.at, source, _doubt(doubt)))
    return json_page(found)


def _issue(
    description: str, rule: str, severity: str, at: Location, source: str, fingerprint: str
) -> dict[str, Any]:
    return {
        "description": description,
        "check_name": rule,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": (at.file or source).removeprefix("./"), "lines": {"begin": max(at.line, 1)}},
    }


def _own(finding: Finding, seen: dict[str, int]) -> str:
    """The fingerprint; the second of two that are alike gets one of its own, as GitLab shows each once."""
    number = seen[finding.fingerprint] = seen.get(finding.fingerprint, 0) + 1
    return finding.fingerprint if number == 1 else f"{finding.fingerprint}-{number}"


def _doubt(doubt: Doubt) -> str:
    told = "\0".join((doubt.rule, doubt.principal, doubt.reason, doubt.when))
    return hashlib.sha256(told.encode()).hexdigest()[:16]
