"""`explain role` for people: who may become it, and what it can do, by resource and access level."""

from __future__ import annotations

from collections.abc import Iterable

from grantgraph.catalog import Action
from grantgraph.explain import Explanation, TrustedBy
from grantgraph.grants import Grant, by_level
from grantgraph.model import RoleChoice
from grantgraph.reports._words import about, count, framework_place, page, place, say_conditions


def render(explanation: Explanation) -> str:
    """The answer in a line, then who, then what and why."""
    principal = explanation.principal
    lines = [
        f"{principal.id} ({principal.type}){' made by ' + principal.framework if principal.framework else ''}",
        about(explanation.application, explanation.catalog),
        _summary(explanation.grants),
        "",
        "who can assume it",
        *(
            [f"  {line}" for one in explanation.trusted_by for line in _trust(one)]
            or ["  nobody that is known here"]
        ),
    ]
    if explanation.choices:
        lines += ["", "who gets it from an identity pool", *(f"  {_choice(one)}" for one in explanation.choices)]
    for where, grants in _by_place(explanation.grants).items():
        lines += ["", where]
        for grant in grants:
            lines += [f"  {line}" for line in _grant(grant)]
    if explanation.entry_points:
        lines += ["", "who reaches its code"]
        lines += [f"  {one.type} {one.id}, authorizer {one.authorizer}" for one in explanation.entry_points]
    if explanation.dead:
        lines += ["", "statements that no request can use"]
        lines += [
            f"  {one.statement.sid or 'a statement'} at {place(one.statement.at)}" for one in explanation.dead
        ]
    if explanation.unseen:
        lines += ["", "not known, so it may be more", *(f"  {reason}" for reason in explanation.unseen)]
    return page(lines)


def _summary(grants: tuple[Grant, ...]) -> str:
    actions = {str(action): action for grant in grants for action in grant.actions()}
    if not actions:
        return "can do nothing that is known here"
    levels = ", ".join(f"{len(ones)} {level}" for level, ones in by_level(actions.values()).items())
    return f"can use {count(len(actions), 'action')}: {levels}"


def _trust(one: TrustedBy) -> list[str]:
    at = f"  [{place(one.at)}]" if one.at.file else ""
    lines = [f"{one.who}, by {one.how}{at}"]
    return lines + [f"  if {condition}" for condition in one.conditions]


def _choice(one: RoleChoice) -> str:
    rule = f"if {one.claim} {one.match} {one.value}" if one.claim else "if their token names it"
    return f"users of {one.provider}, {rule}  [{place(one.at)}]"


def _by_place(grants: Iterable[Grant]) -> dict[str, list[Grant]]:
    found: dict[str, list[Grant]] = {}
    for grant in grants:
        where = grant.resource or f"everything else of {grant.service}, as far as the statement reaches"
        found.setdefault(where, []).append(grant)
    return found


def _grant(grant: Grant) -> list[str]:
    lines = []
    for level, actions in by_level(grant.actions()).items():
        lines.append(f"{level.value.ljust(22)} {len(actions):3}  {_names(actions)}")
    for reach in grant.reaches:
        if not reach.certain:
            lines.append(f"may be able to use {_names(reach.actions)}: {reach.doubt}")
    statement = grant.statement
    name = statement.sid or grant.policy.name
    resources = ", ".join(str(one) for one in statement.resources.patterns)
    negated = "everything but " if statement.resources.negated else ""
    lines.append(f"because {name} at {place(statement.at) or grant.policy.name}, on {negated}{resources}")
    lines += [f"  {line}" for line in framework_place(statement.at)]
    lines.append(f"when {say_conditions(statement.conditions)}")
    return lines


def _names(actions: tuple[Action, ...], most: int = 6) -> str:
    named = ", ".join(one.name for one in actions[:most])
    return named if len(actions) <= most else f"{named} and {len(actions) - most} more"
