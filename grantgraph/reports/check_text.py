"""`check` for people: the verdict, the findings with their requests, and what was left open."""

from __future__ import annotations

from grantgraph.model import Application
from grantgraph.reports._words import (
    about,
    count,
    framework_place,
    not_read,
    page,
    place,
    say_conditions,
    say_request,
)
from grantgraph.rules import Checked, Finding


def render(checked: Checked) -> str:
    """The verdict first, then each finding, then what to do about the rest."""
    lines = [verdict(checked), about(checked.application, checked.catalog)]
    if checked.cases:
        lines += [f"judged in {count(len(checked.cases), 'case')}:", *(f"  {one}" for one in checked.cases)]
    for finding in checked.findings:
        lines += ["", *_finding(finding, checked.application)]
    if checked.doubts:
        lines += ["", f"undecided: {count(len(checked.doubts), 'question')}, which counts as a failure"]
        for doubt in checked.doubts:
            lines.append("  " + "  ".join(filter(None, [doubt.rule, doubt.principal, doubt.reason])))
            lines += [f"         when {doubt.when}"] if doubt.when else []
            lines += [f"         at {place(doubt.at)}"] if doubt.at.file else []
    if checked.proved:
        lines += ["", *(f"proved: {title}" for title in checked.proved)]
    if checked.assuming:
        lines += ["", *(f"assuming: {one}" for one in checked.assuming)]
    rest = not_read(checked.application)
    if rest:
        lines += ["", *rest]
    if checked.findings:
        lines += ["", "what to do: take away what no user needs; `grantgraph synth` writes policies from needs"]
    return page(lines)


def verdict(checked: Checked) -> str:
    """One line that answers the question."""
    open_questions = f", {len(checked.doubts)} undecided" if checked.doubts else ""
    if checked.findings:
        return f"FAILED: {count(len(checked.findings), 'finding')}{open_questions}"
    if checked.doubts:
        return f"UNDECIDED: {count(len(checked.doubts), 'question')} without an answer"
    rules = count(len(checked.rules), "rule")
    if not checked.asked:
        return f"PASSED: {rules}, and nobody here that they ask about"
    return f"PASSED: {rules} proved for every request of {count(checked.asked, 'principal')}"


def _finding(finding: Finding, application: Application) -> list[str]:
    request, verdict = finding.evidence.request, finding.evidence.verdict
    first, *context = say_request(request)
    lines = [
        f"{finding.rule} {finding.severity}: {finding.message}",
        f"  at       {place(finding.at)}",
        *(f"           {line}" for line in framework_place(finding.at)),
        *([f"  when     {finding.when}"] if finding.when else []),
        f"  who      {finding.principal}",
        f"  request  {first}",
        *(f"           {line.strip()}" for line in context),
    ]
    for reason in verdict.because:
        name = reason.statement.sid or reason.policy.name or reason.policy.type
        lines.append(f"  allowed  by {name}, {say_conditions(reason.statement.conditions)}")
    if finding.help:
        lines.append(f"  fix      {finding.help}")
    return lines
