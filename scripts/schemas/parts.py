"""The small words that the schemas are written in, and the parts that several of them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}


def ref(name: str) -> Schema:
    """A shared part, which `whole` adds."""
    return {"$ref": f"#/$defs/{name}"}


def told(about: str, schema: Schema) -> Schema:
    """A schema with what editors show of it."""
    return schema | {"description": about}


def words(known: Iterable[str] | type[StrEnum]) -> Schema:
    """One of a few words."""
    return {"enum": [str(one) for one in known]}


def list_of(member: Schema) -> Schema:
    return {"type": "array", "items": member}


def map_of(member: Schema) -> Schema:
    return {"type": "object", "additionalProperties": member}


def nullable(schema: Schema) -> Schema:
    """The same, or nothing; said by the type where that can say it, which editors explain better."""
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def record(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object that has these keys and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def whole(title: str, about: str, schema: Schema, shared: Mapping[str, Schema]) -> Schema:
    """A schema that stands by itself: with the shared parts that it needs, and those that they need."""
    needed: dict[str, Schema] = {}
    waiting = sorted(_refs_in(schema))
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = shared[name]
            waiting += sorted(_refs_in(shared[name]))
    found = {"$schema": DRAFT, "title": title, "description": about, **schema}
    return found | ({"$defs": dict(sorted(needed.items()))} if needed else {})


def _refs_in(schema: Any) -> set[str]:
    if isinstance(schema, Mapping):
        own = schema.get("$ref")
        below = set().union(*map(_refs_in, schema.values())) if schema else set()
        return below | ({own.rpartition("/")[2]} if isinstance(own, str) else set())
    return set().union(*map(_refs_in, schema)) if isinstance(schema, list) else set()
