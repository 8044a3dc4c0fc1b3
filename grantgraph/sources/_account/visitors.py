"""Roles of identity pools that the file does not hold: their trust policies say whose visitors get them.

What the AWS CLI prints has no pools, and a pool may be in a region, or in an account, that was not read. A role
that lets the visitors of such a pool in is read as theirs; which of them really get it, only the pool says.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from grantgraph.evaluate import ContextValue, Decision, Request, decide, parse_caller
from grantgraph.node import Node
from grantgraph.policy.document import Policy, PolicySet, PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.problems import Problems
from grantgraph.sources._account.document import Saved
from grantgraph.sources._account.identities import ROLE, Draft
from grantgraph.text import Unknown

PROVIDERS = ("cognito-identity.amazonaws.com", "cognito-identity-us-gov.amazonaws.com")
NO_POOL = "nowhere-0:00000000-0000-0000-0000-000000000000"
"""The id of no pool: what lets in its visitors lets in those of any."""
_WILD = re.compile(r"[*?]|\$\{[^}]*\}")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]+")
POOL, ROLES = "AWS::Cognito::IdentityPool", "AWS::Cognito::IdentityPoolRoleAttachment"
_ASSUME = "sts:AssumeRoleWithWebIdentity"
ANY_POOL = Unknown("any identity pool", "the trust policy names no identity pool: any in the world will do")


@dataclass(frozen=True, slots=True)
class Visited:
    """A role that a pool's visitors can get; `pool` is Unknown where any pool will do."""

    role: Draft
    pool: str | Unknown
    guests: bool


def roles_of_visitors(saved: Saved, drafts: Iterable[Draft], problems: Problems) -> list[Draft]:
    """The pools that roles trust, and that are not in the file or do not tell their roles, with these roles."""
    known = tuple(drafts)
    pools = {one.name for one in known if one.type == POOL}
    silent = {one.name for one in saved.resources if one.type == ROLES and one.unread}
    found: dict[str | Unknown, list[Visited]] = {}
    for visited in visited_roles(known, pools - silent):
        found.setdefault(visited.pool, []).append(visited)
    made = []
    for pool, members in found.items():
        if isinstance(pool, str) and pool not in pools:
            made.append(_missing_pool(pool, members, problems))
        made += [_attachment(one) for one in members]
    for one in found.get(ANY_POOL, ()):
        message = (
            f"`{one.role.name}` lets in the visitors of any identity pool in the world: it is read as guests'"
        )
        problems.unmodelled(one.role.at, "any-pool", message, "have its trust policy name the pool as `aud`")
    return made


def _missing_pool(pool: str, members: list[Visited], problems: Problems) -> Draft:
    at = members[0].role.at
    named = ", ".join(f"`{one.role.name}`" for one in members[:3]) + (", ..." if len(members) > 3 else "")
    message = (
        f"the identity pool `{pool}` is not in the file: every role that trusts it is read as its own: {named}"
    )
    problems.unmodelled(at, "pool-from-trust", message)
    guests = Unknown(f"guests of {pool}", f"whether `{pool}` lets guests in is not in the file")
    region = pool.partition(":")[0]
    properties = {"AllowUnauthenticatedIdentities": Node(guests, at)}
    return Draft(POOL, pool, properties, at, region if _REGION.fullmatch(region) else "")


def _attachment(visited: Visited) -> Draft:
    at = visited.role.at
    kind = "unauthenticated" if visited.guests else "authenticated"
    properties = {
        "IdentityPoolId": Node(visited.pool, at),
        "Roles": Node({kind: Node(visited.role.arn, at)}, at),
    }
    return Draft(ROLES, f"{visited.pool} {visited.role.name}", properties, at, id=f"trust of {visited.role.name}")


def visited_roles(drafts: Iterable[Draft], known: Container[str]) -> Iterator[Visited]:
    """The roles that let in visitors of pools besides the known ones, once for each pool."""
    for draft in drafts:
        if draft.type == ROLE:
            trust = draft.properties["AssumeRolePolicyDocument"]
            if any(isinstance(one.value, str) and _may_concern(one.value) for one in trust.walk()):
                yield from _visitors(draft, parse_policy(trust, PolicyType.TRUST, draft.name).value, known)


def _may_concern(value: str) -> bool:
    return value in PROVIDERS or value == "*"


def _visitors(role: Draft, trust: Policy, known: Container[str]) -> Iterator[Visited]:
    for provider in PROVIDERS:
        named = list(_audiences(trust, f"{provider}:aud"))
        patterns = [one for one in named if _WILD.search(one)]
        for pool in dict.fromkeys(named):
            if pool not in known and pool not in patterns:
                yield from _visited(role, trust, provider, pool, pool)
        strange = (NO_POOL, *(_WILD.sub("x", one) for one in patterns))
        if any(list(_visited(role, trust, provider, spelled, ANY_POOL)) for spelled in strange):
            yield Visited(role, ANY_POOL, guests=True)  # whoever likes makes a pool, and signs in there
            return


def _visited(role: Draft, trust: Policy, provider: str, spelled: str, pool: str | Unknown) -> Iterator[Visited]:
    """The role as one of a pool, if it lets in the visitors of a pool that is spelled so."""
    guests = _lets_in(role, trust, provider, spelled, ("unauthenticated",))
    if guests or _lets_in(role, trust, provider, spelled, Unknown("amr", "who signed in is not known")):
        yield Visited(role, pool, guests)


def _audiences(trust: Policy, key: str) -> Iterator[str]:
    """The pools that a trust policy names, or how it spells several."""
    for statement in trust.statements:
        for condition in statement.conditions:
            if condition.key.lower() == key:
                yield from (value for value in condition.spelled_values if isinstance(value, str))


def _lets_in(role: Draft, trust: Policy, provider: str, pool: str, amr: ContextValue) -> bool:
    """Whether a visitor may get the role, whatever else its request carries."""
    open: dict[str, ContextValue] = {
        condition.key.lower(): Unknown(condition.key, "what else a request carries is not known")
        for statement in trust.statements
        for condition in statement.conditions
    }
    open[f"{provider}:sub"] = Unknown("sub", "the identity is not known")
    open[f"{provider}:aud"] = pool
    open[f"{provider}:amr"] = amr
    request = Request(parse_caller(provider), _ASSUME, role.arn, open)
    verdict = decide(request, PolicySet(resource_based=trust))
    return verdict.decision in (Decision.ALLOWED, Decision.UNKNOWN)
