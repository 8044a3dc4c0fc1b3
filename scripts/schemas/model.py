"""The model file: keys, types and words are those of the reader's own tables."""

from __future__ import annotations

from collections.abc import Mapping

from grantgraph.catalog import LEVELS_BY_WORD
from grantgraph.model import PrincipalType
from grantgraph.resources import ResourceType, resource_types
from grantgraph.sources._model import application, bound, events, needs, principals, resources, routes, scopes
from scripts.schemas.parts import (
    FLAG,
    Schema,
    either,
    list_of,
    nullable,
    record,
    ref,
    told,
    whole,
    words,
)

TEXT = ref("text")
_ACCOUNT: Schema = {"type": "string", "pattern": "^[0-9]{12}$"}
_ACTION: Schema = {"type": "string", "pattern": "^[a-z0-9-]+:[A-Za-z0-9]+$"}

SHARED: Mapping[str, Schema] = {
    "text": {"type": ["string", "number", "boolean"], "minLength": 1},
    "texts": either(TEXT, {"type": "array", "items": TEXT, "minItems": 1}),
    "event": either(
        told("A resource, or a schedule such as `rate(5 minutes)`.", {"type": "string"}),
        {
            **record({}, {
                "from": told("The resource that it comes from.", TEXT),
                "schedule": {"type": "string", "pattern": f"^{events._SCHEDULE.pattern}$"},
                "trigger": words(sorted(events._TRIGGERS)),
                "rule": told("The name of the rule behind it.", TEXT),
                "failures_to": told("Where it goes what cannot be delivered: a queue or a topic.", TEXT),
            }),
            "oneOf": [{"required": ["from"]}, {"required": ["schedule"]}],
        },
    ),
    "events": either(ref("event"), list_of(ref("event"))),
}  # fmt: skip

_NOTHING: Schema = {"type": "null"}
_FROM = told("What the input calls it; left out, it is called as here.", TEXT)

_OF_PRINCIPALS: Mapping[str, Schema] = {
    "name": told("Its name; left out, AWS makes one.", TEXT),
    "tags": told("Keys of the tags that its sessions carry.", ref("texts")),
    "logs": told("true: Lambda makes the log group; existing: it is made elsewhere; false: none.",
                 {"enum": [True, False, "true", "existing", "false"]}),
    "tracing": FLAG,
    "vpc": FLAG,
    "failures_to": told("A queue or topic for what it fails on.", TEXT),
    "key": told("The KMS key of its environment.", TEXT),
    "on": told("What starts it.", ref("events")),
    "assumed_by": told("Services, accounts, or ARNs of roles that may assume it.", ref("texts")),
    "external_id": TEXT,
    "account": told("Another account.", _ACCOUNT),
    "arn": told("A role or user of another account.", {"type": "string", "pattern": principals._ROLE_ARN.pattern}),
}  # fmt: skip

_OF_RESOURCES: Mapping[str, Schema] = {
    "name": told("Its name; left out, it is made at deployment.", TEXT),
    "existing": told("It is there already; nothing is written for it.", FLAG),
    "account": told("The account that owns it, where it is another one.", _ACCOUNT),
    "partition_key": TEXT,
    "sort_key": TEXT,
    "identity": told("The attribute that holds the caller's identity.", TEXT),
    "indexes": {
        "type": "object",
        "additionalProperties": record({"partition_key": TEXT}, {"sort_key": TEXT}),
    },
    "stage": TEXT,
    "key": told("The KMS key that encrypts it.", TEXT),
    "on": told("What fills it.", ref("events")),
}

_OF_SCOPES: Mapping[str, Schema] = {
    "rows": told("`own`, or partition keys; {identity} and {tag:name} stand for the caller's.", ref("texts")),
    "attributes": told("Attributes of a table.", ref("texts")),
    "index": told("The indexes that a read goes through.", ref("texts")),
    "keys": told("Keys of a bucket, or parameters below a name.", ref("texts")),
    "delimiter": told("What a listing is cut at.", ref("texts")),
    "presigned": told("Seconds after which a request signed in advance is too old.",
                      either({"const": True}, {"type": "integer", "minimum": 1, "maximum": scopes._WEEK})),
    "fields": told("Fields of a GraphQL API, such as Query.getNote.", ref("texts")),
    "alias": told("The alias of a function.", ref("texts")),
    "via": told("Services through which a key is used.", ref("texts")),
    "context": told("The encryption context of a key.", {"type": "object", "additionalProperties": TEXT}),
    "sources": told("Sources of events that are put.", ref("texts")),
    "detail_types": told("Types of events that are put.", ref("texts")),
    "protocols": told("What may be subscribed to a topic.",
                      either(words(scopes._PROTOCOLS), list_of(words(scopes._PROTOCOLS)))),
    "endpoints": told("Endpoints of subscriptions.", ref("texts")),
    "passes": told("Roles that the action passes to a service.", ref("texts")),
}  # fmt: skip


