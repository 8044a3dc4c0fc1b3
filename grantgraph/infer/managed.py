"""AWS's own managed policies where they hang on a role: written by nobody of the application."""

from __future__ import annotations

from enum import Enum

from grantgraph.catalog.managed import load_managed_policies
from grantgraph.policy.document import Policy


class Managed(Enum):
    """Whose words a policy is."""

    NO = "the application's"
    RUNTIME = "AWS's, for a service that acts with the role"
    OTHER = "AWS's, for people"


def managed_kind(policy: Policy) -> Managed:
    """Whose words a policy is; AWS's have no places of their own, but that where the policy is named."""
    if not policy.name or any(one.at != policy.at for one in policy.statements):
        return Managed.NO
    known = load_managed_policies().find(policy.name)
    if known is None or len(known.document.get("Statement", ())) != len(policy.statements):
        return Managed.NO
    return Managed.RUNTIME if known.path.startswith("/service-role/") else Managed.OTHER


_ABOUT = {
    "apigateway": "execute-api",
    "appsync": "appsync",
    "dynamodb": "dynamodb",
    "eventbridge": "events",
    "keymanagement": "kms",
    "kinesis": "kinesis",
    "lambda": "lambda",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "stepfunctions": "states",
}


def services_of(policy: Policy) -> frozenset[str]:
    """The services that a policy of AWS's is about, as its name says: whoever attaches it chose these."""
    name = policy.name.lower()
    return frozenset(service for word, service in _ABOUT.items() if word in name)
