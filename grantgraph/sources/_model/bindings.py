"""The entries of a model that is bound to an input: each names something that is there, and says more about it.

What an entry says again has to be what the input says; both places are told where it is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from grantgraph.model import Index, PrincipalType, Resource
from grantgraph.node import Node, expect_keys, expect_str
from grantgraph.problems import Location, did_you_mean
from grantgraph.resources import resource_types
from grantgraph.sources._model.beside import Beside
from grantgraph.sources._model.known import list_of
from grantgraph.sources._model.pool import read_tags
from grantgraph.sources._model.principals import read_logs, read_principal
from grantgraph.sources._model.resources import TABLE, TABLE_KEYS, USER_POOL, read_indexes, read_resource
from grantgraph.sources._model.routes import read_authorizer
from grantgraph.text import Text
from grantgraph.wiring import Runtime


def bind_all(here: Beside) -> None:
    """Every entry of the model; what is wrong with one is a problem of the file."""
    for key, at, node in here.file.members("principals"):
        _principal(here, key, at, _entry(node))
    for key, at, node in here.file.members("resources"):
        _resource(here, key, at, _entry(node))
    for key, at, node in here.file.members("routes"):
        _route(here, key, at, _entry(node))


def _entry(node: Node) -> Node:
    """An entry that says nothing more is empty."""
    return Node({}, node.at) if node.value is None else node


# ── principals ──


def _principal(here: Beside, key: str, at: Location, node: Node) -> None:
    what = f"the principal `{key}`"
    if not here.file.is_object(node, what):
        return
    type = _type(here, node, [one.value for one in PrincipalType], "type of principal")
    if type == PrincipalType.ACCOUNT and "from" not in node.fields:
        own = read_principal(here.file, key, at, node)
        if own is not None and _is_free(here, key, at, key in here.principal_ids):
            here.principals[key], here.our_principals[key] = own, key
        return
    spelled, place = _spelled(here, key, at, node)
    if spelled is None:
        return
    id = here.principal_ids.get(spelled)
    if id is None and spelled in here.unclear:
        message = f"`{spelled}` may be any of {len(here.unclear[spelled])} principals"
        here.file.problems.error(
            place, "unclear", message, f"name one by `from`: {list_of(here.unclear[spelled])}"
        )
        return
    if id is None:
        if _is_absent(here, key, spelled):
            return
        fitting = [one.id for one in here.base.principals if type in (None, one.type)]
        _report_unknown(here, place, f"principal `{spelled}`", spelled, fitting, here.principal_ids, type)
        return
    own = here.principals[id]
    runs = here.functions_of(id)
    logs = {"logs"} if runs else set()
    expect_keys(node, frozenset({"from", "type", "tags", *logs}), what, here.file.problems)
    _same(here, node, "type", type, own.type, f"`{key}`", own.at)
    if not _is_free(here, key, at, here.principal_ids.get(key, id) != id):
        return
    here.our_principals[key] = id
    here.principals[id] = replace(own, tags=tuple(dict.fromkeys((*own.tags, *read_tags(here.file, node, "tags")))))
    if "logs" in node.fields and runs:
        said = read_logs(here.file, node)
        for one in runs:
            here.resources[one.id] = replace(one, runtime=replace(one.runtime or Runtime(), logs=said))
    function = spelled if spelled in here.resources else (runs[0].id if len(runs) == 1 else "")
    if function and key not in here.resource_ids:
        here.our_resources[key] = function


# ── resources ──


def _resource(here: Beside, key: str, at: Location, node: Node) -> None:
    what = f"the resource `{key}`"
    if not here.file.is_object(node, what):
        return
    type = _type(here, node, resource_types(), "resource type")
    spelled, place = _spelled(here, key, at, node)
    if spelled is None:
        return
    id = here.resource_ids.get(spelled)
    if id is None:
        existing = node.get("existing")
        if existing is not None and existing.value is True and "from" not in node.fields:
            found = read_resource(here.file, key, at, node)
            if found is not None:
                here.resources[key], here.our_resources[key] = found, key
            return
        if _is_absent(here, key, spelled):
            return
        fitting = [one.id for one in here.base.resources if type in (None, one.type)]
        more = "`existing: true` says that something else makes it"
        _report_unknown(here, place, f"resource `{spelled}`", spelled, fitting, here.resource_ids, type, more)
        return
    own = here.resources[id]
    known = resource_types()[own.type]
    keys = {"from", "type", *(TABLE_KEYS if own.type == TABLE else ())}
    keys |= {"key"} if known.encryption is not None or own.type == USER_POOL else set()
    expect_keys(node, frozenset(keys), what, here.file.problems)
    _same(here, node, "type", type, own.type, f"`{key}`", own.at)
    if not _is_free(here, key, at, here.resource_ids.get(key, id) != id):
        return
    here.our_resources[key] = id
    here.resources[id] = replace(own, attributes=_attributes(here, key, node, own), indexes=own.indexes)
    for index in read_indexes(here.file, node) if own.type == TABLE else ():
        _same_index(here, key, node, own, index)


def _attributes(here: Beside, key: str, node: Node, own: Resource) -> Mapping[str, Text]:
    """What the input says, with what a template cannot say: whose identity a table's rows hold."""
    found = dict(own.attributes)
    for word in ("partition_key", "sort_key"):
        said = _text(here, node, word) if own.type == TABLE else None
        if said is not None:
            told = own.attributes.get(word, "" if "partition_key" in own.attributes else said)
            _same(here, node, word, said, told, f"`{word}` of `{key}`", own.at)
            found.setdefault(word, said)
    identity = _text(here, node, "identity") if own.type == TABLE else None
    if identity is not None:
        found["identity"] = identity
    if "key" in node.fields:
        named = _text(here, node, "key") or ""
        id = {**here.resource_ids, **here.our_resources}.get(named)
        keys = [one.id for one in here.resources.values() if one.type == "kms:key"]
        if id not in keys and named not in here.absent:
            _report_unknown(here, node.fields["key"].at, f"key `{named}`", named, keys, keys, "kms:key")
        elif id in keys:
            told = own.attributes.get("key", id or "")
            _same(here, node, "key", id, told, f"`key` of `{key}`", own.at)
            found["key"] = id or ""
    return found


