"""Rules: load them, ask them, and gather what they say. The only face that rule files see."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path as File

from grantgraph.catalog import AccessLevel, Action, Catalog
from grantgraph.deadwood import Locked
from grantgraph.escalations import Kind, Opening
from grantgraph.findings import (
    Doubt,
    Finding,
    Path,
    Proof,
    Severity,
    Step,
    Together,
    Written,
    order_of_doubts,
    rank,
)
from grantgraph.fingerprint import with_fingerprints
from grantgraph.grants import ACCESSING, CHANGING, INVOKING, Grant, by_level
from grantgraph.ignores import Ignore
from grantgraph.leading import Lead, led_to, of_objects, signs_urls
from grantgraph.model import (
    INCOMPLETE,
    Application,
    Authorizer,
    Client,
    EntryPoint,
    EntryPointType,
    IdentityPool,
    Principal,
    PrincipalType,
    Resource,
    Token,
)
from grantgraph.outsiders import Outsider, outsiders_of, services_of
from grantgraph.owning import (
    Meeting,
    compared_rows,
    identity_attribute,
    keys_in_names,
    keys_on_rows,
    own_names,
    own_rows,
    without_rows,
)
from grantgraph.permissions import Permissions
from grantgraph.policy.document import Condition, Quantifier, Statement
from grantgraph.problems import Level, Location, UsageError
from grantgraph.promises import keep
from grantgraph.prove import Proved, Reach, Refuted, Undecided, assumptions, at_or_under, both, either, equal_to
from grantgraph.prove.isolation import LEADING_KEYS
from grantgraph.resources import ResourceType, resource_types
from grantgraph.standing import IDENTITY
from grantgraph.statements import speaks_of
from grantgraph.telling import Shown, doubts_of, escalated, gather, name_actions, name_place, proof_of, shown
from grantgraph.text import Unknown
from grantgraph.tokens import choices_of_holders, clients_of, issuer_in, may_be_same, tags_of_holders
from grantgraph.ways import Way, caller_of

__all__ = [
    "ACCESSING",
    "CHANGING",
    "IDENTITY",
    "INVOKING",
    "LEADING_KEYS",
    "AccessLevel",
    "Action",
    "Authorizer",
    "Checked",
    "Client",
    "Condition",
    "Doubt",
    "EntryPoint",
    "EntryPointType",
    "Finding",
    "Grant",
    "IdentityPool",
    "Kind",
    "Lead",
    "Level",
    "Location",
    "Locked",
    "Meeting",
    "Opening",
    "Outsider",
    "Path",
    "Permissions",
    "Principal",
    "PrincipalType",
    "Proof",
    "Proved",
    "Quantifier",
    "Reach",
    "Refuted",
    "Resource",
    "ResourceType",
    "Rule",
    "Severity",
    "Shown",
    "Statement",
    "Step",
    "Together",
    "Token",
    "Undecided",
    "Unknown",
    "Way",
    "Written",
    "at_or_under",
    "both",
    "by_level",
    "caller_of",
    "check",
    "choices_of_holders",
    "clients_of",
    "compared_rows",
    "doubts_of",
    "either",
    "equal_to",
    "escalated",
    "gather",
    "identity_attribute",
    "issuer_in",
    "keys_in_names",
    "keys_on_rows",
    "led_to",
    "load_rules",
    "may_be_same",
    "name_actions",
    "name_place",
    "of_objects",
    "outsiders_of",
    "own_names",
    "own_rows",
    "proof_of",
    "resource_types",
    "services_of",
    "shown",
    "signs_urls",
    "speaks_of",
    "tags_of_holders",
    "without_rows",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its module's docstring is its page."""

    id: str
    title: str
    severity: Severity
    check: Callable[[Permissions], Iterable[Finding | Doubt | Proof]]
    page: str = ""


