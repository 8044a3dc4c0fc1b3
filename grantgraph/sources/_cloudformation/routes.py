"""Routes of HTTP, WebSocket and REST APIs, and function URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from grantgraph.model import Authorizer, EntryPoint, EntryPointType
from grantgraph.node import Node
from grantgraph.problems import Location
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.resources import REST_API, find_function
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.text import Text, split_text, text

API = "AWS::ApiGatewayV2::Api"
ROUTE = "AWS::ApiGatewayV2::Route"
INTEGRATION = "AWS::ApiGatewayV2::Integration"
RESOURCE = "AWS::ApiGateway::Resource"
METHOD = "AWS::ApiGateway::Method"
URL = "AWS::Lambda::Url"
HTTP_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
ANY_METHOD = "x-amazon-apigateway-any-method"

_STAGES = {API: ("AWS::ApiGatewayV2::Stage", "ApiId"), REST_API: ("AWS::ApiGateway::Stage", "RestApiId")}
_AUTHORIZERS: Mapping[str, Authorizer] = {
    "NONE": Authorizer.NONE,
    "AWS_IAM": Authorizer.IAM,
    "JWT": Authorizer.JWT,
    "CUSTOM": Authorizer.LAMBDA,
    "COGNITO_USER_POOLS": Authorizer.USER_POOL,
}
_SCHEMES: Mapping[str, Authorizer] = {
    "jwt": Authorizer.JWT,
    "token": Authorizer.LAMBDA,
    "request": Authorizer.LAMBDA,
    "cognito_user_pools": Authorizer.USER_POOL,
}
MAX_PATH = 64


def read_routes(assembly: Assembly) -> Iterator[EntryPoint]:
    """Every route of every API, and every function URL."""
    for one in assembly.of(ROUTE):
        yield from _route(assembly, one)
    paths = _Paths(assembly)
    for one in assembly.of(METHOD):
        yield from _method(assembly, one, paths)
    for one in assembly.of(API, REST_API):
        yield from _body(assembly, one)
    for one in assembly.of(URL):
        yield from _url(assembly, one)


# ── HTTP and WebSocket APIs ──


def _route(assembly: Assembly, one: Declared) -> Iterator[EntryPoint]:
    api = assembly.find(assembly.text(one, "ApiId"), API)
    key = assembly.text(one, "RouteKey")
    if api is None or key is None:
        _report(assembly, one, "its API")
        return
    assembly.understood(one)
    target = assembly.text(one, "Target")
    integration = None
    if target is not None:
        integration = assembly.find(split_text(target, "integrations/", 1)[-1], INTEGRATION)
    function = None
    if integration is not None:
        assembly.understood(integration)
        function = _integrated(assembly, assembly.property(integration, "IntegrationUri"), str(key))
    elif target is not None:
        _report(assembly, one, "its integration")
    yield _entry(
        assembly,
        api,
        str(key),
        function,
        _authorizer(assembly, one),
        _is_websocket(assembly, api),
        one.at,
    )


def _is_websocket(assembly: Assembly, api: Declared) -> bool:
    return api.type == API and assembly.text(api, "ProtocolType") == "WEBSOCKET"


def _authorizer(assembly: Assembly, one: Declared) -> Authorizer:
    type = assembly.text(one, "AuthorizationType")
    if type is None:
        return Authorizer.NONE
    return _AUTHORIZERS.get(type, Authorizer.UNKNOWN) if isinstance(type, str) else Authorizer.UNKNOWN


def _entry(
    assembly: Assembly,
    api: Declared,
    key: str,
    function: Declared | None,
    authorizer: Authorizer,
    websocket: bool,
    at: Location,
) -> EntryPoint:
    arn: Text = ""
    if authorizer is Authorizer.IAM:
        path = key if websocket else _path_pattern(key)
        arn = text((assembly.arn(api) or "", "/", _stage(assembly, api), "/", path))
    target = function.id if function else ""
    return EntryPoint(key, EntryPointType.ROUTE, target, authorizer, arn, api.id, at)


def _path_pattern(key: str) -> str:
    """`GET /notes/{id}` as the end of an ARN: `GET/notes/*`."""
    if key == "$default":
        return "*/*"
    method, _, path = key.partition(" ")
    return ("*" if method == "ANY" else method) + re.sub(r"\{[^{}/]*\}", "*", path)


def _stage(assembly: Assembly, api: Declared) -> Text:
    """The only stage of an API; `*` where there are more, or none is known."""
    type, key = _STAGES[api.type]
    mine = [one for one in assembly.of(type) if assembly.find(assembly.text(one, key), api.type) is api]
    for one in mine:
        assembly.understood(one)
    name = assembly.text(mine[0], "StageName") if len(mine) == 1 else None
    return name if isinstance(name, str) and name else "*"


# ── REST APIs ──


class _Paths:
    """The paths of REST API resources, each built from its parents."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.roots = {assembly.attribute(api, "RootResourceId"): api for api in assembly.of(REST_API)}

    def of(self, value: Text | None) -> str | None:
        """The path of a resource id; None where a parent is not in the input."""
        parts: list[str] = []
        for _ in range(MAX_PATH):
            if value is None or value in self.roots:
                break
            one = self.assembly.find(value, RESOURCE)
            if one is None:
                return None
            self.assembly.understood(one)
            parts.append(str(self.assembly.text(one, "PathPart") or ""))
            value = self.assembly.text(one, "ParentId")
        return "/" + "/".join(reversed(parts)) if value in self.roots else None


