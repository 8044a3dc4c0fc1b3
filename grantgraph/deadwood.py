"""What a policy says in vain: entries that nobody can use, Denies that never fire, keys that stand in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from grantgraph.catalog import Action, Catalog
from grantgraph.catalog.managed import load_managed_policies
from grantgraph.grants import Grants
from grantgraph.holdings import Holdings
from grantgraph.model import Application, Principal, Resource
from grantgraph.policy.document import ActionPattern, Actions, Effect, Policy, Statement
from grantgraph.prove import Reach, Standing, allowed_actions, at_or_under, reaches
from grantgraph.resources import resource_types
from grantgraph.standing import VISITORS
from grantgraph.statements import denying, names_one, variables_of


@dataclass(frozen=True, slots=True)
class Dead:
    """Entries of a statement's actions that no request can use, and why."""

    statement: Statement
    entries: tuple[ActionPattern, ...]
    why: str


def dead_entries(
    holdings: Holdings, principal: Principal, known: dict[Statement, tuple[Dead, ...]]
) -> Iterator[Dead]:
    """The entries of a principal's own Allow statements that no request can use.

    A policy that AWS wrote is left out: nobody can mend it.

    Args:
        known: what was found before of statements of which it does not matter whose they are.
    """
    bare = not _is_limited(principal) and principal.type not in VISITORS
    for policy in principal.policies:
        for statement in policy.statements:
            if statement.effect is not Effect.ALLOW or statement.actions.negated or not statement.at.file:
                continue
            anybodys = bare and not variables_of(statement)
            if not anybodys or statement not in known:
                found = tuple(_dead_in(holdings, principal, policy, statement))
                if anybodys:
                    known[statement] = found
            else:
                # Equal statements stand at different places, and their entries in the same order.
                found = tuple(_moved(one, statement) for one in known[statement])
            yield from found if found and policy.name not in _names_at_aws() else ()


@cache
def _names_at_aws() -> frozenset[str]:
    """The names of AWS's own managed policies, which an account's file holds with their documents."""
    return frozenset(name.rpartition("/")[2] for name in load_managed_policies().names())


def _moved(dead: Dead, statement: Statement) -> Dead:
    entries = tuple(one for one in statement.actions.patterns if one in dead.entries)
    return Dead(statement, entries, dead.why)


def _is_limited(principal: Principal) -> bool:
    """Whether anything takes away from what a principal is granted."""
    return principal.boundary is not None or any(denying(principal.policies))


def _dead_in(holdings: Holdings, principal: Principal, policy: Policy, statement: Statement) -> Iterator[Dead]:
    grants, shown = holdings.grants, holdings.shown(principal, statement)
    standing = grants.alone(principal, policy, statement)
    meant = [
        (entry, _actions_of(entry, statement, grants.catalog))
        for entry in statement.actions.patterns
        if entry.service is not None
    ]
    meant = [(entry, actions) for entry, actions in meant if shown.isdisjoint(actions)]
    singles = [actions[0] for _, actions in meant if len(actions) == 1]
    usable = {action for reach in reaches(standing, singles, grants.catalog) for action in reach.actions}
    found: dict[str, list[ActionPattern]] = {}
    for entry, actions in meant:
        live = actions[0] in usable if len(actions) == 1 else _is_usable(standing, actions, grants.catalog)
        if actions and not live:
            why = _why(grants, principal, policy, statement, actions)
            found.setdefault(why, []).append(entry)
    yield from (Dead(statement, tuple(entries), why) for why, entries in found.items())


def _actions_of(entry: ActionPattern, statement: Statement, catalog: Catalog) -> tuple[Action, ...]:
    return allowed_actions([replace(statement, actions=Actions((entry,)))], catalog)


def _is_usable(standing: Standing, actions: Iterable[Action], catalog: Catalog) -> bool:
    return next(reaches(standing, actions, catalog), None) is not None


def _why(
    grants: Grants, principal: Principal, policy: Policy, statement: Statement, actions: tuple[Action, ...]
) -> str:
    """Which of all that limits an entry leaves nothing of it."""
    free = replace(principal, policies=(replace(policy, statements=(statement,)),), boundary=None)
    if _is_limited(principal) and _is_usable(grants.alone(free, policy, statement), actions, grants.catalog):
        return "a Deny, or the boundary, takes all of it away"
    bare = replace(statement, conditions=())
    if statement.conditions and _is_usable(grants.alone(free, policy, bare), actions, grants.catalog):
        return "no request for it satisfies the condition"
    return "it acts on none of the resources"


def silent_denies(grants: Grants, principal: Principal) -> Iterator[Statement]:
    """The Deny statements of a principal's own policies that no request can match."""
    for policy in principal.policies:
        for statement in policy.statements:
            if statement.effect is not Effect.DENY or not statement.at.file:
                continue
            allowing = replace(statement, effect=Effect.ALLOW)
            alone = replace(policy, statements=(allowing,), unseen=())
            standing = grants.ground.standing(replace(principal, boundary=None), (alone,), ())
            actions = allowed_actions([allowing], grants.catalog)
            if actions and not _is_usable(standing, actions, grants.catalog):
                yield statement


@dataclass(frozen=True, slots=True)
class Locked:
    """Actions on an encrypted resource that fail: their caller cannot use the key as they take it."""

    resource: Resource
    key: Resource
    reach: Reach
    missing: str


def locked(
    application: Application, standing: Standing, statements: Iterable[Statement], catalog: Catalog
) -> Iterator[Locked]:
    """What a caller is allowed on encrypted resources, and cannot do for want of the key.

    Args:
        statements: the Allow statements around the caller.
    """
    known = tuple(statements)
    for resource in application.resources:
        encryption = resource_types()[resource.type].encryption
        key = application.resource(str(resource.attributes.get("key", "")))
        for name, taken in encryption.takes.items() if encryption is not None and key is not None else ():
            action = catalog.action(name)
            if action is None or key is None or not any(names_one(one, [name]) for one in known):
                continue
            reach = next(reaches(standing, [action], catalog, at_or_under(resource.arn)), None)
            if reach is None or not reach.certain:
                continue
            for one in taken:
                using = catalog.action(one)
                if (
                    using is not None
                    and next(reaches(standing, [using], catalog, at_or_under(key.arn)), None) is None
                ):
                    yield Locked(resource, key, reach, one)
                    break
