"""Who comes in through identity pools, and which roles it gets."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph import trusting
from grantgraph.model import IdentityPool, Principal, PrincipalType
from grantgraph.permissions.core import Core
from grantgraph.policy.document import Effect, Operator, PrincipalKind, Statement
from grantgraph.problems import Location
from grantgraph.prove import (
    Answer,
    Proved,
    Refuted,
)
from grantgraph.text import Text

_EXACT = (Operator.STRING_EQUALS, Operator.STRING_LIKE)
_WILD = set("*?")


def _given(pool: IdentityPool) -> tuple[str, ...]:
    return (pool.authenticated, pool.unauthenticated, *pool.mapped)


def _trusts_pools(statement: Statement) -> bool:
    members = statement.principals.members if statement.principals is not None else ()
    federated = any(one.kind is PrincipalKind.FEDERATED and one.value == trusting.PROVIDER for one in members)
    return federated and statement.effect is Effect.ALLOW


def _audiences(role: Principal) -> Iterator[Text]:
    """The pools that a trust policy names, one by one."""
    for statement in role.trust.statements if role.trust is not None else ():
        for condition in statement.conditions if statement.effect is Effect.ALLOW else ():
            if condition.key == trusting.AUD and condition.operator in _EXACT:
                yield from (value for value in condition.spelled_values if value and not _WILD & set(str(value)))


class AboutPools(Core):
    """Who comes in through identity pools, and which roles it gets."""

    def visitors_of(self, pool: IdentityPool) -> Iterator[Principal]:
        """The roles of a pool's signed-in visitors."""
        types = (PrincipalType.AUTHENTICATED, PrincipalType.MAPPED)
        return (one for one in self.principals(*types) if one.pool == pool.id)

    def signed_in_roles(self, pool: IdentityPool) -> Iterator[Principal]:
        """The roles that a pool gives to signed-in visitors only, with their trust policies."""
        for id in dict.fromkeys((pool.authenticated, *pool.mapped)):
            role = self.application.principal(id) if id != pool.unauthenticated else None
            if role is not None and role.trust is not None:
                self.asked.add(role.id)
                yield role

    def visited_roles(self) -> Iterator[tuple[Principal, tuple[Text, ...]]]:
        """The roles that trust identity pools, each with the ids of the pools that give it out."""
        for role in self.application.principals:
            if role.trust is not None and any(map(_trusts_pools, role.trust.statements)):
                self.asked.add(role.id)
                given = (one for one in self.application.pools if role.id in _given(one))
                yield role, tuple(one.id_value for one in given)

    def visitors_cannot_assume(self, role: Principal, pool: IdentityPool, *, guests: bool) -> Answer:
        """No visitor of a pool can assume a role; `guests` those who do not sign in."""
        if guests and pool.allows_guests is False:
            return Proved()
        return trusting.visitors_cannot_assume(role, pool.id_value, self.catalog, guests=guests)

    def others_cannot_assume(self, role: Principal, pools: tuple[Text, ...]) -> Answer:
        """No visitor of any other pool can assume a role; one that no pool gives out may name its pools itself."""
        named = pools or tuple(dict.fromkeys(_audiences(role)))
        return trusting.others_cannot_assume(role, named, self.catalog)

    def strangers_to_amr_cannot_assume(self, role: Principal, pool: IdentityPool) -> Answer:
        """No token that leaves `amr` out can assume a role."""
        return trusting.strangers_to_amr_cannot_assume(role, pool.id_value, self.catalog)

    def trust_place(self, role: Principal, witness: Refuted) -> Location:
        """Where a trust policy lets the witness in."""
        return next((reason.statement.at for reason in witness.verdict.because), role.at)
