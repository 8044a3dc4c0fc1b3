"""How rules tell what they found: grants gathered, places and actions named, doubts and proofs said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from grantgraph.catalog import Action
from grantgraph.escalations import Opening
from grantgraph.findings import Doubt, Evidence, Finding, Proof, Severity, Together, Written
from grantgraph.grants import Grant, unseen_of
from grantgraph.model import Application, Principal
from grantgraph.problems import Location
from grantgraph.prove import Reach, Refuted


def doubts_of(
    rule: str,
    principal: Principal,
    grants: Iterable[Grant],
    about: Callable[[Action], bool] = lambda action: True,
) -> Iterator[Doubt]:
    """What keeps a rule from an answer about a principal: policies that we were not given, open questions.

    Args:
        about: which actions the rule asks about.
    """
    for unseen in unseen_of(principal):
        yield Doubt(rule, principal.id, unseen.reason, principal.at)
    for grant in grants:
        for reach in grant.reaches:
            if not reach.certain and any(about(action) for action in reach.actions):
                yield Doubt(rule, principal.id, reach.doubt, grant.place(reach.actions))


def shown(rule: str, who: str, reached: Iterable[Reach], at: Location) -> tuple[list[Doubt], list[Shown]]:
    """What some reaches leave open, and the actions that they show, each with its request."""
    doubts, found = [], []
    for one in reached:
        if one.certain:
            found += list(zip(one.actions, one.witnesses, strict=True))
        else:
            doubts.append(Doubt(rule, who, one.doubt, at))
    return doubts, found


Shown: TypeAlias = tuple[Action, Refuted]
"""An action, and the request that shows that it can be used."""


def escalated(
    rule: str, severity: Severity, principal: Principal, openings: Iterable[Opening], does: str, help: str
) -> Iterator[Finding | Doubt]:
    """The ways to more power that are open to a principal, as one finding: the first with its requests."""
    known = tuple(openings)
    sure = [one for one in known if not one.doubt]
    if not sure:
        yield from (Doubt(rule, principal.id, one.doubt, principal.at) for one in known[:1])
        return
    first = sure[0]
    ids = [one.way.id for one in sure]
    shown_ids = ", ".join(ids[:MOST_WAYS]) + (f" and {len(ids) - MOST_WAYS} more" if len(ids) > MOST_WAYS else "")
    statement = first.witnesses[0].verdict.because[0].statement
    yield Finding(
        rule,
        severity,
        principal.id,
        f"whoever acts as `{principal.id}` can {does}: {first.way.words} ({shown_ids})",
        _evidence(first),
        statement.at if statement.at.file else principal.at,
        help,
        tuple(sorted({action for one in sure for action in one.way.actions})),
    )


def _evidence(opening: Opening) -> Evidence:
    if opening.assuming:
        requests = "; ".join(f"{one.request.action} on {one.request.resource}" for one in opening.witnesses)
        return Written(f"{requests}, if {opening.assuming}")
    return Together(opening.witnesses) if len(opening.witnesses) > 1 else opening.witnesses[0]


MOST_WAYS = 5
"""How many ways to more power a message names."""


def gather(grants: Iterable[Grant]) -> Iterator[tuple[Grant, ...]]:
    """Grants, one by one; those of a statement that reaches into very many services come together."""
    known = tuple(grants)
    beyond: dict[int, list[Grant]] = {}
    for one in known:
        if not one.resource:
            beyond.setdefault(id(one.statement), []).append(one)
    for one in known:
        together = beyond.get(id(one.statement), []) if not one.resource else [one]
        if len(together) <= MANY_SERVICES:
            yield (one,)
        elif one is together[0]:
            yield tuple(together)


MANY_SERVICES = 5
"""How many services of one statement are reported one by one."""


def name_place(grants: tuple[Grant, ...]) -> str:
    """What grants are about: a resource, what else a service holds, or very many services."""
    first = grants[0]
    if len(grants) > 1:
        return f"{len(grants)} services, anywhere in the account"
    return f"`{first.resource}`" if first.resource else f"{first.service}, anywhere in the account"


def name_actions(actions: Iterable[Action], most: int = 3) -> str:
    """A few actions by name, and how many more."""
    known = tuple(actions)
    named = ", ".join(str(one) for one in known[:most])
    return named if len(known) <= most else f"{named} and {len(known) - most} more"


_LAST = frozenset({"lambda", "execute-api", "appsync", "cognito-identity", "cognito-idp"})
"""Services whose resources are named after those that hold data."""


def proof_of(
    rule: str, principal: Principal, grants: Iterable[Grant], application: Application, words: str
) -> Iterator[Proof]:
    """What the grants that were looked for leave out: resources on which no request does any of it.

    Nothing is proved of a principal that may hold policies which were not given, nor of a resource that may have
    one; and nothing of all resources, where there may be some that were not to be seen.
    """
    if unseen_of(principal):
        return
    found = tuple(grants)
    open = {one.id for one in application.resources if one.policy is not None and one.policy.unseen}
    touched = {one.resource for one in found} | open
    apart = [one for one in application.resources if one.id not in touched]
    left = [one.id for one in sorted(apart, key=lambda one: one.type.partition(":")[0] in _LAST)]
    if not found and not open and not application.hidden:
        yield Proof(rule, principal.id, words)
    elif left:
        yield Proof(rule, principal.id, f"{words} to", tuple(left))
