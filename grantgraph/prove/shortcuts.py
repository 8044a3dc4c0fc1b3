"""What needs no search: statements that both sides of an implication share, and what nobody grants.

Adding to what policies allow never takes anything away, and neither does leaving out what they deny. So where
nothing else differs, what both sides say in the very same way need not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from grantgraph.evaluate.request import Caller, CallerKind
from grantgraph.policy.document import ActionPattern, Actions, Effect, Policy, PolicySet, PolicyType, Statement
from grantgraph.prove.actions import encode_actions
from grantgraph.prove.encode import needs_no_grant
from grantgraph.prove.formula import FALSE
from grantgraph.prove.principals import encode_principal
from grantgraph.prove.subject import Standing


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


def are_plain(narrower: Standing, wider: Standing) -> bool:
    """Whether only identity policies, and one resource's own, make a difference in what is granted, and all that
    they name is known. The narrower side may be limited besides: limits only take away."""
    one, other = narrower.policies.resource_based, wider.policies.resource_based
    if (one is None) is not (other is None) or (one and other and one.type is not other.type):
        return False
    if narrower.targets != wider.targets:
        return False
    unlimited = replace(wider.policies, identity_based=(), resource_based=None) == PolicySet()
    return unlimited and all(map(_is_known, (narrower, wider)))


def _is_known(standing: Standing) -> bool:
    own = standing.policies.resource_based
    unknown = any(statement.actions.is_open for statement in granting(standing))
    unseen = any(policy.unseen for policy in _granting(standing.policies))
    nobody = own is not None and any(one.principals is None for one in own.statements)
    return not (unknown or unseen or nobody)


def granting(standing: Standing) -> list[Statement]:
    """The statements of the policies that can grant: the first of `statements_of`, in its order."""
    return [one for policy in _granting(standing.policies) for one in policy.statements]


def _granting(policies: PolicySet) -> tuple[Policy, ...]:
    own = policies.resource_based
    return (*policies.identity_based, *((own,) if own is not None else ()))


def is_within(narrower: list[Statement], wider: list[Statement]) -> bool:
    """Whether each Allow of the first is one of the second, and each Deny of the second one of the first.

    The statements are those that name one action; what they say of other actions does not matter. One that lists
    resources says the same as one for each of them.
    """

    def about(statements: list[Statement], effect: Effect) -> set[object]:
        return {
            (one.principals, resources, one.conditions)
            for one in statements
            if one.effect is effect
            for resources in ((one.resources,) if one.resources.negated else one.resources.patterns)
        }

    allowed = about(narrower, Effect.ALLOW) <= about(wider, Effect.ALLOW)
    return allowed and about(wider, Effect.DENY) <= about(narrower, Effect.DENY)


def grants_nothing(standing: Standing, action: str) -> bool:
    """Whether it is plain that nothing grants an action: no Allow of the caller's own policies is about it, and no
    Allow of a resource's that is names the caller."""
    caller, own = standing.session.caller, standing.policies.resource_based
    shared = [*((own,) if own is not None else ()), *(target.policy for target in standing.targets)]
    policies = (*standing.policies.identity_based, *shared)
    unseen = any(policy.unseen for policy in policies)
    if unseen or caller.kind is CallerKind.ROOT or needs_no_grant(action):
        return False
    return not any(
        one.effect is Effect.ALLOW
        and _names(one, caller, policy.type)
        and encode_actions(one.actions, action) != FALSE
        for policy in policies
        for one in policy.statements
    )


def _names(statement: Statement, caller: Caller, type: PolicyType) -> bool:
    """Whether a statement may be about a caller."""
    principals = statement.principals
    if principals is None or principals.negated:
        return True
    return any(encode_principal(one, caller, type)[0] != FALSE for one in principals.members)


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
