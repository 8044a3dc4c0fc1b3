"""Routes of HTTP, WebSocket and REST APIs, function URLs, and the functions that let callers in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.model import Authorizer, EntryPoint, EntryPointType
from grantgraph.problems import Location
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.called import find_function
from grantgraph.sources._cloudformation.identities import Roles
from grantgraph.sources._cloudformation.integrations import NOTHING, UNSEEN, Behind, behind, behind_integration
from grantgraph.sources._cloudformation.openapi import (
    asked_of,
    authorizer_named,
    authorizer_uri,
    body_of,
    integration_of,
    read_body,
    schemes_of,
)
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.tokens import tokens_of, tokens_of_scheme
from grantgraph.sources._cloudformation.types import API, REST_API
from grantgraph.text import Text, split_text, text

ROUTE = "AWS::ApiGatewayV2::Route"
INTEGRATION = "AWS::ApiGatewayV2::Integration"
RESOURCE = "AWS::ApiGateway::Resource"
METHOD = "AWS::ApiGateway::Method"
URL = "AWS::Lambda::Url"
CONNECT = "$connect"

_STAGES = {API: ("AWS::ApiGatewayV2::Stage", "ApiId"), REST_API: ("AWS::ApiGateway::Stage", "RestApiId")}
_AUTHORIZERS = (
    ("AWS::ApiGatewayV2::Authorizer", "ApiId", API),
    ("AWS::ApiGateway::Authorizer", "RestApiId", REST_API),
)
MAX_PATH = 64


def read_routes(assembly: Assembly, roles: Roles) -> Iterator[EntryPoint]:
    """Every route of every API, every function URL, and every function that authorizes callers."""
    around = _Around(assembly, roles, dict(_connecting(assembly)), dict(_stages(assembly)))
    for one in assembly.of(ROUTE):
        yield from _route(around, one)
    paths = _Paths(assembly)
    for one in assembly.of(METHOD):
        yield from _method(around, one, paths)
    for one in assembly.of(API, REST_API):
        yield from _body(around, one)
        yield from _quick_route(around, one)
    for one in assembly.of(URL):
        yield from _url(assembly, one)
    yield from _authorizers(assembly)


@dataclass(frozen=True, slots=True)
class _Around:
    """What a route is read in: who may connect to each WebSocket API, and the stage of each API that has one."""

    assembly: Assembly
    roles: Roles
    connecting: Mapping[str, Authorizer]
    stages: Mapping[str, str]


def _stages(assembly: Assembly) -> Iterator[tuple[str, str]]:
    """(API, name) of the stages of APIs that have one stage, and one of a known name."""
    found: dict[str, list[Declared]] = {}
    for api_type, (type, key) in _STAGES.items():
        for one in assembly.of(type):
            api = assembly.find(assembly.text(one, key), api_type)
            if api is not None:
                assembly.understood(one)
                found.setdefault(api.id, []).append(one)
    for id, stages in found.items():
        name = assembly.text(stages[0], "StageName")
        if len(stages) == 1 and isinstance(name, str) and name:
            yield id, name


# ── HTTP and WebSocket APIs ──


def _connecting(assembly: Assembly) -> Iterator[tuple[str, Authorizer]]:
    """Who decides that a caller may connect to a WebSocket API, which decides for every message to come."""
    for one in assembly.of(ROUTE):
        api = assembly.find(assembly.text(one, "ApiId"), API)
        if api is not None and assembly.text(one, "RouteKey") == CONNECT:
            yield api.id, _authorizer(assembly, one)


def _route(around: _Around, one: Declared) -> Iterator[EntryPoint]:
    assembly = around.assembly
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
    found = NOTHING
    if integration is not None:
        assembly.understood(integration)
        found = behind_integration(assembly, around.roles, integration, str(key))
    elif target is not None:
        found = UNSEEN
        message = f"`{one.logical_id}` is a way in, but its integration is not in the input"
        assembly.problems.unmodelled(one.at, "outside-entry-point", message)
    if assembly.text(api, "ProtocolType") == "WEBSOCKET":
        authorizer = around.connecting.get(api.id, Authorizer.NONE)
        yield _entry(around, api, str(key), found, authorizer, one.at, CONNECT)
    else:
        entry = _entry(around, api, str(key), found, _authorizer(assembly, one), one.at)
        yield replace(entry, tokens=tokens_of(assembly, one))


def _authorizer(assembly: Assembly, one: Declared) -> Authorizer:
    type = assembly.text(one, "AuthorizationType")
    if type is None:
        return Authorizer.NONE
    return authorizer_named(type if isinstance(type, str) else None)


def _entry(
    around: _Around,
    api: Declared,
    key: str,
    found: Behind,
    authorizer: Authorizer,
    at: Location,
    pattern: str = "",
) -> EntryPoint:
    """A route; `pattern` is how its ARN ends where its key does not say."""
    arn: Text = ""
    if authorizer is Authorizer.IAM:
        path = pattern or _path_pattern(key)
        arn = text((around.assembly.names.arn(api) or "", "/", around.stages.get(api.id, "*"), "/", path))
    return EntryPoint(
        key, EntryPointType.ROUTE, found.target, authorizer, arn, api.id, found.runs_as, at, unseen=found.unseen
    )


def _path_pattern(key: str) -> str:
    """`GET /notes/{id}` as the end of an ARN: `GET/notes/*`."""
    if key == "$default":
        return "*/*"
    method, _, path = key.partition(" ")
    return ("*" if method == "ANY" else method) + re.sub(r"\{[^{}/]*\}", "*", path)


def _quick_route(around: _Around, api: Declared) -> Iterator[EntryPoint]:
    """The one route of an HTTP API that names its target itself; nobody authorizes its callers."""
    assembly = around.assembly
    target = assembly.property(api, "Target") if api.type == API else None
    if target is not None:
        key = str(assembly.text(api, "RouteKey") or "$default")
        found = behind(assembly, around.roles, target, assembly.property(api, "CredentialsArn"), key)
        yield _entry(around, api, key, found, Authorizer.NONE, target.at)


# ── REST APIs ──


class _Paths:
    """The paths of REST API resources, each built from its parents."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.roots = {assembly.names.attribute(api, "RootResourceId"): api for api in assembly.of(REST_API)}

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


