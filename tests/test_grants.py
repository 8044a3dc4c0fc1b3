"""Grants: what is said of the application's own things, and of everything besides."""

from __future__ import annotations

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.grants import grants_of
from grantgraph.problems import bug
from tests.templates import read, who

CATALOG = load_catalog()


def granted(resource: str, action: str = "s3:GetObject", policy: str = "") -> dict[str, bool]:
    """What a role holds by one statement: a resource, or "" for everything besides, and whether for sure."""
    application = read(
        f"""
Parameters: {{Name: {{Type: String}}}}
Resources:
  Uploads: {{Type: AWS::S3::Bucket}}
  Jobs: {{Type: AWS::SQS::Queue, Properties: {{QueueName: jobs}}}}
{policy}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: "sts:AssumeRole"}}
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement: {{Effect: Allow, Action: "{action}", Resource: {resource}}}
"""
    )
    return {one.resource: one.certain for one in grants_of(application, who(application, "Role"), CATALOG)}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("!Sub '${Uploads.Arn}/*'", {"Uploads": True}),
        ("!Sub '${Uploads.Arn}*'", {"Uploads": True, "": True}),
        ("!Sub '${Uploads.Arn}-old/*'", {"Uploads": False, "": True}),
        ("[!Sub '${Uploads.Arn}/*', 'arn:aws:s3:::elsewhere/*']", {"Uploads": True, "": True}),
        ("'*'", {"Uploads": True, "": True}),
        ("!Sub 'arn:aws:S3:::${Uploads}/*'", {"Uploads": False, "": False}),
        ("!Sub 'arn:aws:s3:::${Uploads}${Name}/*'", {"Uploads": False, "": False}),
    ],
)
def test_what_lies_under_a_resource_is_nothing_besides(resource: str, expected: dict[str, bool]) -> None:
    assert granted(resource) == expected


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("{Service: sns.amazonaws.com}", {}),
        ("{Federated: cognito-identity.amazonaws.com}", {}),
        ("!GetAtt Role.Arn", {"Jobs": True}),
        ("'*'", {"Jobs": True}),
        ("{Service: sns.amazonaws.com, AWS: !GetAtt Role.Arn}", {"Jobs": True}),
    ],
)
def test_a_resource_lets_in_whom_its_policy_may_name(principal: str, expected: dict[str, bool]) -> None:
    named = "{AWS: !GetAtt Role.Arn}" if principal.startswith("!") else principal
    policy = f"""
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Statement: {{Effect: Allow, Principal: {named}, Action: "sqs:SendMessage", Resource: !GetAtt Jobs.Arn}}
"""
    found = granted("arn:aws:sqs:us-east-1:111122223333:nowhere", "sqs:GetQueueUrl", policy)
    assert {id: certain for id, certain in found.items() if id} == expected


def test_nothing_is_held_without_a_statement() -> None:
    application = read("Resources: {R: {Type: AWS::IAM::User}}")
    assert list(grants_of(application, application.principal("R") or bug("no user"), CATALOG)) == []
