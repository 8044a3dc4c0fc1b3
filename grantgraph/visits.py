"""How visitors come in through identity pools, and which role each gets (rules 133 to 151)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grantgraph.catalog import Catalog
from grantgraph.model import Application, IdentityPool, RoleChoice
from grantgraph.prove import Answer, Proved
from grantgraph.text import Unknown
from grantgraph.trusting import visitors_cannot_assume


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody comes in through a pool (`role` is ""), or the pool gives its visitors a role.

    `guests` says whether it is about visitors who do not sign in; `barred` answers whether the role's trust policy
    lets none of them in, None where it says nothing that is known.
    """

    start: str
    pool: str
    role: str
    how: str
    guests: bool
    barred: Answer | None = None


def visits(application: Application, catalog: Catalog) -> Iterator[Visit]:
    """Every way into a pool, and every role that its visitors get or may choose."""
    for pool in application.pools:
        yield from _ways_in(pool)
        yield from _roles(application, pool, catalog)
        yield from _chosen(application, pool, catalog)


def _ways_in(pool: IdentityPool) -> Iterator[Visit]:
    if pool.allows_guests is not False:
        known = not isinstance(pool.allows_guests, Unknown)
        yield Visit("anyone", pool.id, "", "comes in as a guest" if known else "may come in as a guest", True)
    for provider in pool.providers:
        yield Visit(f"holders of a token of {provider}", pool.id, "", "sign in", False)


def _roles(application: Application, pool: IdentityPool, catalog: Catalog) -> Iterator[Visit]:
    """The default roles, and those that mappings choose; who is not let in by a role's trust policy gets none."""
    told: list[tuple[str, str, bool]] = []
    if pool.unauthenticated and pool.allows_guests is not False:
        told.append((pool.unauthenticated, "gives guests", True))
    if pool.authenticated:
        rest = " whom no mapping gives another" if pool.choices else ""
        told.append((pool.authenticated, f"gives signed-in visitors{rest}", False))
    told += [(one.role, _choice(one), False) for one in pool.choices if one.role]
    known = {role for role, _, _ in told}
    told += [(role, "may give signed-in visitors", False) for role in pool.mapped if role not in known]
    for role, words, guests in told:
        barred = _barred(application, pool, role, guests, catalog)
        but = ", whom its trust policy does not let in" if isinstance(barred, Proved) else ""
        yield Visit("", pool.id, role, words + but, guests, barred)


def _choice(choice: RoleChoice) -> str:
    if not choice.claim:
        return f"gives visitors of {choice.provider} whose token names it"
    return f"gives visitors of {choice.provider} whose `{choice.claim}` {choice.match} `{choice.value}`"


def _barred(
    application: Application, pool: IdentityPool, role: str, guests: bool, catalog: Catalog
) -> Answer | None:
    principal = application.principal(role)
    if principal is None or principal.trust is None:
        return None
    return visitors_cannot_assume(principal, pool.id_value, catalog, guests=guests)


def _chosen(application: Application, pool: IdentityPool, catalog: Catalog) -> Iterator[Visit]:
    """With the classic flow, visitors choose any role whose trust policy lets them in (rule 137)."""
    if pool.allows_classic_flow is False:
        return
    for principal in application.principals:
        for guests in (True, False) if pool.allows_guests is not False else (False,):
            if principal.trust is not None:
                answer = visitors_cannot_assume(principal, pool.id_value, catalog, guests=guests)
                if not isinstance(answer, Proved):
                    whose = "guests" if guests else "signed-in visitors"
                    yield Visit(
                        "", pool.id, principal.id, f"lets {whose} choose, by the classic flow,", guests, answer
                    )
