"""What can be asked of one value of a request: a glob, or a comparison with a number, a date, an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeAlias

from grantgraph.policy.document import Family, Operator
from grantgraph.policy.parse import parse_binary, parse_date, parse_number
from grantgraph.prove.automaton import accepts
from grantgraph.prove.glob import Glob
from grantgraph.text import Text


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison with a value that is no string: `operator` is a positive one (NumericLessThan, ...)."""

    operator: Operator
    value: Decimal | datetime | bool | bytes | IPv4Network | IPv6Network

    @property
    def family(self) -> Family:
        return self.operator.family


Test: TypeAlias = Glob | Compare


def passes(test: Test, value: Text) -> bool:
    """Whether a test holds for one value; an unknown passes only what every filling would pass."""
    if not isinstance(test, Compare):
        return accepts(test, value)
    if not isinstance(value, str):
        return False
    match test.family:
        case Family.NUMERIC:
            number = parse_number(value)
            return number is not None and _ordered(test.operator, number, test.value)
        case Family.DATE:
            date = parse_date(value)
            return date is not None and _ordered(test.operator, date, test.value)
        case Family.BOOL:
            return value.lower() == ("true" if test.value else "false")
        case Family.BINARY:
            return parse_binary(value) == test.value
        case Family.IP_ADDRESS:
            assert isinstance(test.value, IPv4Network | IPv6Network)
            try:
                return ip_address(value) in test.value
            except ValueError:
                return False
        case _:
            raise ValueError(f"{test.operator} compares strings")


def _ordered(operator: Operator, left: object, right: object) -> bool:
    way = operator.name.partition("_")[2]
    match way:
        case "EQUALS":
            return left == right
        case "LESS_THAN":
            return left < right  # type: ignore[operator,no-any-return]
        case "LESS_THAN_EQUALS":
            return left <= right  # type: ignore[operator,no-any-return]
        case "GREATER_THAN":
            return left > right  # type: ignore[operator,no-any-return]
        case "GREATER_THAN_EQUALS":
            return left >= right  # type: ignore[operator,no-any-return]
        case _:
            raise ValueError(f"{operator} is no comparison of its own")
