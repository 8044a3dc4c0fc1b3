"""What is known about CloudFormation types: names, ARNs, and what `Ref` and `Fn::GetAtt` give."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from grantgraph.resources import ResourceType, resource_types

ROLE = "AWS::IAM::Role"
USER = "AWS::IAM::User"
GROUP = "AWS::IAM::Group"
MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
ALIAS = "AWS::Lambda::Alias"
API = "AWS::ApiGatewayV2::Api"
BUCKET = "AWS::S3::Bucket"
BUS = "AWS::Events::EventBus"
FUNCTION = "AWS::Lambda::Function"
GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
GRAPHQL_API = "AWS::AppSync::GraphQLApi"
KEY = "AWS::KMS::Key"
QUEUE = "AWS::SQS::Queue"
REPLICA_KEY = "AWS::KMS::ReplicaKey"
REST_API = "AWS::ApiGateway::RestApi"
SECRET = "AWS::SecretsManager::Secret"
STACK = "AWS::CloudFormation::Stack"
STATE_MACHINE = "AWS::StepFunctions::StateMachine"
STREAM = "AWS::Kinesis::Stream"
TABLE = "AWS::DynamoDB::Table"
TOPIC = "AWS::SNS::Topic"
USER_POOL = "AWS::Cognito::UserPool"
USER_POOL_CLIENT = "AWS::Cognito::UserPoolClient"
VERSION = "AWS::Lambda::Version"

_NAMED = (
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
    ResourceType(
        name="logs:log-group",
        cloudformation="AWS::Logs::LogGroup",
        terraform="aws_cloudwatch_log_group",
        arn="arn:${partition}:logs:${region}:${account}:log-group:${name}",
        name_property="LogGroupName",
        attributes={"Arn": "${arn}:*"},
    ),
)
PLAIN_REFS = frozenset(
    {
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::Authorizer",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::ApiGatewayV2::Deployment",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::Cognito::UserPoolClient",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::Subnet",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
    }
)
"""Types whose `Ref` is an id of one word. What `Ref` gives for a type that nobody knows may be anything."""

STREAM_ARN = "${arn}/stream/${label}"
_MORE_ATTRIBUTES: Mapping[tuple[str, str], str] = {("dynamodb:table", "StreamArn"): STREAM_ARN}


@cache
def modelled_types() -> Mapping[str, ResourceType]:
    """The resource types that become resources of an application, by CloudFormation type."""
    types = {one.cloudformation: one for one in resource_types().values() if one.cloudformation}
    for other, same in ((GLOBAL_TABLE, TABLE), (REPLICA_KEY, KEY)):
        types[other] = types[same]
    return types


@cache
def named_types() -> Mapping[str, ResourceType]:
    """Every type whose names and ARNs are understood."""
    return {**modelled_types(), **{one.cloudformation: one for one in _NAMED}}


def attribute_template(type: ResourceType, attribute: str) -> str | None:
    """The text of an attribute, with the placeholders of an ARN; None where AWS decides it."""
    return type.attributes.get(attribute) or _MORE_ATTRIBUTES.get((type.name, attribute))
