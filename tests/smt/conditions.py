"""Conditions as formulas (rules 65 to 102).

Where AWS does not say what holds, the `reading` does: everything that is contested reads as no, or as yes. Either
is one of the ways in which AWS may work, so a proof has to stand in both, and a refutation too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network

from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Condition, Family, Operator, Quantifier, Unusable
from grantgraph.policy.pattern import Pattern, Variable, Wild
from tests.smt.keys import TEXT, Key, microseconds
from tests.smt.patterns import (
    ARN,
    Parts,
    colons,
    expression_of,
    fields_of,
    follow,
    matches_text,
    put_in,
    sealed,
)
from tests.smt.terms import (
    FALSE,
    TRUE,
    Refused,
    Term,
    all_of,
    any_of,
    fact,
    negation,
    quote,
    spelled,
    within,
)

Network = IPv4Network | IPv6Network
MAPPED = IPv6Network("::ffff:0:0/96")


def encode_condition(condition: Condition, keys: Mapping[str, Key], reading: bool) -> Term:
    """The requests that satisfy one operator and key."""
    operator = condition.operator
    if not isinstance(operator, Operator):
        raise Refused("an operator that is not known")
    key = keys[condition.key]
    contested = TRUE if reading else FALSE
    present, absent = key.present, negation(key.present)
    if operator is Operator.NULL:
        wanted = {value for value in condition.values if isinstance(value, bool)}
        return any_of(negation(key.filled) if one else key.filled for one in sorted(wanted))
    if condition.quantifier is None:
        when_absent = absent if condition.if_exists or operator.negated else FALSE
        if key.dimension.multivalued:
            return any_of([when_absent, all_of([present, contested])])  # 76
        (value,) = key.values
        return any_of([when_absent, all_of([present, _compare(condition, operator, key, value, keys, reading)])])
    each = [_compare(condition, operator, key, value, keys, reading) for value in key.values]
    if condition.quantifier is Quantifier.FOR_ALL_VALUES:
        return any_of([negation(key.filled), all_of(each)])
    unsure = all_of([absent, contested]) if condition.if_exists else FALSE  # 77
    return any_of([unsure, all_of([key.filled, any_of(each)])])


def _compare(
    condition: Condition, operator: Operator, key: Key, value: str, keys: Mapping[str, Key], reading: bool
) -> Term:
    """One value of the request: some value of the condition for a positive operator, none for a negated one."""
    contested = TRUE if reading else FALSE
    usable = key.usable(value)
    found = any_of(_test(one, operator, key, value, keys, reading) for one in condition.values)
    odd = [one for one in condition.values if isinstance(one, Unusable)]
    found = any_of([found, *(contested for one in odd if _is_contested(one, operator))])
    if operator.negated and operator.family not in TEXT and condition.values:  # 82
        found = any_of([all_of([usable, found]), all_of([negation(usable), contested])])
    if operator.negated and operator.family is Family.ARN and condition.values:  # 44
        found = any_of([found, all_of([fact(f"(not {within(value, ARN)})", key.name), contested])])
    return negation(found) if operator.negated else found


def _is_contested(one: Unusable, operator: Operator) -> bool:
    """Whether AWS leaves open what a value does that its operator cannot compare (82, 83, 92)."""
    if not isinstance(one.spelled, str):
        raise Refused("a value that is not known")
    variable = operator.family is Family.BOOL and "${" in one.spelled
    late = operator.family is Family.DATE and one.spelled.isdigit()
    return operator.negated or variable or late


def _test(one: object, operator: Operator, key: Key, value: str, keys: Mapping[str, Key], reading: bool) -> Term:
    """One value of the request against one value of the condition."""
    fold = operator in (Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_NOT_EQUALS_IGNORE_CASE)
    match one:
        case Pattern():
            return matches_text(one, value, keys, key.name, fold)
        case ArnPattern():
            return _arn(one.pattern, key, value, keys, reading)
        case bool():
            return _boolean(one, key, value)
        case Decimal() | datetime():
            return all_of([key.usable(value), fact(_ordered(operator, value, one), key.name)])
        case bytes():
            return all_of([key.usable(value), fact(f"(= {value} {int.from_bytes(b'1' + one)})", key.name)])
        case IPv4Network() | IPv6Network():
            return all_of([key.usable(value), _address(one, key, value, reading)])
        case _:
            return FALSE


def _arn(own: Pattern, key: Key, value: str, keys: Mapping[str, Key], reading: bool) -> Term:
    found: list[Term] = []
    for when, parts in put_in(own, keys):
        if colons(parts) >= 5:
            found.append(all_of([when, _whole(parts, key, value, keys)]))
        elif any(not isinstance(part, str) and part in own.variables for part in parts):
            raise Refused("a short ARN with a variable")
        elif reading:  # 44
            whole = f"(and {within(value, ARN)} {within(value, expression_of(parts))})"
            found.append(all_of([when, fact(whole, key.name)]))
    return any_of(found)


def _whole(parts: Parts, key: Key, value: str, keys: Mapping[str, Key]) -> Term:
    """A value of the request against a pattern of six fields."""
    fields = fields_of(parts)
    if len(parts) == 1:
        return fact(f"(= {value} {quote(str(parts[0]))})", key.name)
    names = {part.key for part in parts if isinstance(part, Variable)}
    if not names:
        return fact(within(value, sealed(fields)), key.name)
    if any(isinstance(part, Wild) for field in fields[:5] for part in field):
        raise Refused("wildcards before a variable in an ARN condition")
    return fact(follow(parts, value, keys), key.name, *names)


def _boolean(wanted: bool, key: Key, value: str) -> Term:
    if key.kind is Family.STRING:
        letters = (f"(re.union {spelled(one)} {spelled(one.upper())})" for one in ("true" if wanted else "false"))
        return fact(within(value, f"(re.++ {' '.join(letters)})"), key.name)
    own = fact(value, key.name)
    return all_of([key.usable(value), own if wanted else negation(own)])


_ORDERS = {"LESS_THAN": "<", "LESS_THAN_EQUALS": "<=", "GREATER_THAN": ">", "GREATER_THAN_EQUALS": ">="}


def _ordered(operator: Operator, value: str, other: Decimal | datetime) -> str:
    if isinstance(other, datetime):
        number, size = microseconds(other), str(abs(microseconds(other)))
    else:
        size = format(abs(other), "f")
        number, size = (-1 if other < 0 else 1), size if "." in size else f"{size}.0"
    sign = _ORDERS.get(operator.name.partition("_")[2], "=")
    return f"({sign} {value} {f'(- {size})' if number < 0 else size})"


def _address(network: Network, key: Key, value: str, reading: bool) -> Term:
    """An address in a range; whether IPv4 inside IPv6 is taken for IPv4 is contested (87)."""
    return fact(_inside_mapped(network, value) if reading else _inside(network, value), key.name)


def _inside(network: Network, value: str) -> str:
    six = f"six{value}" if network.version == 6 else f"(not six{value})"
    first, last = int(network.network_address), int(network.broadcast_address)
    return f"(and {six} (<= {first} {value} {last}))"


def _inside_mapped(network: Network, value: str) -> str:
    """The same, with IPv4 addresses inside IPv6 taken for IPv4, on both sides."""
    base = int(MAPPED.network_address)
    within_mapped = f"(and six{value} (<= {base} {value} {int(MAPPED.broadcast_address)}))"
    if isinstance(network, IPv6Network) and network.subnet_of(MAPPED):
        first = int(network.network_address) - base
        last = int(network.broadcast_address) - base
    elif network.version == 4:
        first, last = int(network.network_address), int(network.broadcast_address)
    else:
        return f"(and {_inside(network, value)} (not {within_mapped}))"
    own = f"(and (not six{value}) (<= {first} {value} {last}))"
    other = f"(and {within_mapped} (<= {first + base} {value} {last + base}))"
    return f"(or {own} {other})"
