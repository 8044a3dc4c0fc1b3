"""The routes of a model file, and the API that they belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grantgraph.model import Authorizer, EntryPoint, EntryPointType, Principal, Resource
from grantgraph.node import Node, expect_keys, expect_str
from grantgraph.problems import Location, did_you_mean
from grantgraph.resources import fill, resource_types
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.known import functions_of
from grantgraph.text import Text, text

API = "Api"
"""The id of the API whose routes name none."""

ROUTE = re.compile(r"([A-Za-z]+) (/\S*)")
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "ANY"})
_AUTHORIZERS = {one.value: one for one in Authorizer if one not in (Authorizer.API_KEY, Authorizer.UNKNOWN)}
_TYPES = ("execute-api:api", "execute-api:rest-api")


def read_routes(
    file: ModelFile, principals: Mapping[str, Principal | None], resources: Mapping[str, Resource | None]
) -> dict[str, EntryPoint | None]:
    """Every route by its name (`GET /notes`); None where it could not be read."""
    functions = functions_of(principals)
    stages = {API: _implied_api(file)}
    stages |= {
        key: text([one.arn, "/", one.attributes["stage"]])
        for key, one in resources.items()
        if one is not None and one.type in _TYPES
    }
    return {key: _route(file, key, at, node, functions, stages) for key, at, node in file.members("routes")}


def _implied_api(file: ModelFile) -> Text:
    """The ARN of the stage of the API that the file's `api` describes."""
    api = file.part("api", frozenset({"id", "stage"}))
    id: Text = file.given_name(api, "id") or file.made(API, "the id of the API is not in the model")
    stage = file.given_name(api, "stage") or file.made(f"{API}Stage", "the stage of the API is not in the model")
    return fill(resource_types()[_TYPES[0]].arn, **file.places(text([id, "/", stage])))


def _route(
    file: ModelFile,
    key: str,
    at: Location,
    node: Node,
    functions: Mapping[str, Principal],
    stages: Mapping[str, Text],
) -> EntryPoint | None:
    what = f"the route `{key}`"
    if not file.is_object(node, what):
        return None
    expect_keys(node, frozenset({"function", "authorizer", "api"}), what, file.problems)
    found = ROUTE.fullmatch(key)
    if not found or found[1] not in _METHODS:
        help = "write `GET /notes`: a method, a space, a path"
        file.problems.error(at, "route", f"`{key}` is not a route", help)
        return None
    target = file.required(node, "function", what)
    if target is not None and target not in functions:
        place = node.fields["function"].at
        help = did_you_mean(target, functions)
        file.problems.error(place, "unknown-function", f"there is no function `{target}`", help)
    authorizer = read_authorizer(file, at, node)
    api = file.optional(node, "api") or API
    if api not in stages:
        place, help = node.fields["api"].at, did_you_mean(api, stages)
        file.problems.error(place, "unknown-resource", f"there is no API `{api}`", help)
    if authorizer is None or api not in stages:
        return None
    # A path parameter is any one segment to the API, and any text to IAM.
    path = re.sub(r"\{[^}]*\}", "*", found[2])
    arn = text([stages[api], "/", "*" if found[1] == "ANY" else found[1], path])
    signed = arn if authorizer is Authorizer.IAM else ""
    return EntryPoint(key, EntryPointType.ROUTE, target or "", authorizer, signed, api, at=at, source_arn=arn)


def read_authorizer(file: ModelFile, at: Location, node: Node) -> Authorizer | None:
    """Who decides that a caller may use a route; nobody where nothing is said."""
    own = node.get("authorizer")
    spelled = expect_str(own, "`authorizer`", file.problems) if own is not None else "none"
    if spelled is None:
        return None
    if spelled not in _AUTHORIZERS:
        place = own.at if own is not None else at
        help = did_you_mean(spelled, _AUTHORIZERS)
        file.problems.error(place, "authorizer", f"there is no authorizer `{spelled}`", help)
        return None
    return _AUTHORIZERS[spelled]
