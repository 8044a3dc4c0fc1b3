"""Templates in tests: read from text, and asked about."""

from __future__ import annotations

from pathlib import Path

from grantgraph.decode import decode
from grantgraph.model import Application, Principal, Resource
from grantgraph.problems import Level
from grantgraph.sources import NO_OPTIONS, ReadOptions
from grantgraph.sources.cloudformation import SOURCE
from grantgraph.text import Text, split_text

FILE = Path("template.yaml")


def read(template: str, options: ReadOptions = NO_OPTIONS) -> Application:
    return SOURCE.read(FILE, decode(template, str(FILE), SOURCE.tag), options)


def errors(application: Application) -> list[str]:
    return [str(one) for one in application.problems if one.level in (Level.ERROR, Level.INVALID)]


def codes(application: Application, level: Level) -> list[str]:
    return [one.code for one in application.problems if one.level is level]


def named(expression: str, rest: str = "", options: ReadOptions = NO_OPTIONS) -> Text:
    """What an expression gives as the name of a table."""
    application = read(
        f"""
Resources:
  Other: {{Type: AWS::SQS::Queue, Properties: {{QueueName: jobs}}}}
  Topic: {{Type: AWS::SNS::Topic}}
  Custom: {{Type: Custom::Thing}}
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: {expression}
{rest}""",
        options,
    )
    assert not errors(application), errors(application)
    return last_segment(found(application, "T").arn)


def last_segment(arn: Text) -> Text:
    return split_text(arn, "table/", 1)[1]


def found(application: Application, id: str) -> Resource:
    resource = application.resource(id)
    assert resource is not None
    return resource


def who(application: Application, id: str) -> Principal:
    principal = application.principal(id)
    assert principal is not None
    return principal


HERE = ReadOptions(partition="aws", region="eu-west-1", account="111122223333")
