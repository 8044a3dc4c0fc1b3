"""Policy documents at random: valid ones, about actions, resources and keys that belong together."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from grantgraph.catalog import Action, Catalog, ConditionKey, KeyType

OPERATORS: Mapping[KeyType, tuple[tuple[str, ...], tuple[str, ...]]] = {
    KeyType.STRING: (
        ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"),
        ("red", "blue", "r*", "team/?", "${aws:PrincipalTag/team}"),
    ),
    KeyType.ARN: (
        ("ArnEquals", "ArnLike", "ArnNotLike"),
        ("arn:aws:sns:us-east-1:111122223333:red", "arn:aws:*:*:111122223333:*"),
    ),
    KeyType.NUMERIC: (("NumericEquals", "NumericLessThan", "NumericGreaterThanEquals"), ("1", "60", "3600")),
    KeyType.DATE: (("DateLessThan", "DateGreaterThan"), ("2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z")),
    KeyType.BOOL: (("Bool",), ("true", "false")),
    KeyType.IP_ADDRESS: (("IpAddress", "NotIpAddress"), ("10.0.0.0/8", "203.0.113.0/24", "2001:db8::/32")),
    KeyType.BINARY: (("BinaryEquals",), ("cmVk",)),
}
"""The operators that suit each type of key, and values to compare with."""

_IN_LISTS = (KeyType.STRING, KeyType.ARN, KeyType.IP_ADDRESS)

EVERYWHERE = ("aws:PrincipalTag/team", "aws:SourceIp", "aws:CurrentTime", "aws:SecureTransport", "aws:SourceVpce")
NAMES = ("red", "blue", "red-*", "*")


class Documents:
    """Makes policy documents about some services, from one source of chance."""

    def __init__(self, catalog: Catalog, chooser: random.Random, services: tuple[str, ...]) -> None:
        self.catalog, self.random, self.services = catalog, chooser, services

    def document(self) -> dict[str, Any]:
        """A document of one to three statements."""
        statements = [self._statement() for _ in range(self.random.randint(1, 3))]
        return {"Version": "2012-10-17", "Statement": statements}

    def _statement(self) -> dict[str, Any]:
        service = self.random.choice(self.services)
        actions = self.random.sample(self.catalog.actions(service), k=min(2, len(self.catalog.actions(service))))
        statement: dict[str, Any] = {"Effect": self._one("Allow", "Allow", "Allow", "Deny")}
        statement[self._one("Action", "Action", "Action", "NotAction")] = [self._spelled(one) for one in actions]
        resources = [arn for one in actions for arn in self._resources(one)]
        everything = not resources or self.random.random() < 0.25
        kind = "Resource" if everything else self._one("Resource", "Resource", "Resource", "NotResource")
        statement[kind] = "*" if everything else list(dict.fromkeys(resources))
        conditions = self._conditions(actions[0])
        return statement | ({"Condition": conditions} if conditions else {})

    def _spelled(self, action: Action) -> str:
        verb = action.name[: self.random.randint(1, len(action.name))]
        return self._one(str(action), str(action), f"{action.service}:{verb}*", f"{action.service}:*")

    def _resources(self, action: Action) -> list[str]:
        found = []
        for name in action.resource_types[:2]:
            type = self.catalog.resource_type(action.service, name)
            if type is not None:
                found.append(self._fill(self.random.choice(type.arns)))
        return found

    def _fill(self, template: str) -> str:
        known = {
            "Partition": "aws",
            "Region": self._one("us-east-1", "*"),
            "Account": self._one("111122223333", "*"),
        }
        pieces = template.replace("}", "${").split("${")
        return "".join(
            known.get(piece, self.random.choice(NAMES)) if at % 2 else piece for at, piece in enumerate(pieces)
        )

    def _conditions(self, action: Action) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        own = sorted(key for key in action.condition_keys if "${" not in key)
        for _ in range(self.random.choice((0, 0, 1, 2))):
            key = self.catalog.condition_key(self.random.choice([*own, *EVERYWHERE]))
            if key is not None:
                operator, values = self._test(key)
                found.setdefault(operator, {})[key.name.replace("${TagKey}", "team")] = values
        return found

    def _test(self, key: ConditionKey) -> tuple[str, list[str]]:
        operators, values = OPERATORS[key.type]
        if self.random.random() < 0.1:
            return "Null", [self._one("true", "false")]
        operator = self.random.choice(operators) + self._one("", "", "", "IfExists")
        if key.multivalued:
            operator = f"{self._one('ForAllValues', 'ForAnyValue')}:{operator}"
        most = 2 if key.type in _IN_LISTS else 1
        return operator, self.random.sample(values, k=self.random.randint(1, most))

    def _one(self, *options: str) -> str:
        return self.random.choice(options)
