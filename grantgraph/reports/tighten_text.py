"""`synth` of an input for people: what each role needs, what it has beyond that, and its tight policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from grantgraph.catalog import AccessLevel, Action
from grantgraph.infer import Dead, InferredNeed, Why
from grantgraph.model import Application
from grantgraph.policy.render import render_policy, size_of
from grantgraph.prove import Answer, Proved, Refuted, Undecided
from grantgraph.reports._words import count, framework_place, listed, not_read, page, place
from grantgraph.tighten import Beyond, Stays, Tight, Tightened

MOST_PLACES = 12
"""How many places beyond the needs are shown of one role."""


def render(tightened: Tightened) -> str:
    """A summary, then role by role: today, the needs, what goes beyond them, what stays, the tight policies."""
    lines = [*_summary(tightened)]
    for one in tightened.judged():
        lines += ["", *_role(one)]
    left = [one for one in tightened.roles if one.left]
    if left:
        lines += ["", "left as they are"]
        width = max(len(one.principal.id) for one in left)
        lines += [f"  {one.principal.id.ljust(width)}  {one.left}" for one in left]
    lines += [line for one in tightened.gaps for line in ("", f"open     {one}")]
    lines += [line for one in tightened.application.assuming for line in ("", f"assuming: {one}")]
    unread = not_read(tightened.application)
    return page([*lines, *([""] if unread else []), *unread])


def _summary(tightened: Tightened) -> Iterator[str]:
    judged = tuple(tightened.judged())
    wide = [one for one in judged if one.goes_beyond]
    unsure = [one for one in judged if one.is_open and not one.goes_beyond]
    whose = "the model's" if tightened.from_model else "inferred"
    if wide:
        yield f"BEYOND THE NEEDS: {len(wide)} of {count(len(judged), 'role')} can do more than needed"
    elif unsure:
        yield f"UNDECIDED: {len(unsure)} of {count(len(judged), 'role')} may do more than needed"
    elif tightened.gaps:
        yield f"UNDECIDED: {count(len(judged), 'role')} can do no more than needed, as far as all was read"
    else:
        yield f"TIGHT: {count(len(judged), 'role')}, and nothing beyond the needs"
    application: Application = tightened.application
    proved = sum(isinstance(one.proof, Proved) for one in judged)
    yield (
        f"{application.name}: needs are {whose}; {proved} of {count(len(judged), 'tight role')} proved; "
        f"action catalog of {tightened.catalog}"
    )


def _role(one: Tight) -> Iterator[str]:
    yield f"== {one.principal.id} ({one.principal.type})"
    yield from framework_place(one.principal.at)
    for held in one.held:
        if held.place:
            where = f"{held.place}: {count(len(held.allowed), 'action')} allowed"
            yield f"today    {where}, {len(held.needed) or 'none'} needed"
    if not one.needs:
        yield "needs    nothing that can be told from here"
    for need in one.needs:
        yield from _need(need)
    shown = one.beyond[:MOST_PLACES]
    for beyond in shown:
        yield from _beyond(beyond)
    rest = one.beyond[MOST_PLACES:]
    if rest:
        actions = sum(len(beyond.actions) for beyond in rest)
        yield f"beyond   {count(len(rest), 'more place')} with {count(actions, 'action')}"
    yield from map(_dead, one.dead)
    yield from map(_stays, _distinct(one.stays))
    for doubt in one.doubts:
        yield f"open     {doubt}"
    yield from _policies(one)


def _need(one: InferredNeed) -> Iterator[str]:
    words = ", ".join(one.need.access) or "to be used somehow"
    scopes = f" ({one.need.scopes})" if one.need.scopes.given() else ""
    yield f"needs    {words}: {one.need.to}{scopes}  [{one.confidence}]"
    for evidence in one.evidence:
        yield f"           because {evidence}  [{place(evidence.at)}]"
    for doubt in one.doubts:
        yield f"           but {doubt}"
    if one.missing and one.confidence != "wired only":
        yield f"           but today's policies lack {', '.join(one.missing)}"


def _beyond(one: Beyond) -> Iterator[str]:
    where = one.place or (
        f"everything else of {one.service}" if one.service else "services that nothing here uses"
    )
    verb = "allowed" if one.asked else "named"
    if one.actions:
        yield f"beyond   {where}: {count(len(one.actions), 'action')} {verb}: {_levels(one.levels().items())}"
    if one.doubtful:
        yield f"beyond   {where}: {count(len(one.doubtful), 'action')} perhaps: {_some(one.doubtful)}"
    for witness in one.worst:
        yield f"           {witness.request.action} on {witness.request.resource}"
    reasons = [why.value for why in one.why] + list(one.notes)
    yield f"           because {listed(list(dict.fromkeys(reasons)))}"


def _levels(levels: Iterable[tuple[AccessLevel, tuple[Action, ...]]]) -> str:
    return ", ".join(f"{len(actions)} {level}" for level, actions in levels)


def _some(actions: tuple[Action, ...]) -> str:
    first = ", ".join(str(one) for one in actions[:3])
    return f"{first} and {len(actions) - 3} more" if len(actions) > 3 else first


def _dead(one: Dead) -> str:
    return f"dead     {one.spelled}: {one.why}  [{place(one.at)}]"


def _distinct(stays: Iterable[Stays]) -> Iterator[Stays]:
    return iter(dict.fromkeys(stays))


def _stays(one: Stays) -> str:
    why = "it goes with the policy, to every resource that this names" if one.why is Why.RUNTIME else ""
    return f"stays    {one.words}: {one.why.value}{'; ' + why if why else ''}  [{place(one.at)}]"


def _policies(one: Tight) -> Iterator[str]:
    if not one.changes:
        yield f"tight    as it is: {_proof(one.proof)}"
        return
    shared = [own for own in one.rewritten if own.shared and own.changes]
    if shared:
        yield "           others hold the same policy, which keeps what any of them needs"
    if not one.policies:
        yield f"tight    no policy: nothing is needed; {_proof(one.proof)}"
    for policy in one.policies:
        document = render_policy(policy)
        yield f"tight    {policy.name or 'policy'}, {size_of(document):,} characters; {_proof(one.proof)}"
        yield from ("  " + line for line in json.dumps(document, indent=2, ensure_ascii=False).split("\n"))


def _proof(answer: Answer | None) -> str:
    match answer:
        case Proved(assuming):
            terms = f", assuming that {', '.join(sorted(assuming))}" if assuming else ""
            return f"proved to allow what is needed of today's access, and no more{terms}"
        case Refuted(request, _):
            return f"REFUTED by {request.action} on {request.resource}"
        case Undecided(reason):
            return f"UNDECIDED: {reason}"
        case _:
            return "not asked"
