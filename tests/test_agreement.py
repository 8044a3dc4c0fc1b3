"""Two readings of the same meaning must agree: evaluator and reference, evaluator and formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from grantgraph.cases import Case, case_of
from grantgraph.evaluate import CallerKind, Decision, Request, decide
from grantgraph.evaluate.request import CALLER_KEYS
from grantgraph.policy.document import Family
from grantgraph.policy.parse import parse_address, parse_date, parse_number
from grantgraph.prove.encode import encode_allowed
from grantgraph.prove.formula import RESOURCE, Formula, Free, Literal, Value, holds_at
from grantgraph.prove.frame import Frame
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
    family, reads = READERS.get(key, (Family.STRING, bool))
    family = family if reads(str(value)) else Family.STRING  # a dimension promises that its values are of its type
    return Dimension(key, family, may_be_absent=False, domain=(literal_glob(value),))


READERS: dict[str, tuple[Family, Callable[[str], bool]]] = {
    "k:number": (Family.NUMERIC, lambda value: parse_number(value) is not None),
    "aws:sourceip": (Family.IP_ADDRESS, lambda value: parse_address(value) is not None),
    "k:flag": (Family.BOOL, lambda value: value.lower() in ("true", "false")),
    "k:date": (Family.DATE, lambda value: parse_date(value) is not None),
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
    point: dict[str, Value] = {RESOURCE: request.resource}
    for key in {*request.context, *CALLER_KEYS}:
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
    case = case_of(provers_view(document))
    assume(is_modelled(case))
    decision = decide(case.requests[0], case.policies).decision
    answers = formula_answers(case)
    if decision is Decision.ALLOWED:
        assert answers == {True}
    elif decision is not Decision.UNKNOWN:
        assert answers == {False}


def provers_view(document: dict[str, Any]) -> dict[str, Any]:
    """The case without what the prover does not model: see "What the prover leaves out" in docs/limits.md."""
    request = {
        key: value for key, value in document["request"].items() if key not in ("situation", "federated_by")
    }
    left_out = {"rcps", *(() if signs(request["principal"]) else ("identity_based", *LIMITS))}
    return {**{key: value for key, value in document.items() if key not in left_out}, "request": request}


def is_modelled(case: Case) -> bool:
    """Whether the prover's reading has all that this case needs; each line is a limit of docs/limits.md."""
    (request,) = case.requests
    caller = request.caller
    principals = [one.principals for policy in case.policies.all() for one in policy.statements]
    return (
        caller.path_known
        and not caller.canonical_id
        and caller.kind not in (CallerKind.FEDERATED_USER, CallerKind.WEB_IDENTITY)
        and request.resource != "*"
        and not str(request.resource).startswith("arn:aws-cn:")
        and not any(one is not None and one.negated for one in principals)
    )


LIMITS = ("permissions_boundary", "session")


def signs(principal: str) -> bool:
    return principal.startswith("arn:") and "-provider/" not in principal