def _method(around: _Around, one: Declared, paths: _Paths) -> Iterator[EntryPoint]:
    assembly = around.assembly
    api = assembly.find(assembly.text(one, "RestApiId"), REST_API)
    path = paths.of(assembly.text(one, "ResourceId"))
    verb = assembly.text(one, "HttpMethod")
    if api is None or path is None or verb is None:
        _report(assembly, one, "its API or its path")
        return
    assembly.understood(one)
    integration = assembly.property(one, "Integration")
    key = f"{verb} {path}"
    uri, credentials = (integration.get(name) if integration else None for name in ("Uri", "Credentials"))
    found = behind(assembly, around.roles, uri, credentials, key)
    entry = _entry(around, api, key, found, _authorizer(assembly, one), one.at)
    yield replace(entry, tokens=tokens_of(assembly, one))


def _body(around: _Around, api: Declared) -> Iterator[EntryPoint]:
    """The routes of an API that is written as an OpenAPI document."""
    assembly = around.assembly
    body = body_of(assembly, api)
    for key, operation, authorizer in read_body(assembly, api):
        integration = integration_of(body, operation) if body is not None else None
        uri, credentials = (integration.get(name) if integration else None for name in ("uri", "credentials"))
        found = behind(assembly, around.roles, uri, credentials, key)
        schemes = asked_of(body, operation) if body is not None else ()
        tokens = tuple(one for scheme in schemes for one in tokens_of_scheme(assembly, scheme))
        yield replace(_entry(around, api, key, found, authorizer, operation.at), tokens=tokens)


# ── function URLs ──


def _url(assembly: Assembly, one: Declared) -> Iterator[EntryPoint]:
    function = find_function(assembly, assembly.text(one, "TargetFunctionArn"))
    if function is None:
        _report(assembly, one, "its function")
        return
    assembly.understood(one)
    node = assembly.property(one, "AuthType")
    known = authorizer_named(node.as_str() if node else None)
    yield EntryPoint(f"URL of {function.id}", EntryPointType.FUNCTION_URL, function.id, known, at=one.at)


# ── functions that let callers in ──


def _authorizers(assembly: Assembly) -> Iterator[EntryPoint]:
    """The functions behind Lambda authorizers: whoever knocks reaches them."""
    for type, key, api_type in _AUTHORIZERS:
        for one in assembly.of(type):
            api = assembly.find(assembly.text(one, key), api_type)
            if api is None:
                _report(assembly, one, "its API")
                continue
            assembly.understood(one)
            name = str(assembly.text(one, "Name") or one.id)
            yield from _knock(assembly, assembly.text(one, "AuthorizerUri"), name, api, one.at)
    for api in assembly.of(API, REST_API):
        body = body_of(assembly, api)
        for name, scheme in (schemes_of(body) if body is not None else {}).items():
            uri = authorizer_uri(scheme)
            yield from _knock(assembly, uri.as_text() if uri else None, name, api, scheme.at)


def _knock(assembly: Assembly, uri: Text | None, name: str, api: Declared, at: Location) -> Iterator[EntryPoint]:
    if uri is None:
        return
    function = find_function(assembly, uri)
    if function is None:
        message = f"the function that lets callers of `{api.id}` in is not in the input"
        assembly.problems.unmodelled(at, "outside-entry-point", message)
    id, target = f"authorizer {name} of {api.id}", function.id if function else ""
    yield EntryPoint(id, EntryPointType.AUTHORIZER, target, source=api.id, at=at, unseen=not target)


def _report(assembly: Assembly, one: Declared, what: str) -> None:
    message = f"`{one.logical_id}` is a way in, but {what} is not in the input"
    assembly.problems.unmodelled(one.at, "lost-entry-point", message)
