"""Secrets Manager: secrets with their policies; what they hold is never asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, document, last, members

SECRET = "AWS::SecretsManager::Secret"
_GONE = ("ResourceNotFoundException",)


def _items(aws: Asking) -> Iterator[Mapping[str, Any]]:
    for one in aws.every("list_secrets", "SecretList"):
        yield members(one, "ARN", "Name")


def _read(aws: Asking, one: Mapping[str, Any]) -> Iterator[Read]:
    arn = one["ARN"]
    yield Found(SECRET, last(arn), {"Name": one["Name"]})
    policy = aws.ask("get_resource_policy", "ResourcePolicy", SecretId=arn, absent=_GONE)
    if policy is not None:
        properties = {"SecretId": arn, "ResourcePolicy": document(policy)}
        yield Found("AWS::SecretsManager::ResourcePolicy", last(arn), properties)


KINDS = (
    Kind(
        "secrets",
        "secretsmanager",
        (SECRET,),
        {
            "list_secrets": "secretsmanager:ListSecrets",
            "get_resource_policy": "secretsmanager:GetResourcePolicy",
        },
        _items,
        _read,
    ),
)
