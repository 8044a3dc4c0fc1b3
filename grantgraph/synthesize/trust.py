"""Who may assume a principal's role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from grantgraph.model import Application, Environment, IdentityPool, Principal, PrincipalType
from grantgraph.node import node_of
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.standing import VISITORS
from grantgraph.text import Text, text

Statement: TypeAlias = dict[str, Any]

COGNITO = "cognito-identity.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"

SAY_ACCOUNT = frozenset(
    {"apigateway.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"}
)
"""Services that say for which account they assume a role, so that no other account can have them do it (184)."""


def trust_of(application: Application, principal: Principal) -> Policy | None:
    """Who may assume the principal's role; None where the model does not say, or the role is another account's."""
    pool = application.pool(principal.pool)
    if principal.type in VISITORS and pool is not None:
        statements = [_pool_trust(pool, principal)]
    elif principal.type is PrincipalType.FUNCTION:
        statements = [_allow({"Service": LAMBDA})]
    else:
        statements = [_assumed_by(one, principal, application.environment) for one in principal.assumed_by]
    if not statements:
        return None
    document = node_of({"Version": "2012-10-17", "Statement": statements})
    return parse_policy(document, PolicyType.TRUST, f"trust of {principal.id}").value


def _allow(who: Mapping[str, Text], conditions: Mapping[str, Mapping[str, Text]] | None = None) -> Statement:
    found: Statement = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
    return found | ({"Condition": conditions} if conditions else {})


def _pool_trust(pool: IdentityPool, principal: Principal) -> Statement:
    """Only this pool's tokens, and only the right kind of visitor (133 to 136); tags have to be let in (150)."""
    word = "unauthenticated" if principal.type is PrincipalType.UNAUTHENTICATED else "authenticated"
    conditions: Mapping[str, Mapping[str, Text]] = {
        "StringEquals": {f"{COGNITO}:aud": pool.id_value},
        "ForAnyValue:StringLike": {f"{COGNITO}:amr": word},
    }
    assume = "sts:AssumeRoleWithWebIdentity"
    return {
        "Effect": "Allow",
        "Principal": {"Federated": COGNITO},
        "Action": [assume, "sts:TagSession"] if pool.tags else assume,
        "Condition": conditions,
    }


def _assumed_by(who: str, principal: Principal, environment: Environment) -> Statement:
    """A service, an account, or a role of one."""
    if who.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        guard = {"StringEquals": {"aws:SourceAccount": environment.account}} if who in SAY_ACCOUNT else None
        return _allow({"Service": who}, guard)
    arn = who if who.startswith("arn:") else text(["arn:", environment.partition, f":iam::{who}:root"])
    known = {"StringEquals": {"sts:ExternalId": principal.external_id}} if principal.external_id else None
    return _allow({"AWS": arn}, known)
