"""Conditions as formulas, and policy variables with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import (
    Condition,
    Family,
    Operator,
    Quantifier,
    Unusable,
)
from grantgraph.policy.pattern import Part, Pattern, Variable
from grantgraph.prove.comparison import Compare, Test
from grantgraph.prove.formula import (
    FALSE,
    TRUE,
    Every,
    Formula,
    Free,
    Holds,
    Literal,
    Present,
    conjunction,
    disjunction,
    negation,
)
from grantgraph.prove.frame import Frame
from grantgraph.prove.glob import EMPTY, Glob, Run, colons_in, glob_of, seal
from grantgraph.prove.spaces import Dimension
from grantgraph.text import Unknown, text

ANY_ARN: Glob = (*(token for _ in range(5) for token in (Run(":"), ":")), Run())


def encode_condition(condition: Condition, frame: Frame) -> Formula:
    """The requests that satisfy one operator and key."""
    operator = condition.operator
    if isinstance(operator, Unknown):
        return Literal(Free(Unknown(f"{operator.name} {condition.key}", operator.reason)))
    dimension = frame.dimension(condition.key)
    if operator is Operator.NULL:
        absent = _absent_or_empty(dimension)
        wanted = [absent if value else negation(absent) for value in condition.values if isinstance(value, bool)]
        return disjunction(wanted)
    return disjunction(
        conjunction([presence, _encode_filled(condition, operator, dimension, tests, unusable)])
        for presence, tests, unusable in _tests(condition, operator, frame)
    )


def _is_doubtful(condition: Condition) -> bool:
    """Whether what some value means is not known: unknown text, a variable in Bool (92), a short ARN (44), a date
    of more seconds than a calendar has (83)."""
    dated = not isinstance(condition.operator, Unknown) and condition.operator.family is Family.DATE
    for value in condition.values:
        if isinstance(value, Unusable):
            if not isinstance(value.spelled, str) or "${" in value.spelled or (dated and value.spelled.isdigit()):
                return True
        if isinstance(value, ArnPattern) and len(value.fields) < 6:
            return True
    return False


def _absent(dimension: Dimension) -> Formula:
    if not dimension.may_be_present:
        return TRUE
    return Literal(Present(dimension.name), False) if dimension.may_be_absent else FALSE


def _absent_or_empty(dimension: Dimension) -> Formula:
    spelled = dimension.family in (Family.STRING, Family.ARN) and not dimension.multivalued
    empty = Literal(Holds(dimension.name, EMPTY)) if spelled and dimension.may_be_present else FALSE
    return disjunction([_absent(dimension), empty])


def _encode_filled(
    condition: Condition, operator: Operator, dimension: Dimension, tests: frozenset[Test], unusable: bool
) -> Formula:
    """The condition, once its policy variables have been replaced."""
    absent, negated, quantifier = _absent(dimension), operator.negated, condition.quantifier
    present = negation(absent)

    def unsure(rule: str, reason: str) -> Formula:
        about = (
            f"{rule} {condition.spelled_operator} {condition.key} {' '.join(map(str, condition.spelled_values))}"
        )
        return Literal(Free(Unknown(about, reason)))

    if quantifier is None:
        when_absent = absent if condition.if_exists or negated else FALSE
        if _is_doubtful(condition):
            inner = unsure("value", "what a value of the condition means")
        elif dimension.multivalued:
            inner = unsure("rule 76", "how a plain operator compares a set of values")
        else:
            inner = _any_value(dimension, tests, negated, unusable, operator, unsure)
        return disjunction([when_absent, conjunction([present, inner])])
    every = quantifier is Quantifier.FOR_ALL_VALUES
    nothing = _absent_or_empty(dimension)
    if _is_doubtful(condition):
        inner = unsure("value", "what a value of the condition means")
    elif dimension.multivalued:
        inner = Literal(Every(dimension.name, tests, negated if every else not negated), every)
        if negated and (unusable or _may_mistype(dimension, operator)):
            inner = conjunction([inner, unsure("rule 82", "what a negated operator does with a wrong type")])
    else:
        inner = _any_value(dimension, tests, negated, unusable, operator, unsure)
    if every:
        return disjunction([nothing, conjunction([present, inner])])
    result = conjunction([negation(nothing), inner])
    if condition.if_exists:
        contested = unsure("rule 77", "what ...IfExists does inside ForAnyValue")
        return disjunction([result, conjunction([absent, contested])])
    return result


def _any_value(
    dimension: Dimension,
    tests: frozenset[Test],
    negated: bool,
    unusable: bool,
    operator: Operator,
    unsure: Callable[[str, str], Formula],
) -> Formula:
    """One value passes some test; or, negated, none."""
    found = disjunction(Literal(Holds(dimension.name, test)) for test in sorted(tests, key=str))
    if not negated:
        return found
    result = negation(found)
    if operator.family is Family.ARN:
        typed = Literal(Holds(dimension.name, ANY_ARN))
        return conjunction(
            [result, disjunction([typed, unsure("rule 44", "whether a value that is no ARN differs")])]
        )
    if unusable or _may_mistype(dimension, operator):
        return conjunction([result, unsure("rule 82", "what a negated operator does with a wrong type")])
    return result


def _may_mistype(dimension: Dimension, operator: Operator) -> bool:
    """Whether a request may carry a value that the operator cannot compare."""
    return operator.family not in (Family.STRING, Family.ARN) and operator.family is not dimension.family


def _tests(
    condition: Condition, operator: Operator, frame: Frame
) -> Iterator[tuple[Formula, frozenset[Test], bool]]:
    """What the values ask, one answer for each way in which the policy variables may be present."""
    ignore_case = operator in (Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_NOT_EQUALS_IGNORE_CASE)
    unusable = any(isinstance(value, Unusable) for value in condition.values)
    keys = sorted({one.key for value in condition.values for one in _variables(value)})
    for presence in product(*([True, False] for _ in keys)):
        present = {key for key, there in zip(keys, presence, strict=True) if there}
        when = conjunction(_with_value(key, frame, key in present) for key in keys)
        if when == FALSE:
            continue
        tests: set[Test] = set()
        for value in condition.values:
            if isinstance(value, Pattern | ArnPattern):
                own = value.pattern if isinstance(value, ArnPattern) else value
                parts = _replaced(own, frame, present)
                if parts is None:
                    continue
                glob = glob_of(parts, ignore_case=ignore_case)
                if isinstance(value, ArnPattern):
                    if colons_in(glob) < 5:
                        continue
                    glob = seal(glob)
                tests.add(glob)
            elif not isinstance(value, Unusable):
                tests.add(Compare(_positive(operator), value))
        yield when, frozenset(tests), unusable


def _variables(value: object) -> tuple[Variable, ...]:
    own = value.pattern if isinstance(value, ArnPattern) else value
    return own.variables if isinstance(own, Pattern) else ()


def _positive(operator: Operator) -> Operator:
    opposites = {
        Operator.NUMERIC_NOT_EQUALS: Operator.NUMERIC_EQUALS,
        Operator.DATE_NOT_EQUALS: Operator.DATE_EQUALS,
        Operator.NOT_IP_ADDRESS: Operator.IP_ADDRESS,
    }
    return opposites.get(operator, operator)


# ── policy variables ─────────────────────────────────────────────────────────────────────────────────────


def filled(pattern: Pattern, frame: Frame) -> Iterator[tuple[Formula, tuple[Part, ...]]]:
    """The pattern with its variables replaced, one for each way in which they may be present."""
    keys = sorted({one.key for one in pattern.variables})
    for presence in product(*([True, False] for _ in keys)):
        present = {key for key, there in zip(keys, presence, strict=True) if there}
        when = conjunction(_with_value(key, frame, key in present) for key in keys)
        parts = _replaced(pattern, frame, present)
        if when != FALSE and parts is not None:
            yield when, parts


def _with_value(key: str, frame: Frame, wanted: bool) -> Formula:
    """That a variable has a value, or has none: a set is no value, and neither is the empty text (94, 97)."""
    dimension = frame.dimension(key)
    none = TRUE if dimension.multivalued else _absent_or_empty(dimension)
    return negation(none) if wanted else none


def _replaced(pattern: Pattern, frame: Frame, present: set[str]) -> tuple[Part, ...] | None:
    parts: list[Part] = []
    for part in pattern.parts:
        if not isinstance(part, Variable):
            parts.append(part)
        elif part.key in present:
            fixed = _fixed(frame.dimension(part.key))
            parts.extend(fixed if fixed is not None else (frame.stand_in(part.key),))
        elif part.default is not None:
            parts.append(part.default)
        else:
            return None
    return tuple(parts)


def _fixed(dimension: Dimension) -> tuple[str | Unknown, ...] | None:
    """The one value that a dimension can take, where it is known."""
    if len(dimension.domain) != 1:
        return None
    (glob,) = dimension.domain
    if not all(isinstance(token, str | Unknown) for token in glob):
        return None
    value = text(token for token in glob if isinstance(token, str | Unknown))
    return (value,) if isinstance(value, str) else value.parts
