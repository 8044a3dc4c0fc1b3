"""API Gateway: HTTP and WebSocket APIs with their routes, integrations, authorizers and stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, members

_PREFIX = "AWS::ApiGatewayV2::"
API = f"{_PREFIX}Api"
_GONE = ("NotFoundException",)
_TARGET = "integrations/"
# what a request names the target of an integration by: nothing else of its parameters is kept
_PARAMETERS = ("QueueUrl", "StreamName", "EventBusName", "StateMachineArn")
# listing → the type, the id and the properties of its members
_PARTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "get_integrations": (
        "Integration",
        "IntegrationId",
        ("IntegrationType", "IntegrationUri", "IntegrationSubtype", "CredentialsArn", "RequestParameters"),
    ),
    "get_routes": ("Route", "RouteId", ("RouteKey", "Target", "AuthorizationType", "AuthorizerId")),
    "get_authorizers": (
        "Authorizer",
        "AuthorizerId",
        ("Name", "AuthorizerType", "AuthorizerUri", "JwtConfiguration"),
    ),
    "get_stages": ("Stage", "StageName", ("StageName",)),
}


def _items(aws: Asking) -> Iterator[Mapping[str, Any]]:
    for one in aws.every("get_apis", "Items"):
        yield members(one, "ApiId", "Name", "ProtocolType")


def _read(aws: Asking, one: Mapping[str, Any]) -> Iterator[Read]:
    id = one["ApiId"]
    yield Found(API, id, members(one, "Name", "ProtocolType"))
    for operation, (type, named_by, keys) in _PARTS.items():
        for part in aws.every(operation, "Items", ApiId=id, absent=_GONE, hides=(_PREFIX + type,)):
            yield Found(_PREFIX + type, f"{id}/{part[named_by]}", _properties(id, part, keys))


def _properties(id: str, one: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """What is said of a part of an API; integrations and authorizers are named with their API, as other APIs may
    use their ids."""
    found = {"ApiId": id, **members(one, *keys)}
    if str(found.get("Target", "")).startswith(_TARGET):
        found["Target"] = f"{_TARGET}{id}/{found['Target'].removeprefix(_TARGET)}"
    if "AuthorizerId" in found:
        found["AuthorizerId"] = f"{id}/{found['AuthorizerId']}"
    if "RequestParameters" in found:
        found["RequestParameters"] = members(found["RequestParameters"], *_PARAMETERS) or None
    return found


KINDS = (
    Kind(
        "HTTP APIs",
        "apigatewayv2",
        (API,),
        dict.fromkeys(("get_apis", *_PARTS), "apigateway:GET"),
        _items,
        _read,
    ),
)
