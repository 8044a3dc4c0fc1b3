"""That narrowed policies allow exactly what the old ones allow of the needs: nothing new, and nothing lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from grantgraph.catalog import Catalog
from grantgraph.infer.holdings import bare
from grantgraph.infer.why import Decision
from grantgraph.model import Application, Principal
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import (
    ActionPattern,
    Actions,
    Effect,
    Policy,
    PolicyType,
    Resources,
    Statement,
)
from grantgraph.policy.pattern import parse_pattern
from grantgraph.prove import Answer, Standing, allowed_actions, allowed_exactly, as_given
from grantgraph.standing import standing_of


def prove_tight(
    application: Application,
    principal: Principal,
    tight: tuple[Policy, ...],
    decisions: Iterable[Decision],
    catalog: Catalog,
) -> Answer:
    """The proof, as far as the policies were given.

    What is needed is said a second time, action by action, and put around today's policies as a session policy
    is: what both allow is what the tight policies have to allow.
    """
    needed = needed_policy(decisions)
    own = bare(application)
    today = as_given(standing_of(own, principal))
    limited = replace(today, policies=replace(today.policies, session=(needed,)))
    after = as_given(standing_of(own, principal, tight))
    asked = allowed_actions([*needed.statements, *_allowing(after)], catalog)
    return allowed_exactly(after, limited, asked, catalog)


def _allowing(standing: Standing) -> list[Statement]:
    return [
        one
        for policy in standing.policies.identity_based
        for one in policy.statements
        if one.effect is Effect.ALLOW
    ]


def needed_policy(decisions: Iterable[Decision]) -> Policy:
    """What stays of statements, one action on one resource a statement; what is not asked about as it is."""
    found: dict[Statement, None] = {}
    for decision in decisions:
        for statement in _needed(decision):
            found[statement] = None
    return Policy(PolicyType.SESSION, tuple(found), "needed")


def _needed(decision: Decision) -> Iterable[Statement]:
    own = replace(decision.held.statement, sid="")
    if decision.whole is not None:
        yield own
        return
    if decision.patterns:
        yield replace(own, actions=Actions(tuple(pattern for pattern, _ in decision.patterns)))
    for row in decision.rows:
        resources = own.resources
        if row.narrowed is not None:
            resources = Resources((ArnPattern(parse_pattern(row.narrowed)),))
        elif not resources.negated:
            resources = Resources((resources.patterns[row.number],))
        for action in sorted(row.actions, key=str):
            name = parse_pattern(action.name.lower(), variables=False)
            actions = Actions((ActionPattern(str(action), action.service, name),))
            yield replace(own, actions=actions, resources=resources)
