"""Whether one condition holds for one request (rules 65 to 102)."""

from __future__ import annotations

from collections.abc import Callable

from grantgraph.evaluate.compare import compile_values
from grantgraph.evaluate.request import Request
from grantgraph.evaluate.variable import MAYBE, NO, YES, Test, Why, getter, note
from grantgraph.policy.document import Condition, Operator, Quantifier
from grantgraph.policy.pattern import Match
from grantgraph.text import Symbolic, Unknown

SET_RULE = Unknown("rule 76", "AWS does not say how a plain operator compares a set of values")
ANY_IF_EXISTS_RULE = Unknown("rule 77", "AWS does not say what ...IfExists does inside ForAnyValue")


def match_condition(condition: Condition, request: Request) -> Match:
    """Whether the request satisfies one operator and key."""
    return compile_condition(condition)(request, None)


def compile_condition(condition: Condition) -> Test:
    """One operator and key as a test of requests."""
    operator = condition.operator
    if isinstance(operator, Unknown):
        return lambda request, why: note(why, operator)
    if operator is Operator.NULL:
        return _compile_null(condition)
    compare = compile_values(condition, operator)
    get = getter(condition.key)
    absent = _absent(condition, operator)
    quantifier = condition.quantifier
    every = quantifier is Quantifier.FOR_ALL_VALUES

    def test(request: Request, why: Why) -> Match:
        given = get(request)
        if isinstance(given, str):
            # A single value is a set of one (75); with a quantifier an empty one is no value at all (72).
            return compare(given, request, why) if given or quantifier is None else absent(False, why)
        if given is None:
            return absent(True, why)
        if isinstance(given, Unknown):
            return note(why, given)
        if isinstance(given, Symbolic):
            return compare(given, request, why)
        if not given:
            return note(why, SET_RULE) if quantifier is None else absent(False, why)
        if quantifier is None:
            return note(why, SET_RULE)
        noted: set[Unknown] = set()
        inner = [compare(one, request, noted) for one in given]
        found = min(inner) if every else max(inner)
        return note(why, frozenset(noted)) if found is MAYBE else found

    return test


def _compile_null(condition: Condition) -> Test:
    """Null asks whether the key is absent; an empty value counts as absent (rule 70)."""
    get = getter(condition.key)
    wanted = tuple(value for value in condition.values if isinstance(value, bool))

    def test(request: Request, why: Why) -> Match:
        given = get(request)
        if isinstance(given, Unknown):
            return note(why, given)
        absent = given is None or given == "" or given == ()
        return YES if absent in wanted else NO

    return test


def _absent(condition: Condition, operator: Operator) -> Callable[[bool, Why], Match]:
    """What holds for a key that is missing, or whose set is empty (rules 68, 69, 72, 73)."""
    if condition.quantifier is Quantifier.FOR_ALL_VALUES:
        return lambda missing, why: YES
    if condition.quantifier is Quantifier.FOR_ANY_VALUE:
        if condition.if_exists:
            return lambda missing, why: note(why, ANY_IF_EXISTS_RULE) if missing else NO
        return lambda missing, why: NO
    found = YES if condition.if_exists or operator.negated else NO
    return lambda missing, why: found
