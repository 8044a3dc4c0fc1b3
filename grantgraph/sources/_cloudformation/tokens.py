"""The tokens that authorizers ask for: of an issuer, for an audience; or of user pools."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.model import Token
from grantgraph.node import Node
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import USER_POOL
from grantgraph.text import Text, text

AUTHORIZER, REST_AUTHORIZER = "AWS::ApiGatewayV2::Authorizer", "AWS::ApiGateway::Authorizer"


def tokens_of(assembly: Assembly, route: Declared) -> tuple[Token, ...]:
    """What a route's authorizer asks for; () where it asks for no token, or the input does not say which."""
    named = assembly.text(route, "AuthorizerId")
    found = assembly.find(named, AUTHORIZER, REST_AUTHORIZER)
    if found is None:
        return ()
    if found.type == AUTHORIZER:
        return tuple(_jwt(assembly, assembly.property(found, "JwtConfiguration"), ("Issuer", "Audience")))
    return tuple(_of_users(assembly, assembly.property(found, "ProviderARNs")))


def tokens_of_scheme(assembly: Assembly, scheme: Node) -> tuple[Token, ...]:
    """What the authorizer of an OpenAPI document asks for."""
    authorizer = scheme.get("x-amazon-apigateway-authorizer")
    if authorizer is None:
        return ()
    jwt = _jwt(assembly, authorizer.get("jwtConfiguration"), ("issuer", "audience"))
    return (*jwt, *_of_users(assembly, authorizer.get("providerARNs")))


def _jwt(assembly: Assembly, config: Node | None, keys: tuple[str, str]) -> Iterator[Token]:
    issuer, audience = (config.get(key) if config else None for key in keys)
    value = assembly.text_of(issuer, "the issuer of tokens") if issuer else None
    if value is not None:
        yield Token(value, tuple(one for one, _ in assembly.texts(audience, "an audience")))


def _of_users(assembly: Assembly, providers: Node | None) -> Iterator[Token]:
    for value, _ in assembly.texts(providers, "the ARN of a user pool"):
        users = assembly.find(value, USER_POOL)
        yield Token(issuer_of(assembly, users) if users is not None else value)


def issuer_of(assembly: Assembly, users: Declared) -> Text:
    """What the tokens of a user pool say of their issuer."""
    return text(("https://", assembly.names.attribute(users, "ProviderName")))
