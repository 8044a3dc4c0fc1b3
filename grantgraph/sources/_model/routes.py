"""The routes of a model file."""

from __future__ import annotations

import re

from grantgraph.model import Authorizer, EntryPoint, EntryPointType
from grantgraph.node import Node, expect_keys, expect_str
from grantgraph.problems import Location, did_you_mean
from grantgraph.resources import fill
from grantgraph.sources._model.file import ModelFile, made_later
from grantgraph.sources._model.principals import Principals, functions_of
from grantgraph.text import Text, text

ROUTE = re.compile(r"([A-Za-z]+) (/\S*)")
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "ANY"})
_AUTHORIZERS = {one.value: one for one in Authorizer if one is not Authorizer.UNKNOWN}


def read_routes(file: ModelFile, principals: Principals) -> dict[str, EntryPoint | None]:
    """Every route by its name (`GET /notes`); None where it could not be read."""
    return {key: _route(file, key, at, node, principals) for key, at, node in file.members("routes")}


def _route(file: ModelFile, key: str, at: Location, node: Node, principals: Principals) -> EntryPoint | None:
    what = f"the route `{key}`"
    if not file.is_object(node, what):
        return None
    expect_keys(node, frozenset({"function", "authorizer"}), what, file.problems)
    found = ROUTE.fullmatch(key)
    if not found or found[1] not in _METHODS:
        help = "write `GET /notes`: a method, a space, a path"
        file.problems.error(at, "route", f"`{key}` is not a route", help)
        return None
    target = file.required(node, "function", what)
    functions = functions_of(principals)
    if target is not None and target not in functions:
        place = node.fields["function"].at
        help = did_you_mean(target, functions)
        file.problems.error(place, "unknown-function", f"there is no function `{target}`", help)
    own = node.get("authorizer")
    spelled = expect_str(own, "`authorizer`", file.problems) if own is not None else "none"
    if spelled is None:
        return None
    if spelled not in _AUTHORIZERS:
        place = own.at if own is not None else at
        help = did_you_mean(spelled, _AUTHORIZERS)
        file.problems.error(place, "authorizer", f"there is no authorizer `{spelled}`", help)
        return None
    authorizer = _AUTHORIZERS[spelled]
    arn = _route_arn(file, found[1], found[2]) if authorizer is Authorizer.IAM else ""
    return EntryPoint(key, EntryPointType.ROUTE, target or "", authorizer, arn, "Api", at)


def _route_arn(file: ModelFile, method: str, path: str) -> Text:
    """What `execute-api:Invoke` has to name for one method and path; a path parameter is any one segment."""
    api = file.part("api", frozenset({"id", "stage"}))
    id: Text = file.given_name(api, "id") or made_later("Api", "the id of the API is not in the model")
    stage = file.given_name(api, "stage") or "*"
    resource = re.sub(r"\{[^}]*\}", "*", path)
    name = text([id, "/", stage, "/", "*" if method == "ANY" else method, resource])
    return fill("arn:${partition}:execute-api:${region}:${account}:${name}", **file.places(name))
