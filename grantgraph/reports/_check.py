"""Words that every report of the gate uses: the verdict, and evidence in lines."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.findings import Doubt, Finding, Path, Proof, Severity, Together, Written
from grantgraph.prove import Refuted
from grantgraph.reports._words import count, listed, say_conditions, say_request
from grantgraph.rules import Accepted, Checked, Outcome, Rule

MOST_NAMES = 8
"""How many resources a proof names in a report for people; the JSON report names all."""


def verdict(checked: Checked) -> str:
    """One line that answers the question."""
    failing, rest = len(checked.failing), len(checked.findings) - len(checked.failing)
    milder = [count(rest, "finding that does not fail it", "findings that do not fail it")] if rest else []
    undecided = [f"{len(checked.doubts)} undecided"] if checked.doubts else []
    accepted = [f"{len(checked.accepted)} accepted"] if checked.accepted else []
    match checked.outcome:
        case Outcome.FAILED:
            return f"FAILED: {', '.join([count(failing, 'finding'), *milder, *undecided, *accepted])}"
        case Outcome.UNDECIDED:
            questions = f"{count(len(checked.doubts), 'question')} without an answer"
            return f"UNDECIDED: {', '.join([questions, *milder, *accepted])}"
        case Outcome.PASSED:
            rules = count(len(checked.rules), "rule")
            asked = count(checked.asked, "principal")
            proved = f"{rules} proved for every request of {asked}"
            if milder or undecided or accepted:
                proved = f"{rules} asked about {asked}"
            elif not checked.asked:
                own = sum(one.policy is not None for one in checked.application.resources)
                held = f"asked about {count(own, 'policy of a resource', 'policies of resources')}"
                proved = f"{rules} {held}" if own else f"{rules}, and nobody here that they ask about"
            return f"PASSED: {', '.join([proved, *milder, *undecided, *accepted])}"


def open_questions(checked: Checked) -> tuple[Doubt, ...]:
    """The questions without an answer that a report shows: none where they are allowed."""
    return checked.doubts if checked.unknown != "allow" else ()


def rule_of(checked: Checked, id: str) -> Rule | None:
    """The rule of a finding; a promise has none."""
    return next((one for one in checked.rules if one.id == id), None)


def evidence(finding: Finding) -> Iterator[tuple[str, str]]:
    """What shows a finding, as lines with a label each; a line that goes on has none."""
    match finding.evidence:
        case Path(steps, principal, witness):
            for number, step in enumerate(steps, 1):
                yield "path" if number == 1 else "", f"{number}. {step.words}"
            yield from _witness(principal, witness)
        case Refuted() as witness:
            yield from _witness(finding.principal, witness)
        case Together(witnesses):
            for one in witnesses:
                yield from _witness(finding.principal, one)
        case Written(words):
            if finding.principal:
                yield "who", finding.principal
            yield "says", words


def _witness(principal: str, witness: Refuted) -> Iterator[tuple[str, str]]:
    first, *context = say_request(witness.request)
    yield "who", principal
    yield "request", first
    yield from (("", line.strip()) for line in context)
    for reason in witness.verdict.because:
        name = reason.statement.sid or reason.policy.name or reason.policy.type
        yield "allowed", f"by {name}, {say_conditions(reason.statement.conditions)}"


def proved(proof: Proof) -> str:
    """A proof in words."""
    names = [f"`{one}`" for one in proof.on[:MOST_NAMES]]
    more = [f"{len(proof.on) - MOST_NAMES} more"] if len(proof.on) > MOST_NAMES else []
    return f"{proof.words} {listed([*names, *more])}" if proof.on else proof.words


def doubt_words(doubt: Doubt) -> str:
    """A question without an answer in words."""
    return "  ".join(filter(None, [doubt.rule, doubt.principal, doubt.reason]))


def why_accepted(accepted: Accepted) -> str:
    """Why a finding does not count."""
    ignore = accepted.ignore
    if ignore is None:
        return "it was there before"
    by = f", by {ignore.owner}" if ignore.owner else ""
    until = f", until {ignore.until}" if ignore.until else ""
    return f"{ignore.reason}{by}{until}"


def by_severity(checked: Checked) -> list[tuple[Severity, int]]:
    """How many findings there are of each severity that there is one of."""
    counts = [(level, sum(one.severity is level for one in checked.findings)) for level in Severity]
    return [(level, number) for level, number in counts if number]
