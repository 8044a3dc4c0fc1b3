"""How callers get code to run: through an entry point, to a function, to the role that it runs as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grantgraph.model import Application, Authorizer, EntryPoint, EntryPointType, Principal, Resource

ASKED = frozenset(
    {EntryPointType.ROUTE, EntryPointType.FIELD, EntryPointType.FUNCTION_URL, EntryPointType.AUTHORIZER}
)
"""Entry points that a caller asks for by a request of its own."""

_CALLERS: Mapping[Authorizer, str] = {
    Authorizer.NONE: "anyone",
    Authorizer.IAM: "",
    Authorizer.JWT: "holders of a token",
    Authorizer.USER_POOL: "holders of a token",
    Authorizer.API_KEY: "holders of the API key",
}


RUNNING = frozenset({"lambda:function", "states:stateMachine"})
"""Types of resources that are code, and run as a role."""


def caller_of(entry: EntryPoint) -> str:
    """Who may ask for an entry point, in words; "" where a policy names them, or nobody asks for it."""
    if entry.type not in ASKED:
        return ""
    if entry.tokens:
        return f"holders of a token of {' or '.join(str(one.issuer) for one in entry.tokens)}"
    return _CALLERS.get(entry.authorizer, "whoever its authorizer lets in")


@dataclass(frozen=True, slots=True)
class Way:
    """An entry point, what it runs, and as whom that acts.

    `runs` is None where no code of its own runs; `role` where the input does not say who acts.
    """

    entry: EntryPoint
    runs: Resource | None
    role: Principal | None


def ways_in(application: Application) -> Iterator[Way]:
    """Every way from an entry point to a role: of the function that it runs, and of the entry point itself."""
    for entry in application.entry_points:
        target = application.resource(entry.target) if entry.target else None
        runs_as = target.attributes.get("runs_as") if target is not None else None
        role = application.principal(runs_as) if isinstance(runs_as, str) else None
        if role is not None or entry.unseen or (target is not None and target.type in RUNNING):
            yield Way(entry, target, role)
        own = application.principal(entry.runs_as) if entry.runs_as else None
        if own is not None:
            yield Way(entry, None, own)
