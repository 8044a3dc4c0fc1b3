"""Needs to wishes: which actions on which resources, under which conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grantgraph.catalog import Action, Catalog
from grantgraph.model import Need
from grantgraph.problems import bug
from grantgraph.resources import ActionsOn, ResourceType, resource_types
from grantgraph.synthesize.buckets import bucket_wishes
from grantgraph.synthesize.identity import attributes_hold_keys, rows_can_be_own
from grantgraph.synthesize.limits import LIMITS, unlimited
from grantgraph.synthesize.placeholders import OWN, callers_have_values
from grantgraph.synthesize.result import Draft, Wish
from grantgraph.synthesize.routes import route_wishes
from grantgraph.synthesize.tables import table_wishes

_LIMITS = {**LIMITS, "dynamodb:table": table_wishes, "s3:bucket": bucket_wishes}


def wishes_of(need: Need, draft: Draft) -> Iterator[Wish]:
    """What a need asks for; what IAM cannot enforce is a problem, and no wish."""
    route = draft.entry_points.get(need.to)
    if route is not None:
        yield from route_wishes(need, route, draft)
        return
    resource, principal = draft.resources.get(need.to), draft.principals.get(need.who)
    if resource is None or principal is None:
        bug(f"the need {need} names nothing")
    if not callers_have_values(need, principal, draft.problems):
        return
    if OWN in need.scopes.rows and not rows_can_be_own(need, resource, draft.problems):
        return
    if need.scopes.attributes and not attributes_hold_keys(need, resource, draft.problems):
        return
    for purpose, on in _asked(need, resource_types()[resource.type], draft.catalog):
        yield from _LIMITS.get(resource.type, unlimited)(need, purpose, on, resource, draft)


def _asked(need: Need, type: ResourceType, catalog: Catalog) -> Iterator[tuple[str, ActionsOn]]:
    """The actions that the access words, or the exact actions, stand for, and where each is used."""
    for word in need.access:
        if ":" not in word:
            yield from ((word, on) for on in type.access[word])
            continue
        action = catalog.action(word)
        if action is None:
            bug(f"the need {need} names no action")
        name = str(action)
        same = {(on.suffix, on.instead) for ones in type.access.values() for on in ones if name in on.actions}
        for suffix, instead in sorted(same) or [(one, ("", "")) for one in _suffixes(action, type, catalog)]:
            yield action.name, ActionsOn(suffix, (name,), instead)


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
