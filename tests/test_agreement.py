"""Two readings of the same meaning must agree: evaluator and reference, evaluator and formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings

from grantgraph.cases import Case, case_of
from grantgraph.evaluate import Decision, Request, decide
from grantgraph.policy.document import Family
from grantgraph.policy.parse import parse_address, parse_date, parse_number
from grantgraph.prove.encode import Frame, encode_allowed
from grantgraph.prove.formula import RESOURCE, Formula, Free, Literal, Value, holds_at
from grantgraph.prove.glob import literal_glob
from grantgraph.prove.spaces import Dimension
from grantgraph.text import Unknown
from tests import reference
from tests.strategies import cases

SETTINGS = settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@SETTINGS
@given(cases())
def test_evaluator_and_reference_agree(document: dict[str, Any]) -> None:
    case = case_of(document)
    assert case.plain is not None
    expected = reference.decide(case.plain["requests"][0], case.plain["policies"])
    assert decide(case.requests[0], case.policies).decision.value == expected


def dimension_of(request: Request, key: str) -> Dimension:
    """The dimension that takes exactly what the request carries."""
    value = request.value(key)
    if value is None:
        return Dimension(key, may_be_present=False)
    assert not isinstance(value, Unknown)
    if isinstance(value, tuple):
        return Dimension(key, multivalued=True, may_be_absent=False, members=value)
    family = next((family for family, reads in READERS.items() if reads(str(value))), Family.STRING)
    return Dimension(key, family, may_be_absent=False, domain=(literal_glob(value),))


READERS: dict[Family, Callable[[str], bool]] = {
    Family.NUMERIC: lambda value: parse_number(value) is not None,
    Family.IP_ADDRESS: lambda value: parse_address(value) is not None,
    Family.BOOL: lambda value: value.lower() in ("true", "false"),
    Family.DATE: lambda value: parse_date(value) is not None,
}


def frees(formula: Formula) -> set[Unknown]:
    if isinstance(formula, Literal):
        return {formula.atom.about} if isinstance(formula.atom, Free) else set()
    return {one for part in formula.parts for one in frees(part)}


def formula_answers(case: Case) -> set[bool]:
    """What the prover's formula says at the point of the request, over several fillings of what is open."""
    (request,) = case.requests
    frame = Frame(
        request.caller,
        request.action,
        lambda key: dimension_of(request, key),
        owner=request.resource_account or "",
        on_key=":key/" in str(request.resource) and request.service == "kms",
    )
    formula = encode_allowed(case.policies, frame)
    keys = {one.key for policy in case.policies.all() for each in policy.statements for one in each.conditions}
    point: dict[str, Value] = {RESOURCE: request.resource}
    for key in keys:
        value = request.value(key)
        if value is not None and not isinstance(value, Unknown):
            point[key] = value
    open_questions = sorted(frees(formula), key=str)
    fillings: list[dict[Unknown, bool]] = [dict.fromkeys(open_questions, truth) for truth in (False, True)]
    fillings += [{**fillings[0], one: True} for one in open_questions[:8]]
    return {holds_at(formula, point, filling) for filling in fillings}


@SETTINGS
@given(cases())
def test_formula_at_a_point_and_evaluator_agree(document: dict[str, Any]) -> None:
    document = {key: value for key, value in document.items() if key != "rcps"}
    document["request"].pop("situation", None)
    case = case_of(document)
    decision = decide(case.requests[0], case.policies).decision
    answers = formula_answers(case)
    if decision is Decision.ALLOWED:
        assert answers == {True}
    elif decision is not Decision.UNKNOWN:
        assert answers == {False}
