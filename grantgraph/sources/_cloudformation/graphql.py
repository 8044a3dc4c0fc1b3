"""AppSync: the fields of a GraphQL API, what each reads from, and the roles that it does so with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grantgraph.model import Authorizer, EntryPoint, EntryPointType
from grantgraph.node import Node
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.called import find_called
from grantgraph.sources._cloudformation.identities import Roles
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import GLOBAL_TABLE, GRAPHQL_API, TABLE
from grantgraph.text import text

DATA_SOURCE = "AWS::AppSync::DataSource"
RESOLVER = "AWS::AppSync::Resolver"
STEP = "AWS::AppSync::FunctionConfiguration"
_AUTHENTICATION: Mapping[str, Authorizer] = {
    "API_KEY": Authorizer.API_KEY,
    "AWS_IAM": Authorizer.IAM,
    "AMAZON_COGNITO_USER_POOLS": Authorizer.USER_POOL,
    "OPENID_CONNECT": Authorizer.JWT,
    "AWS_LAMBDA": Authorizer.LAMBDA,
}
# type of a data source → the property that says what it reads, and the member that names it
_READS: Mapping[str, tuple[str, str]] = {
    "AWS_LAMBDA": ("LambdaConfig", "LambdaFunctionArn"),
    "AMAZON_DYNAMODB": ("DynamoDBConfig", "TableName"),
    "AMAZON_EVENTBRIDGE": ("EventBridgeConfig", "EventBusArn"),
}


def read_fields(assembly: Assembly, roles: Roles) -> Iterator[EntryPoint]:
    """Every field that has a resolver, once for each data source, and the functions that let callers in."""
    for one in assembly.of(DATA_SOURCE):
        assembly.understood(one)
    steps = {assembly.names.attribute(one, "FunctionId"): one for one in assembly.of(STEP)}
    for one in assembly.of(RESOLVER):
        api = _api_of(assembly, one)
        if api is None:
            message = f"`{one.logical_id}` is a way in, but its API is not in the input"
            assembly.problems.unmodelled(one.at, "outside-entry-point", message)
            continue
        assembly.understood(one)
        sources = [one]
        pipeline = assembly.property(one, "PipelineConfig")
        functions = pipeline.get("Functions") if pipeline else None
        for value, node in assembly.texts(functions, "a function of a pipeline"):
            if value in steps:
                assembly.understood(steps[value])
                sources.append(steps[value])
            else:
                message = f"a step of `{one.logical_id}` is not in the input"
                assembly.problems.unmodelled(node.at, "outside-entry-point", message)
        yield from _field(assembly, roles, one, api, sources)
    for api in assembly.of(GRAPHQL_API):
        yield from _authorizers(assembly, api)


def _api_of(assembly: Assembly, one: Declared) -> Declared | None:
    id = assembly.text(one, "ApiId")
    return next(
        (api for api in assembly.of(GRAPHQL_API) if id in (assembly.names.name(api), assembly.names.arn(api))),
        None,
    )


def _field(
    assembly: Assembly, roles: Roles, one: Declared, api: Declared, sources: list[Declared]
) -> Iterator[EntryPoint]:
    type, name = (str(assembly.text(one, key) or "?") for key in ("TypeName", "FieldName"))
    authorizer = _authorizer(assembly, api)
    arn = (
        text((assembly.names.arn(api) or "", f"/types/{type}/fields/{name}"))
        if authorizer is Authorizer.IAM
        else ""
    )
    found = [_source(assembly, roles, api, source) for source in sources]
    reached = [pair for pair in found if pair != ("", "")] or [("", "")]
    for target, role in reached:
        id = f"{type}.{name}"
        yield EntryPoint(id, EntryPointType.FIELD, target, authorizer, arn, api.id, role, one.at)


def _source(assembly: Assembly, roles: Roles, api: Declared, one: Declared) -> tuple[str, str]:
    """The ids of what a resolver reads from, and of the role that it does so with."""
    name = assembly.text(one, "DataSourceName")
    if name is None:
        return "", ""
    for source in assembly.of(DATA_SOURCE):
        if _api_of(assembly, source) is not api:
            continue
        if name not in (assembly.text(source, "Name"), assembly.names.attribute(source, "Name")):
            continue
        return _reads(assembly, source), _role(assembly, roles, source)
    message = f"the data source `{name}` is not in the input"
    assembly.problems.unmodelled(one.at, "outside-entry-point", message)
    return "", ""


def _reads(assembly: Assembly, source: Declared) -> str:
    key, member = _READS.get(str(assembly.text(source, "Type")), ("", ""))
    config = assembly.property(source, key) if key else None
    named = config.get(member) if config else None
    value = named.as_text() if named else None
    found = find_called(assembly, value) or assembly.find(value, TABLE, GLOBAL_TABLE)
    return found.id if found else ""


def _role(assembly: Assembly, roles: Roles, source: Declared) -> str:
    role, node = assembly.text(source, "ServiceRoleArn"), assembly.property(source, "ServiceRoleArn")
    return roles.use(role, node.at) if role is not None and node is not None else ""


def _authorizer(assembly: Assembly, api: Declared) -> Authorizer:
    """Who decides about a field; with more than one way, the schema says which holds for it."""
    if assembly.property(api, "AdditionalAuthenticationProviders") not in (None, Node(())):
        return Authorizer.UNKNOWN
    type = assembly.text(api, "AuthenticationType")
    return _AUTHENTICATION.get(type, Authorizer.UNKNOWN) if isinstance(type, str) else Authorizer.UNKNOWN


def _authorizers(assembly: Assembly, api: Declared) -> Iterator[EntryPoint]:
    own = assembly.property(api, "LambdaAuthorizerConfig")
    more = assembly.property(api, "AdditionalAuthenticationProviders")
    configs = [own, *(one.get("LambdaAuthorizerConfig") for one in (more.items if more else ()))]
    for config in configs:
        uri = config.get("AuthorizerUri") if config else None
        function = find_called(assembly, uri.as_text()) if uri else None
        if function is not None and uri is not None:
            id = f"authorizer of {api.id}"
            yield EntryPoint(id, EntryPointType.AUTHORIZER, function.id, Authorizer.NONE, source=api.id, at=uri.at)
