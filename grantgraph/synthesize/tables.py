"""DynamoDB: limits on rows, attributes and indexes, each with the guard without which it does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.catalog import Action
from grantgraph.model import Need, Resource
from grantgraph.resources import ActionsOn
from grantgraph.synthesize.limits import actions_of, carries_key, keys_of, wish
from grantgraph.synthesize.placeholders import as_policy_text, compare
from grantgraph.synthesize.result import Conditions, Draft, Wish
from grantgraph.text import Text, text

WHOLE_ITEM = frozenset(
    {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PartiQLDelete", "dynamodb:PutItem"}
)
"""Actions that replace or remove whole items: limits on attributes do not hold for them (rule 165)."""

RETURNS = ("NONE", "UPDATED_NEW", "UPDATED_OLD")
"""What a write may hand back without showing attributes that it did not touch (rule 163)."""


def table_wishes(need: Need, purpose: str, on: ActionsOn, resource: Resource, draft: Draft) -> Iterator[Wish]:
    """What an access word asks of a table, within rows, attributes and one of its indexes."""
    actions = actions_of(on, draft)
    arns: tuple[Text, ...] = (on.under(resource.arn, resource.attributes),)
    if need.scopes.index:
        arns = tuple(text([resource.arn, f"/index/{name}"]) for name in need.scopes.index)
        actions = _through_an_index(need, purpose, actions, draft)
        purpose = " ".join([purpose, *("indexes" if name == "*" else name for name in need.scopes.index)])
    if need.scopes.attributes:
        actions = _on_parts_of_items(need, purpose, actions, draft)
    for scope, key in (("rows", "dynamodb:LeadingKeys"), ("attributes", "dynamodb:Attributes")):
        if getattr(need.scopes, scope):
            if not all(carries_key(need, scope, key, action, draft) for action in actions):
                return
    by_limits: dict[Conditions, list[str]] = {}
    for action in actions:
        by_limits.setdefault(_limits(need, action, draft), []).append(str(action))
    for limits, names in by_limits.items():
        yield wish(need, purpose, tuple(names), arns, limits)


def _through_an_index(need: Need, purpose: str, actions: list[Action], draft: Draft) -> list[Action]:
    """The actions that an index takes: it is only read from (rule 161)."""
    found = [one for one in actions if "index" in one.resource_types]
    if not found:
        draft.problems.error(
            need.at,
            "index-access",
            f"`{purpose}` does not go through an index: an index is only queried and scanned",
            "ask for it in a need of its own, without `index`",
        )
    return found


def _on_parts_of_items(need: Need, purpose: str, actions: list[Action], draft: Draft) -> list[Action]:
    """Actions that limits on attributes hold for; `write` leaves the others out, and no other word can."""
    whole = [str(one) for one in actions if str(one) in WHOLE_ITEM]
    if whole and purpose == "write":
        draft.problems.note(
            need.at,
            "whole-items",
            f"`write` with `attributes` leaves out {', '.join(whole)}: they replace or remove whole items, "
            "with attributes that the caller may not see",
            "UpdateItem creates and changes items; ask for one of the others in a need without `attributes`",
        )
    elif whole:
        draft.problems.error(
            need.at,
            "whole-items",
            f"`attributes` cannot limit {', '.join(whole)}: it replaces or removes whole items, "
            "with attributes that the caller may not see",
            "`update` creates and changes items within `attributes`; or ask for this in a need without them",
        )
    return [one for one in actions if str(one) not in WHOLE_ITEM]


def _limits(need: Need, action: Action, draft: Draft) -> Conditions:
    """The limits on rows and attributes, each with its guard (rules 157, 163)."""
    found: Conditions = ()
    if need.scopes.rows:
        rows = tuple(map(as_policy_text, need.scopes.rows))
        found += ((f"ForAllValues:{compare(rows)}", "dynamodb:LeadingKeys", rows),)
        found += (("Null", "dynamodb:LeadingKeys", ("false",)),)
    if need.scopes.attributes:
        found += (("ForAllValues:StringEquals", "dynamodb:Attributes", tuple(sorted(need.scopes.attributes))),)
        keys = keys_of(action, draft)
        if "dynamodb:Select" in keys:
            found += (("StringEqualsIfExists", "dynamodb:Select", ("SPECIFIC_ATTRIBUTES",)),)
        elif "dynamodb:ReturnValues" in keys:
            found += (("StringEqualsIfExists", "dynamodb:ReturnValues", RETURNS),)
    return found
