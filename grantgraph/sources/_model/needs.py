"""The needs of a model file: who has to do what, and whether the words and scopes fit what it is done to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grantgraph.catalog import Action, load_catalog
from grantgraph.model import EntryPoint, Need, Resource
from grantgraph.node import Node, expect_keys
from grantgraph.problems import did_you_mean
from grantgraph.resources import ResourceType, resource_types
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.principals import Principals, functions_of
from grantgraph.sources._model.routes import ROUTE

_KEYS = frozenset({"who", "access", "to", "rows", "attributes", "keys", "index"})


def read_who(file: ModelFile, node: Node, what: str, principals: Mapping[str, object]) -> str | None:
    """The principal that a need or a promise is about."""
    who = file.required(node, "who", what)
    if who is not None and who not in principals:
        place = node.fields["who"].at
        help = did_you_mean(who, principals)
        file.problems.error(place, "unknown-principal", f"there is no principal `{who}`", help)
        return None
    return who


def read_need(
    file: ModelFile,
    node: Node,
    principals: Principals,
    resources: Mapping[str, Resource],
    routes: Mapping[str, EntryPoint | None],
) -> Need | None:
    """One need; None where it could not be read."""
    if not file.is_object(node, "a need"):
        return None
    expect_keys(node, _KEYS, "a need", file.problems)
    who = read_who(file, node, "a need", principals)
    to = file.required(node, "to", "a need")
    if "access" not in node.fields:
        file.problems.error(node.at, "missing", "a need needs `access`")
    access = file.words(node.get("access"), "`access`")
    for key in ("access", "attributes"):
        if key in node.fields and not node.fields[key].one_or_many():
            file.problems.error(node.fields[key].at, "empty", f"`{key}` of a need is empty")
    functions = functions_of(principals)
    if to is not None and to not in resources and to not in routes and to not in functions:
        place = node.fields["to"].at
        help = did_you_mean(to, [*resources, *routes, *functions])
        file.problems.error(place, "unknown-resource", f"there is no resource or route `{to}`", help)
        return None
    if who is None or to is None or not access:
        return None
    need = Need(
        who,
        access,
        to,
        file.optional(node, "rows"),
        file.words(node.get("attributes"), "`attributes`"),
        file.optional(node, "keys"),
        file.optional(node, "index"),
        node.at,
    )
    _check_words(file, node, need, resources.get(to))
    _check_scopes(file, node, need, resources.get(to))
    return need


def _check_words(file: ModelFile, node: Node, need: Need, resource: Resource | None) -> None:
    """Access words that the type knows, and actions that act on it."""
    type: ResourceType | None = resource_types()[resource.type] if resource is not None else None
    if resource is None and not ROUTE.fullmatch(need.to):
        type = resource_types()["lambda:function"]
    words = {*type.access} if resource is not None and type is not None else {"invoke"}
    for one in node.fields["access"].one_or_many():
        word = one.as_str() or ""
        if ":" in word:
            action = load_catalog().action(word)
            if action is None:
                help = did_you_mean(word, load_catalog().suggest_action(word))
                file.problems.error(one.at, "unknown-action", f"there is no action `{word}`", help)
            elif not _acts_on(action, type):
                help = "known words: " + ", ".join(f"`{known}`" for known in sorted(words))
                file.problems.error(one.at, "action", f"`{word}` does not act on `{need.to}`", help)
        elif word not in words:
            help = did_you_mean(word, words)
            file.problems.error(one.at, "access", f"there is no access `{word}` to `{need.to}`", help)


def _check_scopes(file: ModelFile, node: Node, need: Need, resource: Resource | None) -> None:
    """Scopes that limit what the need is about, with values that mean something."""
    fits = {"dynamodb:table": {"rows", "attributes", "index"}, "s3:bucket": {"keys"}}
    allowed = fits.get(resource.type, set()) if resource is not None else set()
    for key in ("rows", "attributes", "keys", "index"):
        if key in node.fields and key not in allowed:
            place = node.key_at.get(key, node.at)
            file.problems.error(place, "scope", f"`{key}` does not limit access to `{need.to}`")
    if need.rows not in ("", "own"):
        place = node.fields["rows"].at
        file.problems.error(place, "rows", f"there is no row scope `{need.rows}`", "known: `own`")
    names = {index.name for index in resource.indexes} if resource is not None else set()
    if need.index and need.index not in names:
        help = did_you_mean(need.index, names)
        file.problems.error(node.fields["index"].at, "index", f"`{need.to}` has no index `{need.index}`", help)
    for name in re.findall(r"(?<!\$)\{([^{}]*)\}", need.keys):
        if name != "identity":
            help = "the one placeholder is `{identity}`"
            place = node.fields["keys"].at
            file.problems.error(place, "placeholder", f"there is no placeholder `{{{name}}}`", help)


def _acts_on(action: Action, type: ResourceType | None) -> bool:
    """Whether an action is authorized on a resource of a type, or on something below it; None is a route."""
    if type is None:
        return str(action) == "execute-api:Invoke"
    base = _PLACEHOLDER.sub("*", type.arn)
    known = [load_catalog().resource_type(action.service, name) for name in action.resource_types]
    arns = [_PLACEHOLDER.sub("*", arn) for one in known if one is not None for arn in one.arns]
    return action.service == type.service and any(arn.startswith(base) for arn in arns)


_PLACEHOLDER = re.compile(r"\$\{\w+\}")
