"""`synth` for people: each role's policies, why each statement is there, and what was proved."""

from __future__ import annotations

import json
from collections.abc import Iterable

from grantgraph.policy.document import Policy
from grantgraph.policy.render import render_policy, size_of
from grantgraph.prove import Answer, Proved, Refuted, Undecided
from grantgraph.reports._words import count, page, place
from grantgraph.synthesize import Entrance, Synthesis, Synthesized, Written


def render(synthesized: Synthesized) -> str:
    """A summary, then the policies, then what the reader should know."""
    found, entrances = synthesized.syntheses, synthesized.entrances
    proofs = synthesized.proofs().values()
    proved = sum(isinstance(one, Proved) for one in proofs)
    whose = count(len(found), "principal") + (f" and {count(len(entrances), 'resource')}" if entrances else "")
    claim = f"{proved} of {len(proofs)} proved to allow exactly what is needed"
    lines = [
        f"{synthesized.application.name}: policies for {whose}; {claim}; action catalog of {synthesized.catalog}"
    ]
    for one in found:
        lines += ["", *_synthesis(one)]
    for entrance in entrances:
        lines += ["", *_entrance(entrance)]
    if synthesized.boundary is not None:
        lines += ["", "== the permissions boundary of all roles"]
        lines += ["every proof holds within it: it takes nothing away that is needed"]
        lines += _policy("policy", synthesized.boundary)
    if synthesized.notes:
        lines += ["", "notes"]
        for note in synthesized.notes:
            lines.append(f"  {place(note.at)}: {note.message}")
            lines += [f"    {note.help}"] if note.help else []
    if synthesized.to_fill_in:
        lines += ["", "to fill in before use: " + ", ".join(synthesized.to_fill_in)]
    return page(lines)


def _synthesis(one: Synthesis) -> list[str]:
    lines = [
        f"== {one.principal.id} ({one.principal.type})",
        _proof(one.proof, "every need is allowed, and nothing beyond the needs"),
    ]
    if one.trust is not None:
        lines += ["trust policy", *_document(render_policy(one.trust))]
    if not one.attached:
        return [*lines, "no policy: nothing is needed"]
    for attached in one.attached:
        lines += _policy(f"{attached.attachment} policy", attached.policy)
    return [*lines, *_why(one.why)]


def _entrance(one: Entrance) -> list[str]:
    lines = [
        f"== {one.resource.id} ({one.resource.type}), its own policy",
        _proof(one.proof, "each can do what it is let in for, and nobody else anything"),
    ]
    if one.elsewhere:
        lines.append(f"it belongs to account {one.elsewhere}: its owner has to add these statements")
    elif one.resource.existing:
        lines.append("it exists already: add these statements to what it has")
    return [*lines, *_policy("policy", one.policy), *_why(one.why)]


def _policy(what: str, policy: Policy) -> list[str]:
    document = render_policy(policy)
    return [f"{what}, {size_of(document):,} characters", *_document(document)]


def _why(why: Iterable[Written]) -> list[str]:
    found = tuple(why)
    width = max((len(written.sid) for written in found), default=0)
    lines = ["why"] if found else []
    for written in found:
        lines += [f"  {written.sid.ljust(width)}  {reason}  [{place(reason.at)}]" for reason in written.reasons]
    return lines


def _document(document: dict[str, object]) -> list[str]:
    return ["  " + line for line in json.dumps(document, indent=2, ensure_ascii=False).split("\n")]


def _proof(answer: Answer, what: str) -> str:
    match answer:
        case Proved(assuming):
            terms = f"; assuming that {', '.join(sorted(assuming))}" if assuming else ""
            return f"proved: {what}{terms}"
        case Refuted(request, _):
            return f"REFUTED by {request.action} on {request.resource}"
        case Undecided(reason):
            return f"UNDECIDED: {reason}"
