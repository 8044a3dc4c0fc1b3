"""Needs to wishes: which actions on which resources, under which conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grantgraph.catalog import Action, Catalog
from grantgraph.model import Application, Need, Resource
from grantgraph.problems import Problems, bug
from grantgraph.resources import ActionsOn, ResourceType, resource_types
from grantgraph.synthesize.buckets import bucket_wish
from grantgraph.synthesize.identity import identity_is_known, rows_can_be_own
from grantgraph.synthesize.result import Wish
from grantgraph.synthesize.tables import table_wishes
from grantgraph.text import text


def wishes_of(need: Need, application: Application, catalog: Catalog, problems: Problems) -> Iterator[Wish]:
    """What a need asks for; what IAM cannot enforce is a problem, and no wish."""
    route = application.entry_point(need.to)
    if route is not None:
        if route.arn == "":
            problems.error(
                need.at,
                "route-without-iam",
                f"`{need.to}` has the authorizer `{route.authorizer}`: IAM does not decide who may call it",
                "give the route `authorizer: iam`, or drop the need",
            )
            return
        yield Wish(need, "invoke", ("execute-api:Invoke",), (route.arn,))
        return
    resource = application.resource(need.to)
    principal = application.principal(need.who)
    if resource is None or principal is None:
        bug(f"the need {need} names nothing")
    type = resource_types()[resource.type]
    if (need.rows or "{identity}" in need.keys) and not identity_is_known(need, principal, problems):
        return
    if need.rows and not rows_can_be_own(need, resource, problems):
        return
    for purpose, on in _asked(need, type, catalog):
        yield from _wish(need, purpose, on, resource, catalog, problems)


def _asked(need: Need, type: ResourceType, catalog: Catalog) -> Iterator[tuple[str, ActionsOn]]:
    """The actions that the access words, or the exact actions, stand for."""
    for word in need.access:
        if ":" not in word:
            yield from ((word, on) for on in type.access[word])
            continue
        action = catalog.action(word)
        if action is None:
            bug(f"the need {need} names no action")
        for suffix in _suffixes(action, type, catalog):
            yield action.name, ActionsOn(suffix, (str(action),))


def _suffixes(action: Action, type: ResourceType, catalog: Catalog) -> tuple[str, ...]:
    """Where under a resource an action is authorized: on it, or on what lies below."""

    def bare(template: str) -> str:
        return re.sub(r"\$\{\w+\}", "*", template)

    base = bare(type.arn)
    found = set()
    for name in action.resource_types:
        known = catalog.resource_type(action.service, name)
        for template in known.arns if known is not None else ():
            if bare(template).startswith(base):
                found.add(bare(template)[len(base) :])
    return ("",) if "" in found or not found else tuple(sorted(found))


def _wish(
    need: Need, purpose: str, on: ActionsOn, resource: Resource, catalog: Catalog, problems: Problems
) -> Iterator[Wish]:
    actions = [action for name in on.actions if (action := catalog.action(name)) is not None]
    if resource.type == "dynamodb:table":
        yield from table_wishes(need, purpose, on.suffix, resource, actions, catalog, problems)
    elif resource.type == "s3:bucket" and need.keys:
        yield bucket_wish(need, purpose, on, resource, actions, catalog, problems)
    else:
        yield Wish(need, purpose, on.actions, (text([resource.arn, on.suffix]),))