def _same_index(here: Beside, key: str, node: Node, own: Resource, said: Index) -> None:
    """An index that the input has as well, with the same keys."""
    section = node.fields["indexes"]
    at = section.key_at.get(said.name, section.at)
    told = next((one for one in own.indexes if one.name == said.name), None)
    if told is None:
        help = list_of(one.name for one in own.indexes)
        message = f"`{key}` has no index `{said.name}` in the input ({own.at})"
        here.file.problems.error(at, "contradiction", message, help)
    elif told != said:
        shown = " and ".join(f"`{one}`" for one in (told.partition_key, told.sort_key) if one)
        message = f"the index `{said.name}` of `{key}` has the keys {shown} in the input ({own.at})"
        here.file.problems.error(at, "contradiction", message)


# ── routes ──


def _route(here: Beside, key: str, at: Location, node: Node) -> None:
    what = f"the route `{key}`"
    if not here.file.is_object(node, what):
        return
    spelled, place = _spelled(here, key, at, node)
    if spelled is None:
        return
    id = here.route_ids.get(spelled)
    if id is None:
        if _ROUTES & set(here.base.absent.values()):
            here.absent |= {key, spelled}
            return
        _report_unknown(here, place, f"route `{spelled}`", spelled, here.route_ids, here.route_ids, None)
        return
    own = here.routes[id]
    expect_keys(node, frozenset({"from", "function", "authorizer"}), what, here.file.problems)
    taken = key in here.resource_ids or key in here.our_resources  # a need says `to`, whatever that is
    if not _is_free(here, key, at, taken or here.route_ids.get(key, id) != id):
        return
    here.our_routes[key] = id
    if "authorizer" in node.fields:
        said = read_authorizer(here.file, at, node)
        _same(here, node, "authorizer", said, own.authorizer, f"the authorizer of `{key}`", own.at)
    function = _text(here, node, "function")
    if function is not None:
        meant = {**here.resource_ids, **here.our_resources}.get(function)
        if meant is None and function in here.absent:
            return
        if meant is None:
            there = [one.id for one in here.base.resources if one.type == "lambda:function"]
            _report_unknown(
                here, node.fields["function"].at, f"function `{function}`", function, there, there, None
            )
        else:
            _same(here, node, "function", meant, own.target, f"the function of `{key}`", own.at)


# ── what entries have in common ──


def _text(here: Beside, node: Node, key: str) -> str | None:
    own = node.get(key)
    return expect_str(own, f"`{key}`", here.file.problems) if own is not None else None


def _spelled(here: Beside, key: str, at: Location, node: Node) -> tuple[str | None, Location]:
    """What the input calls the thing of an entry, and where the model says so."""
    own = node.get("from")
    if own is None:
        return key, at
    return expect_str(own, "`from`", here.file.problems), own.at


def _type(here: Beside, node: Node, known: Iterable[str], what: str) -> str | None:
    """The type that an entry says; None where it says none, or none that is known."""
    spelled = _text(here, node, "type")
    if spelled is None or spelled in known:
        return spelled
    here.file.problems.error(
        node.fields["type"].at, "type", f"there is no {what} `{spelled}`", did_you_mean(spelled, known)
    )
    return None


def _report_unknown(
    here: Beside,
    at: Location,
    what: str,
    spelled: str,
    fitting: Iterable[str],
    known: Iterable[str],
    type: str | None,
    more: str = "",
) -> None:
    """Say that the input does not have something, and what it has of that type."""
    near = did_you_mean(spelled, known)
    of_type = f"of the type `{type}` " if type else ""
    listed = list_of(fitting).replace("there are", f"{of_type}there are", 1)
    help = [near if near.startswith("did you") else "", listed, more]
    message = f"there is no {what} in `{here.base.source}`"
    here.file.problems.error(at, "unknown-id", message, "\n".join(one for one in help if one))


_ROUTES = frozenset(
    {
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Route",
        "AWS::CloudFormation::Stack",
    }
)
"""What a route may be written in: where one of it is absent, a route that is not there may be absent with it."""


def _is_absent(here: Beside, key: str, spelled: str) -> bool:
    """Whether an entry speaks of what a condition of the input leaves out; so are all needs that speak of it."""
    if spelled not in here.absent:
        return False
    here.absent.add(key)
    return True


def _is_free(here: Beside, key: str, at: Location, taken: bool) -> bool:
    """Whether the model may call something by a name, or the input calls another thing so."""
    if taken:
        message = f"`{key}` is something else in `{here.base.source}`"
        here.file.problems.error(at, "duplicate", message, "take another name")
    return not taken


def _same(here: Beside, node: Node, key: str, said: object, told: object, what: str, there: Location) -> None:
    """Report what the model says otherwise than the input; what the input leaves open is no contradiction."""
    if said is None or not isinstance(told, str) or said == told:
        return
    own = f"`{told}`" if told else "not there"
    message = f"{what} is `{said}` here, and {own} in the input ({there})"
    here.file.problems.error(node.fields[key].at, "contradiction", message)
