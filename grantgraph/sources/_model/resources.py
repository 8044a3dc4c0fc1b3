"""The resources of a model file, and the indexes of its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grantgraph.model import Index, Resource
from grantgraph.node import Node, expect_fields, expect_keys, expect_str
from grantgraph.problems import Location, did_you_mean
from grantgraph.resources import ResourceType, fill, resource_types
from grantgraph.sources._model.file import NAME, ModelFile
from grantgraph.text import Text, text

TABLE = "dynamodb:table"
USER_POOL = "cognito-idp:userpool"
TABLE_KEYS = frozenset({"partition_key", "sort_key", "indexes", "identity"})


def read_resources(file: ModelFile) -> dict[str, Resource | None]:
    """Every resource by its name in the file; None where it could not be read."""
    found = {key: read_resource(file, key, at, node) for key, at, node in file.members("resources")}
    for key, _, node in file.members("resources"):
        one = found[key]
        if one is not None and "key" in one.attributes:
            file.reference(node, "key", found, ("kms:key",))
    return found


def read_resource(file: ModelFile, key: str, at: Location, node: Node) -> Resource | None:
    what = f"the resource `{key}`"
    if not file.is_object(node, what):
        return None
    spelled = file.required(node, "type", what)
    if spelled is None:
        return None
    types = resource_types()
    if spelled not in types:
        place = node.fields["type"].at
        help = did_you_mean(spelled, types)
        file.problems.error(place, "resource-type", f"there is no resource type `{spelled}`", help)
        return None
    type = types[spelled]
    expect_keys(node, _keys_of(type), what, file.problems)
    attributes = _table_attributes(file, key, node) if spelled == TABLE else {}
    if type.service == "execute-api":
        stage = file.given_name(node, "stage")
        attributes["stage"] = stage or file.made(f"{key}Stage", f"the stage of `{key}` is not in the model")
    if "key" in node.fields and "key" in _keys_of(type):
        attributes["key"] = file.optional(node, "key")
    account = _account(file, key, node, type) or file.environment.account
    places = file.places(_name(file, key, node, type)) | {"account": account}
    indexes = tuple(read_indexes(file, node)) if spelled == TABLE else ()
    existing = file.flag(node, "existing") or account != file.environment.account
    return Resource(key, spelled, fill(type.arn, **places), account, None, attributes, indexes, at, existing)


def _keys_of(type: ResourceType) -> frozenset[str]:
    """What a model may say of a resource of a type."""
    found = {"type", "name", "existing", "account"}
    found |= TABLE_KEYS if type.name == TABLE else set()
    found |= {"stage"} if type.service == "execute-api" else set()
    found |= {"key"} if type.encryption is not None or type.name == USER_POOL else set()
    found |= {"on"} if type.called_by else set()
    return frozenset(found)


def _name(file: ModelFile, key: str, node: Node, type: ResourceType) -> Text:
    """The name of a resource as its ARN spells it."""
    name = file.name_of(key, node)
    if type.name == "secretsmanager:secret" and isinstance(name, str):
        return text([name, "-??????"])
    return name


def _account(file: ModelFile, key: str, node: Node, type: ResourceType) -> str:
    """The account that owns a resource, where it is another one."""
    own = node.get("account")
    if own is None:
        return ""
    value = own.as_str() if isinstance(own.value, str) else None
    if value is None or not re.fullmatch("[0-9]{12}", value):
        help = "write its twelve digits, in quotes"
        file.problems.error(own.at, "account", f"the account of `{key}` is not an account", help)
        return ""
    if value == file.home:
        return ""
    if not type.shared:
        message = f"no policy of a `{type.name}` can let in another account, so `{key}` has to be in this one"
        file.problems.error(own.at, "account", message, "let a role of its account be assumed, and do it there")
    return value


def _table_attributes(file: ModelFile, key: str, node: Node) -> dict[str, Text]:
    """The names of a table's keys, and of the attribute that holds its caller's identity."""
    found: dict[str, Text] = {}
    for word in ("partition_key", "sort_key", "identity"):
        own = node.get(word)
        value = expect_str(own, f"`{word}`", file.problems) if own is not None else None
        if value is not None:
            found[word] = value
    if "partition_key" not in node.fields:
        file.problems.error(node.at, "missing", f"the table `{key}` needs `partition_key`")
    return found


def read_indexes(file: ModelFile, node: Node) -> Iterator[Index]:
    section = node.get("indexes")
    for name, one in expect_fields(section, "`indexes`", file.problems).items() if section else ():
        if not file.is_object(one, f"the index `{name}`"):
            continue
        expect_keys(one, frozenset({"partition_key", "sort_key"}), f"the index `{name}`", file.problems)
        if not NAME.fullmatch(name):
            at = section.key_at.get(name, one.at) if section else one.at
            file.problems.error(at, "name", f"`{name}` is not the name of an index")
        partition = file.required(one, "partition_key", f"the index `{name}`")
        sort = one.get("sort_key")
        sort_key = expect_str(sort, "`sort_key`", file.problems) if sort is not None else ""
        if partition is not None:
            yield Index(name, partition, sort_key or "")
