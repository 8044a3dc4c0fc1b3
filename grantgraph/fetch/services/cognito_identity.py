"""Cognito identity pools: who may come in, which role each visitor gets, and the tags of their sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, Unread, members, part

_PREFIX = "AWS::Cognito::"
POOL, ROLES, TAGS = (
    f"{_PREFIX}{one}" for one in ("IdentityPool", "IdentityPoolRoleAttachment", "IdentityPoolPrincipalTag")
)
_GONE = ("ResourceNotFoundException",)
_KEPT = (
    "IdentityPoolName",
    "AllowUnauthenticatedIdentities",
    "AllowClassicFlow",
    "CognitoIdentityProviders",
    "OpenIdConnectProviderARNs",
    "SamlProviderARNs",
    "SupportedLoginProviders",
)


def _items(aws: Asking) -> Iterator[str]:
    for one in aws.every("list_identity_pools", "IdentityPools", MaxResults=60):
        yield one["IdentityPoolId"]


def _read(aws: Asking, id: str) -> Iterator[Read]:
    pool = aws.ask("describe_identity_pool", IdentityPoolId=id, absent=_GONE)
    if pool is None:
        return
    yield Found(POOL, id, {key: part(pool, key) for key in _KEPT})
    roles = aws.ask("get_identity_pool_roles", IdentityPoolId=id, absent=_GONE)
    if roles:
        given = {key: part(roles, key) or None for key in ("Roles", "RoleMappings")}
        if any(given.values()):
            yield Found(ROLES, id, {"IdentityPoolId": id, **given})
    for provider in _providers(pool):
        yield from _tags(aws, id, provider)


def _providers(pool: Any) -> Iterator[str]:
    """The names by which a pool knows who signed its visitors in."""
    if isinstance(pool, Unread):
        return
    for one in pool.get("CognitoIdentityProviders") or ():
        yield one["ProviderName"]
    yield from pool.get("OpenIdConnectProviderARNs") or ()
    yield from pool.get("SamlProviderARNs") or ()
    yield from pool.get("SupportedLoginProviders") or {}


def _tags(aws: Asking, id: str, provider: str) -> Iterator[Read]:
    answer = aws.ask(
        "get_principal_tag_attribute_map",
        IdentityPoolId=id,
        IdentityProviderName=provider,
        absent=_GONE,
    )
    if isinstance(answer, Unread):
        yield Found(TAGS, f"{id}/{provider}", {"IdentityPoolId": id, "PrincipalTags": answer})
        return
    tags: Mapping[str, Any] = members(answer, "PrincipalTags", "UseDefaults")
    if tags.get("PrincipalTags") or tags.get("UseDefaults"):
        yield Found(TAGS, f"{id}/{provider}", {"IdentityPoolId": id, "IdentityProviderName": provider, **tags})


KINDS = (
    Kind(
        "identity pools",
        "cognito-identity",
        (POOL,),
        {
            "list_identity_pools": "cognito-identity:ListIdentityPools",
            "describe_identity_pool": "cognito-identity:DescribeIdentityPool",
            "get_identity_pool_roles": "cognito-identity:GetIdentityPoolRoles",
            "get_principal_tag_attribute_map": "cognito-identity:GetPrincipalTagAttributeMap",
        },
        _items,
        _read,
    ),
)
