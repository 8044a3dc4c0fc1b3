"""Well-formed requests near what policies say: their own values, and values just beside them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import ContextValue, Request
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Condition, Family
from grantgraph.policy.pattern import Pattern, Variable, Wild
from grantgraph.prove import Standing
from grantgraph.prove.automaton import accepts
from grantgraph.prove.glob import AnyCase, One, Run
from grantgraph.prove.shapes import EXAMPLE_ENVIRONMENT, Shape, dimension_of, shapes_of
from grantgraph.prove.subject import statements_of
from grantgraph.prove.things import NOTHING_THERE
from grantgraph.text import Text, text

FILLINGS = ("", "x", "red", "a/x", "R")
WORDS = ["red", "blue", "x", "", "RED", "redx"]
PLAIN = {
    Family.BOOL: ["true", "false"],
    Family.NUMERIC: ["0", "7"],
    Family.DATE: ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"],
    Family.IP_ADDRESS: ["203.0.113.1", "2001:db9::1"],
    Family.BINARY: ["enp6"],
}


class Near:
    """Makes requests of one caller, near the policies of some standings; the first is the caller's.

    `resources` are things that requests may be about, beside those that the policies name.
    """

    def __init__(
        self, catalog: Catalog, chooser: random.Random, *standings: Standing, resources: Sequence[Text] = ()
    ) -> None:
        self.catalog, self.random, self.resources = catalog, chooser, resources
        self.session = standings[0].session
        self.environment = {**EXAMPLE_ENVIRONMENT, **standings[0].environment}
        statements = [one for standing in standings for one in statements_of(standing)]
        self.conditions = [one for statement in statements for one in statement.conditions]
        self.patterns = [one.pattern for statement in statements for one in statement.resources.patterns]

    def requests(self, actions: Sequence[Action], count: int) -> Iterator[Request]:
        """Up to so many requests for any of these actions."""
        for _ in range(count):
            found = self.request(self.random.choice(actions))
            if found is not None:
                yield found

    def request(self, action: Action) -> Request | None:
        """A request for an action; None where no resource that was tried is one of its own."""
        shape = self.random.choice(shapes_of(action, self.catalog, NOTHING_THERE, {}))
        context = {key: value for key in self._keys() if (value := self._value(key, shape)) is not None}
        if shape.resource_type is None:
            return Request(self.session.caller, str(action), "*", context)
        for tries in range(12):
            resource = self._resource(shape, context) if tries < 8 else self._example(shape)
            if any(accepts(template, resource) for template in shape.resources):
                return Request(self.session.caller, str(action), resource, context)
        return None

    def _resource(self, shape: Shape, context: Mapping[str, ContextValue]) -> Text:
        if self.resources and self.random.random() < 0.3:
            return text([self.random.choice(self.resources), self.random.choice(["", "/x", "/red"])])
        found = self._fill(self.random.choice(self.patterns), context) if self.patterns else "*"
        return self._example(shape) if found == "*" else found

    def _example(self, shape: Shape) -> Text:
        """An ARN of a type, whose parts are called alike."""
        assert shape.resource_type is not None
        template = self.random.choice(shape.resource_type.arns)
        found: list[Text] = []
        for at, piece in enumerate(template.replace("}", "${").split("${")):
            known = self.environment.get(piece) if at % 2 else piece
            found.append(known if known is not None else self.random.choice(["red", "b", "x"]))
        return text(found)

    def _fill(self, pattern: Pattern, context: Mapping[str, ContextValue]) -> Text:
        """Something that a pattern may match, or nearly."""
        found: list[Text] = []
        for part in pattern.parts:
            if part is Wild.ONE:
                found.append("x")
            elif part is Wild.RUN:
                known = {3: self.environment["Region"], 4: self.environment["Account"]}
                colons = sum(one.count(":") for one in found if isinstance(one, str))
                found.append(known.get(colons, self.random.choice(FILLINGS)))
            elif isinstance(part, Variable):
                value = context.get(part.key, part.default or self.environment["Account"])
                found.append(value if isinstance(value, str) else "x")
            elif not isinstance(part, Wild):
                found.append(text([part]))
        filled = text(found)
        return filled[:-1] if isinstance(filled, str) and self.random.random() < 0.1 else filled

    def _keys(self) -> list[str]:
        """The keys that the policies speak of."""
        asked = {one.key for one in self.conditions}
        values = [getattr(value, "pattern", value) for one in self.conditions for value in one.values]
        for own in [*self.patterns, *values]:
            if isinstance(own, Pattern):
                asked |= {variable.key for variable in own.variables}
        return sorted(asked)

    def _value(self, key: str, shape: Shape) -> ContextValue | None:
        """What a well-formed request may carry for a key; None for nothing."""
        one = dimension_of(key, shape, self.session, self.catalog, self.conditions)
        if not one.may_be_present or (one.may_be_absent and self.random.random() < 0.25):
            return None
        if one.domain and not one.multivalued:
            return text("x" if isinstance(token, One | Run | AnyCase) else token for token in one.domain[0])
        about = [condition for condition in self.conditions if condition.key == key]
        typed = one.family if one.family in PLAIN else None
        if typed is Family.BOOL:
            return self.random.choice(PLAIN[Family.BOOL])
        values = [*PLAIN.get(one.family, WORDS), *(text for each in about for text in self._near(each, typed))]
        if not one.multivalued:
            return self.random.choice(values)
        members = [
            value for value in values if value and not any(accepts(apart, value) for apart in one.apart_from)
        ]
        return one.members or tuple(dict.fromkeys(self.random.choices(members, k=self.random.randint(1, 3))))

    def _near(self, condition: Condition, typed: Family | None) -> Iterator[Text]:
        for value in condition.values:
            match value:
                case Decimal():
                    yield from (str(value), str(value + 1), str(value - 1))
                case datetime():
                    yield from (
                        (value + timedelta(days=days)).isoformat().replace("+00:00", "Z") for days in (-1, 0, 1)
                    )
                case IPv4Network() | IPv6Network():
                    yield str(value.network_address)
                    yield str(value.broadcast_address)
                case bytes():
                    yield str(condition.spelled_values[0])
                case Pattern() | ArnPattern() if typed is None:
                    own = value.pattern if isinstance(value, ArnPattern) else value
                    yield self._fill(own, {})
