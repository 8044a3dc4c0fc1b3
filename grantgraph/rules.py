"""Rules and findings: load the rules, ask them, and gather what they say. The only face that rule files see."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from grantgraph.catalog import AccessLevel, Action, Catalog
from grantgraph.evaluate import scope_down
from grantgraph.evaluate.statement import match_actions
from grantgraph.grants import CHANGING, Grant, by_level, grants_of, unseen_of
from grantgraph.model import Application, Principal, PrincipalType, Promise, PromiseType, Resource
from grantgraph.policy.document import Statement
from grantgraph.problems import Level, Location, UsageError, bug
from grantgraph.prove import (
    EVERYWHERE,
    Refuted,
    Shared,
    Undecided,
    actions_of,
    assumptions,
    at_or_under,
    isolated,
    never,
)
from grantgraph.resources import resource_types
from grantgraph.standing import IDENTITY, standing_of

__all__ = [
    "CHANGING",
    "AccessLevel",
    "Action",
    "Checked",
    "Doubt",
    "Finding",
    "Grant",
    "Permissions",
    "PrincipalType",
    "Rule",
    "Severity",
    "by_level",
    "check",
    "doubts_of",
    "gather",
    "load_rules",
    "name_actions",
    "name_place",
    "order_of_doubts",
    "rank",
]


class Severity(StrEnum):
    """How bad it is when a rule fires."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about one principal, with the request that shows it.

    `actions` are all that the finding is about; `on` names the resource, "" where it is not the application's.
    `fingerprint_parts` say what makes this finding the same one tomorrow: the access, not the text. `when` says in
    which cases of the application it holds, "" for all.
    """

    rule: str
    severity: Severity
    principal: str
    message: str
    evidence: Refuted
    at: Location
    help: str = ""
    actions: tuple[str, ...] = ()
    on: str = ""
    when: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for the same access, wherever and however it is written; another when the access widens."""
        parts = (self.rule, self.principal, self.on, *sorted(self.actions))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question of a rule that could not be decided: never the same as no finding."""

    rule: str
    principal: str
    reason: str
    at: Location
    when: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its module's docstring is its page."""

    id: str
    title: str
    severity: Severity
    check: Callable[[Permissions], Iterable[Finding | Doubt]]
    page: str = ""


