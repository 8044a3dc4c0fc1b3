"""Whether one statement is about one request: action, resource, principal, conditions (rules 18 to 38)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grantgraph.evaluate.compare import arn_tester, has_literal_head
from grantgraph.evaluate.condition import compile_condition
from grantgraph.evaluate.principal import Named, match_principals
from grantgraph.evaluate.request import Request
from grantgraph.evaluate.variable import MAYBE, NO, YES, Test, TextTest, Why, compile_text, note
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Actions, Effect, Policy, Principals, Resources, Statement
from grantgraph.policy.pattern import Match, Pattern
from grantgraph.text import Text, Unknown


@dataclass(frozen=True, slots=True)
class Reason:
    """A statement that took part in a verdict, and the policy that holds it."""

    policy: Policy
    statement: Statement


@dataclass(slots=True)
class Entry:
    """A statement made ready to be asked of many requests: what is cheap is asked first, conditions last."""

    reason: Reason
    allows: bool
    tests: tuple[Test, ...]
    principals: Principals | None

    def match(self, request: Request, why: Why = None) -> Match:
        """Whether resource and conditions match; the action was looked up before."""
        best = YES
        noted: Why = None if why is None else set()
        for test in self.tests:
            found = test(request, noted)
            if found is NO:
                return NO
            if found is MAYBE:
                best = MAYBE
        if noted:
            note(why, frozenset(noted))
        return best

    def match_caller(self, request: Request, bounded: bool, why: Why = None) -> dict[Named, Match]:
        """How surely the statement is about the caller, for each way in which it names it."""
        statement, policy = self.reason.statement, self.reason.policy
        return match_principals(self.principals, request.caller, policy.type, statement.effect, bounded, why)


def compile_statement(policy: Policy, statement: Statement) -> Entry:
    """A statement as an entry."""
    tests = [] if _covers_all(statement.resources) else [compile_resources(statement.resources)]
    tests += [compile_condition(one) for one in statement.conditions]
    return Entry(Reason(policy, statement), statement.effect is Effect.ALLOW, tuple(tests), statement.principals)


# ── actions ──


def match_actions(actions: Actions, action: str, why: Why = None) -> Match:
    """Whether Action or NotAction covers an action (rules 18 to 23)."""
    service, _, name = action.lower().partition(":")
    best = NO
    unknown: set[Unknown] = set()
    for pattern in actions.patterns:
        if pattern.service is None or pattern.service == service:
            found = pattern.name.match(name)
            if found is YES:
                best = YES
                break
            if found is MAYBE:
                best = MAYBE
                unknown |= pattern.name.unknowns
    if best is MAYBE:
        note(why, frozenset(unknown))
    return ~best if actions.negated else best


# ── resources ──


def _covers_all(resources: Resources) -> bool:
    if resources.negated:
        return not resources.patterns
    return any(one.pattern.is_star for one in resources.patterns)


def match_resources(resources: Resources, request: Request) -> Match:
    """Whether Resource or NotResource covers the request's resource."""
    return compile_resources(resources)(request, None)


def compile_resources(resources: Resources) -> Test:
    """Resource or NotResource as a test of requests (rules 28 to 38, 96)."""
    tests: tuple[TextTest, ...] = tuple(compile_resource(one.pattern) for one in resources.patterns)
    negated = resources.negated

    def test(request: Request, why: Why) -> Match:
        given = request.resource
        best = NO
        noted: Why = None if why is None else set()
        for one in tests:
            found = one(given, request, noted)
            if found is YES:
                return NO if negated else YES
            if found is MAYBE:
                best = MAYBE
        if best is MAYBE:
            return note(why, frozenset(noted or ()))
        return YES if negated else NO

    return test


def compile_resource(own: Pattern) -> TextTest:
    """One entry of Resource or NotResource."""
    whole = _compile_whole(own)
    if own.variables or own.unknowns or _tester(own) is not None:
        return whole
    segments, anywhere = arn_tester(own), own.tester()
    fields = ArnPattern(own).fields
    # Case and missing fields have contested rules of their own (34, 35); else a plain match is the widest reading.
    simple = len(fields) == 6 and not any(any(c.isupper() for c in str(one)) for one in fields[:5])

    def test(given: Text, request: Request, why: Why) -> Match:
        if isinstance(given, str):
            if segments is not None and segments(given):
                return YES
            if simple and anywhere is not None and not anywhere(given):
                return NO
        return whole(given, request, why)

    return test


def _compile_whole(own: Pattern) -> TextTest:
    return compile_text(
        own,
        read=lambda filled, given: ArnPattern(filled).match_resource(given),
        tester=_tester,
        glob=_is_uncontested(own),
        blame=lambda filled, given: ArnPattern(filled).contested_by(given),
    )


def _is_uncontested(own: Pattern) -> bool:
    """Whether no contested rule can make a MAYBE of a NO: six fields, and before the fifth colon neither a
    wildcard, nor a variable, nor upper case (31, 34, 35)."""
    head = ArnPattern(own).fields[:5]
    return has_literal_head(own) and all(one.literal == str(one.literal).lower() for one in head)


def _tester(own: Pattern) -> Callable[[str], bool] | None:
    if own.is_star:
        return own.tester()
    return arn_tester(own) if _is_uncontested(own) else None
