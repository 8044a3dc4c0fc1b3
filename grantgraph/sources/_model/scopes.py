"""The scopes of a need: which limits fit what it is about, and which values mean something."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields

from grantgraph.model import Resource, Scopes
from grantgraph.node import Node, expect_fields, expect_str
from grantgraph.problems import did_you_mean
from grantgraph.resources import ResourceType
from grantgraph.sources._model.file import NAME, ModelFile

SCOPES = tuple(one.name for one in fields(Scopes))
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_TAG = re.compile(r"tag:[A-Za-z0-9+=._@-]{1,128}")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.([A-Za-z_][A-Za-z0-9_]*|\*)")
_PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")
_WEEK = 604_800
"""How long the longest presigned request lives, in seconds."""


def read_scopes(file: ModelFile, node: Node) -> Scopes:
    """The scopes that a need names, as far as they can be read."""
    return Scopes(**{name: _values(file, name, node.fields[name]) for name in SCOPES if name in node.fields})


def _values(file: ModelFile, name: str, node: Node) -> tuple[str, ...]:
    if name == "presigned":
        return _seconds(file, node)
    if name == "context":
        pairs = expect_fields(node, "`context`", file.problems)
        texts = [(key, expect_str(one, f"`{key}`", file.problems)) for key, one in pairs.items()]
        return tuple(f"{key}={value}" for key, value in texts if value is not None)
    if not node.one_or_many():
        file.problems.error(node.at, "empty", f"`{name}` of a need is empty")
    values = file.words(node, f"`{name}`")
    for one in node.one_or_many():
        if one.value == "":
            file.problems.error(one.at, "empty", f"`{name}` is empty", "leave it out if it shall limit nothing")
    return values


def _seconds(file: ModelFile, node: Node) -> tuple[str, ...]:
    """How old a presigned request may be; `true` for as long as S3 takes it."""
    if node.value is True:
        return (str(_WEEK),)
    if isinstance(node.value, int) and not isinstance(node.value, bool) and 0 < node.value <= _WEEK:
        return (str(node.value),)
    message = f"`presigned` must be `true` or a number of seconds up to {_WEEK:,}, not {node.describe()}"
    file.problems.error(node.at, "type", message)
    return ()


def check_scopes(
    file: ModelFile,
    node: Node,
    scopes: Scopes,
    to: str,
    type: ResourceType | None,
    resource: Resource | None,
    roles: Mapping[str, object],
) -> None:
    """Report each scope that does not limit what the need is about, and each value that means nothing."""
    fitting = {"passes", *(type.scopes if type is not None else ())}
    for name in SCOPES:
        if name in node.fields and name not in fitting:
            place = node.key_at.get(name, node.at)
            known = ", ".join(f"`{one}`" for one in sorted(fitting - {"passes"}))
            help = f"it can be limited by {known}" if known else ""
            file.problems.error(place, "scope", f"`{name}` does not limit access to `{to}`", help)
    checks: Mapping[str, Callable[[str], tuple[str, str, str] | None]] = {
        "rows": _check_placeholders,
        "keys": _check_placeholders,
        "index": lambda value: _check_known(
            value, {one.name for one in (resource.indexes if resource else ())}, to
        ),
        "fields": _check_field,
        "alias": _check_alias,
        "via": _check_service,
        "protocols": _check_protocol,
        "passes": lambda value: _check_role(value, roles),
    }
    for name in fitting & set(checks):
        for one in node.fields[name].one_or_many() if name in node.fields else ():
            value = one.as_str()
            wrong = checks[name](value) if value else None
            if wrong is not None:
                file.problems.error(one.at, *wrong)


def _check_placeholders(value: str) -> tuple[str, str, str] | None:
    """Placeholders that mean something, each told apart from what follows it."""
    known = "known: `{identity}`, `{tag:name}`"
    if "${" in value:
        return "placeholder", f"`{value}` holds a policy variable", f"these are written for you; {known}"
    for found in _PLACEHOLDER.finditer(value):
        if found[1] != "identity" and not _TAG.fullmatch(found[1]):
            return "placeholder", f"there is no placeholder `{found[0]}`", known
        if value[found.end() : found.end() + 1] in ("*", "?", "{"):
            what = f"nothing separates `{found[0]}` from what follows it in `{value}`: a value that begins with "
            help = f"put a character between them that no value holds, such as `{found[0]}/`"
            return "separator", what + "another one would reach what is the other's", help
    return None


def _check_known(value: str, known: set[str], to: str) -> tuple[str, str, str] | None:
    if value in known or (value == "*" and known):
        return None
    return "index", f"`{to}` has no index `{value}`", did_you_mean(value, known)


def _check_alias(value: str) -> tuple[str, str, str] | None:
    if NAME.fullmatch(value) or value == "*":
        return None
    return "name", f"`{value}` is not an alias", "`*` is every alias and version"


def _check_field(value: str) -> tuple[str, str, str] | None:
    help = "write the type and the field: `Query.getNote`, `Mutation.*`"
    return None if _FIELD.fullmatch(value) else ("field", f"`{value}` is not a field", help)


def _check_service(value: str) -> tuple[str, str, str] | None:
    help = "write it as its actions do: `s3`, `dynamodb`"
    return None if re.fullmatch("[a-z0-9-]+", value) else ("name", f"`{value}` is not a service", help)


def _check_protocol(value: str) -> tuple[str, str, str] | None:
    if value in _PROTOCOLS:
        return None
    return "protocol", f"there is no protocol `{value}`", did_you_mean(value, _PROTOCOLS)


def _check_role(value: str, roles: Mapping[str, object]) -> tuple[str, str, str] | None:
    if value in roles:
        return None
    return "unknown-principal", f"there is no role `{value}`", did_you_mean(value, roles)