class Outcome(StrEnum):
    """What the gate says."""

    FAILED = "failed"
    UNDECIDED = "undecided"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that does not count: one that was there before, or that somebody accepts."""

    finding: Finding
    ignore: Ignore | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found: findings and doubts in a fixed order, what was proved, and on what terms.

    `asked` is how many principals the rules asked about; `cases` are those that were judged one by one; `accepted`
    are the findings that do not count. Findings from `severity` on fail the gate; `unknown` says what an undecided
    question does: `fail`, `warn` or `allow`. A `quiet` report is the verdict alone.
    """

    application: Application
    catalog: str
    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]
    doubts: tuple[Doubt, ...]
    proved: tuple[Proof, ...]
    asked: int
    assuming: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    severity: Severity = Severity.LOW
    unknown: str = "fail"
    quiet: bool = False

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that fail the gate."""
        order = list(Severity)
        worst = order.index(self.severity)
        return tuple(one for one in self.findings if one.severity.counts and order.index(one.severity) <= worst)

    @property
    def outcome(self) -> Outcome:
        """What the gate says of it all."""
        if self.failing:
            return Outcome.FAILED
        return Outcome.UNDECIDED if self.doubts and self.unknown == "fail" else Outcome.PASSED


def _open_doors(application: Application) -> Iterator[Doubt]:
    """What no rule can have asked about: roles that visitors may get, and resources that may let them in."""
    for problem in application.problems:
        if problem.level is Level.UNMODELLED and problem.code in WHO_COMES_IN:
            yield Doubt("reading", "", problem.message, problem.at)
    for resource in application.resources:
        for unseen in resource.policy.unseen if resource.policy is not None else ():
            yield Doubt("reading", "", f"the policy of `{resource.id}`: {unseen.reason}", resource.at)


WHO_COMES_IN = frozenset(
    {INCOMPLETE, "incomplete-plan", "role-attachment", "role-mapping", "outside-pool", "transform"}
)
"""Problems of reading that leave open who gets which role, so that no rule can have asked about everybody."""


def check(application: Application, catalog: Catalog, rules: tuple[Rule, ...]) -> Checked:
    """Ask every rule, and every promise of the application."""
    permissions = Permissions(application, catalog)
    said = [one for rule in rules for one in rule.check(permissions)]
    said += [keep(promise, application, catalog) for promise in application.promises]
    doubts = [*_open_doors(application), *(one for one in said if isinstance(one, Doubt))]
    found = [_made_by(one, application) for one in said if isinstance(one, Finding)]
    found = sorted(with_fingerprints(application, found), key=rank)
    return Checked(
        application,
        catalog.date,
        rules,
        tuple(found),
        tuple(sorted(dict.fromkeys(doubts), key=order_of_doubts)),
        tuple(one for one in said if isinstance(one, Proof)),
        len(permissions.asked),
        tuple(
            sorted(
                {
                    *application.assuming,
                    *assumptions(one for subject in application.principals for one in _statements(subject)),
                }
            )
        ),
    )


def _made_by(finding: Finding, application: Application) -> Finding:
    """A finding that says whose role it is about."""
    principal = application.principal(finding.principal)
    return replace(finding, framework=principal.framework if principal is not None else "")


def _statements(principal: Principal) -> Iterator[Statement]:
    for policy in principal.policies:
        yield from policy.statements


# ── loading ──────────────────────────────────────────────────────────────────────────────────────────────


def rules_folder() -> File:
    """Where the rules are: in an installed package beside the code, in a checkout beside the package."""
    inside = File(__file__).parent / "_rules"
    return inside if inside.is_dir() else File(__file__).parent.parent / "rules"


def load_rules(*folders: File) -> tuple[Rule, ...]:
    """The rules of some folders, sorted by id; the built-in ones when none is named.

    Raises:
        UsageError: a folder is missing, a file offers no RULE, or two rules have one id.
    """
    found: dict[str, Rule] = {}
    named = folders or (rules_folder(),)
    for folder in named:
        if not folder.is_dir():
            raise UsageError(f"there is no folder of rules `{folder}`")
    for folder in dict.fromkeys(folder.resolve() for folder in named):
        for path in sorted(folder.glob("*.py")):
            if not path.name.startswith("_"):
                rule = _load_rule(path)
                if rule.id in found:
                    raise UsageError(f"two rules have the id {rule.id}; the second is `{path}`")
                found[rule.id] = rule
    return tuple(found[id] for id in sorted(found))


def _load_rule(path: File) -> Rule:
    name = f"grantgraph_rules_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"`{path}` cannot be loaded as a rule")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - whatever a user's file raises is about that file
        raise UsageError(f"the rule `{path}` cannot be loaded: {type(error).__name__}: {error}") from None
    rule = getattr(module, "RULE", None)
    if not isinstance(rule, Rule):
        raise UsageError(f"`{path}` offers no RULE")
    return replace(rule, page=(module.__doc__ or "").strip())
