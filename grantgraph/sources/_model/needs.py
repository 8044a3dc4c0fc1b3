"""The needs of a model file: who has to do what, and whether the words and scopes fit what it is done to."""

from __future__ import annotations

import re
from dataclasses import replace

from grantgraph.catalog import Action
from grantgraph.model import Need, Resource
from grantgraph.node import Node, expect_keys
from grantgraph.problems import did_you_mean
from grantgraph.resources import ResourceType, resource_types
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.known import Known, read_who
from grantgraph.sources._model.scopes import SCOPES, check_scopes, read_scopes

_KEYS = frozenset({"who", "access", "to", *SCOPES})


def read_needs(file: ModelFile, known: Known) -> tuple[Need, ...]:
    """Every need that could be read, everything in it called by its id."""
    found = [_read_need(file, one, known) for one in file.list_of("needs")]
    return tuple(one for one in found if one is not None)


def _read_need(file: ModelFile, node: Node, known: Known) -> Need | None:
    """One need; None where it could not be read."""
    if not file.is_object(node, "a need"):
        return None
    expect_keys(node, _KEYS, "a need", file.problems)
    who = read_who(file, node, "a need", known)
    to = file.required(node, "to", "a need")
    if "access" not in node.fields:
        file.problems.error(node.at, "missing", "a need needs `access`")
    access = file.words(node.get("access"), "`access`")
    if "access" in node.fields and not node.fields["access"].one_or_many():
        file.problems.error(node.fields["access"].at, "empty", "`access` of a need is empty")
    scopes = read_scopes(file, node)
    named = (known.resources, known.routes, known.functions)
    if to is not None and not any(to in one for one in named):
        if to not in known.absent:
            help = known.help(to, *named)
            place = node.fields["to"].at
            file.problems.error(place, "unknown-resource", f"there is no resource or route `{to}`", help)
        return None
    resource = known.resources.get(to) if to is not None else None
    if who is None or to is None or not access or (resource is None and to in known.resources):
        return None
    is_route = to in known.routes and resource is None
    type = None if is_route else _type_of(resource)
    _check_words(file, node, to, type)
    check_scopes(file, node, scopes, to, type, resource, known.roles)
    passes = tuple(known.roles[one].id for one in scopes.passes if one in known.roles)
    thing = known.routes.get(to) if is_route else resource
    return Need(who, access, thing.id if thing is not None else to, replace(scopes, passes=passes), node.at)


def _type_of(resource: Resource | None) -> ResourceType:
    """The type of what a need is about; what is no resource is a function."""
    return resource_types()[resource.type if resource is not None else "lambda:function"]


def _check_words(file: ModelFile, node: Node, to: str, type: ResourceType | None) -> None:
    """Access words that the type knows, and actions that act on it; None is a route."""
    words = {*type.access} if type is not None else {"invoke"}
    for one in node.fields["access"].one_or_many():
        word = one.as_str() or ""
        if ":" in word:
            action = file.catalog.action(word)
            if action is None:
                help = did_you_mean(word, file.catalog.suggest_action(word))
                file.problems.error(one.at, "unknown-action", f"there is no action `{word}`", help)
            elif not _acts_on(file, action, type):
                help = "known words: " + ", ".join(f"`{known}`" for known in sorted(words))
                file.problems.error(one.at, "action", f"`{word}` does not act on `{to}`", help)
        elif word not in words:
            help = did_you_mean(word, words)
            file.problems.error(one.at, "access", f"there is no access `{word}` to `{to}`", help)


def _acts_on(file: ModelFile, action: Action, type: ResourceType | None) -> bool:
    """Whether an action is authorized on a resource of a type, or on something below it; None is a route."""
    if type is None:
        return str(action) == "execute-api:Invoke"
    if str(action).lower() in type.data_actions:
        return True
    base = _PLACEHOLDER.sub("*", type.arn)
    known = [file.catalog.resource_type(action.service, name) for name in action.resource_types]
    arns = [_PLACEHOLDER.sub("*", arn) for one in known if one is not None for arn in one.arns]
    return action.service == type.service and any(arn.startswith(base) for arn in arns)


_PLACEHOLDER = re.compile(r"\$\{\w+\}")
