"""DynamoDB: limits on rows, attributes and indexes, each with the guard without which it does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.catalog import Action, Catalog
from grantgraph.model import Need, Resource
from grantgraph.problems import Problems
from grantgraph.standing import IDENTITY
from grantgraph.synthesize.result import Conditions, Wish
from grantgraph.text import text

WHOLE_ITEM = frozenset({"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem"})
"""Actions that replace or remove whole items: limits on attributes do not hold for them (rule 165)."""


def table_wishes(
    need: Need,
    purpose: str,
    suffix: str,
    resource: Resource,
    actions: list[Action],
    catalog: Catalog,
    problems: Problems,
) -> Iterator[Wish]:
    arn = text([resource.arn, suffix])
    if need.index:
        arn = text([resource.arn, f"/index/{need.index}"])
        actions = [one for one in actions if "index" in one.resource_types]
    if need.attributes:
        actions = _without_whole_items(need, purpose, actions, problems)
        if not attributes_hold_keys(need, resource, problems):
            return
    for key, scope in (("dynamodb:LeadingKeys", need.rows), ("dynamodb:Attributes", need.attributes)):
        for action in actions if scope else ():
            if key not in _keys(action, catalog):
                word = "rows" if key.endswith("LeadingKeys") else "attributes"
                problems.error(
                    need.at,
                    "scope-not-carried",
                    f"`{word}` cannot limit {action}: its requests do not carry {key}, so the rule would not hold",
                    "leave the action out, or ask for it in a need of its own, for the whole table",
                )
                return
    by_conditions: dict[Conditions, list[str]] = {}
    for action in actions:
        by_conditions.setdefault(_table_conditions(need, action, catalog), []).append(str(action))
    for conditions, names in by_conditions.items():
        yield Wish(need, purpose, tuple(names), (arn,), conditions)


def _keys(action: Action, catalog: Catalog) -> frozenset[str]:
    return catalog.keys_of(action, None) | action.condition_keys


def _table_conditions(need: Need, action: Action, catalog: Catalog) -> Conditions:
    """The limits on rows and attributes, each with the guard without which it does not hold (157, 163)."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    if need.rows:
        found.append(("ForAllValues:StringEquals", "dynamodb:LeadingKeys", ("${" + IDENTITY + "}",)))
        found.append(("Null", "dynamodb:LeadingKeys", ("false",)))
    if need.attributes:
        found.append(("ForAllValues:StringEquals", "dynamodb:Attributes", tuple(sorted(need.attributes))))
        keys = _keys(action, catalog)
        if action.access_level in ("Read", "List") and "dynamodb:Select" in keys:
            found.append(("StringEqualsIfExists", "dynamodb:Select", ("SPECIFIC_ATTRIBUTES",)))
        if "dynamodb:ReturnValues" in keys and action.access_level == "Write":
            found.append(("StringEqualsIfExists", "dynamodb:ReturnValues", ("NONE", "UPDATED_NEW", "UPDATED_OLD")))
    return tuple(found)


def _without_whole_items(need: Need, purpose: str, actions: list[Action], problems: Problems) -> list[Action]:
    """Limits on attributes do not hold for actions on whole items; they have to be asked for by name."""
    whole = [str(one) for one in actions if str(one) in WHOLE_ITEM]
    if whole and purpose in need.access:
        problems.note(
            need.at,
            "whole-items",
            f"`{purpose}` with `attributes` leaves out {', '.join(whole)}: they replace or remove whole items, "
            "with attributes that the caller may not see",
            "UpdateItem creates and changes items; name one of the others in `access` if you want it",
        )
        return [one for one in actions if str(one) not in WHOLE_ITEM]
    for name in whole:
        problems.note(need.at, "whole-items", f"{name} is not held by `attributes`: it acts on whole items")
    return actions


def attributes_hold_keys(need: Need, resource: Resource, problems: Problems) -> bool:
    """Whether the named attributes include the keys, which every request names (rule 163)."""
    index = next((one for one in resource.indexes if one.name == need.index), None)
    keys = [str(resource.attributes.get(word, "")) for word in ("partition_key", "sort_key")]
    keys += [index.partition_key, index.sort_key] if index is not None else []
    missing = [key for key in keys if key and key not in need.attributes]
    for key in missing:
        problems.error(
            need.at,
            "attributes-without-keys",
            f"`attributes` of `{need.to}` leaves out its key `{key}`, which every request has to name",
            f"add `{key}`",
        )
    return not missing
