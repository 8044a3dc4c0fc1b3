"""API Gateway: HTTP, WebSocket and REST APIs with their routes; and AppSync."""

from __future__ import annotations

from grantgraph.node import Node
from grantgraph.sources._embedded import decode_embedded
from grantgraph.sources._terraform.document import Instance
from grantgraph.sources._terraform.environments import known_text
from grantgraph.sources._terraform.links import Link
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import Properties, TerraformType
from grantgraph.sources._terraform.types._policies import own_policy, policy_resource
from grantgraph.sources._terraform.types.lambda_ import FUNCTIONS, value_of
from grantgraph.text import Text, Unknown, text

API, INTEGRATION = "aws_apigatewayv2_api", "aws_apigatewayv2_integration"
AUTHORIZER, REST_AUTHORIZER = "aws_apigatewayv2_authorizer", "aws_api_gateway_authorizer"
REST_API, RESOURCE, METHOD = "aws_api_gateway_rest_api", "aws_api_gateway_resource", "aws_api_gateway_method"

# ── HTTP and WebSocket APIs ──


def _api(reader: Reader, one: Instance) -> Properties:
    target = reader.link(one, "target", to=FUNCTIONS)
    if target is not None:  # the short way to one route
        own = Node(reader.reference(one), one.at)
        key = reader.text(one, "route_key") or Node("$default", one.at)
        integration, route = f"{one.address}.integration", f"{one.address}.route"
        reader.also(integration, one, "AWS::ApiGatewayV2::Integration", {"IntegrationUri": target.value})
        stand_in = text(("integrations/", Unknown(f"{integration}.Ref", generated=True)))
        properties = {"ApiId": own, "RouteKey": key, "Target": Node(stand_in, one.at)}
        reader.also(route, one, "AWS::ApiGatewayV2::Route", properties)
    return {"ProtocolType": reader.text(one, "protocol_type"), "Body": _body(reader, one)}


def _body(reader: Reader, one: Instance) -> Node | None:
    """An OpenAPI document, where it is JSON; one in YAML, or not known, leaves the routes open."""
    node = reader.text(one, "body")
    spelled = node.as_str() if node is not None else None
    if node is None or (spelled is not None and spelled.lstrip().startswith("{")):
        return decode_embedded(node, f"`body` of `{one.address}`", reader.problems) if node is not None else None
    return Node({}, node.at)


def _route(reader: Reader, one: Instance) -> Properties:
    return {
        "ApiId": value_of(reader.link(one, "api_id", to=(API,))),
        "RouteKey": reader.text(one, "route_key"),
        "Target": _integration_of(reader, one),
        "AuthorizationType": reader.text(one, "authorization_type"),
        "AuthorizerId": value_of(reader.link(one, "authorizer_id", to=(AUTHORIZER,))),
    }


def _integration_of(reader: Reader, one: Instance) -> Node | None:
    """`integrations/<id>` with the integration that the id means."""
    node = reader.text(one, "target")
    known = node.as_str() if node is not None else None
    if node is None or known is None:
        link = reader.link(one, "target", to=(INTEGRATION,))
        return _prefixed(link) if link is not None and link.found is not None else node
    id = known.removeprefix("integrations/")
    api = known_text(one, "api_id")
    found = [other for other in reader.meant(INTEGRATION, id) if known_text(other, "api_id") == api]
    return _prefixed(reader.link_to(found[0], node.at)) if len(found) == 1 else node


def _prefixed(link: Link) -> Node:
    return Node(text(("integrations/", link.value.as_text() or "")), link.value.at)


def _integration(reader: Reader, one: Instance) -> Properties:
    return {"IntegrationUri": value_of(reader.link(one, "integration_uri", to=FUNCTIONS))}


def _authorizer(reader: Reader, one: Instance) -> Properties:
    blocks = reader.value(one, "jwt_configuration")
    block = next(iter(blocks.items), None) if blocks is not None else None
    config = {"Issuer": block.get("issuer"), "Audience": block.get("audience")} if block is not None else {}
    given = {key: value for key, value in config.items() if value is not None}
    return {
        "ApiId": value_of(reader.link(one, "api_id", to=(API,))),
        "AuthorizerType": reader.text(one, "authorizer_type"),
        "AuthorizerUri": value_of(reader.link(one, "authorizer_uri", to=FUNCTIONS)),
        "Name": reader.text(one, "name"),
        "JwtConfiguration": Node(given, block.at) if block is not None else None,
    }


def _stage(reader: Reader, one: Instance) -> Properties:
    return {"ApiId": value_of(reader.link(one, "api_id", to=(API,))), "StageName": reader.text(one, "name")}


# ── REST APIs ──


