"""`check` as a comment of a pull request: the verdict first, details folded, never longer than one may be."""

from __future__ import annotations

from grantgraph.findings import Finding, Severity
from grantgraph.reports._check import (
    by_severity,
    doubt_words,
    evidence,
    open_questions,
    proved,
    verdict,
    why_accepted,
)
from grantgraph.reports._markup import code, folded, plain
from grantgraph.reports._words import about, count, not_read, place
from grantgraph.rules import Checked, Outcome

MOST = 60_000
"""A comment on GitHub holds 65,536 characters."""

_SIGNS = {Outcome.FAILED: "❌", Outcome.UNDECIDED: "❓", Outcome.PASSED: "✅"}
_DOTS = {Severity.HIGH: "🔴", Severity.MEDIUM: "🟠", Severity.LOW: "🔵", Severity.NOTE: "⚪"}


def render(checked: Checked) -> str:
    """The verdict, then as many findings as there is room for, each folded, then the rest in counts."""
    lines = [f"### {_SIGNS[checked.outcome]} {plain(verdict(checked))}", ""]
    if checked.quiet:
        return "\n".join(lines)
    lines += [plain(about(checked.application, checked.catalog)), ""]
    counts = ", ".join(f"{_DOTS[level]} {number} {level}" for level, number in by_severity(checked))
    lines += [counts, ""] if counts else []
    rest = _rest(checked)
    room = MOST - sum(map(len, (*lines, *rest)))
    left = 0
    for finding in checked.findings:
        told = _finding(finding)
        size = sum(len(one) + 1 for one in told)
        if size > room or left:
            left += 1
            continue
        room -= size
        lines += told
    if left:
        lines += ["", f"*{count(left, 'finding')} more: there is no room for them here.*", ""]
    return "\n".join([*lines, *rest]).rstrip() + "\n"


def _finding(finding: Finding) -> list[str]:
    lines = ["<details>", f"<summary>{_summary(finding)}</summary>", ""]
    lines += [f"- at: {code(place(finding.at))}"] if finding.at.file else []
    lines += [f"- when: {plain(finding.when)}"] if finding.when else []
    for label, words in evidence(finding):
        told = plain(words) if "`" in words else code(words)
        lines.append(f"- {label}: {told}" if label else f"  {told}")
    lines += ["", f"**Fix:** {plain(finding.help)}"] if finding.help else []
    return [*lines, "", f"<sub>id {code(finding.fingerprint)}</sub>", "", "</details>", ""]


def _summary(finding: Finding) -> str:
    """The title of a fold, which is HTML."""
    return f"{_DOTS[finding.severity]} <b>{folded(finding.rule)}</b> {folded(finding.message)}"


def _rest(checked: Checked) -> list[str]:
    lines: list[str] = []
    doubts = open_questions(checked)
    told = not_read(checked.application)
    sections = (
        (f"{count(len(doubts), 'question')} undecided", [plain(doubt_words(one)) for one in doubts]),
        (
            f"{count(len(checked.accepted), 'finding')} accepted",
            [f"{plain(one.finding.message)}: {plain(why_accepted(one))}" for one in checked.accepted],
        ),
        (f"{count(len(checked.proved), 'proof')}", [plain(proved(one)) for one in checked.proved]),
        ("what this rests on", [plain(one) for one in checked.assuming]),
        ("what was not read", [plain(one) for one in told]),
    )
    for title, members in sections:
        if members:
            shown = [f"- {one}" for one in members[:20]]
            more = [f"- and {len(members) - 20} more"] if len(members) > 20 else []
            lines += ["<details>", f"<summary>{title}</summary>", "", *shown, *more, "", "</details>", ""]
    return lines