@dataclass(slots=True)
class Permissions:
    """What a rule may ask about an application; answers are remembered."""

    application: Application
    catalog: Catalog
    asked: set[str] = field(default_factory=set)
    _grants: dict[tuple[str, frozenset[AccessLevel]], tuple[Grant, ...]] = field(default_factory=dict)

    def principals(self, *types: PrincipalType) -> Iterator[Principal]:
        """The principals of some types; a report says how many were asked about."""
        found = [one for one in self.application.principals if one.type in types]
        self.asked.update(one.id for one in found)
        return iter(found)

    def grants(self, principal: Principal, levels: frozenset[AccessLevel]) -> tuple[Grant, ...]:
        """What a principal holds at some access levels: every grant is shown by a request."""
        key = (principal.id, levels)
        if key not in self._grants:
            found = grants_of(
                self.application, principal, self.catalog, lambda action: action.access_level in levels
            )
            self._grants[key] = tuple(found)
        return self._grants[key]

    def resource(self, id: str) -> Resource | None:
        """The resource of an id."""
        return self.application.resource(id)

    def administers(self, action: Action) -> bool:
        """Whether an action manages resources, or who has access to them, and not their data.

        Where no resource type says what is data, AWS's own list of services for visitors decides: what it lets
        guests use is meant for an application's users, and what it leaves out is not (rules 139, 140).
        """
        if action.access_level is AccessLevel.PERMISSIONS_MANAGEMENT:
            return True
        if action.access_level is not AccessLevel.WRITE:
            return False
        types = [one for one in resource_types().values() if one.service == action.service]
        if types:
            return str(action).lower() not in {name for one in types for name in one.data_actions}
        return not any(
            match_actions(statement.actions, str(action)).name == "YES"
            for policy in scope_down()
            for statement in policy.statements
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found: findings and doubts in a fixed order, what was proved, and on what terms.

    `asked` is how many principals the rules asked about; `cases` are those that were judged one by one.
    """

    application: Application
    catalog: str
    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]
    doubts: tuple[Doubt, ...]
    proved: tuple[str, ...]
    asked: int
    assuming: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


def _open_doors(application: Application) -> Iterator[Doubt]:
    """What no rule can have asked about: roles that visitors may get, and resources that may let them in."""
    for problem in application.problems:
        if problem.level is Level.UNMODELLED and problem.code in WHO_COMES_IN:
            yield Doubt("reading", "", problem.message, problem.at)
    for resource in application.resources:
        for unseen in resource.policy.unseen if resource.policy is not None else ():
            yield Doubt("reading", "", f"the policy of `{resource.id}`: {unseen.reason}", resource.at)
    for pool in application.pools:
        if pool.allows_classic_flow is not False:
            reason = (
                f"`{pool.id}` allows the classic flow: its visitors choose any role whose trust policy lets them"
            )
            yield Doubt("classic flow", "", reason, pool.at)


WHO_COMES_IN = frozenset({"incomplete-plan", "role-attachment", "role-mapping", "outside-pool", "transform"})
"""Problems of reading that leave open who gets which role, so that no rule can have asked about everybody."""


def check(application: Application, catalog: Catalog, rules: tuple[Rule, ...]) -> Checked:
    """Ask every rule, and every promise of the application."""
    permissions = Permissions(application, catalog)
    findings: list[Finding] = []
    doubts = list(_open_doors(application))
    proved: list[str] = []
    for rule in rules:
        for one in rule.check(permissions):
            (findings if isinstance(one, Finding) else doubts).append(one)  # type: ignore[arg-type]
    for promise in application.promises:
        answer = _keep(promise, application, catalog)
        if answer is None:
            proved.append(promise.title)
        else:
            (findings if isinstance(answer, Finding) else doubts).append(answer)  # type: ignore[arg-type]
    return Checked(
        application,
        catalog.date,
        rules,
        tuple(sorted(findings, key=rank)),
        tuple(sorted(dict.fromkeys(doubts), key=order_of_doubts)),
        tuple(proved),
        len(permissions.asked),
        tuple(sorted(assumptions(one for subject in application.principals for one in _statements(subject)))),
    )


def rank(one: Finding) -> tuple[object, ...]:
    """The order of findings in a report: the worst first."""
    order = list(Severity)
    where = (one.at.file, one.at.line, one.rule, one.on, one.message, one.when)
    return order.index(one.severity), one.principal, *where


def order_of_doubts(one: Doubt) -> tuple[str, ...]:
    """The order of doubts in a report."""
    return one.rule, one.principal, one.reason, str(one.at), one.when


def _statements(principal: Principal) -> Iterator[Statement]:
    for policy in principal.policies:
        yield from policy.statements


def _keep(promise: Promise, application: Application, catalog: Catalog) -> Finding | Doubt | None:
    """Whether the policies keep a promise: None when it is proved."""
    principal = application.principal(promise.who)
    resource = application.resource(promise.on) if promise.on else None
    if principal is None:
        bug(f"the promise `{promise.title}` names nobody")
    rule = f"promise: {promise.title}"
    if promise.type is PromiseType.ISOLATED and resource is not None:
        return _keep_apart(promise, rule, principal, resource, application, catalog)
    standing = standing_of(application, principal)
    wanted = [
        one
        for one in actions_of(standing, catalog)
        if one.access_level.word in promise.access or str(one) in promise.access
    ]
    answer = never(standing, wanted, catalog, at_or_under(resource.arn) if resource is not None else EVERYWHERE)
    match answer:
        case Refuted(request, _):
            message = f"`{promise.who}` breaks the promise `{promise.title}`: it may {request.action}"
            return Finding(
                rule, Severity.HIGH, promise.who, message, answer, promise.at, "", (request.action,), promise.on
            )
        case Undecided(reason):
            return Doubt(rule, promise.who, reason, promise.at)
        case _:
            return None


def _keep_apart(
    promise: Promise,
    rule: str,
    principal: Principal,
    resource: Resource,
    application: Application,
    catalog: Catalog,
) -> Finding | Doubt | None:
    """Whether two identities of a principal never meet on a resource."""
    standing = standing_of(application, principal)
    data = resource_types()[resource.type].data_actions
    actions = [one for one in actions_of(standing, catalog) if str(one).lower() in data]
    answer = isolated(standing, resource.arn, IDENTITY, actions, catalog)
    match answer:
        case Shared(one, _):
            message = (
                f"two identities of `{promise.who}` reach the same data of `{promise.on}`: {one.request.action}"
            )
            return Finding(
                rule, Severity.HIGH, promise.who, message, one, promise.at, "", (one.request.action,), promise.on
            )
        case Undecided(reason):
            return Doubt(rule, promise.who, reason, promise.at)
        case _:
            return None


# ── what rule files use ──────────────────────────────────────────────────────────────────────────────────


def doubts_of(
    rule: str,
    principal: Principal,
    grants: Iterable[Grant],
    about: Callable[[Action], bool] = lambda action: True,
) -> Iterator[Doubt]:
    """What keeps a rule from an answer about a principal: policies that we were not given, open questions.

    Args:
        about: which actions the rule asks about.
    """
    for unseen in unseen_of(principal):
        yield Doubt(rule, principal.id, unseen.reason, principal.at)
    for grant in grants:
        for reach in grant.reaches:
            if not reach.certain and any(about(action) for action in reach.actions):
                yield Doubt(rule, principal.id, reach.doubt, grant.place(reach.actions))


def gather(grants: Iterable[Grant]) -> Iterator[tuple[Grant, ...]]:
    """Grants, one by one; those of a statement that reaches into very many services come together."""
    known = tuple(grants)
    beyond: dict[int, list[Grant]] = {}
    for one in known:
        if not one.resource:
            beyond.setdefault(id(one.statement), []).append(one)
    for one in known:
        together = beyond.get(id(one.statement), []) if not one.resource else [one]
        if len(together) <= MANY_SERVICES:
            yield (one,)
        elif one is together[0]:
            yield tuple(together)


MANY_SERVICES = 5
"""How many services of one statement are reported one by one."""


def name_place(grants: tuple[Grant, ...]) -> str:
    """What grants are about: a resource, what else a service holds, or very many services."""
    first = grants[0]
    if len(grants) > 1:
        return f"{len(grants)} services, anywhere in the account"
    return f"`{first.resource}`" if first.resource else f"{first.service}, anywhere in the account"


def name_actions(actions: Iterable[Action], most: int = 3) -> str:
    """A few actions by name, and how many more."""
    known = tuple(actions)
    named = ", ".join(str(one) for one in known[:most])
    return named if len(known) <= most else f"{named} and {len(known) - most} more"


# ── loading ──────────────────────────────────────────────────────────────────────────────────────────────


def rules_folder() -> Path:
    """Where the rules are: in an installed package beside the code, in a checkout beside the package."""
    inside = Path(__file__).parent / "_rules"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "rules"


def load_rules(*folders: Path) -> tuple[Rule, ...]:
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


def _load_rule(path: Path) -> Rule:
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
