"""`can` for people: the decision, the statements behind it, and what would have been needed."""

from __future__ import annotations

from dataclasses import replace

from grantgraph.ask import Asked, is_open
from grantgraph.evaluate import Decision, Reason
from grantgraph.reports._words import page, place, say_conditions, say_request

WORDS = {
    Decision.ALLOWED: "ALLOWED",
    Decision.IMPLICIT_DENY: "DENIED: nothing allows it",
    Decision.EXPLICIT_DENY: "DENIED: a statement says so",
    Decision.UNKNOWN: "DEPENDS on what is not known here",
}


def render(asked: Asked) -> str:
    """The decision first."""
    verdict = asked.verdict
    layer = f" ({verdict.layer})" if verdict.layer else ""
    told = {key: value for key, value in asked.request.context.items() if not is_open(value)}
    first, *context = say_request(replace(asked.request, context=told))
    lines = [WORDS[verdict.decision] + layer, f"  {asked.request.caller}", f"  {first}", *context]
    for reason in verdict.because:
        lines.append(f"because {_reason(reason)}, {say_conditions(reason.statement.conditions)}")
    for unknown in sorted(verdict.unknowns, key=str):
        lines.append(f"depends on {unknown.name}: {unknown.reason}")
    for miss in asked.near:
        lines.append(f"nearest: {_reason(miss.reason)} {miss}")
    lines += [f"assuming: {one}" for one in asked.application.assuming]
    return page(lines)


def _reason(reason: Reason) -> str:
    name = reason.statement.sid or reason.policy.name or reason.policy.type.value
    at = place(reason.statement.at)
    return f"{name} at {at}" if at else name
