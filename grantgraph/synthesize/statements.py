"""Wishes to statements: what can be said together, and what each statement is called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from grantgraph.node import node_of
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.problems import bug
from grantgraph.synthesize.result import Wish


def policy_of(statements: list[dict[str, Any]], name: str) -> Policy:
    document = {"Version": "2012-10-17", "Statement": statements}
    parsed = parse_policy(node_of(document), PolicyType.IDENTITY_BASED, name)
    if parsed.errors:
        bug(f"the synthesized policy of {name} is not valid: {parsed.errors[0]}")
    return parsed.value


def group(wishes: Iterable[Wish]) -> list[list[Wish]]:
    """Wishes that one statement can say: the same resources under the same conditions."""
    groups: dict[tuple[object, ...], list[Wish]] = {}
    for one in wishes:
        groups.setdefault((one.need.to, one.resources, one.conditions), []).append(one)
    return list(groups.values())


def name_statements(groups: list[list[Wish]]) -> list[str]:
    """A stable Sid for each group: the resource, then what is done with it; numbered where they would repeat."""
    names: list[str] = []
    for wishes in groups:
        purposes = dict.fromkeys(one.purpose for one in wishes)
        name = re.sub(r"[^A-Za-z0-9]", "", _camel(wishes[0].need.to) + "".join(map(_camel, purposes)))
        taken = sum(one == name or one.rstrip("0123456789") == name for one in names)
        names.append(f"{name}{taken + 1}" if taken else name)
    return names


def _camel(words: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", words))


def statement_of(wishes: list[Wish], sid: str = "") -> dict[str, Any]:
    first = wishes[0]
    actions = sorted({action for one in wishes for action in one.actions})
    document: dict[str, Any] = {"Sid": sid} if sid else {}
    document |= {"Effect": "Allow", "Action": actions, "Resource": list(first.resources)}
    conditions: dict[str, dict[str, list[str]]] = {}
    for operator, key, values in first.conditions:
        conditions.setdefault(operator, {})[key] = list(values)
    if conditions:
        document["Condition"] = conditions
    return document
