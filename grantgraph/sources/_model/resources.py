"""The resources of a model file, and the indexes of its tables."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.model import Index, Resource
from grantgraph.node import Node, expect_fields, expect_keys, expect_str
from grantgraph.problems import Location, did_you_mean
from grantgraph.resources import fill, resource_types
from grantgraph.sources._model.file import NAME, ModelFile
from grantgraph.text import Text

TABLE = "dynamodb:table"


def read_resources(file: ModelFile) -> dict[str, Resource | None]:
    """Every resource by its name in the file; None where it could not be read."""
    return {key: _resource(file, key, at, node) for key, at, node in file.members("resources")}


def _resource(file: ModelFile, key: str, at: Location, node: Node) -> Resource | None:
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
    is_table = spelled == TABLE
    more = {"partition_key", "sort_key", "indexes", "identity"} if is_table else set()
    expect_keys(node, frozenset({"type", "name", *more}), what, file.problems)
    attributes = _table_attributes(file, key, node) if is_table else {}
    arn = fill(types[spelled].arn, **file.places(file.name_of(key, node)))
    indexes = tuple(_indexes(file, node)) if is_table else ()
    return Resource(key, spelled, arn, file.environment.account, None, attributes, indexes, at)


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


def _indexes(file: ModelFile, node: Node) -> Iterator[Index]:
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
