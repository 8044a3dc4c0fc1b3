"""Which actions use data, which administer, and of which nothing can be said."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from grantgraph.catalog import AccessLevel, Action
from grantgraph.model import Application, EntryPointType, Resource
from grantgraph.resources import ActionsOn, ResourceType, resource_types
from grantgraph.text import Text, text

TABLE, FUNCTION, API = "dynamodb:table", "lambda:function", "execute-api:"
BY_PATH = "ssm:GetParametersByPath"
STREAM = frozenset({"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"})


@cache
def types_of(service: str) -> tuple[ResourceType, ...]:
    """The resource types that a service has here."""
    return tuple(one for one in resource_types().values() if one.service == service)


@cache
def has_words(service: str) -> bool:
    """Whether any resource of a service is used by access words."""
    return any(one.access for one in types_of(service))


def is_data(action: Action, type: ResourceType) -> bool:
    """Whether some access word of a type stands for an action."""
    return str(action).lower() in type.data_actions


def data_types(action: Action) -> tuple[ResourceType, ...]:
    """The types whose data an action uses."""
    return tuple(one for one in types_of(action.service) if is_data(action, one))


def is_permissions(action: Action) -> bool:
    """Whether an action decides who has access to what."""
    return action.access_level is AccessLevel.PERMISSIONS_MANAGEMENT


def why_unusable(action: Action, resource: Resource, application: Application) -> str:
    """Why an action that uses data of a type can have nothing to use on a resource; "" where it may."""
    name = str(action)
    if name in STREAM and "stream" not in resource.attributes:
        return f"`{resource.id}` has no stream"
    if name == "lambda:InvokeFunctionUrl" and not any(
        one.type is EntryPointType.FUNCTION_URL and one.target == resource.id for one in application.entry_points
    ):
        return f"`{resource.id}` has no URL"
    if name == "execute-api:ManageConnections":
        routes = [one.id for one in application.entry_points if one.source == resource.id]
        if routes and not any(one.startswith("$connect") for one in routes):
            return f"`{resource.id}` is no WebSocket API"
    return ""


def targets_of(action: Action, resource: Resource) -> tuple[Text, ...]:
    """What an action that uses data is used on: a bucket's objects, a table and its indexes, executions."""
    found: dict[Text, None] = {}
    for on in _places(resource.type).get(str(action).lower(), ()):
        found[on.under(resource.arn, resource.attributes)] = None
    if resource.type == TABLE and "index" in action.resource_types and resource.indexes:
        found[text([resource.arn, "/index/*"])] = None
    if resource.type == FUNCTION:
        found[text([resource.arn, ":*"])] = None
    if str(action) == BY_PATH:
        found[text([resource.arn, "/*"])] = None
    return tuple(found)


@cache
def _places(type: str) -> Mapping[str, tuple[ActionsOn, ...]]:
    """Action, in lower case → everything that access words, and consumers, say of where it is used."""
    found: dict[str, dict[tuple[str, tuple[str, str]], ActionsOn]] = {}
    for word in (*resource_types()[type].access.values(), resource_types()[type].consume):
        for on in word:
            for action in on.actions:
                found.setdefault(action.lower(), {})[on.suffix, on.instead] = on
    return {action: tuple(ones.values()) for action, ones in found.items()}
