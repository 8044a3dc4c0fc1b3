"""What of an implication needs no search: statements that both sides share.

Adding to what identity policies allow never takes anything away, and neither does leaving out what they deny. So
where nothing else differs, what both sides say in the very same way need not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from grantgraph.policy.document import ActionPattern, Actions, Effect, Policy, PolicySet, Statement
from grantgraph.prove.subject import Standing, statements_of


def beyond(narrower: Standing, wider: Standing) -> Standing:
    """The first without what the second allows in the very same way.

    A request that the first allows and what is left of it does not is allowed by the second, too.
    """
    mine, theirs = narrower.policies.identity_based, wider.policies.identity_based
    same = (narrower.session, narrower.targets) == (wider.session, wider.targets)
    if not same or _others(narrower) != _others(wider) or any(one.unseen for one in (*mine, *theirs)):
        return narrower
    denied = {_meaning(one) for one in _statements(mine, Effect.DENY)}
    if any(_meaning(one) not in denied for one in _statements(theirs, Effect.DENY)):
        return narrower
    allowed: dict[object, set[object]] = {}
    for one in _statements(theirs, Effect.ALLOW):
        allowed.setdefault(_scope(one), set()).update(_entries(one.actions))

    def left(one: Statement) -> tuple[Statement, ...]:
        known = allowed.get(_scope(one), set()) if one.effect is Effect.ALLOW else set()
        if one.actions.negated or not known:
            return () if one.actions in known else (one,)
        patterns = tuple(entry for entry in one.actions.patterns if entry not in known)
        return (replace(one, actions=Actions(patterns)),) if patterns else ()

    policies = tuple(replace(one, statements=tuple(chain(*map(left, one.statements)))) for one in mine)
    return replace(narrower, policies=replace(narrower.policies, identity_based=policies))


def is_plain(standing: Standing) -> bool:
    """Whether identity policies alone decide, and all that they name is known."""
    unknown = any(statement.actions.is_open for statement in statements_of(standing))
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