def _method(assembly: Assembly, one: Declared, paths: _Paths) -> Iterator[EntryPoint]:
    api = assembly.find(assembly.text(one, "RestApiId"), REST_API)
    path = paths.of(assembly.text(one, "ResourceId"))
    verb = assembly.text(one, "HttpMethod")
    if api is None or path is None or verb is None:
        _report(assembly, one, "its API or its path")
        return
    assembly.understood(one)
    integration = assembly.property(one, "Integration")
    key = f"{verb} {path}"
    function = _integrated(assembly, integration.get("Uri") if integration else None, key)
    yield _entry(assembly, api, key, function, _authorizer(assembly, one), False, one.at)


def _integrated(assembly: Assembly, uri: Node | None, key: str) -> Declared | None:
    """The function behind a route; where something else is, the answer says that it is not followed."""
    value = assembly.text_of(uri, "the URI of an integration") if uri else None
    function = find_function(assembly, value)
    if uri is None or value is None or function is not None:
        return function
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        message = f"the route `{key}` hands its requests on to `{value}`"
        assembly.problems.note(uri.at, "http-integration", message)
    else:
        message = f"what the route `{key}` reaches is no function in the input, and is not followed: `{value}`"
        assembly.problems.unmodelled(uri.at, "outside-entry-point", message)
    return None


# ── APIs that are written as an OpenAPI document ──


def _body(assembly: Assembly, api: Declared) -> Iterator[EntryPoint]:
    if assembly.property(api, "BodyS3Location") is not None:
        message = f"the routes of `{api.id}` are in a file in S3, which is not in the input"
        assembly.problems.unmodelled(api.at, "api-body", message)
    body = assembly.property(api, "Body")
    if body is None:
        return
    paths = body.get("paths")
    if paths is None or not isinstance(paths.value, Mapping):
        assembly.problems.unmodelled(body.at, "api-body", f"the routes of `{api.id}` are not known here")
        return
    for path, operations in paths.fields.items():
        for verb, operation in operations.fields.items():
            if verb.lower() not in HTTP_METHODS and verb != ANY_METHOD:
                continue
            method = "ANY" if verb == ANY_METHOD else verb.upper()
            key = "$default" if path in ("/$default", "$default") else f"{method} {path}"
            function = _integrated(assembly, operation.get("x-amazon-apigateway-integration", "uri"), key)
            yield _entry(assembly, api, key, function, _secured(body, operation), False, operation.at)


def _secured(body: Node, operation: Node) -> Authorizer:
    """The authorizer of an operation: its own, or the document's default."""
    own = operation.get("x-amazon-apigateway-auth", "type")
    if own is not None:
        return _AUTHORIZERS.get(own.as_str() or "", Authorizer.UNKNOWN)
    security = operation.get("security") or body.get("security")
    if security is None or security.value == ():
        return Authorizer.NONE
    names = [name for requirement in security.items for name in requirement.fields]
    if names == ["NONE"]:
        return Authorizer.NONE
    if len(names) != 1:
        return Authorizer.UNKNOWN
    scheme = body.get("components", "securitySchemes", names[0]) or body.get("securityDefinitions", names[0])
    if scheme is None:
        return Authorizer.UNKNOWN
    auth_type = scheme.get("x-amazon-apigateway-authtype")
    if auth_type is not None and (auth_type.as_str() or "").lower() == "awssigv4":
        return Authorizer.IAM
    type = scheme.get("x-amazon-apigateway-authorizer", "type")
    return _SCHEMES.get((type.as_str() if type else None) or "", Authorizer.UNKNOWN)


# ── function URLs ──


def _url(assembly: Assembly, one: Declared) -> Iterator[EntryPoint]:
    function = find_function(assembly, assembly.text(one, "TargetFunctionArn"))
    if function is None:
        _report(assembly, one, "its function")
        return
    assembly.understood(one)
    node = assembly.property(one, "AuthType")
    known = _AUTHORIZERS.get((node.as_str() if node else None) or "", Authorizer.UNKNOWN)
    yield EntryPoint(f"URL of {function.id}", EntryPointType.FUNCTION_URL, function.id, known, at=one.at)


def _report(assembly: Assembly, one: Declared, what: str) -> None:
    message = f"`{one.logical_id}` is a way in, but {what} is not in the input"
    assembly.problems.unmodelled(one.at, "outside-entry-point", message)
