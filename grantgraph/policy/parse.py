"""A policy document as Node to Policy: what it says, and what AWS would say about it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from grantgraph.node import Node, expect_fields, expect_keys, expect_text, node_of, plain
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import (
    ALL_RESOURCES,
    ActionPattern,
    Actions,
    Condition,
    ConditionValue,
    Effect,
    Family,
    Network,
    Operator,
    Policy,
    PolicyType,
    PrincipalKind,
    PrincipalPattern,
    Principals,
    Quantifier,
    Resources,
    Statement,
    Unusable,
)
from grantgraph.policy.pattern import Pattern, Wild, literal_pattern, parse_pattern
from grantgraph.policy.quota import check_size
from grantgraph.policy.validate import check_characters, check_statement
from grantgraph.problems import Location, Parsed, Problems, did_you_mean
from grantgraph.text import Symbolic, Text, Unknown, text

_POLICY_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_WITH_PRINCIPAL = frozenset({PolicyType.RESOURCE_BASED, PolicyType.TRUST, PolicyType.RCP, PolicyType.VPC_ENDPOINT})
_OPERATORS: Mapping[str, Operator] = {operator.spelled.lower(): operator for operator in Operator}
_NO_WILDCARDS = frozenset(
    {
        Operator.STRING_EQUALS,
        Operator.STRING_NOT_EQUALS,
        Operator.STRING_EQUALS_IGNORE_CASE,
        Operator.STRING_NOT_EQUALS_IGNORE_CASE,
    }
)
_IGNORE_CASE = frozenset({Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_NOT_EQUALS_IGNORE_CASE})


def parse_policy(document: Node | object, type: PolicyType, name: str = "") -> Parsed[Policy]:
    """Read a policy document.

    Args:
        document: a Node with places, or the plain value that `json.loads` gives.
        type: where the policy hangs; it decides which elements are allowed (rules 8, 10).
        name: what reports call it.

    Returns:
        The policy with everything in it that could be understood, and the problems. What could not be
        understood is in `unseen`, or makes its statement match "maybe"; it is never dropped.
    """
    node = document if isinstance(document, Node) else node_of(document)
    problems = Problems()
    policy = _Reader(type, problems).policy(node, name)
    check_characters(node, problems)
    written = plain(node)
    if isinstance(written, dict) and not any(isinstance(one.value, Symbolic | Unknown) for one in node.walk()):
        problems.found += check_size(written, type, node.at)
    return Parsed(policy, problems.all())


class _Reader:
    def __init__(self, type: PolicyType, problems: Problems) -> None:
        self.type = type
        self.problems = problems
        self.variables = True
        self.unseen: list[Unknown] = []

    def policy(self, node: Node, name: str) -> Policy:
        if isinstance(node.value, Unknown):
            self.problems.unmodelled(node.at, "unknown-policy", f"a policy is not known here: {node.value.reason}")
            return Policy(self.type, (), name, (node.value,), node.at)
        members = expect_fields(node, "a policy document", self.problems)
        expect_keys(node, _POLICY_KEYS, "a policy document", self.problems)
        self.variables = self.version(members.get("Version"))
        if self.type is PolicyType.RCP and "Version" not in members:
            self.problems.error(node.at, "version", "a resource control policy needs Version 2012-10-17")
        if "Id" in members and self.type in (PolicyType.IDENTITY_BASED, PolicyType.PERMISSIONS_BOUNDARY):
            self.problems.error(node.key_at.get("Id", node.at), "id", f"`Id` is not allowed in {self.article()}")
        statements = []
        if "Statement" not in members:
            self.lost(node, "a policy document needs `Statement`", "missing-statement")
        else:
            for one in members["Statement"].one_or_many():
                statement = self.statement(one)
                if statement is not None:
                    statements.append(statement)
        self.unique_sids(statements)
        return Policy(self.type, tuple(statements), name, tuple(self.unseen), node.at)

    def article(self) -> str:
        return f"{'an' if self.type[0] in 'aeiouS' else 'a'} {self.type} policy".replace("policy policy", "policy")

    def lost(self, node: Node, message: str, code: str, help: str = "") -> None:
        """Something that may be a statement cannot be read: say so, and let answers hinge on it."""
        self.problems.error(node.at, code, message, help)
        self.unseen.append(Unknown(str(node.at) or self.type, message))

    def version(self, node: Node | None) -> bool:
        if node is None:
            return False
        value = node.as_str()
        if value not in ("2008-10-17", "2012-10-17"):
            help = "write `2012-10-17`"
            self.problems.error(node.at, "version", f"there is no policy version `{node.as_text()}`", help)
        if self.type is PolicyType.RCP and value != "2012-10-17":
            self.problems.error(node.at, "version", "a resource control policy needs Version 2012-10-17")
        return value != "2008-10-17"

    def unique_sids(self, statements: list[Statement]) -> None:
        seen: set[str] = set()
        for statement in statements:
            if statement.sid and statement.sid in seen:
                self.problems.error(statement.at, "duplicate-sid", f"the Sid `{statement.sid}` is used twice")
            seen.add(statement.sid)

    # ── statements ──

    def statement(self, node: Node) -> Statement | None:
        if isinstance(node.value, Unknown):
            self.problems.unmodelled(
                node.at, "unknown-statement", f"a statement is not known here: {node.value.reason}"
            )
            self.unseen.append(node.value)
            return None
        before = len(self.problems.found)
        members = expect_fields(node, "a statement", self.problems)
        expect_keys(node, _STATEMENT_KEYS, "a statement", self.problems)
        effect = self.effect(node)
        actions = self.actions(node)
        resources = self.resources(node)
        principals = self.principals(node)
        if effect is None or actions is None or resources is None:
            reason = self.problems.found[before].message
            self.unseen.append(Unknown(str(node.at) or self.type, reason))
            return None
        conditions = self.conditions(members["Condition"]) if "Condition" in members else ()
        found = Statement(effect, actions, resources, principals, conditions, self.sid(node), node.at)
        check_statement(found, self.type, node, self.problems)
        return found

    def sid(self, node: Node) -> str:
        sid = node.fields.get("Sid")
        if sid is None:
            return ""
        value = sid.as_str()
        if value is None:
            self.problems.error(sid.at, "type", f"Sid must be a string, not {sid.describe()}")
            return ""
        strict = self.type in (PolicyType.IDENTITY_BASED, PolicyType.PERMISSIONS_BOUNDARY, PolicyType.SESSION)
        if strict and not re.fullmatch(r"[A-Za-z0-9]*", value):
            self.problems.error(sid.at, "sid", f"the Sid `{value}` may hold letters and digits only")
        return value

    def effect(self, node: Node) -> Effect | None:
        effect = node.fields.get("Effect")
        if effect is None:
            self.problems.error(node.at, "missing-effect", "a statement needs `Effect`", "`Allow` or `Deny`")
            return None
        value = effect.as_str()
        if value not in ("Allow", "Deny"):
            self.problems.error(effect.at, "effect", f"Effect must be `Allow` or `Deny`, not `{effect.as_text()}`")
            return None
        return Effect(value)

    def one_of(self, node: Node, plain: str, negated: str) -> tuple[Node, bool] | None:
        """The one of two elements that must be there."""
        members = node.fields
        if plain in members and negated in members:
            at = node.key_at.get(negated, node.at)
            self.problems.error(at, "both", f"a statement has `{plain}` or `{negated}`, not both")
            return None
        if plain in members:
            return members[plain], False
        if negated in members:
            return members[negated], True
        self.problems.error(node.at, "missing-element", f"a statement needs `{plain}` or `{negated}`")
        return None

    def actions(self, node: Node) -> Actions | None:
        found = self.one_of(node, "Action", "NotAction")
        if found is None:
            return None
        patterns = []
        for one in found[0].one_or_many():
            value = expect_text(one, "an action", self.problems)
            if value is None:
                return None
            patterns.append(self.action(value, one))
        return Actions(tuple(patterns), found[1])

    def action(self, value: Text, node: Node) -> ActionPattern:
        if isinstance(value, Symbolic):
            self.problems.unmodelled(node.at, "unknown-action", f"the action `{value}` is not known here")
            return _open_action(value, node.at)
        spelled = value
        if spelled and not spelled.strip("*"):
            return ActionPattern(spelled, None, Pattern((Wild.RUN,)), node.at)
        service, colon, action = spelled.lower().partition(":")
        usable = re.fullmatch(r"[a-z0-9-]+", service) and action and not re.search(r"[\s,:]", action)
        if not colon or not usable:
            self.problems.error(
                node.at,
                "action",
                f"`{spelled}` is not an action",
                "write `service:Action`; only `*` spans services",
            )
            return ActionPattern(spelled, "", Pattern(()), node.at)
        return ActionPattern(spelled, service, parse_pattern(action, variables=False), node.at)

    def resources(self, node: Node) -> Resources | None:
        if self.type is PolicyType.TRUST:
            for key in ("Resource", "NotResource"):
                if key in node.fields:
                    at = node.key_at.get(key, node.at)
                    self.problems.error(at, "resource", f"`{key}` is not allowed in a trust policy")
            return ALL_RESOURCES
        found = self.one_of(node, "Resource", "NotResource")
        if found is None:
            return None
        patterns = []
        for one in found[0].one_or_many():
            value = expect_text(one, "a resource", self.problems)
            if value is None:
                return None
            patterns.append(ArnPattern(parse_pattern(value, variables=self.variables)))
        return Resources(tuple(patterns), found[1])

    # ── principals ──

    def principals(self, node: Node) -> Principals | None:
        members = node.fields
        present = [key for key in ("Principal", "NotPrincipal") if key in members]
        if self.type not in _WITH_PRINCIPAL:
            for key in present:
                at = node.key_at.get(key, node.at)
                self.problems.error(at, "principal", f"`{key}` is not allowed in {self.article()}")
            return None
        if not present:
            if self.type is not PolicyType.RCP:  # which has a message of its own
                self.problems.error(
                    node.at, "missing-element", f"a statement of {self.article()} needs `Principal`"
                )
            return Principals(())
        if len(present) == 2:
            self.problems.error(node.at, "both", "a statement has `Principal` or `NotPrincipal`, not both")
        key = present[0]
        if key == "NotPrincipal" and self.type is PolicyType.TRUST:
            self.problems.error(members[key].at, "principal", "`NotPrincipal` is not allowed in a trust policy")
        return Principals(self.members(members[key]), key == "NotPrincipal")

    def members(self, node: Node) -> tuple[PrincipalPattern, ...]:
        value = node.as_text()
        if value == "*":
            return (PrincipalPattern(PrincipalKind.EVERYONE, "*"),)
        if value is not None:
            help = 'write {"AWS": ...}, or "*" for everyone'
            self.problems.error(node.at, "principal", f"`{value}` is not a principal element", help)
            return (PrincipalPattern(PrincipalKind.AWS, value),)
        found = []
        for key, many in expect_fields(node, "a principal element", self.problems).items():
            try:
                kind = PrincipalKind(key)
            except ValueError:
                at = node.key_at.get(key, node.at)
                known = [one.value for one in PrincipalKind if one is not PrincipalKind.EVERYONE]
                self.problems.error(
                    at, "principal", f"there is no kind of principal `{key}`", did_you_mean(key, known)
                )
                continue
            for one in many.one_or_many():
                member = expect_text(one, "a principal", self.problems)
                if member is not None:
                    found.append(PrincipalPattern(kind, member))
        return tuple(found)

    # ── conditions ──

    def conditions(self, node: Node) -> tuple[Condition, ...]:
        if isinstance(node.value, Unknown):
            self.problems.unmodelled(
                node.at, "unknown-condition", f"a condition is not known here: {node.value.reason}"
            )
            return (Condition(node.value, "", (), at=node.at),)
        found = []
        for spelled, block in expect_fields(node, "Condition", self.problems).items():
            at = node.key_at.get(spelled, block.at)
            operator, quantifier, if_exists = parse_operator(spelled)
            if isinstance(operator, Unknown):
                known = [one.spelled for one in Operator]
                self.problems.error(
                    at, "operator", f"there is no condition operator `{spelled}`", did_you_mean(spelled, known)
                )
            if isinstance(block.value, Unknown):
                self.problems.unmodelled(
                    block.at, "unknown-condition", f"a condition is not known here: {block.value.reason}"
                )
                found.append(Condition(block.value, "", (), at=block.at))
                continue
            for key, many in expect_fields(block, f"the operator `{spelled}`", self.problems).items():
                values = [self.value(one, key) for one in many.one_or_many()]
                texts = tuple(value for value in values if value is not None)
                if len(texts) < len(values):
                    operator = Unknown(f"{spelled} {key}", "a value of the condition could not be read")
                family = Family.STRING if isinstance(operator, Unknown) else operator.family
                read = tuple(parse_value(operator, family, value, self.variables) for value in texts)
                found.append(
                    Condition(
                        operator, key.lower(), read, quantifier, if_exists, key, texts, block.key_at.get(key, at)
                    )
                )
        return tuple(found)

    def value(self, node: Node, key: str) -> Text | None:
        return expect_text(node, f"a value of the condition key `{key}`", self.problems)


def _open_action(value: Symbolic, at: Location) -> ActionPattern:
    """An action of which a part is decided elsewhere; without a known service it may be any action at all."""
    first, *rest = value.parts
    service, colon, name = first.lower().partition(":") if isinstance(first, str) else ("", "", "")
    if not colon:
        unknown = next(part for part in value.parts if isinstance(part, Unknown))
        return ActionPattern(str(value), None, literal_pattern(text([unknown])), at)
    return ActionPattern(str(value), service, parse_pattern(text([name, *rest]), variables=False).lower(), at)


def parse_operator(spelled: str) -> tuple[Operator | Unknown, Quantifier | None, bool]:
    """The operator, its quantifier, and whether it is `...IfExists`; case does not matter (rule 67)."""
    prefix, colon, rest = spelled.partition(":")
    quantifier = next((one for one in Quantifier if colon and one.lower() == prefix.lower()), None)
    base = rest if quantifier else spelled
    if_exists = base.lower().endswith("ifexists")
    if if_exists:
        base = base[: -len("IfExists")]
    operator = _OPERATORS.get(base.lower())
    if operator is None or (operator is Operator.NULL and (if_exists or quantifier)):
        return Unknown(spelled, f"there is no condition operator `{spelled}`"), None, False
    return operator, quantifier, if_exists


def parse_value(operator: Operator | Unknown, family: Family, value: Text, variables: bool) -> ConditionValue:
    """A condition value as its operator compares it; Unusable when it cannot."""
    if family in (Family.STRING, Family.ARN):
        wildcards = family is Family.ARN or operator not in _NO_WILDCARDS
        read = parse_pattern(value, wildcards=wildcards, variables=variables)
        if operator in _IGNORE_CASE:
            read = read.lower()
        return ArnPattern(read) if family is Family.ARN else read
    if not isinstance(value, str):
        return Unusable(value)
    match family:
        case Family.NUMERIC:
            number = parse_number(value)
            return Unusable(value) if number is None else number
        case Family.DATE:
            return parse_date(value) or Unusable(value)
        case Family.BOOL | Family.NULL:
            return value.lower() == "true" if value.lower() in ("true", "false") else Unusable(value)
        case Family.BINARY:
            read_bytes = parse_binary(value)
            return Unusable(value) if read_bytes is None else read_bytes
        case _:
            return parse_network(value) or Unusable(value)


_NUMBER = re.compile(r"[-+]?[0-9]{1,100}(\.[0-9]{1,100})?")


def parse_number(value: str) -> Decimal | None:
    """An integer or decimal, exactly (rule 81)."""
    if not _NUMBER.fullmatch(value):
        return None
    try:
        return Decimal(value)
    except InvalidOperation:  # pragma: no cover - the expression above admits nothing else
        return None


_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[-+]\d\d:\d\d)?)?)?)?", re.ASCII
)


def parse_date(value: str) -> datetime | None:
    """A date of the W3C profile of ISO 8601, or seconds since 1970 (rule 83); four digits are a year."""
    if re.fullmatch(r"[0-9]{1,3}|[0-9]{5,20}", value):
        try:
            return datetime.fromtimestamp(int(value), UTC)
        except (OverflowError, ValueError, OSError):
            return None
    found = _DATE.fullmatch(value)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    offset = timedelta(0)
    if zone and zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    try:
        return datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
            timezone(offset),
        )
    except ValueError:
        return None


def parse_address(value: str) -> IPv4Address | IPv6Address | None:
    """An address, without a zone."""
    try:
        return ip_address(value) if "%" not in value else None
    except ValueError:
        return None


def parse_network(value: str) -> Network | None:
    """A range in CIDR form, or one address; a netmask is none (rule 86)."""
    address, slash, prefix = value.partition("/")
    if parse_address(address) is None or (slash and not re.fullmatch(r"[0-9]{1,3}", prefix)):
        return None
    try:
        return ip_network(value, strict=False)
    except ValueError:
        return None


def parse_binary(value: str) -> bytes | None:
    """The bytes that a base64 text spells (rule 85)."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