def _rest_api(reader: Reader, one: Instance) -> Properties:
    return {
        "Policy": own_policy(reader, one, "aws_api_gateway_rest_api_policy", "rest_api_id"),
        "Body": _body(reader, one),
    }


def _place(reader: Reader, one: Instance, attribute: str) -> Link | None:
    """The resource of a REST API that an id means; an API's root resource belongs to the API."""
    link = reader.link(one, attribute, to=(RESOURCE, REST_API))
    if link is not None and link.found is not None and link.found.type == REST_API:
        root: Text = text((Unknown(f"{link.found.address}.RootResourceId", "the id of the root is made by AWS"),))
        return Link(Node(root, link.value.at), link.found)
    return link


def _resource(reader: Reader, one: Instance) -> Properties:
    return {
        "RestApiId": value_of(reader.link(one, "rest_api_id", to=(REST_API,))),
        "ParentId": value_of(_place(reader, one, "parent_id")),
        "PathPart": reader.text(one, "path_part"),
    }


def _method(reader: Reader, one: Instance) -> Properties:
    return {
        "RestApiId": value_of(reader.link(one, "rest_api_id", to=(REST_API,))),
        "ResourceId": value_of(_place(reader, one, "resource_id")),
        "HttpMethod": reader.text(one, "http_method"),
        "AuthorizationType": reader.text(one, "authorization"),
        "AuthorizerId": value_of(reader.link(one, "authorizer_id", to=(REST_AUTHORIZER,))),
    }


def _rest_authorizer(reader: Reader, one: Instance) -> Properties:
    return {
        "RestApiId": value_of(reader.link(one, "rest_api_id", to=(REST_API,))),
        "Type": reader.text(one, "type"),
        "AuthorizerUri": value_of(reader.link(one, "authorizer_uri", to=FUNCTIONS)),
        "Name": reader.text(one, "name"),
        "ProviderARNs": reader.value(one, "provider_arns"),
    }


def _method_integration(reader: Reader, one: Instance) -> Properties | None:
    """What a method reaches, which CloudFormation keeps in the method."""
    place = _place(reader, one, "resource_id")
    verb = reader.link(one, "http_method", to=(METHOD,))
    uri = reader.link(one, "uri", to=FUNCTIONS)
    found = verb.found if verb is not None else None
    if found is None and place is not None and verb is not None:
        wanted = place.value.as_text(), verb.value.as_text()
        found = next((other for other in reader.instances(METHOD) if _method_place(reader, other) == wanted), None)
    if found is None:
        message = f"`{one.address}` is what a method reaches, but the method is not in the input"
        reader.problems.unmodelled(one.at, "lost-entry-point", message)
    elif uri is not None:
        reader.put(found, "Integration", Node({"Uri": uri.value}, one.at))
    return None


def _method_place(reader: Reader, one: Instance) -> tuple[Text | None, Text | None]:
    place, verb = _place(reader, one, "resource_id"), reader.text(one, "http_method")
    return place.value.as_text() if place else None, verb.as_text() if verb else None


def _rest_stage(reader: Reader, one: Instance) -> Properties | None:
    name = reader.text(one, "stage_name")
    if name is None:
        return None
    return {"RestApiId": value_of(reader.link(one, "rest_api_id", to=(REST_API,))), "StageName": name}


def _graph(reader: Reader, one: Instance) -> Properties:
    return {}


TERRAFORM_TYPES = (
    TerraformType(API, "AWS::ApiGatewayV2::Api", _api, "id", known_by=("id", "execution_arn")),
    TerraformType("aws_apigatewayv2_route", "AWS::ApiGatewayV2::Route", _route),
    TerraformType(INTEGRATION, "AWS::ApiGatewayV2::Integration", _integration),
    TerraformType(AUTHORIZER, "AWS::ApiGatewayV2::Authorizer", _authorizer, "id"),
    TerraformType("aws_apigatewayv2_stage", "AWS::ApiGatewayV2::Stage", _stage),
    TerraformType(REST_API, "AWS::ApiGateway::RestApi", _rest_api, "id", known_by=("id", "root_resource_id")),
    policy_resource("aws_api_gateway_rest_api_policy", "rest_api_id", REST_API),
    TerraformType(RESOURCE, "AWS::ApiGateway::Resource", _resource),
    TerraformType(METHOD, "AWS::ApiGateway::Method", _method),
    TerraformType(REST_AUTHORIZER, "AWS::ApiGateway::Authorizer", _rest_authorizer, "id"),
    TerraformType("aws_api_gateway_integration", "", _method_integration),
    TerraformType("aws_api_gateway_stage", "AWS::ApiGateway::Stage", _rest_stage),
    TerraformType("aws_api_gateway_deployment", "AWS::ApiGateway::Stage", _rest_stage),
    TerraformType("aws_appsync_graphql_api", "AWS::AppSync::GraphQLApi", _graph, "id"),
)
