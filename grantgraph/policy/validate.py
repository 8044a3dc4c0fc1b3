"""What AWS, or its linter, says about a document beyond its grammar: characters, principals, ARNs, variables."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grantgraph.node import Node
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import (
    Condition,
    Effect,
    Family,
    Operator,
    PolicyType,
    PrincipalKind,
    PrincipalPattern,
    Resources,
    Statement,
    Unusable,
)
from grantgraph.policy.pattern import Variable, Wild
from grantgraph.problems import Location, Problems
from grantgraph.text import split_text

_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\u00ff]")


def check_characters(node: Node, problems: Problems) -> None:
    """Policies are written in U+0020 to U+00FF, tab and line ends (13)."""
    for one in node.walk():
        words = list(one.fields) if isinstance(one.value, Mapping) else [one.value]
        for word in words:
            found = _FORBIDDEN.search(word) if isinstance(word, str) else None
            if found:
                at = one.key_at.get(str(word), one.at)
                problems.error(at, "character", f"U+{ord(found.group()):04X} is not allowed in a policy")


def check_statement(statement: Statement, type: PolicyType, node: Node, problems: Problems) -> None:
    """A statement that could be read, as a whole."""
    if type is PolicyType.RCP:
        check_rcp(statement, node, problems)
    for key, what in (("Action", "actions"), ("Resource", "resources"), ("Condition", "conditions")):
        member = node.fields.get(key)
        if member is not None and member.value in ((), {}):
            effect = "holds always" if key == "Condition" else "matches nothing"
            problems.note(member.at, "empty", f"an empty list of {what} {effect}")
    check_resources(statement.resources, node, problems)
    for condition in statement.conditions:
        check_condition(condition, problems)
    if statement.principals is not None:
        at = node.fields.get("Principal", node.fields.get("NotPrincipal", node)).at
        if not statement.principals.members and ("Principal" in node.fields or "NotPrincipal" in node.fields):
            problems.note(at, "empty", "an empty list of principals matches nobody")
        for principal in statement.principals.members:
            check_principal(principal, type, at, problems)


def check_rcp(statement: Statement, node: Node, problems: Problems) -> None:
    """Resource control policies deny, for everybody; only AWS's own RCPFullAWSAccess allows (17)."""
    full = statement.actions.patterns and all(one.service is None for one in statement.actions.patterns)
    if statement.effect is Effect.ALLOW and (not full or statement.conditions):
        problems.error(node.at, "rcp", "a resource control policy can only deny")
    members = statement.principals.members if statement.principals is not None else ()
    everyone = [one.kind for one in members] == [PrincipalKind.EVERYONE]
    if not everyone or "NotPrincipal" in node.fields:
        problems.error(node.at, "rcp", 'a resource control policy needs `"Principal": "*"`')
    if "NotAction" in node.fields:
        at = node.key_at.get("NotAction", node.at)
        problems.note(at, "rcp", "AWS does not list `NotAction` for resource control policies")


def check_resources(resources: Resources, node: Node, problems: Problems) -> None:
    """ARNs: all six fields, no wildcard for the service, variables only in the last field (33, 34, 91)."""
    written = node.fields.get("NotResource" if resources.negated else "Resource")
    places = [one.at for one in written.one_or_many()] if written is not None else []
    for pattern, at in zip(resources.patterns, places, strict=False):
        if pattern.pattern.is_star or pattern.pattern.unknowns:
            continue
        fields = pattern.fields
        if len(fields) < 6:
            problems.note(at, "arn-fields", f"`{pattern}` has {len(fields)} of the 6 fields of an ARN")
            continue
        if any(isinstance(part, Variable) for one in fields[:5] for part in one.parts):
            problems.error(at, "variable", f"`{pattern}` has a policy variable before the fifth colon")
        if any(isinstance(part, Wild) for part in fields[2].parts):
            problems.note(at, "arn-service", f"`{pattern}` has a wildcard in the service; AWS says it must not")
        if str(fields[2]) != str(fields[2]).lower():
            problems.note(at, "arn-case", f"`{pattern}` has a service in upper case")


def check_condition(condition: Condition, problems: Problems) -> None:
    """Values that their operator cannot compare, and variables where there are none (82, 91, 92)."""
    operator = condition.operator
    if not isinstance(operator, Operator):
        return
    for value in condition.values:
        if not isinstance(value, Unusable) or not isinstance(value.spelled, str):
            continue
        if "${" in value.spelled and operator.family is Family.BOOL:
            problems.note(condition.at, "variable", "AWS's pages disagree on whether Bool takes policy variables")
        elif "${" in value.spelled:
            problems.error(condition.at, "variable", f"`{operator.spelled}` takes no policy variables")
        else:
            family = operator.family.value
            problems.note(condition.at, "value", f"`{value.spelled}` is no {family} value: nothing is equal to it")
    if operator.family is Family.BOOL and len(condition.values) > 1:
        problems.note(condition.at, "bool", "`Bool` takes one value")
    for text in condition.spelled_values:
        if isinstance(text, str) and text.count("${") > text.count("}"):
            problems.note(condition.at, "variable", f"`{text}` has a `${{` that is never closed: it is plain text")


def check_principal(member: PrincipalPattern, type: PolicyType, at: Location, problems: Problems) -> None:
    """Principals that match nobody, and those that a trust policy cannot name (12, 50, 55, 57)."""
    value = member.value
    if member.kind is PrincipalKind.EVERYONE:
        if type is PolicyType.TRUST:
            help = 'write {"AWS": "*"}, and a condition'
            problems.note(at, "trust-star", "AWS's linter refuses the bare `*` in a trust policy", help)
        return
    if not isinstance(value, str) or value == "*":
        return
    if "*" in value or "?" in value:
        problems.note(at, "principal-wildcard", f"`{value}` matches nobody: part of a principal is no pattern")
    if member.kind is not PrincipalKind.AWS:
        return
    arn = parse_arn(value)
    if arn is not None and split_text(arn.resource, "/")[0] == "group":
        problems.error(at, "principal-group", f"`{value}` is a group, which is no principal")
    elif arn is None and not re.fullmatch(r"[0-9]{12}|A[A-Z0-9]{15,}", value) and ":" not in value:
        problems.error(at, "principal", f"`{value}` is neither an account nor an ARN")


__all__ = ["check_characters", "check_statement"]
