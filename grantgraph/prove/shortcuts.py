"""What of an implication needs no search: statements that both sides share.

Adding to what identity policies allow never takes anything away, and neither does leaving out what they deny. So
where nothing else differs, what both sides say in the very same way need not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grantgraph.policy.document import ActionPattern, Actions, Effect, Policy, PolicySet, Statement
from grantgraph.prove.case import statements_of
from grantgraph.prove.subject import Standing
from grantgraph.text import Unknown


def statements_beyond(narrower: Standing, wider: Standing) -> tuple[Statement, ...]:
    """The Allow statements of the first, without the actions that the second allows in the very same way.

    A request whose action none of these names is allowed by the second if it is by the first.
    """
    mine, theirs = narrower.policies.identity_based, wider.policies.identity_based
    same = (narrower.session, narrower.targets) == (wider.session, wider.targets)
    if not same or _others(narrower) != _others(wider) or any(one.unseen for one in (*mine, *theirs)):
        return tuple(one for one in statements_of(narrower) if one.effect is Effect.ALLOW)
    denied = {_meaning(one) for one in _statements(mine, Effect.DENY)}
    if any(_meaning(one) not in denied for one in _statements(theirs, Effect.DENY)):
        return tuple(_statements(mine, Effect.ALLOW)) + tuple(
            one for target in narrower.targets for one in target.policy.statements if one.effect is Effect.ALLOW
        )
    allowed: dict[object, set[object]] = {}
    for one in _statements(theirs, Effect.ALLOW):
        allowed.setdefault(_scope(one), set()).update(_entries(one.actions))
    found = []
    for one in _statements(mine, Effect.ALLOW):
        known = allowed.get(_scope(one), set())
        if one.actions.negated:
            if one.actions not in known:
                found.append(one)
            continue
        left = tuple(entry for entry in one.actions.patterns if entry not in known)
        if left:
            found.append(replace(one, actions=Actions(left)))
    return tuple(found)


def is_plain(standing: Standing) -> bool:
    """Whether identity policies alone decide, and all that they name is known."""
    unknown = any(
        isinstance(part, Unknown)
        for statement in statements_of(standing)
        for pattern in statement.actions.patterns
        for part in pattern.name.parts
    )
    unseen = any(policy.unseen for policy in standing.policies.identity_based)
    return _others(standing) == PolicySet() and not standing.targets and not unknown and not unseen


def is_within(narrower: list[Statement], wider: list[Statement]) -> bool:
    """Whether each Allow of the first is one of the second, and each Deny of the second one of the first.

    The statements are those that name one action; what they say of other actions does not matter.
    """

    def about(statements: list[Statement], effect: Effect) -> set[object]:
        return {_scope(one) for one in statements if one.effect is effect}

    allowed = about(narrower, Effect.ALLOW) <= about(wider, Effect.ALLOW)
    return allowed and about(wider, Effect.DENY) <= about(narrower, Effect.DENY)


def _others(standing: Standing) -> PolicySet:
    return replace(standing.policies, identity_based=())


def _statements(policies: tuple[Policy, ...], effect: Effect) -> Iterator[Statement]:
    for policy in policies:
        yield from (one for one in policy.statements if one.effect is effect)


def _scope(statement: Statement) -> object:
    return statement.resources, statement.conditions


def _meaning(statement: Statement) -> object:
    return statement.actions, statement.resources, statement.conditions


def _entries(actions: Actions) -> tuple[Actions | ActionPattern, ...]:
    return (actions,) if actions.negated else actions.patterns
