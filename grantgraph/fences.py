"""What is meant to hold somebody off, and does not: keys that are missing, boundaries, and who is exempted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grantgraph.catalog import Catalog
from grantgraph.evaluate import Caller, CallerKind, parse_caller
from grantgraph.evaluate.principal import match_principals
from grantgraph.model import Application, Principal, PrincipalType
from grantgraph.node import node_of
from grantgraph.outsiders import EVERYTHING
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import (
    Condition,
    Effect,
    Operator,
    Policy,
    PolicySet,
    PolicyType,
    Principals,
    Quantifier,
    Statement,
)
from grantgraph.policy.parse import parse_policy
from grantgraph.prove import (
    Answer,
    Proved,
    Reach,
    Standing,
    allowed_actions,
    carried,
    implies,
    negation,
    reaches,
)
from grantgraph.statements import allowing
from grantgraph.text import Text

# ── conditions that hold where their key is missing ──────────────────────────────────────────────────────


def holds_without_its_key(condition: Condition) -> bool:
    """Whether a condition holds for a request that does not carry its key, and does not say so (68, 72)."""
    operator = condition.operator
    if not isinstance(operator, Operator) or condition.if_exists or operator is Operator.NULL:
        return False
    every = condition.quantifier is Quantifier.FOR_ALL_VALUES
    return every or (operator.negated and condition.quantifier is None)


def reached_without(
    standing: Standing, statement: Statement, condition: Condition, catalog: Catalog
) -> Reach | None:
    """What a statement allows to a request that lacks the key of a condition of it, if anything."""
    actions = allowed_actions([statement], catalog)
    for reach in reaches(standing, actions, catalog, negation(carried(condition.key))):
        if not reach.certain or any(one.statement == statement for one in reach.witnesses[0].verdict.because):
            return reach
    return None


def asks_for_truth(condition: Condition) -> bool:
    """Whether a Deny with this condition is meant for whatever does not carry `true`."""
    false = condition.operator is Operator.BOOL and not condition.if_exists and condition.quantifier is None
    return false and condition.values == (False,)


def slips_through(standing: Standing, deny: Statement, condition: Condition, catalog: Catalog) -> Answer:
    """No request that lacks the key of a condition is allowed where a Deny without that condition would forbid it.

    Refuted by a request that the Deny is meant for, and lets pass.
    """
    rest = tuple(one for one in deny.conditions if one is not condition)
    strict = _with_statement(standing, deny, replace(deny, conditions=rest))
    present = node_of(
        {
            "Statement": {
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"Null": {condition.key: "false"}},
            }
        }
    )
    shut = parse_policy(present, PolicyType.IDENTITY_BASED, "whatever carries the key").value
    lacking = replace(standing.policies, identity_based=(*standing.policies.identity_based, shut))
    named = allowed_actions(list(allowing(standing.policies.identity_based)), catalog)
    return implies(replace(standing, policies=lacking), strict, named, catalog)


def _with_statement(standing: Standing, old: Statement, new: Statement) -> Standing:
    def changed(policy: Policy) -> Policy:
        return replace(policy, statements=tuple(new if one is old else one for one in policy.statements))

    own = tuple(changed(one) for one in standing.policies.identity_based)
    return replace(standing, policies=replace(standing.policies, identity_based=own))


# ── boundaries ───────────────────────────────────────────────────────────────────────────────────────────


def held_within(standing: Standing, boundary: Policy, catalog: Catalog) -> Answer:
    """A caller is allowed nothing that its boundary does not allow; a resource's own policy can (rule 114).

    Routes and keys are left out: who may use one is not for such a policy alone to say.
    """
    wide = PolicySet(identity_based=(EVERYTHING,), permissions_boundary=boundary)
    targets = tuple(one for one in standing.targets if _service(one.arn) not in ("execute-api", "kms"))
    standing = replace(standing, targets=targets)
    if not any(one.effect is Effect.ALLOW for target in targets for one in target.policy.statements):
        return Proved()
    return implies(standing, replace(standing, policies=wide, targets=()), None, catalog)


def _service(value: Text) -> Text:
    arn = parse_arn(value)
    return arn.service if arn is not None else ""


# ── who is exempted ──────────────────────────────────────────────────────────────────────────────────────


def exempted_in_vain(application: Application, policy: Policy) -> Iterator[tuple[Principal, Statement]]:
    """The principals that a Deny exempts by `NotPrincipal`, and may deny all the same (60, 61).

    A session is exempted for sure only with its account, its role and itself; whoever has a boundary never is.
    """
    own = {one.arn: one for one in application.principals}
    for statement in policy.statements:
        principals = statement.principals
        if statement.effect is Effect.ALLOW or principals is None or not principals.negated:
            continue
        for principal in (own[one.value] for one in principals.members if one.value in own):
            account = application.environment.account
            kind = CallerKind.USER if principal.type is PrincipalType.USER else CallerKind.ROLE
            callers = [Caller(kind, principal.arn, account), *_sessions(principals, principal)]
            bounded = principal.boundary is not None
            if all(match_principals(principals, one, policy.type, statement.effect, bounded) for one in callers):
                yield principal, statement


def _sessions(principals: Principals, role: Principal) -> Iterator[Caller]:
    """The sessions of a role that are listed."""
    name = str(role.arn).rpartition("/")[2]
    for one in principals.members:
        if f":assumed-role/{name}/" in str(one.value):
            yield parse_caller(one.value)
