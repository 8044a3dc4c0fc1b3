"""One value of a request against the values of a condition, one family of operators after the other (78 to 89)."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from operator import eq, ge, gt, le, lt
from typing import Any

from grantgraph.evaluate.request import Request
from grantgraph.evaluate.variable import MAYBE, NO, YES, TextTest, Why, compile_text, note
from grantgraph.policy.arn import SHORT_CONDITION_RULE, ArnPattern
from grantgraph.policy.document import Condition, Family, Network, Operator, Unusable
from grantgraph.policy.parse import parse_address, parse_binary, parse_date, parse_number
from grantgraph.policy.pattern import Match, Pattern
from grantgraph.text import Symbolic, Text, Unknown, text, unknowns_in

EPOCH_RULE = Unknown("rule 83", "a date beyond the year 9999: AWS does not say whether it is read")
TYPE_RULE = Unknown("rule 82", "AWS does not say what a negated operator does with a value of the wrong type")
MAPPED_RULE = Unknown("rule 87", "AWS does not say how an IPv4 address inside an IPv6 address is compared")
BOOL_VARIABLE_RULE = Unknown("rule 92", "AWS's pages disagree on whether Bool takes policy variables")


def compile_values(condition: Condition, operator: Operator) -> TextTest:
    """Any of the values of the condition for a positive operator; none of them for a negated one (65, 74)."""
    match operator.family:
        case Family.STRING:
            any_of = _strings(condition, operator)
        case Family.ARN:
            any_of = _arns(condition, operator)
        case _:
            any_of = _typed(condition, operator)
    if not operator.negated:
        return any_of

    def none_of(given: Text, request: Request, why: Why) -> Match:
        found = any_of(given, request, why)
        return NO if found is YES else YES if found is NO else MAYBE

    return none_of


def _first(tests: tuple[TextTest, ...], given: Text, request: Request, why: Why) -> Match:
    """The best of several tests; what it hinges on is noted only when the best is MAYBE."""
    best = NO
    noted: Why = None if why is None else set()
    for test in tests:
        found = test(given, request, noted)
        if found is YES:
            return YES
        if found is MAYBE:
            best = MAYBE
    if best is MAYBE and noted is not None:
        note(why, frozenset(noted))
    return best


# ── text ──


def _strings(condition: Condition, operator: Operator) -> TextTest:
    wild = operator in (Operator.STRING_LIKE, Operator.STRING_NOT_LIKE)
    fold = operator in (Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_NOT_EQUALS_IGNORE_CASE)
    patterns = [value for value in condition.values if isinstance(value, Pattern)]
    literals, others = _literals(patterns)
    tests = tuple(compile_text(one, wild=wild, fold=fold) for one in others)

    def test(given: Text, request: Request, why: Why) -> Match:
        if fold:
            given = _lower(given)
        if isinstance(given, str):
            if given in literals:
                return YES
            return _first(tests, given, request, why) if tests else NO
        return _first((*tests, *slow), given, request, why)

    slow = tuple(compile_text(Pattern((one,) if one else ())) for one in sorted(literals))
    return test


def _literals(patterns: list[Pattern]) -> tuple[frozenset[str], list[Pattern]]:
    """The values that are one known text, and the rest."""
    known = {one.literal for one in patterns}
    literals = frozenset(one for one in known if isinstance(one, str))
    return literals, [one for one in patterns if one.literal not in literals]


def _lower(given: Text) -> Text:
    if isinstance(given, str):
        return given.lower()
    return text(part.lower() if isinstance(part, str) else part for part in given.parts)


def _arns(condition: Condition, operator: Operator) -> TextTest:
    patterns = [value.pattern for value in condition.values if isinstance(value, ArnPattern)]
    literals, others = _literals(patterns)
    whole = frozenset(one for one in literals if one.count(":") >= 5)
    others += [Pattern((one,) if one else ()) for one in sorted(literals - whole)]
    tests = tuple(map(compile_arn, others))

    def test(given: Text, request: Request, why: Why) -> Match:
        if isinstance(given, str):
            if given in whole:
                return YES
            if operator.negated and patterns and given.count(":") < 5:
                return note(why, SHORT_CONDITION_RULE)
            return _first(tests, given, request, why) if tests else NO
        return _first((*tests, *slow), given, request, why)

    slow = tuple(compile_arn(Pattern((one,))) for one in sorted(whole))
    return test


def compile_arn(own: Pattern) -> TextTest:
    """A value of an ARN operator (42 to 45)."""
    return compile_text(
        own,
        read=lambda filled, given: ArnPattern(filled).match_arn(given),
        tester=arn_tester,
        glob=has_literal_head(own),
        blame=lambda filled, given: SHORT_CONDITION_RULE if len(ArnPattern(filled).fields) < 6 else None,
    )


def has_literal_head(own: Pattern) -> bool:
    """Whether the first five fields are plain text: then matching by field and as a whole are the same."""
    fields = ArnPattern(own).fields
    return len(fields) == 6 and all(isinstance(one.literal, str) for one in fields[:5])


def arn_tester(own: Pattern) -> Callable[[str], bool] | None:
    """A quick test of an ARN pattern, segment by segment; None where a MAYBE is possible."""
    fields = ArnPattern(own).fields
    if len(fields) < 6:
        return None
    testers = [one.tester() for one in fields]
    if any(one is None for one in testers):
        return None
    if all(isinstance(one.literal, str) for one in fields[:5]):
        head = "".join(f"{one.literal}:" for one in fields[:5])
        tail, start = testers[5], len(head)
        assert tail is not None
        return lambda given: given.startswith(head) and tail(given[start:])
    checks = tuple((at, one) for at, one in enumerate(testers) if one is not None)

    def segments(given: str) -> bool:
        parts = given.split(":", 5)
        return len(parts) == 6 and all(check(parts[at]) for at, check in checks)

    return segments


# ── numbers, dates, booleans, bytes, addresses ──


def _typed(condition: Condition, operator: Operator) -> TextTest:
    """Values of one type against a value of the request that must be read first."""
    usable = [value for value in condition.values if not isinstance(value, Unusable)]
    tests = tuple(map(_unusable(operator), (one for one in condition.values if isinstance(one, Unusable))))
    some = bool(condition.values)
    read: Callable[[str], Any]
    match operator.family:
        case Family.BOOL:
            read, holds = _read_bool, eq
        case Family.BINARY:
            read, holds = parse_binary, eq
        case Family.NUMERIC:
            read, holds = parse_number, _ORDERS.get(operator.name.partition("_")[2], eq)
        case Family.DATE:
            read, holds = parse_date, _ORDERS.get(operator.name.partition("_")[2], eq)
        case _:
            return _addresses(condition, operator, tests)

    def test(given: Text, request: Request, why: Why) -> Match:
        if isinstance(given, Symbolic):
            return note(why, unknowns_in(given)) if some else NO
        own = read(given)
        if own is None:
            if operator.family is Family.DATE and given.isdigit():
                return note(why, EPOCH_RULE)
            if operator.negated and some:
                return note(why, TYPE_RULE)
        elif any(holds(own, value) for value in usable):
            return YES
        return _first(tests, given, request, why) if tests else NO

    return test


_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "LESS_THAN": lt,
    "LESS_THAN_EQUALS": le,
    "GREATER_THAN": gt,
    "GREATER_THAN_EQUALS": ge,
}


def _read_bool(given: str) -> bool | None:
    folded = given.lower()
    return True if folded == "true" else False if folded == "false" else None


def _unusable(operator: Operator) -> Callable[[Unusable], TextTest]:
    """A value that its operator cannot compare: nothing is equal to it, and what differs from it is not said."""

    def compile_unusable(value: Unusable) -> TextTest:
        spelled = value.spelled
        if isinstance(spelled, Symbolic):
            return lambda given, request, why: note(why, unknowns_in(spelled))
        if operator.family is Family.BOOL and "${" in spelled:
            return lambda given, request, why: note(why, BOOL_VARIABLE_RULE)
        if operator.family is Family.DATE and spelled.isdigit():
            return lambda given, request, why: note(why, EPOCH_RULE)
        if operator.negated:
            return lambda given, request, why: note(why, TYPE_RULE)
        return lambda given, request, why: NO

    return compile_unusable


def _addresses(condition: Condition, operator: Operator, tests: tuple[TextTest, ...]) -> TextTest:
    networks = [value for value in condition.values if isinstance(value, IPv4Network | IPv6Network)]

    def test(given: Text, request: Request, why: Why) -> Match:
        if isinstance(given, Symbolic):
            return note(why, unknowns_in(given)) if condition.values else NO
        address = parse_address(given)
        if address is None:
            if operator.negated and condition.values:
                return note(why, TYPE_RULE)
            return NO
        doubt = False
        for network in networks:
            plain = address in network
            mapped = _mapped(address) in _mapped_network(network)
            if plain and mapped:
                return YES
            doubt = doubt or plain or mapped
        if doubt:
            return note(why, MAPPED_RULE)
        return _first(tests, given, request, why) if tests else NO

    return test


def _mapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 address, where there is one (87)."""
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _mapped_network(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.prefixlen >= 96:
        inner = network.network_address.ipv4_mapped
        if inner is not None:
            return IPv4Network((inner, network.prefixlen - 96))
    return network


__all__ = ["arn_tester", "compile_arn", "compile_values", "has_literal_head"]
