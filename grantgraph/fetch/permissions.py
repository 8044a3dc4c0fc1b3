"""What fetching takes: the IAM actions of every call, as a policy that allows reading and nothing else."""

from __future__ import annotations

from typing import Any

from grantgraph.fetch.services import kinds
from grantgraph.fetch.session import AROUND


def action_of(client: str, operation: str) -> str | None:
    """The IAM action that a call takes; None for a call that is never made."""
    for kind in (*AROUND, *kinds()):
        if kind.client == client and operation in kind.actions:
            return kind.actions[operation]
    return None


def read_only_policy() -> dict[str, Any]:
    """The policy that allows every call of `fetch`."""
    actions = {action for kind in (*AROUND, *kinds()) for action in kind.actions.values()}
    # GetCallerIdentity needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    statement = {
        "Sid": "GrantgraphFetch",
        "Effect": "Allow",
        "Action": sorted(actions - {"sts:GetCallerIdentity"}),
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
