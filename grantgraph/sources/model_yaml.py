"""The model file: an application in its author's words, with what each principal needs and what it promises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from grantgraph.catalog import LEVELS_BY_WORD, Action, load_catalog
from grantgraph.model import (
    Application,
    Authorizer,
    EntryPoint,
    EntryPointType,
    Environment,
    IdentityPool,
    Index,
    Need,
    Principal,
    PrincipalType,
    Promise,
    PromiseType,
    Resource,
)
from grantgraph.node import Node, expect_fields, expect_keys, expect_str
from grantgraph.problems import InputError, Location, Problems, UsageError, bug, did_you_mean
from grantgraph.resources import ResourceType, fill, resource_types
from grantgraph.sources import ReadOptions, Source
from grantgraph.text import Text, Unknown, text

_KEYS = frozenset(
    {
        "application",
        "environment",
        "resources",
        "principals",
        "routes",
        "identity_pool",
        "api",
        "needs",
        "promises",
    }
)
_PRINCIPALS = {
    one.value: one
    for one in (
        PrincipalType.AUTHENTICATED,
        PrincipalType.UNAUTHENTICATED,
        PrincipalType.FUNCTION,
        PrincipalType.ROLE,
    )
}
_AUTHORIZERS = {one.value: one for one in Authorizer if one not in (Authorizer.API_KEY, Authorizer.UNKNOWN)}
_ROUTE = re.compile(r"([A-Za-z]+) (/\S*)")
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "ANY"})
_NAME = re.compile(r"[A-Za-z0-9+=,.@_:/-]+|\$default")
_NEED_KEYS = frozenset({"who", "access", "to", "rows", "attributes", "keys", "index"})
POOL = "IdentityPool"
"""The id of the identity pool that a model file implies."""


def recognises(path: Path, node: Node | None) -> bool:
    """Whether an input is a model file: it says so with one of its keys, and is no template."""
    fields = node.fields if node is not None else {}
    return "Resources" not in fields and not {"application", "principals", "needs"}.isdisjoint(fields)


def read(path: Path, node: Node | None, options: ReadOptions) -> Application:
    """The application that a model file describes.

    Raises:
        InputError: something in it is wrong; every such place is in its problems.
        UsageError: parameters are given, which a model file does not have.
    """
    if node is None:
        bug("a model file is a file")
    if options.parameters:
        raise UsageError(f"`--param` is about templates, and `{path}` is a model file")
    problems = Problems()
    application = _Reader(node, options, problems).application(path)
    errors = [problem for problem in problems.found if problem.level == "error"]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise InputError(f"{errors[0].at}: {errors[0].message}{more}", errors, errors[0].help)
    return replace(application, problems=problems.all())


class _Reader:
    def __init__(self, node: Node, options: ReadOptions, problems: Problems) -> None:
        self.node, self.options, self.problems = node, options, problems
        self.environment = self.read_environment()

    def application(self, path: Path) -> Application:
        expect_keys(self.node, _KEYS, "a model file", self.problems)
        name = self.node.get("application")
        if name is not None:
            expect_str(name, "`application`", self.problems)
        resources = {key: self.resource(key, at, one) for key, at, one in self.members("resources")}
        principals = {key: self.principal(key, at, one) for key, at, one in self.members("principals")}
        self.check_principals(principals, resources)
        routes = {key: self.route(key, at, one, principals) for key, at, one in self.members("routes")}
        known = {key: one for key, one in resources.items() if one is not None}
        needs = [self.need(one, principals, known, routes) for one in self.list_of("needs")]
        promises = [self.promise(one, principals, known) for one in self.list_of("promises")]
        return Application(
            name=(name.as_str() if name else None) or path.stem,
            source=str(path),
            environment=self.environment,
            principals=tuple(one for one in principals.values() if one is not None),
            resources=(*known.values(), *self.functions(principals)),
            pools=self.pools(principals),
            entry_points=tuple(one for one in routes.values() if one is not None),
            needs=tuple(one for one in needs if one is not None),
            promises=tuple(one for one in promises if one is not None),
        )

    # ── the parts of the file ──

    def part(self, key: str, known: frozenset[str]) -> Node | None:
        """An object of the file, if it is there, with its keys checked."""
        own = self.node.get(key)
        if own is not None and self.is_object(own, f"`{key}`"):
            expect_keys(own, known, f"`{key}`", self.problems)
        return own

    def is_object(self, node: Node, what: str) -> bool:
        expect_fields(node, what, self.problems)
        return isinstance(node.value, Mapping)

    def given_name(self, node: Node | None, key: str) -> str:
        """A name that goes into an ARN, where a wildcard would widen it; "" when it is not given."""
        own = node.get(key) if node is not None else None
        value = expect_str(own, f"`{key}`", self.problems) if own is not None else None
        if own is None or value is None:
            return ""
        if not _NAME.fullmatch(value):
            help = "a name has letters, digits and `+=,.@_:/-`, and no wildcard"
            self.problems.error(own.at, "name", f"`{value}` is not a name", help)
        return value

    def members(self, key: str) -> list[tuple[str, Location, Node]]:
        section = self.node.get(key)
        if section is None or section.value is None:
            return []
        fields = expect_fields(section, f"`{key}`", self.problems)
        return [(name, section.key_at.get(name, one.at), one) for name, one in fields.items()]

    def list_of(self, key: str) -> tuple[Node, ...]:
        section = self.node.get(key)
        if section is None or section.value is None:
            return ()
        if not isinstance(section.value, tuple):
            self.problems.error(section.at, "type", f"`{key}` must be a list, not {section.describe()}")
        return section.items

    def read_environment(self) -> Environment:
        node = self.part("environment", frozenset({"partition", "region", "account"}))
        given = Environment()

        def pick(name: str, option: str | None, otherwise: Text) -> Text:
            own = node.get(name) if node is not None else None
            if option is None and own is not None and not isinstance(own.value, str):
                self.problems.error(
                    own.at, "type", f"`{name}` must be a string, not {own.describe()}", "write it in quotes"
                )
            elif own is not None and name == "account" and not re.fullmatch("[0-9]{12}", str(own.value)):
                message = f"`{own.value}` is not an account"
                self.problems.error(own.at, "account", message, "write its twelve digits")
            elif own is not None and not re.fullmatch("[a-z0-9-]+", str(own.value)):
                help = "write it as AWS does: `us-east-1`, `aws-cn`"
                self.problems.error(own.at, "name", f"`{own.value}` is not a {name}", help)
            return option or (own.as_str() if own else None) or otherwise

        return Environment(
            pick("partition", self.options.partition, "aws"),
            pick("region", self.options.region, given.region),
            pick("account", self.options.account, given.account),
        )

    def places(self, name: Text, **more: Text) -> dict[str, Text]:
        env = self.environment
        return {"partition": env.partition, "region": env.region, "account": env.account, "name": name, **more}

    def name_of(self, key: str, node: Node) -> Text:
        return self.given_name(node, "name") or text(
            (Unknown(key, f"the name of `{key}` is not in the model", generated=True),)
        )

    # ── resources and principals ──

    def resource(self, key: str, at: Location, node: Node) -> Resource | None:
        if not self.is_object(node, f"the resource `{key}`"):
            return None
        fields = node.fields
        spelled = self.required(node, "type", f"the resource `{key}`")
        if spelled is None:
            return None
        types = resource_types()
        if spelled not in types:
            at = fields["type"].at
            help = did_you_mean(spelled, types)
            self.problems.error(at, "resource-type", f"there is no resource type `{spelled}`", help)
            return None
        is_table = spelled == "dynamodb:table"
        more = {"partition_key", "sort_key", "indexes", "identity"} if is_table else set()
        expect_keys(node, frozenset({"type", "name", *more}), f"the resource `{key}`", self.problems)
        attributes: dict[str, Text] = {}
        for word in ("partition_key", "sort_key", "identity"):
            value = expect_str(fields[word], f"`{word}`", self.problems) if word in fields and is_table else None
            if value is not None:
                attributes[word] = value
        if is_table and "partition_key" not in fields:
            self.problems.error(node.at, "missing", f"the table `{key}` needs `partition_key`")
        arn = fill(types[spelled].arn, **self.places(self.name_of(key, node)))
        indexes = tuple(self.indexes(node)) if is_table else ()
        return Resource(key, spelled, arn, self.environment.account, None, attributes, indexes, at)

    def indexes(self, node: Node) -> Iterable[Index]:
        section = node.get("indexes")
        for name, one in expect_fields(section, "`indexes`", self.problems).items() if section else ():
            if not self.is_object(one, f"the index `{name}`"):
                continue
            expect_keys(one, frozenset({"partition_key", "sort_key"}), f"the index `{name}`", self.problems)
            if not _NAME.fullmatch(name):
                at = section.key_at.get(name, one.at) if section else one.at
                self.problems.error(at, "name", f"`{name}` is not the name of an index")
            partition = self.required(one, "partition_key", f"the index `{name}`")
            sort = one.get("sort_key")
            sort_key = expect_str(sort, "`sort_key`", self.problems) if sort is not None else ""
            if partition is not None:
                yield Index(name, partition, sort_key or "")

    def required(self, node: Node, key: str, what: str) -> str | None:
        own = node.get(key)
        if own is None:
            self.problems.error(node.at, "missing", f"{what} needs `{key}`")
            return None
        return expect_str(own, f"`{key}` of {what}", self.problems)

    def principal(self, key: str, at: Location, node: Node) -> Principal | None:
        if not self.is_object(node, f"the principal `{key}`"):
            return None
        expect_keys(node, frozenset({"type", "name"}), f"the principal `{key}`", self.problems)
        spelled = self.required(node, "type", f"the principal `{key}`")
        if spelled is None:
            return None
        if spelled not in _PRINCIPALS:
            help = did_you_mean(spelled, _PRINCIPALS)
            at = node.fields["type"].at
            self.problems.error(at, "principal-type", f"there is no type of principal `{spelled}`", help)
            return None
        type = _PRINCIPALS[spelled]
        arn = fill("arn:${partition}:iam::${account}:role/${name}", **self.places(self.name_of(key, node)))
        visitor = type in (PrincipalType.AUTHENTICATED, PrincipalType.UNAUTHENTICATED)
        return Principal(key, type, arn, pool=POOL if visitor else "", at=at)

    def check_principals(
        self, principals: Mapping[str, Principal | None], resources: Mapping[str, Resource | None]
    ) -> None:
        """No two things with one name, and one principal a kind of visitor."""
        visitors: dict[PrincipalType, str] = {}
        for key, one in principals.items():
            if one is None:
                continue
            if one.type is PrincipalType.FUNCTION and key in resources:
                self.problems.error(one.at, "duplicate", f"`{key}` is both a resource and a function")
            if one.pool and one.type in visitors:
                message = f"`{visitors[one.type]}` and `{key}` are both {one.type}, and an identity pool has one"
                self.problems.error(one.at, "duplicate", message)
            elif one.pool:
                visitors[one.type] = key

    def functions(self, principals: Mapping[str, Principal | None]) -> Iterable[Resource]:
        """A principal of type `function` is the function, and its role."""
        arn = resource_types()["lambda:function"].arn
        for key, one in principals.items():
            if one is not None and one.type is PrincipalType.FUNCTION:
                name = text((Unknown(key, f"the name of `{key}` is not in the model", generated=True),))
                attributes: Mapping[str, Text] = {"runs_as": key}
                function = fill(arn, **self.places(name))
                yield Resource(
                    key, "lambda:function", function, self.environment.account, None, attributes, (), one.at
                )

    def pools(self, principals: Mapping[str, Principal | None]) -> tuple[IdentityPool, ...]:
        """The one identity pool whose visitors the model speaks about."""
        by_type = {one.type: one.id for one in principals.values() if one is not None and one.pool}
        if not by_type:
            return ()
        own = self.part("identity_pool", frozenset({"id"}))
        value: Text = self.given_name(own, "id") or text(
            (Unknown(POOL, "the id of the identity pool is not in the model", generated=True),)
        )
        return (
            IdentityPool(
                POOL,
                value,
                PrincipalType.UNAUTHENTICATED in by_type,
                False,
                by_type.get(PrincipalType.AUTHENTICATED, ""),
                by_type.get(PrincipalType.UNAUTHENTICATED, ""),
                at=own.at if own is not None else self.node.at,
            ),
        )

    # ── routes ──

    def route(
        self, key: str, at: Location, node: Node, principals: Mapping[str, Principal | None]
    ) -> EntryPoint | None:
        if not self.is_object(node, f"the route `{key}`"):
            return None
        expect_keys(node, frozenset({"function", "authorizer"}), f"the route `{key}`", self.problems)
        found = _ROUTE.fullmatch(key)
        if not found or found[1] not in _METHODS:
            help = "write `GET /notes`: a method, a space, a path"
            self.problems.error(at, "route", f"`{key}` is not a route", help)
            return None
        target = self.required(node, "function", f"the route `{key}`")
        functions = {
            name for name, one in principals.items() if one is not None and one.type is PrincipalType.FUNCTION
        }
        if target is not None and target not in functions:
            place = node.fields["function"].at
            self.problems.error(
                place, "unknown-function", f"there is no function `{target}`", did_you_mean(target, functions)
            )
        own = node.get("authorizer")
        spelled = expect_str(own, "`authorizer`", self.problems) if own is not None else "none"
        if spelled is None:
            return None
        if spelled not in _AUTHORIZERS:
            place = own.at if own is not None else at
            help = did_you_mean(spelled, _AUTHORIZERS)
            self.problems.error(place, "authorizer", f"there is no authorizer `{spelled}`", help)
            return None
        authorizer = _AUTHORIZERS[spelled]
        arn = self.route_arn(found[1], found[2]) if authorizer is Authorizer.IAM else ""
        return EntryPoint(key, EntryPointType.ROUTE, target or "", authorizer, arn, "Api", at=at)

    def route_arn(self, method: str, path: str) -> Text:
        """What `execute-api:Invoke` has to name for one method and path; a path parameter is any one segment."""
        api = self.part("api", frozenset({"id", "stage"}))
        id: Text = self.given_name(api, "id") or text(
            (Unknown("Api", "the id of the API is not in the model", generated=True),)
        )
        resource = re.sub(r"\{[^}]*\}", "*", path)
        parts: list[Text] = [
            id,
            "/",
            self.given_name(api, "stage") or "*",
            "/",
            "*" if method == "ANY" else method,
        ]
        return fill(
            "arn:${partition}:execute-api:${region}:${account}:${name}", **self.places(text([*parts, resource]))
        )

    # ── needs and promises ──

    def who(self, node: Node, what: str, principals: Mapping[str, object]) -> str | None:
        who = self.required(node, "who", what)
        if who is not None and who not in principals:
            place = node.fields["who"].at
            help = did_you_mean(who, principals)
            self.problems.error(place, "unknown-principal", f"there is no principal `{who}`", help)
            return None
        return who

    def words(self, node: Node | None, what: str) -> tuple[str, ...]:
        found = [expect_str(one, what, self.problems) for one in (node.one_or_many() if node is not None else ())]
        return tuple(one for one in found if one is not None)

    def need(
        self,
        node: Node,
        principals: Mapping[str, Principal | None],
        resources: Mapping[str, Resource],
        routes: Mapping[str, EntryPoint | None],
    ) -> Need | None:
        if not self.is_object(node, "a need"):
            return None
        expect_keys(node, _NEED_KEYS, "a need", self.problems)
        who = self.who(node, "a need", principals)
        to = self.required(node, "to", "a need")
        if "access" not in node.fields:
            self.problems.error(node.at, "missing", "a need needs `access`")
        access = self.words(node.get("access"), "`access`")
        for key in ("access", "attributes"):
            if key in node.fields and not node.fields[key].one_or_many():
                self.problems.error(node.fields[key].at, "empty", f"`{key}` of a need is empty")
        functions = [key for key, one in principals.items() if one and one.type is PrincipalType.FUNCTION]
        if to is not None and to not in resources and to not in routes and to not in functions:
            place = node.fields["to"].at
            help = did_you_mean(to, [*resources, *routes, *functions])
            self.problems.error(place, "unknown-resource", f"there is no resource or route `{to}`", help)
            return None
        if who is None or to is None or not access:
            return None
        scopes = {key: self.scope(node, key) for key in ("rows", "keys", "index")}
        need = Need(
            who,
            access,
            to,
            scopes["rows"],
            self.words(node.get("attributes"), "`attributes`"),
            scopes["keys"],
            scopes["index"],
            node.at,
        )
        self.check_scopes(node, need, resources.get(to))
        return need

    def scope(self, node: Node, key: str) -> str:
        own = node.get(key)
        value = expect_str(own, f"`{key}`", self.problems) if own is not None else None
        if own is not None and value == "":
            self.problems.error(own.at, "empty", f"`{key}` is empty", "leave it out if it shall limit nothing")
        return value or ""

    def check_scopes(self, node: Node, need: Need, resource: Resource | None) -> None:
        type: ResourceType | None = resource_types()[resource.type] if resource is not None else None
        if resource is None and not _ROUTE.fullmatch(need.to):
            type = resource_types()["lambda:function"]
        words = {*type.access} if resource is not None and type is not None else {"invoke"}
        for one in node.fields["access"].one_or_many():
            word = one.as_str() or ""
            if ":" in word:
                action = load_catalog().action(word)
                if action is None:
                    help = did_you_mean(word, load_catalog().suggest_action(word))
                    self.problems.error(one.at, "unknown-action", f"there is no action `{word}`", help)
                elif not _acts_on(action, type):
                    help = "known words: " + ", ".join(f"`{known}`" for known in sorted(words))
                    self.problems.error(one.at, "action", f"`{word}` does not act on `{need.to}`", help)
            elif word not in words:
                help = did_you_mean(word, words)
                self.problems.error(one.at, "access", f"there is no access `{word}` to `{need.to}`", help)
        fits = {"dynamodb:table": {"rows", "attributes", "index"}, "s3:bucket": {"keys"}}
        allowed = fits.get(resource.type, set()) if resource is not None else set()
        for key in ("rows", "attributes", "keys", "index"):
            if key in node.fields and key not in allowed:
                place = node.key_at.get(key, node.at)
                self.problems.error(place, "scope", f"`{key}` does not limit access to `{need.to}`")
        if need.rows not in ("", "own"):
            self.problems.error(
                node.fields["rows"].at, "rows", f"there is no row scope `{need.rows}`", "known: `own`"
            )
        names = {index.name for index in resource.indexes} if resource is not None else set()
        if need.index and need.index not in names:
            help = did_you_mean(need.index, names)
            self.problems.error(node.fields["index"].at, "index", f"`{need.to}` has no index `{need.index}`", help)
        for name in re.findall(r"(?<!\$)\{([^{}]*)\}", need.keys):
            if name != "identity":
                help = "the one placeholder is `{identity}`"
                self.problems.error(
                    node.fields["keys"].at, "placeholder", f"there is no placeholder `{{{name}}}`", help
                )

    def promise(
        self, node: Node, principals: Mapping[str, object], resources: Mapping[str, Resource]
    ) -> Promise | None:
        if not self.is_object(node, "a promise"):
            return None
        expect_keys(node, frozenset({"title", "never", "isolated"}), "a promise", self.problems)
        title = self.required(node, "title", "a promise")
        kinds = [key for key in ("never", "isolated") if key in node.fields]
        if len(kinds) != 1:
            self.problems.error(node.at, "promise", "a promise says one of `never` and `isolated`")
            return None
        body = node.fields[kinds[0]]
        if not self.is_object(body, f"`{kinds[0]}`"):
            return None
        expect_keys(body, frozenset({"who", "access", "on"}), f"`{kinds[0]}`", self.problems)
        who = self.who(body, f"`{kinds[0]}`", principals)
        on = self.scope(body, "on")
        if on and on not in resources:
            help = did_you_mean(on, resources)
            self.problems.error(body.fields["on"].at, "unknown-resource", f"there is no resource `{on}`", help)
        access = self.words(body.get("access"), "`access`")
        for word in access:
            if word not in LEVELS_BY_WORD and (":" not in word or load_catalog().action(word) is None):
                help = did_you_mean(word, LEVELS_BY_WORD)
                self.problems.error(body.fields["access"].at, "access", f"there is no access level `{word}`", help)
        if kinds[0] == "never" and not access:
            self.problems.error(body.at, "missing", "`never` needs `access`", did_you_mean("", LEVELS_BY_WORD))
        if who is None or title is None:
            return None
        return Promise(title, PromiseType(kinds[0]), who, access, on, node.at)


def _acts_on(action: Action, type: ResourceType | None) -> bool:
    """Whether an action is authorized on a resource of a type, or on something below it; None is a route."""
    if type is None:
        return str(action) == "execute-api:Invoke"
    base = _PLACEHOLDER.sub("*", type.arn)
    known = [load_catalog().resource_type(action.service, name) for name in action.resource_types]
    arns = [_PLACEHOLDER.sub("*", arn) for one in known if one is not None for arn in one.arns]
    return action.service == type.service and any(arn.startswith(base) for arn in arns)


_PLACEHOLDER = re.compile(r"\$\{\w+\}")

SOURCE = Source("a model file", recognises, read)
