"""`check` as annotations of GitHub Actions: workflow commands, one a finding.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from grantgraph.findings import Severity
from grantgraph.problems import Location
from grantgraph.reports._check import evidence, open_questions, verdict
from grantgraph.rules import Checked, Outcome
from grantgraph.text import visible

_COMMANDS = {
    Severity.HIGH: "error",
    Severity.MEDIUM: "error",
    Severity.LOW: "warning",
    Severity.NOTE: "notice",
}


def render(checked: Checked) -> str:
    """A command for each finding and each doubt, then the verdict as a notice."""
    lines = []
    for finding in checked.findings if not checked.quiet else ():
        told = [finding.message, *(f"{label} {words}".strip() for label, words in evidence(finding))]
        told += [f"fix {finding.help}"] if finding.help else []
        lines.append(_command(_COMMANDS[finding.severity], finding.rule, finding.at, "\n".join(told)))
    for doubt in open_questions(checked) if not checked.quiet else ():
        command = "error" if checked.unknown == "fail" else "warning"
        words = (
            f"undecided: {doubt.principal}: {doubt.reason}" if doubt.principal else f"undecided: {doubt.reason}"
        )
        lines.append(_command(command, doubt.rule, doubt.at, words))
    level = "notice" if checked.outcome is Outcome.PASSED else "error"
    lines.append(_command(level, "grantgraph", Location(""), verdict(checked)))
    return "\n".join(lines) + "\n"


def _command(command: str, title: str, at: Location, message: str) -> str:
    told = {"file": at.file, "line": at.line or "", "col": at.column or "", "title": title}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in told.items() if value)
    return f"::{command} {properties}::{_data(message)}"


def _data(words: str) -> str:
    lines = "\n".join(map(visible, words.split("\n")))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(words).replace(":", "%3A").replace(",", "%2C")
