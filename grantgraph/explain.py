"""What one role can really do, why, from where, and who can assume it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from grantgraph.catalog import Catalog
from grantgraph.grants import Grant, grants_of, unseen_of
from grantgraph.model import Application, EntryPoint, Principal, Resource, RoleChoice
from grantgraph.policy.document import Condition, Effect, PrincipalKind, Statement
from grantgraph.problems import Location, UsageError, did_you_mean


@dataclass(frozen=True, slots=True)
class TrustedBy:
    """Somebody who may assume the role, under which conditions."""

    who: str
    how: str
    conditions: tuple[Condition, ...]
    at: Location


@dataclass(frozen=True, slots=True)
class DeadStatement:
    """An Allow statement that no request can use: it names actions that its resources do not know."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is known of one principal."""

    application: Application
    catalog: str
    principal: Principal
    trusted_by: tuple[TrustedBy, ...]
    grants: tuple[Grant, ...]
    dead: tuple[DeadStatement, ...]
    unseen: tuple[str, ...]
    entry_points: tuple[EntryPoint, ...]
    choices: tuple[RoleChoice, ...] = ()


def find_principal(application: Application, name: str) -> Principal:
    """The principal of an id, of a name, or of a kind that only one has (`authenticated`).

    Raises:
        UsageError: there is none, or more than one; the help names them.
    """
    exact = application.principal(name)
    if exact is not None:
        return exact
    known = {one.id: one for one in application.principals}
    by_kind = [one for one in known.values() if one.type.value.rpartition(":")[2] == name.lower()]
    by_arn = [one for one in known.values() if name in (str(one.arn), str(one.arn).rpartition("/")[2])]
    by_start = [one for one in known.values() if one.id.lower().startswith(name.lower())]
    for found in (by_kind, by_arn, by_start):
        if len(found) == 1:
            return found[0]
        if found:
            named = ", ".join(f"`{one.id}`" for one in found)
            raise UsageError(f"`{name}` may be any of {len(found)} principals", f"name one: {named}")
    if not known:
        raise UsageError(f"`{application.source}` has no principals")
    raise UsageError(f"there is no principal `{name}`", did_you_mean(name, known))


def find_resource(application: Application, name: str) -> Resource:
    """The resource of an id, which may leave out the hash that CDK puts behind ids.

    Raises:
        UsageError: there is none, or more than one; the help names them.
    """
    exact = application.resource(name)
    if exact is not None:
        return exact
    hashed = [one for one in application.resources if re.fullmatch(re.escape(name) + "[0-9A-F]{8}", one.id)]
    if len(hashed) == 1:
        return hashed[0]
    if hashed:
        named = ", ".join(f"`{one.id}`" for one in hashed)
        raise UsageError(f"`{name}` may be any of {len(hashed)} resources", f"name one: {named}")
    known = [one.id for one in application.resources]
    raise UsageError(f"there is no resource `{name}`", did_you_mean(name, known) or "name an ARN, or a resource")


def only_principal(application: Application) -> Principal:
    """The principal of an application that has just one, such as a policy document.

    Raises:
        UsageError: there are none, or several.
    """
    if not application.principals:
        raise UsageError(f"`{application.source}` has no principals")
    if len(application.principals) != 1:
        named = ", ".join(f"`{one.id}`" for one in application.principals)
        raise UsageError(
            f"`{application.source}` has {len(application.principals)} principals", f"name one: {named}"
        )
    return application.principals[0]


def explain_role(application: Application, principal: Principal, catalog: Catalog) -> Explanation:
    """What a principal can do: every grant is shown by a request that the evaluator allows."""
    grants = tuple(grants_of(application, principal, catalog))
    used = [grant.statement for grant in grants]
    dead = tuple(
        DeadStatement(statement)
        for policy in principal.policies
        for statement in policy.statements
        if statement.effect is Effect.ALLOW and not any(statement is one for one in used)
    )
    functions = {one.id for one in application.resources if one.attributes.get("runs_as") == principal.id}
    return Explanation(
        application,
        catalog.date,
        principal,
        tuple(_trusted_by(principal)),
        grants,
        dead,
        (*sorted({one.reason or str(one) for one in unseen_of(principal)}), *application.caveats),
        tuple(one for one in application.entry_points if one.target in functions or one.runs_as == principal.id),
        tuple(one for pool in application.pools for one in pool.choices if one.role == principal.id),
    )


def _trusted_by(principal: Principal) -> Iterator[TrustedBy]:
    for statement in principal.trust.statements if principal.trust is not None else ():
        if statement.effect is not Effect.ALLOW or statement.principals is None:
            continue
        how = ", ".join(pattern.spelled for pattern in statement.actions.patterns)
        for member in statement.principals.members:
            anyone = member.kind is PrincipalKind.EVERYONE or member.value == "*"
            who = "any AWS account" if anyone else str(member.value)
            prefix = "everyone except " if statement.principals.negated else ""
            yield TrustedBy(prefix + who, how, statement.conditions, statement.at)
