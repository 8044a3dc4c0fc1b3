"""Who may assume a principal's role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grantgraph.model import Application, IdentityPool, Principal, PrincipalType
from grantgraph.node import node_of
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.text import Text


def trust_of(application: Application, principal: Principal) -> Policy | None:
    """Who may assume the principal's role; None where the model does not say."""
    pool = application.pool(principal.pool)
    if principal.type in (PrincipalType.AUTHENTICATED, PrincipalType.UNAUTHENTICATED) and pool is not None:
        statement = _pool_trust(pool, principal.type)
    elif principal.type is PrincipalType.FUNCTION:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    else:
        return None
    document = node_of({"Version": "2012-10-17", "Statement": [statement]})
    return parse_policy(document, PolicyType.TRUST, f"trust of {principal.id}").value


def _pool_trust(pool: IdentityPool, type: PrincipalType) -> dict[str, Any]:
    """Only this pool's tokens, and only the right kind of visitor (rules 133 to 136)."""
    word = "authenticated" if type is PrincipalType.AUTHENTICATED else "unauthenticated"
    conditions: Mapping[str, Mapping[str, Text]] = {
        "StringEquals": {"cognito-identity.amazonaws.com:aud": pool.id_value},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": word},
    }
    return {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }
