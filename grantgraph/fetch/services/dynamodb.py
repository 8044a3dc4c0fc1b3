"""DynamoDB: tables with their keys, indexes and policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Counted, Found, Kind, Read, Unread, document, members, part

TABLE = "AWS::DynamoDB::Table"
_GONE = ("ResourceNotFoundException",)
_NONE = ("PolicyNotFoundException", *_GONE)


def _items(aws: Asking) -> Iterator[str]:
    yield from aws.every("list_tables", "TableNames")


def _read(aws: Asking, name: str) -> Iterator[Read]:
    table = aws.ask("describe_table", "Table", TableName=name, absent=_GONE)
    if table is None:
        return
    policy = document(_policy(aws, aws.arn("dynamodb", f"table/{name}")))
    yield Found(
        TABLE,
        name,
        {
            "TableName": name,
            "KeySchema": part(table, "KeySchema"),
            "GlobalSecondaryIndexes": _indexes(part(table, "GlobalSecondaryIndexes")),
            "LocalSecondaryIndexes": _indexes(part(table, "LocalSecondaryIndexes")),
            "ResourcePolicy": {"PolicyDocument": policy} if isinstance(policy, dict | str) else policy,
        },
    )
    stream = part(table, "LatestStreamArn")
    if isinstance(stream, str) and _policy(aws, stream) is not None:
        yield Counted("policy of an AWS::DynamoDB stream", 1)


def _policy(aws: Asking, arn: str) -> Any:
    return aws.ask("get_resource_policy", "Policy", ResourceArn=arn, absent=_NONE)


def _indexes(value: Any) -> Any:
    if value is None or isinstance(value, Unread):
        return value
    return [members(one, "IndexName", "KeySchema") for one in value]


KINDS = (
    Kind(
        "tables",
        "dynamodb",
        (TABLE,),
        {
            "list_tables": "dynamodb:ListTables",
            "describe_table": "dynamodb:DescribeTable",
            "get_resource_policy": "dynamodb:GetResourcePolicy",
        },
        _items,
        _read,
    ),
)
