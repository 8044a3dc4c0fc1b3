"""How far power reaches: over the services that there are, over one whole service, over whatever is not named."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from grantgraph.catalog import AccessLevel, Action, Catalog
from grantgraph.evaluate.statement import match_actions
from grantgraph.grants import CHANGING
from grantgraph.model import Environment, Principal, PrincipalType, Resource
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Effect, Policy, PrincipalKind, Statement
from grantgraph.policy.pattern import Match, Wild
from grantgraph.prove import Formula, either, heads_of, resource_matches
from grantgraph.prove.glob import Glob, Run
from grantgraph.standing import VISITORS
from grantgraph.text import Text, Unknown, text, unknowns_in

_MANAGING = (AccessLevel.PERMISSIONS_MANAGEMENT, AccessLevel.WRITE)
STRANGE = "any-other-7f3c"
"""A name that no policy spells: whoever can use it can use any name."""


def services_that_run_as(role: Principal) -> frozenset[Text]:
    """The services that a role's trust policy lets in, whatever else it asks of them."""
    statements = role.trust.statements if role.trust is not None else ()
    return frozenset(
        member.value
        for statement in statements
        if statement.effect is Effect.ALLOW and statement.principals is not None
        for member in statement.principals.members
        if member.kind is PrincipalKind.SERVICE
    )


_LINKED = ":role/aws-service-role/"


def runs_code(principal: Principal) -> bool:
    """Whether a service acts as this principal for the application, whose code does what it is allowed.

    As a role that AWS linked to a service, that service acts for itself.
    """
    if principal.type in VISITORS or principal.type is PrincipalType.USER or _LINKED in str(principal.arn):
        return False
    return principal.type is PrincipalType.FUNCTION or bool(services_that_run_as(principal))


@cache
def one_of_each_service(catalog: Catalog) -> Mapping[str, Action]:
    """For each service that has one, an action that manages something or who has access to it."""
    found: dict[str, Action] = {}
    for service in catalog.services():
        known = (one for one in catalog.actions(service) if one.access_level in _MANAGING)
        first = next(known, None)
        if first is not None:
            found[service] = first
    return found


def may_span(statements: Iterable[Statement], services: int) -> bool:
    """Whether statements may name actions of this many services."""
    named: set[str] = set()
    for one in statements:
        if one.actions.negated or one.actions.is_open or "*" in one.actions.by_service:
            return True
        named |= set(one.actions.by_service)
    return len(named) >= services


def services_in(statement: Statement) -> frozenset[str]:
    """The services that a statement names, by its actions, and by its resources where they are ARNs."""
    by_actions = {one for one in statement.actions.by_service if one != "*"}
    fields = [head.split(":", 3) for head in heads_of(statement.resources)]
    return frozenset(by_actions | {one[2] for one in fields if len(one) == 4 and one[2]})


@cache
def changing_actions(catalog: Catalog, service: str) -> tuple[Action, ...]:
    """The actions of a service that change something which policies can name."""
    known = catalog.actions(service)
    return tuple(one for one in known if one.access_level in CHANGING and one.resource_types)


def services_mostly_named(
    statements: Iterable[Statement], environment: Environment, catalog: Catalog
) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    """The services of which statements name at least half of what changes something, whatever it is called.

    Each with the statements that do. This is a look at what they say: what they allow is the prover's to tell.
    """
    known = tuple(statements)
    for service in sorted({name for one in known for name in services_in(one)}):
        own = [one for one in known if _names_many(one, service)]
        examples = _strangers(service, environment, catalog) if own else ()
        wide = tuple(one for one in own if _may_cover(one, examples, environment))
        changing = changing_actions(catalog, service) if wide else ()
        named = [
            action
            for action in changing
            if any(match_actions(one.actions, str(action)) is not Match.NO for one in wide)
        ]
        if changing and 2 * len(named) >= len(changing):
            yield service, wide


def _names_many(statement: Statement, service: str) -> bool:
    """Whether a statement may name more actions of a service than it has entries, or has very many entries."""
    own = statement.actions.about(service)
    wild = any(not isinstance(part, str) for one in own for part in one.name.parts)
    return statement.actions.negated or wild or len(own) > _FEW


_FEW = 4
_RESOURCE_TAG = "tag/"


def _may_cover(statement: Statement, examples: Iterable[Text], environment: Environment) -> bool:
    """Whether a statement may be about some of these resources, and asks for none of their tags."""
    if any(_RESOURCE_TAG in one.key for one in statement.conditions):
        return False
    if statement.resources.negated:
        return True
    patterns = [one for one in statement.resources.patterns if not _is_somebodys(one, environment)]
    return any(one.match_resource(example) is not Match.NO for one in patterns for example in examples)


def _is_somebodys(pattern: ArnPattern, environment: Environment) -> bool:
    """Whether a pattern holds a name that is not known: the one of some resource, whichever that is."""
    where = [*map(unknowns_in, (environment.partition, environment.region, environment.account))]
    known = {one for each in where for one in each}
    return any(isinstance(part, Unknown) and part not in known for part in pattern.pattern.parts)


def _strangers(service: str, environment: Environment, catalog: Catalog) -> tuple[Text, ...]:
    """A resource of each type of a service, of a name that no policy spells."""
    where = {"Partition": environment.partition, "Region": environment.region, "Account": environment.account}
    found: dict[Text, None] = {}
    for type in catalog.resource_types(service) if service in catalog.services() else ():
        for template in type.arns:
            pieces = _PLACEHOLDER.split(template)
            found[text(where.get(one, STRANGE) if at % 2 else one for at, one in enumerate(pieces))] = None
    return tuple(found)


_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def with_only(statements: Collection[Statement], policy: Policy) -> Policy:
    """A policy that allows by some statements only, and denies all that it denies."""
    kept = [one for one in policy.statements if one.effect is Effect.DENY or one in statements]
    return replace(policy, statements=tuple(kept), unseen=())


def whatever_it_is_called() -> Formula:
    """Resources of a name that no policy spells."""
    fields: Glob = (*"arn:", Run(":"), ":", Run(":"), ":", Run(":"), ":", Run(":"), ":")
    return either(
        *(resource_matches((*fields, *before, *STRANGE, Run())) for before in ((), (Run(), "/"), (Run(), ":")))
    )


def begun_by(statement: Statement, resources: Iterable[Resource]) -> Iterator[Resource]:
    """The resources whose whole ARNs entries of a statement begin with, and go on with a wildcard at once."""
    begun = {_before_wildcard(one) for one in statement.resources.patterns if not statement.resources.negated}
    return (one for one in resources if one.arn in begun)


def _before_wildcard(pattern: ArnPattern) -> Text:
    """What stands before the first wildcard of a pattern; nothing where it has none."""
    parts = pattern.pattern.parts
    at = next((at for at, part in enumerate(parts) if isinstance(part, Wild)), 0)
    return text(part for part in parts[:at] if isinstance(part, str | Unknown))
