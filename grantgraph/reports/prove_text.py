"""`prove` for people: the answer, the claim, and the request that refutes it."""

from __future__ import annotations

from grantgraph.claim import Claim
from grantgraph.prove import Proved, Refuted, Undecided
from grantgraph.reports._words import page, place, say_conditions, say_request


def render(claim: Claim) -> str:
    """The answer first."""
    match claim.answer:
        case Proved(assuming):
            lines = [f"PROVED: {claim.words}", *(f"  assuming {one}" for one in sorted(assuming))]
        case Refuted(request, verdict):
            first, *context = say_request(request)
            lines = [f"REFUTED: {claim.words}", "  this request shows it", f"  {first}", *context]
            for reason in verdict.because:
                at = place(reason.statement.at)
                name = reason.statement.sid or reason.policy.name
                terms = say_conditions(reason.statement.conditions)
                lines.append(f"  allowed by {name}{' at ' + at if at else ''}, {terms}")
        case Undecided(reason):
            lines = [f"UNDECIDED: {claim.words}", f"  {reason}"]
    return page([*lines, f"action catalog of {claim.catalog}"])
