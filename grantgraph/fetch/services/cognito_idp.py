"""Cognito user pools: their triggers, their groups' roles, and their clients with what users may write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, Unread, members, part

POOL, GROUP, CLIENT = "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolGroup", "AWS::Cognito::UserPoolClient"
_GONE = ("ResourceNotFoundException",)
_BY_STAFF = "AllowAdminCreateUserOnly"
_LONGER = "PreTokenGenerationConfig"
"""Says what `PreTokenGeneration` says, and more; AWS hands out both."""


def _items(aws: Asking) -> Iterator[str]:
    for one in aws.every("list_user_pools", "UserPools", MaxResults=60):
        yield one["Id"]


def _read(aws: Asking, id: str) -> Iterator[Read]:
    pool = aws.ask("describe_user_pool", "UserPool", UserPoolId=id, absent=_GONE)
    if pool is None:
        return
    triggers, config = part(pool, "LambdaConfig"), part(pool, "AdminCreateUserConfig")
    properties = {
        "UserPoolName": part(pool, "Name"),
        "LambdaConfig": _triggers(triggers),
        "AdminCreateUserConfig": config if isinstance(config, Unread) else members(config, _BY_STAFF) or None,
        "Schema": _schema(part(pool, "SchemaAttributes")),
    }
    yield Found(POOL, id, properties)
    for group in aws.every("list_groups", "Groups", UserPoolId=id, absent=_GONE, hides=(GROUP,)):
        properties = {"UserPoolId": id, **members(group, "GroupName", "RoleArn")}
        yield Found(GROUP, f"{id}/{group['GroupName']}", properties)
    for client in aws.every("list_user_pool_clients", "UserPoolClients", UserPoolId=id, absent=_GONE, hides=()):
        yield _client(aws, id, client)


def _client(aws: Asking, id: str, client: Mapping[str, Any]) -> Found:
    """A client, and which attributes of themselves its users may write."""
    asked = {"UserPoolId": id, "ClientId": client["ClientId"], "absent": _GONE}
    told = aws.ask("describe_user_pool_client", "UserPoolClient", **asked)
    properties = {
        "UserPoolId": id,
        **members(client, "ClientName"),
        "WriteAttributes": part(told, "WriteAttributes"),
    }
    return Found(CLIENT, f"{id}/{client['ClientId']}", properties)


def _schema(attributes: Any) -> Any:
    """The attributes that the pool's owner added, and whether they can be changed."""
    if not isinstance(attributes, list):
        return attributes if isinstance(attributes, Unread) else None
    return [members(one, "Name", "Mutable") for one in attributes if one["Name"].startswith("custom:")] or None


def _triggers(config: Any) -> Any:
    if not isinstance(config, Mapping):
        return config if isinstance(config, Unread) else None
    if _LONGER in config:
        return {key: one for key, one in config.items() if key != _LONGER.removesuffix("Config")}
    return dict(config) or None


KINDS = (
    Kind(
        "user pools",
        "cognito-idp",
        (POOL,),
        {
            "list_user_pools": "cognito-idp:ListUserPools",
            "describe_user_pool": "cognito-idp:DescribeUserPool",
            "list_groups": "cognito-idp:ListGroups",
            "list_user_pool_clients": "cognito-idp:ListUserPoolClients",
            "describe_user_pool_client": "cognito-idp:DescribeUserPoolClient",
        },
        _items,
        _read,
    ),
)
