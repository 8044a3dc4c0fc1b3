"""What single services do differently from the general decision flow (rules 113, 119 to 131, 173, 178, 182)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

from grantgraph.evaluate.request import CallerKind, ContextValue, Request
from grantgraph.evaluate.variable import MAYBE, NO, YES
from grantgraph.policy.arn import ArnPattern, parse_arn
from grantgraph.policy.document import (
    Condition,
    Effect,
    Operator,
    Policy,
    PolicyType,
    PrincipalKind,
    Quantifier,
    Statement,
)
from grantgraph.policy.pattern import Match, Pattern, literal_pattern
from grantgraph.text import Text, Unknown

# ── actions that policies do not decide ──

MANAGED_RULE = Unknown("rule 131", "whether any policy allows changes to what AWS itself manages")


def is_free_for_all(request: Request) -> bool:
    """Whether the action needs no permission and cannot be denied (121): a signature is enough.

    A session token is for users and the root user only; what a role's session gets is not said.
    """
    action = request.action.lower()
    user = request.caller.kind in (CallerKind.USER, CallerKind.ROOT)
    return action == "sts:getcalleridentity" or (action == "sts:getsessiontoken" and user)


def may_be_beyond_policies(request: Request) -> bool:
    """Whether AWS is known to refuse the action whatever the policies say (131)."""
    service, _, name = request.action.lower().partition(":")
    if service not in ("iam", "kms"):
        return False
    arn = parse_arn(request.resource)
    if arn is None or not isinstance(arn.resource, str):
        return False
    changes = not name.startswith(("get", "list", "simulate", "generate", "describe"))
    if service == "iam" and changes:
        return (arn.account == "aws" and arn.resource.startswith("policy/")) or arn.resource.startswith(
            "role/aws-reserved/"
        )
    return service == "kms" and name in _ALIAS_CHANGES and arn.resource.startswith("alias/aws/")


_ALIAS_CHANGES = frozenset({"createalias", "updatealias", "deletealias"})

# ── the resource's own policy ──

TRUST_ACTIONS = frozenset(
    {"sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml", "sts:setsourceidentity"}
)
PROVIDED_ACTIONS = frozenset({"sts:assumerolewithwebidentity", "sts:assumerolewithsaml"})


def resource_must_allow(request: Request, resource_based: Policy | None) -> bool:
    """Whether no identity policy can stand in for the resource's own: trust and key policies (113, 119, 123)."""
    if resource_based is not None and resource_based.type is PolicyType.TRUST:
        return True
    return request.action.lower() in TRUST_ACTIONS or (request.service == "kms" and _is_key(request.resource))


def _is_key(resource: Text) -> bool:
    arn = parse_arn(resource)
    return arn is not None and isinstance(arn.resource, str) and arn.resource.startswith("key/")


def token_fits(request: Request) -> bool:
    """Whether a token is used with the action of its kind: SAML and OIDC have one each (53)."""
    if request.caller.kind is not CallerKind.WEB_IDENTITY or request.action.lower() not in PROVIDED_ACTIONS:
        return True
    saml = ":saml-provider/" in str(request.caller.name)
    return saml is (request.action.lower() == "sts:assumerolewithsaml")


def same_partition(request: Request) -> bool:
    """Roles are not assumed across partitions (64)."""
    if request.action.lower() not in TRUST_ACTIONS:
        return True
    own, other = parse_arn(request.caller.name), parse_arn(request.resource)
    if own is None or other is None:
        return True
    return literal_pattern(own.partition).match(other.partition) is not NO


# ── SQS ──

NOT_SHAREABLE = frozenset(
    f"sqs:{name}"
    for name in (
        "addpermission",
        "createqueue",
        "deletequeue",
        "listqueues",
        "listqueuetags",
        "removepermission",
        "setqueueattributes",
        "tagqueue",
        "untagqueue",
    )
)
"""What a queue's policy cannot give to another account (173)."""

# ── S3 Block Public Access ──

PUBLIC_RULE = Unknown("rule 125", "whether S3 takes this bucket policy for a public one is not certain")

_FIXING_KEYS = frozenset(
    {
        "aws:principalorgid",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
_FIXING_OPERATORS = frozenset(
    {Operator.STRING_EQUALS, Operator.STRING_LIKE, Operator.ARN_EQUALS, Operator.ARN_LIKE}
)


def is_public(policy: Policy) -> Match:
    """Whether S3 takes a bucket policy for a public one (125): MAYBE where a condition is of no kind it names."""
    best = NO
    for statement in policy.statements:
        if statement.effect is Effect.ALLOW and _is_for_everyone(statement):
            best = max(best, NO if any(map(_fixes, statement.conditions)) else _public_with(statement))
    return max(best, MAYBE) if policy.unseen else best


def _is_for_everyone(statement: Statement) -> bool:
    principals = statement.principals
    if principals is None:
        return False
    if principals.negated:
        return True
    return any(
        one.kind is PrincipalKind.EVERYONE or (one.kind is PrincipalKind.AWS and one.value == "*")
        for one in principals.members
    )


def _public_with(statement: Statement) -> Match:
    return MAYBE if statement.conditions else YES


def _fixes(condition: Condition) -> bool:
    """Whether a condition binds a key to fixed values: no wildcard, no variable, no way around it."""
    if condition.if_exists or condition.quantifier is Quantifier.FOR_ALL_VALUES or not condition.values:
        return False
    if condition.operator is Operator.IP_ADDRESS and condition.key == "aws:sourceip":
        return all(_is_narrow(value) for value in condition.values)
    if condition.operator not in _FIXING_OPERATORS or condition.key not in _FIXING_KEYS:
        return False
    patterns = [one.pattern if isinstance(one, ArnPattern) else one for one in condition.values]
    return all(isinstance(one, Pattern) and one.literal is not None for one in patterns)


def _is_narrow(value: object) -> bool:
    if isinstance(value, IPv4Network):
        return value.prefixlen >= 8
    return isinstance(value, IPv6Network) and value.prefixlen >= 32


# ── calls that are several requests ──


def function_url_requests(
    call: Request, auth_type: str = "AWS_IAM", context: Mapping[str, ContextValue] | None = None
) -> tuple[Request, Request]:
    """The two permissions that calling a function URL needs (182); `call` names caller and function."""
    shared = {**call.context, **(context or {}), "lambda:functionurlauthtype": auth_type}
    return (
        replace(call, action="lambda:InvokeFunctionUrl", context=shared),
        replace(
            call, action="lambda:InvokeFunction", context={**call.context, "lambda:invokedviafunctionurl": "true"}
        ),
    )


__all__ = [
    "function_url_requests",
    "is_free_for_all",
    "is_public",
    "may_be_beyond_policies",
    "resource_must_allow",
    "same_partition",
    "token_fits",
]
