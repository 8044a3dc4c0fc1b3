"""AppSync: GraphQL APIs with their fields, what these read from, and who lets callers in.

Neither schemas nor the code of resolvers are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, members

_PREFIX = "AWS::AppSync::"
API, SOURCE, RESOLVER, STEP = (
    f"{_PREFIX}{one}" for one in ("GraphQLApi", "DataSource", "Resolver", "FunctionConfiguration")
)
_GONE = ("NotFoundException",)


def _items(aws: Asking) -> Iterator[Mapping[str, Any]]:
    yield from aws.every("list_graphql_apis", "graphqlApis")


def _read(aws: Asking, one: Mapping[str, Any]) -> Iterator[Read]:
    id = one["apiId"]
    more = [_way_in(other) for other in one.get("additionalAuthenticationProviders") or ()]
    named = {"Name": one.get("name"), "AdditionalAuthenticationProviders": more or None}
    yield Found(API, id, {**named, **_way_in(one)})
    for source in aws.every("list_data_sources", "dataSources", apiId=id, absent=_GONE, hides=(SOURCE,)):
        yield Found(SOURCE, f"{id}/{source['name']}", {"ApiId": id, **_source(aws, source)})
    for step in aws.every("list_functions", "functions", apiId=id, absent=_GONE, hides=(STEP,)):
        properties = {"ApiId": id, "Name": step.get("name"), "DataSourceName": step.get("dataSourceName")}
        yield Found(STEP, step["functionId"], properties)
    for type in aws.every("list_types", "types", apiId=id, format="SDL", absent=_GONE, hides=(RESOLVER,)):
        yield from _resolvers(aws, id, type["name"])


def _way_in(one: Mapping[str, Any]) -> dict[str, Any]:
    """How callers are let in, by an API or by one of its further ways."""
    uri = (one.get("lambdaAuthorizerConfig") or {}).get("authorizerUri")
    config = {"LambdaAuthorizerConfig": {"AuthorizerUri": uri}} if uri else {}
    return {"AuthenticationType": one.get("authenticationType"), **config}


def _source(aws: Asking, one: Mapping[str, Any]) -> dict[str, Any]:
    """A data source; a table is named with its region, as others may have one of its name."""
    found = {"Name": one["name"], "Type": one.get("type"), "ServiceRoleArn": one.get("serviceRoleArn")}
    function = (one.get("lambdaConfig") or {}).get("lambdaFunctionArn")
    table = one.get("dynamodbConfig") or {}
    bus = (one.get("eventBridgeConfig") or {}).get("eventBusArn")
    if function:
        found["LambdaConfig"] = {"LambdaFunctionArn": function}
    if table:
        where = aws.where
        arn = f"arn:{where.partition}:dynamodb:{table['awsRegion']}:{where.account}:table/{table['tableName']}"
        found["DynamoDBConfig"] = {"TableName": arn}
    if bus:
        found["EventBridgeConfig"] = {"EventBusArn": bus}
    return found


def _resolvers(aws: Asking, id: str, type: str) -> Iterator[Read]:
    listed = aws.every("list_resolvers", "resolvers", apiId=id, typeName=type, absent=_GONE, hides=(RESOLVER,))
    for one in listed:
        properties = {
            "ApiId": id,
            "TypeName": one["typeName"],
            "FieldName": one["fieldName"],
            "DataSourceName": one.get("dataSourceName"),
            "PipelineConfig": {"Functions": steps} if (steps := _steps(one)) else None,
        }
        yield Found(RESOLVER, f"{id}/{one['typeName']}.{one['fieldName']}", properties)


def _steps(one: Mapping[str, Any]) -> list[str]:
    return list(members(one.get("pipelineConfig"), "functions").get("functions", ()))


KINDS = (
    Kind(
        "GraphQL APIs",
        "appsync",
        (API,),
        {
            "list_graphql_apis": "appsync:ListGraphqlApis",
            "list_data_sources": "appsync:ListDataSources",
            "list_functions": "appsync:ListFunctions",
            "list_types": "appsync:ListTypes",
            "list_resolvers": "appsync:ListResolvers",
        },
        _items,
        _read,
    ),
)
