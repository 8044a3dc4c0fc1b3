"""Lambda: functions, aliases, who may invoke them, their URLs, and what they consume."""

from __future__ import annotations

from grantgraph.node import Node
from grantgraph.sources._terraform.document import Instance
from grantgraph.sources._terraform.links import Link
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import Properties, TerraformType

FUNCTIONS = ("aws_lambda_function", "aws_lambda_alias")
CONSUMED = ("aws_sqs_queue", "aws_dynamodb_table", "aws_kinesis_stream")
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
    return {"Role": value_of(reader.link(one, "role", to=("aws_iam_role",)))}


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
    return {
        "FunctionName": value_of(reader.link(one, "function_name", to=FUNCTIONS)),
        "EventSourceArn": value_of(reader.link(one, "event_source_arn", to=CONSUMED)),
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
    TerraformType("aws_lambda_event_source_mapping", "AWS::Lambda::EventSourceMapping", _consumer),
)
