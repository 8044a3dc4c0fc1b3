"""What a policy says, once it is understood: statements, conditions, and the sets of policies around a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import TypeAlias

from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.pattern import Pattern
from grantgraph.problems import NOWHERE, Location
from grantgraph.text import Text, Unknown


class Effect(StrEnum):
    """What a statement does when it matches (rule 6)."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class ActionPattern:
    """One entry of Action or NotAction, in lower case (rules 18 to 21).

    `service` None is the bare `*`; an entry that AWS would refuse has the service "", which nothing has.
    """

    spelled: str
    service: str | None
    name: Pattern
    at: Location = field(default=NOWHERE, compare=False, repr=False)

    def __str__(self) -> str:
        return self.spelled


@dataclass(frozen=True, slots=True)
class Actions:
    """Action, or NotAction when negated (rule 22); `is_open` says that a part of some entry is not known."""

    patterns: tuple[ActionPattern, ...]
    negated: bool = False
    is_open: bool = field(init=False, compare=False, repr=False)
    _by_service: dict[str, tuple[ActionPattern, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        parts = (part for one in self.patterns for part in one.name.parts)
        object.__setattr__(self, "is_open", any(isinstance(part, Unknown) for part in parts))

    @property
    def by_service(self) -> dict[str, tuple[ActionPattern, ...]]:
        """The entries by their services, those for every service under "*"; grouped once."""
        if not self._by_service:
            groups: dict[str, list[ActionPattern]] = {}
            for one in self.patterns:
                service = "*" if one.service is None else one.service
                groups.setdefault(service, []).append(one)
            self._by_service.update((service, tuple(ones)) for service, ones in groups.items())
        return self._by_service

    def about(self, service: str) -> tuple[ActionPattern, ...]:
        """The entries that may name actions of a service: its own, and those for every service."""
        groups = self.by_service
        return groups.get("*", ()) + groups.get(service, ())


@dataclass(frozen=True, slots=True)
class Resources:
    """Resource, or NotResource when negated (rule 28)."""

    patterns: tuple[ArnPattern, ...]
    negated: bool = False


class PrincipalKind(StrEnum):
    """The words under which a Principal element lists its members (rule 12)."""

    EVERYONE = "*"
    AWS = "AWS"
    FEDERATED = "Federated"
    SERVICE = "Service"
    CANONICAL_USER = "CanonicalUser"


@dataclass(frozen=True, slots=True)
class PrincipalPattern:
    """One member of Principal or NotPrincipal; `{"AWS": "*"}` is the kind AWS with the value `*`."""

    kind: PrincipalKind
    value: Text

    def __str__(self) -> str:
        return "*" if self.kind is PrincipalKind.EVERYONE else f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class Principals:
    """Principal, or NotPrincipal when negated."""

    members: tuple[PrincipalPattern, ...]
    negated: bool = False


class Family(Enum):
    """What kind of value an operator compares."""

    STRING = "string"
    NUMERIC = "numeric"
    DATE = "date"
    BOOL = "Boolean"
    BINARY = "binary"
    IP_ADDRESS = "IP address"
    ARN = "ARN"
    NULL = "null"


class Operator(Enum):
    """The condition operators, without `...IfExists` and the set quantifiers: (name, family, negated)."""

    STRING_EQUALS = ("StringEquals", Family.STRING, False)
    STRING_NOT_EQUALS = ("StringNotEquals", Family.STRING, True)
    STRING_EQUALS_IGNORE_CASE = ("StringEqualsIgnoreCase", Family.STRING, False)
    STRING_NOT_EQUALS_IGNORE_CASE = ("StringNotEqualsIgnoreCase", Family.STRING, True)
    STRING_LIKE = ("StringLike", Family.STRING, False)
    STRING_NOT_LIKE = ("StringNotLike", Family.STRING, True)
    NUMERIC_EQUALS = ("NumericEquals", Family.NUMERIC, False)
    NUMERIC_NOT_EQUALS = ("NumericNotEquals", Family.NUMERIC, True)
    NUMERIC_LESS_THAN = ("NumericLessThan", Family.NUMERIC, False)
    NUMERIC_LESS_THAN_EQUALS = ("NumericLessThanEquals", Family.NUMERIC, False)
    NUMERIC_GREATER_THAN = ("NumericGreaterThan", Family.NUMERIC, False)
    NUMERIC_GREATER_THAN_EQUALS = ("NumericGreaterThanEquals", Family.NUMERIC, False)
    DATE_EQUALS = ("DateEquals", Family.DATE, False)
    DATE_NOT_EQUALS = ("DateNotEquals", Family.DATE, True)
    DATE_LESS_THAN = ("DateLessThan", Family.DATE, False)
    DATE_LESS_THAN_EQUALS = ("DateLessThanEquals", Family.DATE, False)
    DATE_GREATER_THAN = ("DateGreaterThan", Family.DATE, False)
    DATE_GREATER_THAN_EQUALS = ("DateGreaterThanEquals", Family.DATE, False)
    BOOL = ("Bool", Family.BOOL, False)
    BINARY_EQUALS = ("BinaryEquals", Family.BINARY, False)
    IP_ADDRESS = ("IpAddress", Family.IP_ADDRESS, False)
    NOT_IP_ADDRESS = ("NotIpAddress", Family.IP_ADDRESS, True)
    ARN_EQUALS = ("ArnEquals", Family.ARN, False)
    ARN_LIKE = ("ArnLike", Family.ARN, False)
    ARN_NOT_EQUALS = ("ArnNotEquals", Family.ARN, True)
    ARN_NOT_LIKE = ("ArnNotLike", Family.ARN, True)
    NULL = ("Null", Family.NULL, False)

    def __init__(self, spelled: str, family: Family, negated: bool) -> None:
        self.spelled = spelled
        self.family = family
        self.negated = negated


class Quantifier(StrEnum):
    """How a set of values in the request is compared (rules 72 to 75)."""

    FOR_ALL_VALUES = "ForAllValues"
    FOR_ANY_VALUE = "ForAnyValue"


Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Unusable:
    """A condition value that its operator cannot compare, such as a word for a number (rule 82)."""

    spelled: Text


ConditionValue: TypeAlias = Pattern | ArnPattern | Decimal | datetime | bool | bytes | Network | Unusable


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator, one key, and the values that policy gives for it.

    `key` is lower case (rule 66). `operator` is an Unknown where the document names one that we do not
    know. The type of the values follows the operator's family.
    """

    operator: Operator | Unknown
    key: str
    values: tuple[ConditionValue, ...]
    quantifier: Quantifier | None = None
    if_exists: bool = False
    spelled_key: str = field(default="", compare=False)
    spelled_values: tuple[Text, ...] = field(default=(), compare=False, repr=False)
    at: Location = field(default=NOWHERE, compare=False, repr=False)

    @property
    def spelled_operator(self) -> str:
        """The operator as a document writes it."""
        base = self.operator.name if isinstance(self.operator, Unknown) else self.operator.spelled
        prefix = f"{self.quantifier}:" if self.quantifier else ""
        return f"{prefix}{base}{'IfExists' if self.if_exists else ''}"

    def __str__(self) -> str:
        values = [str(value) for value in self.spelled_values]
        return f"{self.spelled_operator} {self.spelled_key or self.key} {', '.join(values) or 'nothing'}"


ALL_RESOURCES = Resources((), negated=True)
"""What a trust policy's statement is about: the role itself, whatever it is called (rule 10)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `principals` is None where the policy's type has no such element."""

    effect: Effect
    actions: Actions
    resources: Resources
    principals: Principals | None = None
    conditions: tuple[Condition, ...] = ()
    sid: str = ""
    at: Location = field(default=NOWHERE, compare=False, repr=False)


class PolicyType(StrEnum):
    """Where a policy hangs, which decides what it may say and how it counts."""

    IDENTITY_BASED = "identity-based"
    RESOURCE_BASED = "resource-based"
    TRUST = "trust"
    PERMISSIONS_BOUNDARY = "permissions boundary"
    SESSION = "session"
    SCP = "service control policy"
    RCP = "resource control policy"
    VPC_ENDPOINT = "VPC endpoint"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document. `unseen` names what may hold more statements that we were not given."""

    type: PolicyType
    statements: tuple[Statement, ...]
    name: str = ""
    unseen: tuple[Unknown, ...] = ()
    at: Location = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All policies that decide about one principal's requests; None is "not there", () is "empty".

    `scps` and `rcps` hold one tuple of policies a level of the organization, the root first (rule 106).
    """

    identity_based: tuple[Policy, ...] = ()
    resource_based: Policy | None = None
    permissions_boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    vpc_endpoint: Policy | None = None
    scps: tuple[tuple[Policy, ...], ...] = ()
    rcps: tuple[tuple[Policy, ...], ...] = ()

    def all(self) -> Iterator[Policy]:
        """Every policy of the set."""
        for one in fields(self):
            value = getattr(self, one.name)
            for policy in value if isinstance(value, tuple) else (value,):
                if isinstance(policy, tuple):
                    yield from policy
                elif policy is not None:
                    yield policy
