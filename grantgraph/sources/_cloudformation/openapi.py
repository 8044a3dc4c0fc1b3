"""APIs that are written as an OpenAPI document: their routes, authorizers and policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from grantgraph.model import Authorizer
from grantgraph.node import Node
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.embedded import from_text
from grantgraph.sources._cloudformation.template import Declared

ANY_METHOD = "x-amazon-apigateway-any-method"
POLICY = "x-amazon-apigateway-policy"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_INTEGRATION = "x-amazon-apigateway-integration"
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", ANY_METHOD})
_AUTHORIZATION_TYPES: Mapping[str, Authorizer] = {
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


def authorizer_named(type: str | None) -> Authorizer:
    """The authorizer of an `AuthorizationType`."""
    return _AUTHORIZATION_TYPES.get(type or "", Authorizer.UNKNOWN)


def body_of(assembly: Assembly, api: Declared) -> Node | None:
    """The OpenAPI document of an API, decoded where it is text."""
    body = assembly.property(api, "Body")
    return from_text(body, "an API", assembly.problems) if body is not None else None


def read_body(assembly: Assembly, api: Declared) -> Iterator[tuple[str, Node, Authorizer]]:
    """Every operation of an API's document: its route, itself, and who decides that a caller may use it."""
    if assembly.property(api, "BodyS3Location") is not None:
        message = f"the routes of `{api.id}` are in a file in S3, which is not in the input"
        assembly.problems.unmodelled(api.at, "api-body", message)
    body = body_of(assembly, api)
    if body is None:
        return
    paths = body.get("paths")
    if paths is None or not isinstance(paths.value, Mapping):
        assembly.problems.unmodelled(body.at, "api-body", f"the routes of `{api.id}` are not known here")
        return
    for path, operations in paths.fields.items():
        if not isinstance(operations.value, Mapping):
            assembly.problems.unmodelled(
                operations.at, "api-body", f"the operations of `{path}` are not known here"
            )
            continue
        for verb, operation in operations.fields.items():
            if verb.lower() in _METHODS:
                method = "ANY" if verb == ANY_METHOD else verb.upper()
                key = "$default" if path in ("/$default", "$default") else f"{method} {path}"
                yield key, operation, _secured(body, operation)


def integration_of(body: Node, operation: Node) -> Node | None:
    """The integration of an operation: its own, or one that the document names for several."""
    own = operation.get(_INTEGRATION)
    reference = own.get("$ref") if own else None
    name = (reference.as_str() if reference else None) or ""
    if not name:
        return own
    shared = name.removeprefix("#/components/x-amazon-apigateway-integrations/")
    return body.get("components", "x-amazon-apigateway-integrations", shared)


def schemes_of(body: Node) -> Mapping[str, Node]:
    """The ways to authorize that a document names: in OpenAPI 3, in Swagger 2."""
    found = (body.get("components", "securitySchemes"), body.get("securityDefinitions"))
    return {name: one for section in found if section for name, one in section.fields.items()}


def authorizer_uri(scheme: Node) -> Node | None:
    """The URI of the function that decides for a scheme."""
    return scheme.get(_AUTHORIZER, "authorizerUri")


def _secured(body: Node, operation: Node) -> Authorizer:
    """Who decides about an operation: its own requirement, or the document's.

    A scheme without an authorizer of API Gateway, such as an API key, keeps nobody out by itself.
    """
    own = operation.get("x-amazon-apigateway-auth", "type")
    if own is not None:
        return authorizer_named(own.as_str())
    security = operation.get("security") or body.get("security")
    if security is None or security.value == ():
        return Authorizer.NONE
    if not isinstance(security.value, tuple):
        return Authorizer.UNKNOWN
    schemes = schemes_of(body)
    found = {_scheme(schemes.get(name), name) for name in _names(security)} - {None}
    if len(found) > 1 or (found and _may_be_left_out(security, schemes)):
        return Authorizer.UNKNOWN
    return next((one for one in found if one is not None), Authorizer.NONE)


def asked_of(body: Node, operation: Node) -> Iterator[Node]:
    """The schemes that an operation names, of which one suffices."""
    security = operation.get("security") or body.get("security")
    schemes = schemes_of(body)
    names = _names(security) if security is not None and isinstance(security.value, tuple) else ()
    return (schemes[name] for name in names if name in schemes)


def _names(security: Node) -> Iterable[str]:
    return dict.fromkeys(name for requirement in security.items for name in requirement.fields)


def _may_be_left_out(security: Node, schemes: Mapping[str, Node]) -> bool:
    """Whether one of several requirements, of which one suffices, asks for no authorizer."""
    return any(
        not any(_scheme(schemes.get(name), name) for name in requirement.fields) for requirement in security.items
    )


def _scheme(scheme: Node | None, name: str) -> Authorizer | None:
    """What a security scheme stands for; None where API Gateway authorizes nobody by it."""
    if scheme is None:
        return None if name == "NONE" else Authorizer.UNKNOWN
    signed = scheme.get("x-amazon-apigateway-authtype")
    if signed is not None and (signed.as_str() or "").lower() == "awssigv4":
        return Authorizer.IAM
    authorizer = scheme.get(_AUTHORIZER)
    if authorizer is None:
        type = scheme.get("type")
        return None if type is not None and type.value == "apiKey" and signed is None else Authorizer.UNKNOWN
    kind = authorizer.get("type")
    return _SCHEMES.get((kind.as_str() if kind else None) or "", Authorizer.UNKNOWN)
