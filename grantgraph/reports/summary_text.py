"""`prove summary` for people: what is allowed, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.catalog import Action
from grantgraph.claim import Summarized
from grantgraph.prove import Allowed
from grantgraph.reports._words import count, page, place, say_conditions


def render(summarized: Summarized) -> str:
    """How many entries, then each with where, when and what is taken away."""
    entries = summarized.entries
    what = (
        f"{count(len(entries), 'entry', 'entries')}, none of which lies within another" if entries else "nothing"
    )
    lines = [f"{summarized.principal} is allowed {what}"]
    for number, entry in enumerate(entries, 1):
        lines += ["", f"{number}. {_actions(entry.actions)}", *(f"   {line}" for line in _entry(entry))]
    if summarized.caveats:
        lines += ["", *(f"not known, so it may be more: {one}" for one in summarized.caveats)]
    return page([*lines, "", f"action catalog of {summarized.catalog}"])


def _entry(entry: Allowed) -> Iterator[str]:
    negated = "everything but " if entry.resources.negated else ""
    yield f"on {negated}{', '.join(map(str, entry.resources.patterns))}"
    yield f"when {say_conditions(entry.conditions)}"
    for deny in entry.excepting:
        at = place(deny.at)
        yield f"except as {deny.sid or 'a Deny statement'}{' at ' + at if at else ''} denies"
    for policy in entry.within:
        yield f"within {policy.name or policy.type.value} ({policy.type.value})"
    if entry.doubt:
        yield f"undecided: {entry.doubt}"
    at = place(entry.statement.at)
    yield f"because of {entry.statement.sid or 'a statement'}{' at ' + at if at else ''}"


def _actions(actions: tuple[Action, ...], most: int = 12) -> str:
    named = ", ".join(map(str, actions[:most]))
    return named if len(actions) <= most else f"{named} and {len(actions) - most} more"
