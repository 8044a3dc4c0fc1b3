"""Ways to more power in one step, and which of them are open to a principal."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

from grantgraph.catalog import Action, Catalog
from grantgraph.model import Application, Principal
from grantgraph.node import node_of
from grantgraph.policy.document import PolicyType, Statement
from grantgraph.policy.parse import parse_policy
from grantgraph.powers import STRANGE, services_that_run_as, whatever_it_is_called
from grantgraph.prove import (
    EVERYWHERE,
    Formula,
    Reach,
    Refuted,
    Standing,
    Target,
    at_or_under,
    conjunction,
    equal_to,
    negation,
    reaches,
)
from grantgraph.statements import names_one
from grantgraph.text import text

PASSING = "iam:PassRole"
ASSUMING = "sts:AssumeRole"


class Kind(StrEnum):
    """What a way does: it gives power, has a service act as a role, or reaches what acts as one already."""

    GRANTS = "grants"
    PASSES = "passes"
    TAKES_OVER = "takes-over"


@dataclass(frozen=True, slots=True)
class Escalation:
    """A way to more power: all the actions that it takes, and in `words` how it goes.

    `to` is the service that a role is passed to, "" where none is.
    """

    id: str
    kind: Kind
    actions: tuple[str, ...]
    to: str
    words: str
    sources: tuple[str, ...]


@cache
def escalations() -> tuple[Escalation, ...]:
    """All the ways that are known, by their ids."""
    document = tomllib.loads((Path(__file__).parent / "escalations.toml").read_text(encoding="utf-8"))
    return tuple(
        Escalation(
            one["id"],
            Kind(one["kind"]),
            tuple(one["actions"]),
            one.get("to", ""),
            one["words"],
            tuple(one["sources"]),
        )
        for one in document["path"]
    )


@dataclass(frozen=True, slots=True)
class Opening:
    """A way that is open: a request for each of its actions, or what it hinges on.

    `assuming` is what the requests take to be so that the input does not say, "" for nothing.
    """

    way: Escalation
    witnesses: tuple[Refuted, ...]
    doubt: str = ""
    assuming: str = ""


def named_ways(statements: Iterable[Statement]) -> frozenset[str]:
    """The actions of all ways that some Allow statements may name."""
    own = [one for one in statements if _may_escalate(one)]
    actions = dict.fromkeys(action for way in escalations() for action in way.actions) if own else ()
    return frozenset(action for action in actions if any(names_one(one, [action]) for one in own))


def open_ways(
    application: Application, principal: Principal, standing: Standing, named: frozenset[str], catalog: Catalog
) -> tuple[Opening, ...]:
    """The ways that are open to a principal, or may be; one that only takes more than another is left out.

    Args:
        named: the actions of the ways that the Allow statements around the principal may name.
    """
    asked: dict[tuple[str, Formula], Reach | None] = {}

    def reach(action: Action, region: Formula) -> Reach | None:
        key = str(action), region
        if key not in asked:
            around = _with_a_trusting_role(standing, application) if str(action) == ASSUMING else standing
            asked[key] = next(reaches(around, [action], catalog, region), None)
        return asked[key]

    found = [
        opening
        for way in (escalations() if named else ())
        if named.issuperset(way.actions)
        if (opening := _opening(way, application, principal, catalog, reach)) is not None
    ]
    sure = [set(one.way.actions) for one in found if not one.doubt]
    return tuple(one for one in found if not any(less < set(one.way.actions) for less in sure))


def _may_escalate(statement: Statement) -> bool:
    actions = statement.actions
    return actions.negated or actions.is_open or not _services().isdisjoint({*actions.by_service})


@cache
def _services() -> frozenset[str]:
    """The services of which a way can take one action alone, or the one that passes roles."""
    alone = (one.actions[0].partition(":")[0] for one in escalations() if len(one.actions) == 1)
    without = (one.partition(":")[0] for way in escalations() if PASSING not in way.actions for one in way.actions)
    return frozenset({"*", "iam", *alone, *without})


def _opening(
    way: Escalation,
    application: Application,
    principal: Principal,
    catalog: Catalog,
    reach: Callable[[Action, Formula], Reach | None],
) -> Opening | None:
    witnesses: list[Refuted] = []
    doubt = ""
    for name in way.actions:
        action = catalog.action(name)
        found = reach(action, _where(way, name, application, principal)) if action is not None else None
        if found is None:
            return None
        doubt = doubt or found.doubt
        witnesses += found.witnesses[:1]
    assuming = "the role trusts the account, as its own policy says" if ASSUMING in way.actions else ""
    return Opening(way, () if doubt else tuple(witnesses), doubt, assuming)


def _with_a_trusting_role(standing: Standing, application: Application) -> Standing:
    """A standing with one more role around it: of any other name, and with a trust in the whole account."""
    environment = application.environment
    arn = text(("arn:", environment.partition, ":iam::", environment.account, f":role/{STRANGE}"))
    root = text(("arn:", environment.partition, ":iam::", environment.account, ":root"))
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": ASSUMING}
    trust = parse_policy(node_of({"Statement": statement}), PolicyType.TRUST, "a trust in the account").value
    return replace(standing, targets=(*standing.targets, Target(arn, trust)))


_OF_ONESELF = frozenset({"iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"})
"""What gives nothing more where it is done to oneself."""


def _where(way: Escalation, action: str, application: Application, principal: Principal) -> Formula:
    """The requests by which an action of a way gains something."""
    if action == PASSING:
        return conjunction(
            [*_other_roles(way.to, application, principal), equal_to("iam:passedtoservice", way.to)]
        )
    if action == ASSUMING:
        return whatever_it_is_called()
    if action in _OF_ONESELF:
        return negation(at_or_under(principal.arn))
    if way.kind is Kind.TAKES_OVER and action.startswith("lambda:Update"):
        own = (one.arn for one in application.resources if one.attributes.get("runs_as") == principal.id)
        return conjunction(negation(at_or_under(arn)) for arn in own)
    return EVERYWHERE


def _other_roles(service: str, application: Application, principal: Principal) -> Iterator[Formula]:
    """All roles but the principal's own, and those that do not trust the service that they are passed to."""
    yield negation(at_or_under(principal.arn))
    for role in application.principals:
        trusted = services_that_run_as(role)
        if role.trust is not None and all(isinstance(one, str) and one != service for one in trusted):
            yield negation(at_or_under(role.arn))
