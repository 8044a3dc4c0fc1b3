"""AppSync: the fields of a GraphQL API, what each reads from, and the roles that it does so with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grantgraph.model import Authorizer, EntryPoint, EntryPointType
from grantgraph.node import Node
from grantgraph.problems import Location
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.called import find_called
from grantgraph.sources._cloudformation.identities import Roles
from grantgraph.sources._cloudformation.integrations import NOTHING, UNSEEN, Behind
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import GLOBAL_TABLE, GRAPHQL_API, TABLE
from grantgraph.text import Text, text

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
    reader = _Fields(assembly, roles)
    for one in assembly.of(RESOLVER):
        yield from reader.field(one)
    for api in assembly.of(GRAPHQL_API):
        yield from _authorizers(assembly, api)


class _Fields:
    """Reads fields; APIs, data sources and steps are found by what their templates call them."""

    def __init__(self, assembly: Assembly, roles: Roles) -> None:
        self.assembly = assembly
        self.roles = roles
        self.apis = {assembly.names.name(api): api for api in assembly.of(GRAPHQL_API)}
        self.steps = {assembly.names.attribute(one, "FunctionId"): one for one in assembly.of(STEP)}
        self.sources: dict[tuple[Text | None, Text | None], Declared] = {}
        for one in assembly.of(DATA_SOURCE):
            assembly.understood(one)
            for name in (assembly.text(one, "Name"), assembly.names.attribute(one, "Name")):
                self.sources[assembly.text(one, "ApiId"), name] = one

    def field(self, one: Declared) -> Iterator[EntryPoint]:
        id = self.assembly.text(one, "ApiId")
        api = self.apis.get(id) if id is not None else None
        if api is None:
            message = f"`{one.logical_id}` is a way in, but its API is not in the input"
            self.assembly.problems.unmodelled(one.at, "lost-entry-point", message)
            return
        self.assembly.understood(one)
        type, name = (str(self.assembly.text(one, key) or "?") for key in ("TypeName", "FieldName"))
        authorizer = _authorizer(self.assembly, api)
        arn: Text = ""
        if authorizer is Authorizer.IAM:
            arn = text((self.assembly.names.arn(api) or "", f"/types/{type}/fields/{name}"))
        found = [self.reads(id, source) if source else UNSEEN for source in self.readers(one)]
        for own in [one for one in found if one != NOTHING] or [NOTHING]:
            yield EntryPoint(
                f"{type}.{name}",
                EntryPointType.FIELD,
                own.target,
                authorizer,
                arn,
                api.id,
                own.runs_as,
                one.at,
                unseen=own.unseen,
            )

    def readers(self, one: Declared) -> Iterator[Declared | None]:
        """A resolver, and the steps of its pipeline (None for one that is not in the input): each may name a data
        source."""
        yield one
        pipeline = self.assembly.property(one, "PipelineConfig")
        functions = pipeline.get("Functions") if pipeline else None
        for value, node in self.assembly.texts(functions, "a function of a pipeline"):
            if value in self.steps:
                self.assembly.understood(self.steps[value])
                yield self.steps[value]
            else:
                self.report(node.at, f"a step of `{one.logical_id}` is not in the input")
                yield None

    def reads(self, api: Text | None, one: Declared) -> Behind:
        """What a resolver reads from, and the role that it does so with."""
        name = self.assembly.text(one, "DataSourceName")
        if name is None:
            return NOTHING
        source = self.sources.get((api, name))
        if source is None:
            self.report(one.at, f"the data source `{name}` is not in the input")
            return UNSEEN
        return Behind(_reads(self.assembly, source), _role(self.assembly, self.roles, source))

    def report(self, at: Location, message: str) -> None:
        self.assembly.problems.unmodelled(at, "outside-entry-point", message)


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
        if uri is not None:
            function = find_called(assembly, uri.as_text())
            id, target = f"authorizer of {api.id}", function.id if function else ""
            yield EntryPoint(id, EntryPointType.AUTHORIZER, target, source=api.id, at=uri.at, unseen=not target)
