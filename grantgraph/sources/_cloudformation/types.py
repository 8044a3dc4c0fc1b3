"""What is known about CloudFormation types: names, ARNs, and what `Ref` and `Fn::GetAtt` give."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from grantgraph.resources import ResourceType, resource_types

ROLE = "AWS::IAM::Role"
USER = "AWS::IAM::User"
GROUP = "AWS::IAM::Group"
MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
FUNCTION = "AWS::Lambda::Function"
TABLE = "AWS::DynamoDB::Table"
GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
STACK = "AWS::CloudFormation::Stack"

_IAM = (
    ResourceType(
        name="iam:role",
        cloudformation=ROLE,
        terraform="aws_iam_role",
        arn="arn:${partition}:iam::${account}:role${path}${name}",
        name_property="RoleName",
        attributes={"Arn": "${arn}"},
    ),
    ResourceType(
        name="iam:user",
        cloudformation=USER,
        terraform="aws_iam_user",
        arn="arn:${partition}:iam::${account}:user${path}${name}",
        name_property="UserName",
        attributes={"Arn": "${arn}"},
    ),
    ResourceType(
        name="iam:group",
        cloudformation=GROUP,
        terraform="aws_iam_group",
        arn="arn:${partition}:iam::${account}:group${path}${name}",
        name_property="GroupName",
        attributes={"Arn": "${arn}"},
    ),
    ResourceType(
        name="iam:policy",
        cloudformation=MANAGED_POLICY,
        terraform="aws_iam_policy",
        arn="arn:${partition}:iam::${account}:policy${path}${name}",
        name_property="ManagedPolicyName",
        ref="arn",
        attributes={"PolicyArn": "${arn}"},
    ),
)

STREAM_ARN = "${arn}/stream/${label}"
_MORE_ATTRIBUTES: Mapping[tuple[str, str], str] = {("dynamodb:table", "StreamArn"): STREAM_ARN}


@cache
def modelled_types() -> Mapping[str, ResourceType]:
    """The resource types that become resources of an application, by CloudFormation type."""
    types = {one.cloudformation: one for one in resource_types().values() if one.cloudformation}
    if TABLE in types:
        types[GLOBAL_TABLE] = types[TABLE]
    return types


@cache
def named_types() -> Mapping[str, ResourceType]:
    """Every type whose names and ARNs are understood."""
    return {**modelled_types(), **{one.cloudformation: one for one in _IAM}}


def attribute_template(type: ResourceType, attribute: str) -> str | None:
    """The text of an attribute, with the placeholders of an ARN; None where AWS decides it."""
    return type.attributes.get(attribute) or _MORE_ATTRIBUTES.get((type.name, attribute))
