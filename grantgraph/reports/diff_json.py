"""`diff` for programs: schema `grantgraph/diff/1`."""

from __future__ import annotations

from typing import Any

from grantgraph.diff import Change, Difference, Doubt, Kind, Path, Subject, Terms
from grantgraph.prove import Witness
from grantgraph.reports._difference import can_line, say_refused
from grantgraph.reports._words import catalog_json, condition_json, json_page, location_json, request_json


def render(difference: Difference) -> str:
    """What was added, widened, changed, narrowed and removed; the paths; what is undecided, and why."""
    by_kind: dict[str, list[dict[str, Any]]] = {kind.value: [] for kind in Kind}
    for subject, change in difference.changes():
        by_kind[change.kind].append(_change(subject, change, difference))
    document = {
        "schema": "grantgraph/diff/1",
        "catalog": catalog_json(difference.catalog),
        "base": difference.base.source,
        "head": difference.head.source,
        **by_kind,
        "paths": {"opened": list(map(_path, difference.opened)), "closed": list(map(_path, difference.closed))},
        "same": [
            {"about": one.about.value, "principal": one.id, "on": one.on, "assuming": sorted(one.assuming)}
            for one in difference.subjects
            if one.is_same
        ],
        "undecided": [_doubt(subject, doubt) for subject, doubt in difference.all_doubts()],
        "renamed": [{"what": one.what, "base": one.base, "head": one.head} for one in difference.renamed],
        "not_compared": list(difference.left_out),
        "summary": {
            "widens": difference.widens,
            "differs": difference.differs,
            "unchanged": difference.unchanged,
            **{kind: len(ones) for kind, ones in by_kind.items()},
            "undecided": sum(1 for _ in difference.all_doubts()),
        },
    }
    return json_page(document)


def _change(subject: Subject, change: Change, difference: Difference) -> dict[str, Any]:
    terms = change.now or change.was
    witness = change.gain or change.loss
    return {
        "principal": subject.id,
        "about": subject.about.value,
        "on": subject.on,
        "presence": subject.presence.value,
        "service": change.service,
        "resources": [one or "*" for one in change.places] if not subject.on else [subject.on],
        "actions": [str(one) for one in change.actions],
        "conditions": [condition_json(one) for term in terms for one in term.statement.conditions],
        "was": list(map(_terms, change.was)),
        "now": list(map(_terms, change.now)),
        "witness": request_json(witness.request) if witness is not None else None,
        "allowed_now": _witness(change.gain, subject, difference),
        "allowed_before": _witness(change.loss, subject, difference),
        "unless": change.unless,
    }


def _terms(terms: Terms) -> dict[str, Any]:
    return {
        "resources": list(terms.resources),
        "conditions": [condition_json(one) for one in terms.statement.conditions],
        "policy": terms.policy.name,
        "statement": terms.statement.sid,
        "location": location_json(terms.statement.at),
    }


def _witness(witness: Witness | None, subject: Subject, difference: Difference) -> dict[str, Any] | None:
    if witness is None:
        return None
    return {
        "request": request_json(witness.request),
        "refused": witness.refused.decision.value,
        "because": say_refused(witness),
        "ask": can_line(difference, subject, witness.request),
    }


def _path(path: Path) -> dict[str, Any]:
    return {
        "words": path.words,
        "entry": path.entry,
        "caller": path.caller,
        "role": path.role,
        "leads_to": list(path.leads_to),
        "location": location_json(path.at),
    }


def _doubt(subject: Subject | None, doubt: Doubt) -> dict[str, Any]:
    return {
        "principal": subject.id if subject is not None else "",
        "about": subject.about.value if subject is not None else "",
        "on": doubt.place or (subject.on if subject is not None else ""),
        "actions": [str(one) for one in doubt.actions],
        "reason": doubt.reason,
        "may_widen": doubt.may_widen,
        "location": location_json(doubt.at),
    }
