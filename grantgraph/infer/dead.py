"""Entries of actions that nobody can use: none of a statement's resources is one that they act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from grantgraph.catalog import Action
from grantgraph.infer.entries import is_wild, names
from grantgraph.infer.holdings import Held, Holdings, Wanted
from grantgraph.infer.managed import Managed, managed_kind
from grantgraph.infer.why import Decision, Why
from grantgraph.model import Principal
from grantgraph.policy.document import Effect, Statement
from grantgraph.problems import Location


@dataclass(frozen=True, slots=True)
class Dead:
    """An entry of a statement's actions that no request can use, and why."""

    statement: Statement
    spelled: str
    why: str
    at: Location


def dead_of(
    principal: Principal, decisions: Iterable[Decision], holdings: Holdings, wanted: Wanted
) -> Iterator[Dead]:
    """The entries of a principal's own statements that no request can use, of those that were asked about."""
    for decision in decisions:
        if decision.whole is None and managed_kind(decision.held.policy) is Managed.NO:
            yield from _dead_in(principal, decision, holdings, wanted)


def _dead_in(principal: Principal, decision: Decision, holdings: Holdings, wanted: Wanted) -> Iterator[Dead]:
    held = decision.held
    given = {action for entry in held.entries for action in entry.actions()}
    unusable = {one.action: one.note for one in decision.dropped if one.why is Why.UNUSABLE}
    kept = {action for row in decision.rows for action in row.actions}
    for pattern in held.statement.actions.patterns if not held.statement.actions.negated else ():
        if pattern.service is None:
            continue
        meant = [one for one in holdings.catalog.actions(pattern.service) if names(pattern, one)]
        if not meant or not all(wanted(held.statement, one) for one in meant):
            continue
        live = [one for one in meant if one in given]
        if not live and not _is_denied(principal, held, meant, holdings):
            why = (
                "nothing that it names acts on the resources"
                if is_wild(pattern)
                else "none of the resources is one that it acts on"
            )
            yield Dead(held.statement, pattern.spelled, why, pattern.at)
        elif live and all(one in unusable and one not in kept for one in live):
            yield Dead(held.statement, pattern.spelled, unusable[live[0]], pattern.at)


def _is_denied(principal: Principal, held: Held, meant: list[Action], holdings: Holdings) -> bool:
    """Whether actions could be used, were it not for a Deny or a boundary."""
    own = (one for policy in principal.policies for one in policy.statements)
    if principal.boundary is None and not any(one.effect is Effect.DENY for one in own):
        return False
    alone = replace(held.policy, statements=(held.statement,))
    free = replace(principal, policies=(alone,), boundary=None)
    for other in holdings.of(free, lambda _, action: action in meant):
        return any(entry.given for entry in other.entries)
    return False
