"""Lambda: functions, aliases, who may invoke them, their URLs, and what they consume."""

from __future__ import annotations

from grantgraph.node import Node
from grantgraph.sources._terraform.document import Instance
from grantgraph.sources._terraform.expressions import Step
from grantgraph.sources._terraform.links import Link
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import Properties, TerraformType, terraform_types

FUNCTIONS = ("aws_lambda_function", "aws_lambda_alias")
CONSUMED = ("aws_sqs_queue", "aws_dynamodb_table", "aws_kinesis_stream")
SENT_TO = ("aws_sqs_queue", "aws_sns_topic", "aws_lambda_function", "aws_cloudwatch_event_bus")
NO_RESOURCES = ("aws_iam_role", "aws_iam_user", "aws_iam_group", "aws_iam_policy", "data.aws_iam_policy")
"""Types that a variable may name, and that a function does not use as it uses a table."""

# argument of a permission → the property
_PERMISSION = {
    "action": "Action",
    "principal": "Principal",
    "source_arn": "SourceArn",
    "source_account": "SourceAccount",
    "principal_org_id": "PrincipalOrgID",
    "function_url_auth_type": "FunctionUrlAuthType",
    "event_source_token": "EventSourceToken",
}


def _function(reader: Reader, one: Instance) -> Properties:
    return {
        "Role": value_of(reader.link(one, "role", to=("aws_iam_role",))),
        "Environment": _environment(reader, one),
        "TracingConfig": _object(one, Mode=_quiet(reader, one, "tracing_config", 0, "mode")),
        "VpcConfig": _object(one, SubnetIds=reader.value(one, "vpc_config", 0, "subnet_ids")),
        "DeadLetterConfig": _object(
            one, TargetArn=reader.hint(one, "dead_letter_config", 0, "target_arn", to=SENT_TO)
        ),
        "KmsKeyArn": reader.hint(one, "kms_key_arn", to=("aws_kms_key",)),
    }


def _environment(reader: Reader, one: Instance) -> Node | None:
    """The variables of a function, each as the resource that it means where it means one."""
    variables = reader.value(one, "environment", 0, "variables")
    if variables is None:
        return None
    used = tuple(name for name in terraform_types() if name not in NO_RESOURCES)
    found = {
        name: reader.hint(one, "environment", 0, "variables", name, to=used)
        for name, node in variables.fields.items()
        if node.as_text() is not None
    }
    return Node(
        {"Variables": Node({name: node for name, node in found.items() if node is not None}, one.at)}, one.at
    )


def _quiet(reader: Reader, one: Instance, *path: Step) -> Node | None:
    node = reader.value(one, *path)
    return node if node is not None and node.as_str() is not None else None


def _object(one: Instance, **members: Node | None) -> Node | None:
    """An object of the members that there are."""
    found = {name: node for name, node in members.items() if node is not None}
    return Node(found, one.at) if found else None


def _invoke_config(reader: Reader, one: Instance) -> Properties:
    """Where what a function returns goes, and what it failed on."""
    blocks = {"OnFailure": "on_failure", "OnSuccess": "on_success"}
    found = {
        key: _object(
            one, Destination=reader.hint(one, "destination_config", 0, block, 0, "destination", to=SENT_TO)
        )
        for key, block in blocks.items()
    }
    return {
        "FunctionName": reader.hint(one, "function_name", to=FUNCTIONS),
        "DestinationConfig": _object(one, **found),
    }


def _alias(reader: Reader, one: Instance) -> Properties:
    return {"FunctionName": value_of(reader.link(one, "function_name", to=FUNCTIONS))}


def _permission(reader: Reader, one: Instance) -> Properties:
    given = {key: reader.text(one, name) for name, key in _PERMISSION.items()}
    return {**given, "FunctionName": value_of(reader.link(one, "function_name", to=FUNCTIONS))}


def _url(reader: Reader, one: Instance) -> Properties:
    return {
        "TargetFunctionArn": value_of(reader.link(one, "function_name", to=FUNCTIONS)),
        "AuthType": reader.text(one, "authorization_type"),
    }


def _consumer(reader: Reader, one: Instance) -> Properties:
    failed = reader.hint(one, "destination_config", 0, "on_failure", 0, "destination_arn", to=SENT_TO)
    return {
        "FunctionName": value_of(reader.link(one, "function_name", to=FUNCTIONS)),
        "EventSourceArn": value_of(reader.link(one, "event_source_arn", to=CONSUMED)),
        "DestinationConfig": _object(one, OnFailure=_object(one, Destination=failed)),
    }


def value_of(link: Link | None) -> Node | None:
    return link.value if link is not None else None


_FUNCTION_NAMES = ("id", "arn", "qualified_arn", "invoke_arn", "qualified_invoke_arn")

TERRAFORM_TYPES = (
    TerraformType(
        "aws_lambda_function", "AWS::Lambda::Function", _function, "function_name", known_by=_FUNCTION_NAMES
    ),
    TerraformType("aws_lambda_alias", "AWS::Lambda::Alias", _alias, known_by=("arn", "invoke_arn")),
    TerraformType("aws_lambda_permission", "AWS::Lambda::Permission", _permission),
    TerraformType("aws_lambda_function_url", "AWS::Lambda::Url", _url),
    TerraformType("aws_lambda_function_event_invoke_config", "AWS::Lambda::EventInvokeConfig", _invoke_config),
    TerraformType("aws_lambda_event_source_mapping", "AWS::Lambda::EventSourceMapping", _consumer),
)
