"""`synth` for people: each principal's policy, why each statement is there, and what was proved."""

from __future__ import annotations

import json

from grantgraph.policy.render import render_policy, size_of
from grantgraph.prove import Proved, Refuted, Undecided
from grantgraph.reports._words import count, page, place
from grantgraph.synthesize import Synthesis, Synthesized


def render(synthesized: Synthesized) -> str:
    """A summary, then the policies, then what the reader should know."""
    found = synthesized.syntheses
    proved = sum(isinstance(one.proof, Proved) for one in found)
    lines = [
        f"{synthesized.application.name}: policies for {count(len(found), 'principal')}; "
        f"{proved} of {len(found)} proved to allow exactly what is needed; action catalog of {synthesized.catalog}"
    ]
    for one in found:
        lines += ["", *_synthesis(one)]
    if synthesized.notes:
        lines += ["", "notes"]
        for note in synthesized.notes:
            lines.append(f"  {place(note.at)}: {note.message}")
            lines += [f"    {note.help}"] if note.help else []
    if synthesized.to_fill_in:
        lines += ["", "to fill in before use: " + ", ".join(synthesized.to_fill_in)]
    return page(lines)


def _synthesis(one: Synthesis) -> list[str]:
    lines = [f"== {one.principal.id} ({one.principal.type})", _proof(one)]
    if one.trust is not None:
        lines += ["trust policy", *_document(render_policy(one.trust))]
    if one.policy is None:
        return [*lines, "no policy: nothing is needed"]
    document = render_policy(one.policy)
    lines += [f"policy, {size_of(document):,} characters", *_document(document), "why"]
    width = max(len(written.sid) for written in one.why)
    for written in one.why:
        lines += [f"  {written.sid.ljust(width)}  {need}  [{place(need.at)}]" for need in written.needs]
    return lines


def _document(document: dict[str, object]) -> list[str]:
    return ["  " + line for line in json.dumps(document, indent=2, ensure_ascii=False).split("\n")]


def _proof(one: Synthesis) -> str:
    match one.proof:
        case Proved(assuming):
            terms = f"; assuming that {', '.join(sorted(assuming))}" if assuming else ""
            return f"proved: every need is allowed, and nothing beyond the needs{terms}"
        case Refuted(request, _):
            return f"REFUTED by {request.action} on {request.resource}"
        case Undecided(reason):
            return f"UNDECIDED: {reason}"
