"""API Gateway: REST APIs with their policies, methods, authorizers and stages.

Methods are kept as the paths of an OpenAPI document, which is how CloudFormation can say all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, Unread, document, members

API, AUTHORIZER, STAGE = "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Authorizer", "AWS::ApiGateway::Stage"
_GONE = ("NotFoundException",)
_ANY = "x-amazon-apigateway-any-method"


def _items(aws: Asking) -> Iterator[Mapping[str, Any]]:
    for one in aws.every("get_rest_apis", "items"):
        yield members(one, "id", "name", "policy")


def _read(aws: Asking, one: Mapping[str, Any]) -> Iterator[Read]:
    id = one["id"]
    resources = aws.all("get_resources", "items", restApiId=id, embed=["methods"], absent=_GONE)
    body = resources if isinstance(resources, Unread) else {"openapi": "3.0.1", "paths": _paths(resources)}
    yield Found(API, id, {"Name": one.get("name"), "Policy": document(one.get("policy")), "Body": body})
    for authorizer in aws.every("get_authorizers", "items", restApiId=id, absent=_GONE, hides=(AUTHORIZER,)):
        properties = {
            "RestApiId": id,
            "Name": authorizer.get("name"),
            "Type": authorizer.get("type"),
            "AuthorizerUri": authorizer.get("authorizerUri"),
        }
        yield Found(AUTHORIZER, f"{id}/{authorizer['id']}", properties)
    for stage in aws.every("get_stages", "item", restApiId=id, absent=_GONE, hides=(STAGE,)):
        yield Found(STAGE, f"{id}/{stage['stageName']}", {"RestApiId": id, "StageName": stage["stageName"]})


def _paths(resources: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        one["path"]: {
            _ANY if verb == "ANY" else verb.lower(): _operation(method)
            for verb, method in one["resourceMethods"].items()
        }
        for one in resources
        if one.get("resourceMethods")
    }


def _operation(method: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"x-amazon-apigateway-auth": {"type": method.get("authorizationType", "NONE")}}
    integration = members(method.get("methodIntegration"), "type", "uri", "credentials")
    return {**found, "x-amazon-apigateway-integration": integration} if integration else found


KINDS = (
    Kind(
        "REST APIs",
        "apigateway",
        (API,),
        dict.fromkeys(("get_rest_apis", "get_resources", "get_authorizers", "get_stages"), "apigateway:GET"),
        _items,
        _read,
    ),
)
