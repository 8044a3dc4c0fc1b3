"""How an application is wired: what functions run with, what refers to what, and which key encrypts what."""

from __future__ import annotations

import json
from typing import Any

from grantgraph.decode import decode
from grantgraph.model import Application
from grantgraph.sources import ReadOptions
from grantgraph.sources._terraform import read_terraform
from grantgraph.wiring import Logs, Runtime, WireType
from tests.templates import found, read

TEMPLATE = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: notes
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !Ref KeyAlias}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault: {SSEAlgorithm: aws:kms, KMSMasterKeyID: !GetAtt Key.Arn}
  Jobs: {Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: !Ref Key}}
  Dead: {Type: AWS::SQS::Queue}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: []}}}
  KeyAlias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/own, TargetKeyId: !Ref Key}}
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "/aws/lambda/${Fn}"}}
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      TracingConfig: {Mode: Active}
      VpcConfig: {SubnetIds: [subnet-1]}
      DeadLetterConfig: {TargetArn: !GetAtt Dead.Arn}
      KmsKeyArn: !GetAtt Key.Arn
      Environment:
        Variables:
          TABLE: notes
          BUCKET: !Ref Bucket
          QUEUE: !Ref Jobs
          JOINED: !Sub "https://${Bucket}.example.com"
          STAGE: dev
  Plain:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt Role.Arn}
  Config:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Plain
      Qualifier: $LATEST
      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
  Feed:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Fn
      EventSourceArn: !GetAtt Table.StreamArn
      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      DefinitionString: !Sub '{"States": {"a": {"Resource": "${Fn.Arn}"}}}'
"""


def wires(application: Application) -> set[tuple[str, str, str, str]]:
    return {(one.of, one.to, one.type.value, one.words) for one in application.wires}


def test_variables_of_functions_refer_to_what_they_name() -> None:
    variables = {one for one in wires(read(TEMPLATE)) if one[2] == WireType.ENVIRONMENT}
    assert variables == {
        ("Fn", "Table", "environment variable", "TABLE"),
        ("Fn", "Bucket", "environment variable", "BUCKET"),
        ("Fn", "Jobs", "environment variable", "QUEUE"),
        ("Fn", "Bucket", "environment variable", "JOINED"),
    }


def test_a_name_that_two_things_have_refers_to_neither() -> None:
    twice = TEMPLATE.replace(
        "Dead: {Type: AWS::SQS::Queue}", "Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: notes}}"
    )
    assert not any(one[3] == "TABLE" for one in wires(read(twice)))


def test_definitions_and_destinations_refer_too() -> None:
    others = {one for one in wires(read(TEMPLATE)) if one[2] != WireType.ENVIRONMENT}
    assert others == {
        ("Flow", "Fn", "definition", "DefinitionString"),
        ("Plain", "Dead", "destination", "OnFailure"),
    }


def test_functions_run_with_what_lambda_needs_of_their_roles() -> None:
    application = read(TEMPLATE)
    assert found(application, "Fn").runtime == Runtime(Logs.APPLICATION, True, True, "Dead", "Key")
    assert found(application, "Plain").runtime == Runtime(Logs.LAMBDA)
    (feed,) = [one for one in application.entry_points if one.target == "Fn"]
    assert feed.failures_to == "Dead"


def test_keys_encrypt_what_names_them() -> None:
    application = read(TEMPLATE)
    keys = {one.id: one.attributes.get("key") for one in application.resources}
    assert keys == {
        "Table": "Key",
        "Bucket": "Key",
        "Jobs": "Key",
        "Dead": None,
        "Key": None,
        "Fn": "Key",
        "Plain": None,
        "Flow": None,
    }
    assert found(application, "Table").attributes["stream"] == "NEW_IMAGE"


def test_reading_the_wiring_adds_no_problem() -> None:
    assert read(TEMPLATE.replace("STAGE: dev", 'STAGE: !Ref "AWS::StackName"')).problems == ()


# ── Terraform ──


def plan(function: dict[str, Any], unknown: dict[str, Any], references: dict[str, Any]) -> Application:
    """A plan with a known table, a new queue, and a function."""

    def change(
        address: str, values: dict[str, Any], after_unknown: dict[str, Any], exists: bool
    ) -> dict[str, Any]:
        actions = ["no-op"] if exists else ["create"]
        before = values if exists else None
        own = {"actions": actions, "before": before, "after": values, "after_unknown": after_unknown}
        type, name = address.split(".")
        return {"address": address, "mode": "managed", "type": type, "name": name, "change": own}

    table = {
        "name": "notes",
        "hash_key": "id",
        "arn": "arn:aws:dynamodb:us-east-1:123456789012:table/notes",
        "id": "notes",
    }
    resources = {
        "aws_dynamodb_table.notes": (table, {}, True),
        "aws_sqs_queue.jobs": ({}, {"arn": True, "id": True, "url": True, "name": True}, False),
        "aws_lambda_function.fn": (function, {"arn": True, "id": True, **unknown}, False),
    }
    planned = [
        {
            "address": address,
            "mode": "managed",
            "type": address.split(".")[0],
            "name": address.split(".")[1],
            "values": values,
        }
        for address, (values, _, _) in resources.items()
    ]
    configured = [
        {
            "address": address,
            "mode": "managed",
            "type": address.split(".")[0],
            "name": address.split(".")[1],
            "expressions": references if address == "aws_lambda_function.fn" else {},
        }
        for address in resources
    ]
    document = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": [change(address, *parts) for address, parts in resources.items()],
        "configuration": {"root_module": {"resources": configured}},
    }
    node = decode(json.dumps(document), "plan.json")
    return read_terraform(node, "plan", "plan.json", ReadOptions())


def test_variables_of_a_plan_refer_by_name_or_by_reference() -> None:
    function = {
        "function_name": "fn",
        "environment": [{"variables": {"TABLE": "notes", "STAGE": "dev"}}],
        "tracing_config": [{"mode": "Active"}],
        "dead_letter_config": [{}],
    }
    unknown = {"environment": [{"variables": {"QUEUE": True}}], "dead_letter_config": [{"target_arn": True}]}
    references = {
        "environment": [{"variables": {"references": ["aws_sqs_queue.jobs.url", "aws_sqs_queue.jobs"]}}],
        "dead_letter_config": [{"target_arn": {"references": ["aws_sqs_queue.jobs.arn", "aws_sqs_queue.jobs"]}}],
    }
    application = plan(function, unknown, references)
    assert wires(application) == {
        ("aws_lambda_function.fn", "aws_dynamodb_table.notes", "environment variable", "TABLE"),
        ("aws_lambda_function.fn", "aws_sqs_queue.jobs", "environment variable", "QUEUE"),
    }
    runtime = found(application, "aws_lambda_function.fn").runtime
    assert runtime == Runtime(tracing=True, failures_to="aws_sqs_queue.jobs")
