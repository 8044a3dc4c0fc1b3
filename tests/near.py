"""Well-formed requests near what policies say: their own values, and values just beside them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import Decision, Request, decide
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Condition, Family, Statement
from grantgraph.policy.pattern import Pattern, Variable, Wild
from grantgraph.prove import Standing
from grantgraph.prove.automaton import accepts
from grantgraph.prove.shapes import Shape, dimension_of, shapes_of
from grantgraph.prove.things import NOTHING_THERE

FILLINGS = ("", "x", "red", "a/x", "R")
WORDS = ["red", "blue", "x", "", "RED", "redx"]
PLAIN = {
    Family.BOOL: ["true", "false"],
    Family.NUMERIC: ["0", "7"],
    Family.DATE: ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"],
    Family.IP_ADDRESS: ["203.0.113.1", "2001:db9::1"],
    Family.BINARY: ["enp6"],
}
VALUE_RULE = "rule 98"
"""What every proof over variables assumes: a wildcard in the value of a variable is plain text."""


class Near:
    """Makes requests near two policy sets."""

    def __init__(self, narrower: Standing, wider: Standing, catalog: Catalog, chooser: random.Random) -> None:
        self.narrower, self.catalog, self.random = narrower, catalog, chooser
        self.statements: list[Statement] = [
            statement
            for standing in (narrower, wider)
            for policy in standing.policies.all()
            for statement in policy.statements
        ]
        self.conditions = [one for statement in self.statements for one in statement.conditions]

    def requests(self, actions: Sequence[Action], count: int) -> Iterator[Request]:
        for _ in range(count):
            found = self.request(self.random.choice(actions))
            if found is not None:
                yield found

    def request(self, action: Action) -> Request | None:
        shape = self.random.choice(shapes_of(action, self.catalog, NOTHING_THERE, {}))
        context = {key: value for key in self.keys() if (value := self.value(key, shape)) is not None}
        if shape.resource_type is None:
            return Request(self.narrower.session.caller, str(action), "*", context)
        patterns = [one.pattern for statement in self.statements for one in statement.resources.patterns]
        for _ in range(8):
            resource = self.fill(self.random.choice(patterns), context)
            if resource == "*":
                resource = self.example(shape)
            if any(accepts(template, resource) for template in shape.resources):
                return Request(self.narrower.session.caller, str(action), resource, context)
        return None

    def example(self, shape: Shape) -> str:
        """An ARN of a type, whose parts are called alike."""
        assert shape.resource_type is not None
        template = self.random.choice(shape.resource_type.arns)
        values = {"Partition": "aws", "Region": "us-east-1", "Account": "111122223333"}
        found = ""
        for at, piece in enumerate(template.replace("}", "${").split("${")):
            found += piece if at % 2 == 0 else values.get(piece, self.random.choice(["red", "b", "x"]))
        return found

    def fill(self, pattern: Pattern, context: dict[str, str | tuple[str, ...]]) -> str:
        """Something that a pattern may match, or nearly."""
        found = ""
        for part in pattern.parts:
            if isinstance(part, str):
                found += part
            elif part is Wild.ONE:
                found += "x"
            elif isinstance(part, Variable):
                value = context.get(part.key, part.default or "111122223333")
                found += value if isinstance(value, str) else "x"
            else:
                known = {3: "us-east-1", 4: "111122223333"}
                found += known.get(found.count(":"), self.random.choice(FILLINGS))
        return found if self.random.random() < 0.9 else found[:-1]

    def keys(self) -> list[str]:
        asked = {one.key for one in self.conditions}
        patterns = [one.pattern for statement in self.statements for one in statement.resources.patterns]
        values = [getattr(value, "pattern", value) for one in self.conditions for value in one.values]
        for own in [*patterns, *values]:
            if isinstance(own, Pattern):
                asked |= {variable.key for variable in own.variables}
        return sorted(asked)

    def value(self, key: str, shape: Shape) -> str | tuple[str, ...] | None:
        """What a well-formed request may carry for a key; None for nothing."""
        one = dimension_of(key, shape, self.narrower.session, self.catalog, self.conditions)
        if not one.may_be_present or (one.may_be_absent and self.random.random() < 0.25):
            return None
        if one.domain and not one.multivalued:
            (glob,) = one.domain
            return "".join(token for token in glob if isinstance(token, str))
        about = [condition for condition in self.conditions if condition.key == key]
        typed = one.family if one.family in PLAIN else None
        if typed is Family.BOOL:
            return self.random.choice(PLAIN[Family.BOOL])
        values = [*PLAIN.get(one.family, WORDS), *(text for each in about for text in self.near(each, typed))]
        if not one.multivalued:
            return self.random.choice(values)
        members = [value for value in values if value]
        return tuple(dict.fromkeys(self.random.choices(members, k=self.random.randint(1, 3))))

    def near(self, condition: Condition, typed: Family | None) -> Iterator[str]:
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
                    yield self.fill(own, {})


def contradicts(request: Request, narrower: Standing, wider: Standing) -> bool:
    """Whether a request shows, in some reading of AWS's rules, that only the narrower set allows it."""
    ours, theirs = decide(request, narrower.policies), decide(request, wider.policies)
    hinges = {one.name for one in (*ours.unknowns, *theirs.unknowns)}
    if VALUE_RULE in hinges:
        return False
    if ours.allowed:
        return not theirs.allowed
    denied = theirs.decision in (Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY)
    return ours.decision is Decision.UNKNOWN and denied
