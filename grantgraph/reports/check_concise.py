"""`check` in short: a line a finding, for pipes and editors."""

from __future__ import annotations

from grantgraph.reports._check import open_questions, verdict
from grantgraph.reports._words import page, place
from grantgraph.rules import Checked


def render(checked: Checked) -> str:
    """`file:line:column: RULE severity: message` for each finding and each doubt, then the verdict."""
    lines = []
    if not checked.quiet:
        for finding in checked.findings:
            when = f" (when {finding.when})" if finding.when else ""
            where = f"{place(finding.at)}: " if finding.at.file else ""
            lines.append(f"{where}{finding.rule} {finding.severity}: {finding.message}{when}")
        for doubt in open_questions(checked):
            when = f" (when {doubt.when})" if doubt.when else ""
            where = f"{place(doubt.at)}: " if doubt.at.file else ""
            who = f"`{doubt.principal}`: " if doubt.principal else ""
            lines.append(f"{where}{doubt.rule} undecided: {who}{doubt.reason}{when}")
    return page([*lines, verdict(checked)])
