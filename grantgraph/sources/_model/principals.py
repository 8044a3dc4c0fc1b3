"""The principals of a model file, and the functions that some of them are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from grantgraph.model import Principal, PrincipalType, Resource
from grantgraph.node import Node, expect_keys
from grantgraph.problems import Location, did_you_mean
from grantgraph.resources import fill, resource_types
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.known import functions_of
from grantgraph.sources._model.pool import POOL, VISITORS, read_tags
from grantgraph.text import Text, text
from grantgraph.wiring import Logs, Runtime

_TYPES = {one.value: one for one in (*VISITORS, PrincipalType.FUNCTION, PrincipalType.ROLE, PrincipalType.ACCOUNT)}
_KEYS: Mapping[PrincipalType, frozenset[str]] = {
    PrincipalType.FUNCTION: frozenset({"tags", "logs", "tracing", "vpc", "failures_to", "key", "on"}),
    PrincipalType.ROLE: frozenset({"tags", "assumed_by", "external_id"}),
    PrincipalType.ACCOUNT: frozenset({"account", "arn"}),
}
_LOGS = {"true": Logs.LAMBDA, "existing": Logs.APPLICATION, "false": Logs.NOBODY}
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):(role|user)/[A-Za-z0-9+=,.@_/-]+")
_ASSUMER = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?|[0-9]{12}")

Principals = Mapping[str, Principal | None]
Resources = Mapping[str, Resource | None]


def read_principals(file: ModelFile) -> dict[str, Principal | None]:
    """Every principal by its name in the file; None where it could not be read."""
    return {key: read_principal(file, key, at, node) for key, at, node in file.members("principals")}


def read_principal(file: ModelFile, key: str, at: Location, node: Node) -> Principal | None:
    what = f"the principal `{key}`"
    if not file.is_object(node, what):
        return None
    spelled = file.required(node, "type", what)
    if spelled is None:
        return None
    if spelled not in _TYPES:
        place = node.fields["type"].at
        help = did_you_mean(spelled, _TYPES)
        file.problems.error(place, "principal-type", f"there is no type of principal `{spelled}`", help)
        return None
    type = _TYPES[spelled]
    own = _KEYS.get(type, frozenset())
    named = {"name"} if type is not PrincipalType.ACCOUNT else set()
    expect_keys(node, frozenset({"type", *named, *own}), what, file.problems)
    if type is PrincipalType.ACCOUNT:
        return _account(file, key, at, node)
    return Principal(
        key,
        type,
        fill("arn:${partition}:iam::${account}:role/${name}", **file.places(_role_name(file, key, type, node))),
        pool=POOL if type in VISITORS else "",
        at=at,
        tags=read_tags(file, node, "tags"),
        assumed_by=_assumed_by(file, node) if "assumed_by" in own else (),
        external_id=file.optional(node, "external_id") if "external_id" in own else "",
    )


def _role_name(file: ModelFile, key: str, type: PrincipalType, node: Node) -> Text:
    """The name of the role; the `name` of a function is the function's own, and AWS names its role."""
    if type is PrincipalType.FUNCTION:
        return file.made(f"{key}Role", f"the name of the role of `{key}` is not in the model")
    return file.name_of(key, node)


def _account(file: ModelFile, key: str, at: Location, node: Node) -> Principal | None:
    """Another account, or one role or user in it."""
    account, arn = node.get("account"), node.get("arn")
    if (account is None) is (arn is None):
        file.problems.error(node.at, "missing", f"the principal `{key}` needs one of `account` and `arn`")
        return None
    said = account or arn
    value = said.as_str() if said is not None and isinstance(said.value, str) else ""
    if account is not None:
        if not re.fullmatch("[0-9]{12}", value or ""):
            help = "write its twelve digits, in quotes"
            file.problems.error(account.at, "account", f"the account of `{key}` is not an account", help)
        found = text(["arn:", file.environment.partition, f":iam::{value}:root"])
        return Principal(key, PrincipalType.ACCOUNT, found, at=at)
    if arn is not None and not _ROLE_ARN.fullmatch(value or ""):
        help = "write the whole ARN: `arn:aws:iam::123456789012:role/name`"
        file.problems.error(arn.at, "arn", f"the `arn` of `{key}` is not that of a role or user", help)
    return Principal(key, PrincipalType.ACCOUNT, value or "", at=at)


def read_runtime(file: ModelFile, node: Node, resources: Resources) -> Runtime:
    """What a function needs of Lambda itself."""
    return Runtime(
        read_logs(file, node),
        file.flag(node, "tracing"),
        file.flag(node, "vpc"),
        file.reference(node, "failures_to", resources, ("sqs:queue", "sns:topic")),
        file.reference(node, "key", resources, ("kms:key",)),
    )


def read_logs(file: ModelFile, node: Node) -> Logs:
    """Who makes a function's log group."""
    logs = node.get("logs")
    spelled = (logs.as_str() if logs is not None else "true") or ""
    if logs is not None and spelled not in _LOGS:
        help = "`true`: Lambda makes its log group; `existing`: it is made elsewhere; `false`: it writes none"
        file.problems.error(logs.at, "logs", "`logs` must be `true`, `existing` or `false`", help)
    return _LOGS.get(spelled, Logs.LAMBDA)


def _assumed_by(file: ModelFile, node: Node) -> tuple[str, ...]:
    """The services, accounts and roles that may assume a role."""
    own = node.get("assumed_by")
    found = file.words(own, "`assumed_by`")
    for one in own.one_or_many() if own is not None else ():
        value = one.as_str() or ""
        if value and not _ASSUMER.fullmatch(value) and not _ROLE_ARN.fullmatch(value):
            help = "name a service (`states.amazonaws.com`), an account, or the ARN of a role"
            file.problems.error(one.at, "assumed-by", f"`{value}` cannot assume a role", help)
    return found


def check_principals(file: ModelFile, principals: Principals, resources: Resources) -> None:
    """No two things with one name, and one principal a kind of visitor."""
    visitors: dict[PrincipalType, str] = {}
    for key, one in principals.items():
        if one is None:
            continue
        if one.type is PrincipalType.FUNCTION and key in resources:
            file.problems.error(one.at, "duplicate", f"`{key}` is both a resource and a function")
        if one.type not in (PrincipalType.AUTHENTICATED, PrincipalType.UNAUTHENTICATED):
            continue
        if one.type in visitors:
            message = f"`{visitors[one.type]}` and `{key}` are both {one.type}, and an identity pool has one"
            file.problems.error(one.at, "duplicate", message)
        else:
            visitors[one.type] = key


def read_functions(file: ModelFile, principals: Principals, resources: Resources) -> Iterator[Resource]:
    """A principal of type `function` is the function, and its role."""
    nodes = {key: node for key, _, node in file.members("principals")}
    arn = resource_types()["lambda:function"].arn
    for key, one in functions_of(principals).items():
        attributes: dict[str, Text] = {"runs_as": key}
        runtime = read_runtime(file, nodes[key], resources)
        if runtime.key:
            attributes["key"] = runtime.key
        name = file.name_of(key, nodes[key])
        account = file.environment.account
        yield Resource(
            key,
            "lambda:function",
            fill(arn, **file.places(name)),
            account,
            None,
            attributes,
            at=one.at,
            runtime=runtime,
        )