def model_schema() -> Schema:
    """The schema of a model file.

    Raises:
        KeyError: the reader knows a key that has no description here.
    """
    sections: Mapping[str, Schema] = {
        "application": told("What it is called.", TEXT),
        "environment": nullable(record({}, {"partition": TEXT, "region": TEXT, "account": _ACCOUNT})),
        "identity_pool": nullable(record({}, {"id": TEXT, "principal_tags": ref("texts")})),
        "api": nullable(record({}, {"id": TEXT, "stage": TEXT})),
        "resources": _named(_by_type({one.name: _resource(one) for one in resource_types().values()})),
        "principals": _named(_by_type({name: _principal(type) for name, type in principals._TYPES.items()})),
        "routes": _named(_route(), f"^{routes.ROUTE.pattern}$"),
        "needs": nullable(list_of(_need())),
        "promises": nullable(list_of(_promise())),
    }
    whole_model = record(
        {}, {name: sections[name] for name in sorted(application._KEYS, key=list(sections).index)}
    )
    schema = {"type": "object", "if": {"required": ["from"]}, "then": _bound(sections), "else": whole_model}
    about = "What an application has, who uses it, what each principal needs, and what the application promises."
    return whole("grantgraph model", about, schema, SHARED)


def _bound(sections: Mapping[str, Schema]) -> Schema:
    """A model beside an input: its entries name what is there, and say what the input cannot."""
    route = _route()["properties"]
    beside: Mapping[str, Schema] = {
        **sections,
        "from": told("The input that it is bound to: a template, a cdk.out folder, a plan, an account.", TEXT),
        "principals": _named(either(_bound_principal(), _NOTHING)),
        "resources": _named(either(_bound_resource(), _NOTHING)),
        "routes": _named(
            either(record({}, {"from": _FROM, "function": TEXT, "authorizer": route["authorizer"]}), _NOTHING)
        ),
    }
    return record({"from": beside["from"]}, {name: beside[name] for name in sections if name in bound._KEYS})


def _bound_principal() -> Schema:
    known = {
        "from": _FROM,
        "type": words(PrincipalType),
        "tags": _OF_PRINCIPALS["tags"],
        "logs": _OF_PRINCIPALS["logs"],
    }
    account = {"properties": {"type": words([PrincipalType.ACCOUNT])}, "required": ["type"]}
    return {
        "type": "object",
        "if": account | {"not": {"required": ["from"]}},
        "then": _principal(PrincipalType.ACCOUNT),
        "else": record({}, known),
    }


def _bound_resource() -> Schema:
    types = {one.name: _resource(one) for one in resource_types().values()}
    keys = ("key", *sorted(resources.TABLE_KEYS))
    known = {"from": _FROM, "type": words(types), **{key: _OF_RESOURCES[key] for key in keys}}
    elsewhere = {"properties": {"existing": {"const": True}}, "required": ["existing"]}
    return {
        "type": "object",
        "if": elsewhere | {"not": {"required": ["from"]}},
        "then": _by_type(types),
        "else": record({}, known),
    }


def _named(member: Schema, names: str = "") -> Schema:
    found = {"type": "object", "additionalProperties": member}
    return nullable(found | ({"propertyNames": {"pattern": names}} if names else {}))


def _by_type(kinds: Mapping[str, Schema]) -> Schema:
    """An object of one of some types: its `type` says which keys it may have."""
    same: dict[str, tuple[list[str], Schema]] = {}
    for type, schema in kinds.items():
        same.setdefault(repr(schema), ([], schema))[0].append(type)
    rules = [
        {"if": {"properties": {"type": words(types)}, "required": ["type"]}, "then": schema}
        for types, schema in same.values()
    ]
    return {
        "type": "object",
        "properties": {"type": words(kinds)},
        "required": ["type"],
        "allOf": rules,
    }


def _resource(type: ResourceType) -> Schema:
    keys = sorted(resources._keys_of(type) - {"type"})
    needed = [key for key in keys if key == "partition_key"]
    known = {key: _OF_RESOURCES[key] for key in keys}
    return record({"type": {}, **{key: known[key] for key in needed}}, known)


def _principal(type: PrincipalType) -> Schema:
    own = principals._KEYS.get(type, frozenset())
    if type is PrincipalType.ACCOUNT:
        schema = record({"type": {}}, {key: _OF_PRINCIPALS[key] for key in sorted(own)})
        return schema | {"oneOf": [{"required": ["account"]}, {"required": ["arn"]}]}
    return record({"type": {}}, {key: _OF_PRINCIPALS[key] for key in sorted({"name", *own})})


def _route() -> Schema:
    return record(
        {"function": TEXT},
        {"authorizer": words(sorted(routes._AUTHORIZERS)), "api": told("The API, where there are several.", TEXT)},
    )


def _need() -> Schema:
    access = sorted({word for type in resource_types().values() for word in type.access} | {"invoke"})
    word = either(words(access), _ACTION)
    known = {
        "who": told("A principal.", TEXT),
        "access": told("Access words, or exact actions.", either(word, {**list_of(word), "minItems": 1})),
        "to": told("A resource, a route or a function.", TEXT),
    }
    return record(known, {key: _OF_SCOPES[key] for key in scopes.SCOPES if key in needs._KEYS})


def _promise() -> Schema:
    level = either(words(LEVELS_BY_WORD), _ACTION)
    access = told("Access levels, or exact actions.", either(level, {**list_of(level), "minItems": 1}))
    on = told("Only on this resource.", TEXT)
    kinds: Mapping[str, Schema] = {
        "never": told("What a principal can never do.", record({"who": TEXT, "access": access}, {"on": on})),
        "isolated": told("What no two visitors share.", record({"who": TEXT}, {"on": on, "access": access})),
    }
    one_of = [{"required": [kind]} for kind in kinds]
    return record({"title": told("What is promised, in words.", TEXT)}, kinds) | {"oneOf": one_of}
