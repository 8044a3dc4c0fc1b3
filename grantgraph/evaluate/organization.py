"""What an organization's policies bind, and what they leave alone (rules 106 to 110)."""

from __future__ import annotations

from grantgraph.evaluate.request import Request
from grantgraph.evaluate.variable import MAYBE, NO, YES
from grantgraph.policy.pattern import Match
from grantgraph.text import Unknown

RCP_SERVICES_DATE = "2025-11"
RCP_SERVICES = frozenset(
    {
        "aoss",
        "cognito-identity",
        "cognito-idp",
        "dynamodb",
        "ecr",
        "events",
        "firehose",
        "kms",
        "logs",
        "s3",
        "secretsmanager",
        "sqs",
        "sts",
        "xray",
    }
)
"""Services whose resources RCPs guard, as far as AWS's page was read; the list grows."""

NOT_RCP_SERVICES = frozenset({"appsync", "execute-api", "iot", "lambda", "sns"})
"""Services that the page did not list when it was read."""

RCP_RULE = Unknown("rule 110", "whether resource control policies guard this service is not known here")


def scps_bind(request: Request) -> bool:
    """SCPs bind the principals of member accounts, and nobody else (107)."""
    caller = request.caller
    return caller.signed and not caller.service_linked and not request.situation.caller_in_management_account


def rcps_guard(request: Request) -> Match:
    """RCPs guard the resources of member accounts, for some services (109, 110)."""
    situation = request.situation
    if situation.resource_in_management_account or request.caller.service_linked:
        return NO
    service = request.service
    if service == "kms" and (situation.aws_managed_key or request.action.lower() == "kms:retiregrant"):
        return NO
    if service in RCP_SERVICES:
        return YES
    return NO if service in NOT_RCP_SERVICES else MAYBE
