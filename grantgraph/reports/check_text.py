"""`check` for people: the verdict, the findings with their requests, and what was left open."""

from __future__ import annotations

from grantgraph.findings import Finding, Path, Proof, Together, Written
from grantgraph.prove import Refuted
from grantgraph.reports._words import (
    about,
    count,
    framework_place,
    listed,
    not_read,
    page,
    place,
    say_conditions,
    say_request,
)
from grantgraph.rules import Checked


def render(checked: Checked) -> str:
    """The verdict first, then each finding, then what to do about the rest."""
    lines = [verdict(checked), about(checked.application, checked.catalog)]
    if checked.cases:
        lines += [f"judged in {count(len(checked.cases), 'case')}:", *(f"  {one}" for one in checked.cases)]
    for finding in checked.findings:
        lines += ["", *_finding(finding)]
    if checked.doubts:
        lines += ["", f"undecided: {count(len(checked.doubts), 'question')}, which counts as a failure"]
        for doubt in checked.doubts:
            lines.append("  " + "  ".join(filter(None, [doubt.rule, doubt.principal, doubt.reason])))
            lines += [f"         when {doubt.when}"] if doubt.when else []
            lines += [f"         at {place(doubt.at)}"] if doubt.at.file else []
    for note in checked.notes:
        lines += ["", *_finding(note)]
    if checked.proved:
        lines += ["", *(f"proved: {_proof(one)}" for one in checked.proved)]
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


MOST_NAMES = 8
"""How many resources a proof names; the JSON report names all."""


def _proof(proof: Proof) -> str:
    """A proof in words."""
    names = [f"`{one}`" for one in proof.on[:MOST_NAMES]]
    more = [f"{len(proof.on) - MOST_NAMES} more"] if len(proof.on) > MOST_NAMES else []
    where = f" {listed([*names, *more])}" if proof.on else ""
    return f"{proof.words}{where}"


def _finding(finding: Finding) -> list[str]:
    lines = [
        f"{finding.rule} {finding.severity}: {finding.message}",
        f"  at       {place(finding.at)}",
        *(f"           {line}" for line in framework_place(finding.at)),
        *([f"  when     {finding.when}"] if finding.when else []),
        *_evidence(finding),
    ]
    if finding.help:
        lines.append(f"  fix      {finding.help}")
    return lines


def _evidence(finding: Finding) -> list[str]:
    match finding.evidence:
        case Path(steps, principal, witness):
            width = len(str(len(steps)))
            shown = [f"{number:>{width}}. {step.words}" for number, step in enumerate(steps, 1)]
            return [f"  {'path' if not at else '':<9}{one}" for at, one in enumerate(shown)] + _witness(
                principal, witness
            )
        case Refuted() as witness:
            return _witness(finding.principal, witness)
        case Together(witnesses):
            return [line for one in witnesses for line in _witness(finding.principal, one)]
        case Written(words):
            return [f"  who      {finding.principal}"] * bool(finding.principal) + [f"  says     {words}"]


def _witness(principal: str, witness: Refuted) -> list[str]:
    first, *context = say_request(witness.request)
    lines = [f"  who      {principal}", f"  request  {first}", *(f"           {line.strip()}" for line in context)]
    for reason in witness.verdict.because:
        name = reason.statement.sid or reason.policy.name or reason.policy.type
        lines.append(f"  allowed  by {name}, {say_conditions(reason.statement.conditions)}")
    return lines
