"""Inferred needs as entries of a model: each with why it is believed; what could not be told, commented out."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.infer import Confidence, InferredNeed
from grantgraph.model import Application
from grantgraph.outline.lines import Item, Section
from grantgraph.outline.names import Names
from grantgraph.problems import Location
from grantgraph.quoting import Value, yaml_flow
from grantgraph.resources import resource_types
from grantgraph.tighten import Tight, Tightened


def needs_of(tightened: Tightened, names: Names) -> Section:
    """Every inferred need, role by role; below, what today's policies allow besides, and what stays."""
    found = Section("needs")
    besides: dict[str, list[str]] = {ALLOWED: [], NOBODY: [], STAYS: []}
    for role in tightened.judged():
        name = names.of[role.principal.id]
        found.items += [_need(need, tightened.application, names) for need in role.needs]
        besides[ALLOWED] += [f"{name}: {words}" for words in _beyond(role)]
        besides[NOBODY] += [f"{name}: `{one.spelled}`: {one.why}{_at(names, one.at)}" for one in role.dead]
        besides[STAYS] += [f"{name}: {one.words}: {one.why.value}" for one in role.stays]
    for about, lines in besides.items():
        if lines:
            found.after += (about, *(f"  {one}" for one in dict.fromkeys(lines)))
    return found


ALLOWED = "allowed today, and not taken for a need:"
NOBODY = "named by policies, and of use to nobody:"
STAYS = "kept as it is, because no need says it:"


def _need(own: InferredNeed, application: Application, names: Names) -> Item:
    need = own.need
    facts: dict[str, Value] = {"who": names.of[need.who], "access": need.access, "to": need.to}
    facts |= need.scopes.given()
    if not need.access:
        facts["access"] = _first_word(application, need.to)
    comments = [str(own.confidence), *(f"  {one}{_at(names, one.at)}" for one in own.evidence)]
    comments += [f"  but {one}" for one in own.doubts]
    if own.missing and own.confidence is not Confidence.WIRED:
        comments.append(f"  but today's policies lack {', '.join(own.missing)}")
    return Item(f"- {yaml_flow(facts)}", tuple(comments), _why_out(own, application))


def _at(names: Names, at: Location) -> str:
    shown = names.place(at)
    return f" [{shown}]" if shown else ""


def _why_out(own: InferredNeed, application: Application) -> str:
    """Why a need is left to the model's author; "" where it can be said."""
    if not own.need.access:
        words = ", ".join(_words(application, own.need.to))
        return f"nothing says how it is used: say it by {words}"
    if own.by_service:
        return "it comes by itself, with how the application is wired"
    limits = [one for one in own.doubts if one.startswith(LIMITED)]
    if limits:
        return "no word of a model says that limit, and without it more would be allowed than today"
    return ""


LIMITED = "limited further"


def _words(application: Application, to: str) -> tuple[str, ...]:
    resource = application.resource(to)
    return tuple(resource_types()[resource.type].access) if resource is not None else ("invoke",)


def _first_word(application: Application, to: str) -> str:
    return next(iter(_words(application, to)), "invoke")


def _beyond(role: Tight) -> Iterator[str]:
    """How much is allowed besides, and the first of the worst; `synth` shows the rest."""
    number = sum(len(one.actions) for one in role.beyond)
    worst = [witness for one in role.beyond for witness in one.worst]
    if number:
        shown = f", such as `{worst[0].request.action}` on {worst[0].request.resource}" if worst else ""
        yield f"{number:,} {'action' if number == 1 else 'actions'} at {_places(len(role.beyond))}{shown}"
    if any(one.doubtful for one in role.beyond):
        yield "perhaps more: that hinges on what is decided at deployment"


def _places(number: int) -> str:
    return f"{number:,} {'place' if number == 1 else 'places'}"
