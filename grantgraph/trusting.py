"""Whom a role's trust policy lets in: questions over every token that an identity pool could hand out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import Caller, CallerKind
from grantgraph.model import Principal
from grantgraph.policy.document import PolicySet
from grantgraph.problems import bug
from grantgraph.prove import (
    EVERYWHERE,
    Answer,
    Dimension,
    Formula,
    Standing,
    Target,
    Undecided,
    at_or_under,
    carried,
    conjunction,
    equal_to,
    negation,
    never,
    session_of,
)
from grantgraph.prove.glob import literal_glob
from grantgraph.text import Text

PROVIDER = "cognito-identity.amazonaws.com"
AUD, AMR, SUB = (f"{PROVIDER}:{name}" for name in ("aud", "amr", "sub"))
ASSUME_ROLE = "sts:AssumeRole"
ASSUME = "sts:AssumeRoleWithWebIdentity"
SOMEBODY_ELSES = "us-east-1:5d1f0c2e-0000-4000-8000-3b9a7c6d5e4f"
"""The id of a pool as a witness shows it."""


def visitors_cannot_assume(
    role: Principal, pool: Text, catalog: Catalog, *, guests: bool, provider: Text = ""
) -> Answer:
    """No visitor of an identity pool can assume the role: refuted by the token of one who can (133 to 136).

    Args:
        guests: whether those are meant who do not sign in.
        provider: one through which visitors sign in; "" for any.
    """
    word = "unauthenticated" if guests else "authenticated"
    members = (word, provider) if provider and not guests else (word,)
    domain = tuple(map(literal_glob, members)) if guests else ()
    other = () if guests else (literal_glob("unauthenticated"),)
    amr = Dimension(AMR, multivalued=True, may_be_absent=False, domain=domain, members=members, apart_from=other)
    return _no_token(role, catalog, (_audience(pool), amr, _SUB), conjunction([equal_to(AUD, pool), carried(AMR)]))


def others_cannot_assume(role: Principal, pools: Iterable[Text], catalog: Catalog) -> Answer:
    """No visitor of any other identity pool can assume the role (135)."""
    amr = Dimension(AMR, multivalued=True, may_be_absent=False)
    aud = Dimension(AUD, may_be_absent=False, preferred=lambda: (literal_glob(SOMEBODY_ELSES),))
    other = conjunction([carried(AUD), *(negation(equal_to(AUD, pool)) for pool in pools)])
    return _no_token(role, catalog, (aud, amr, _SUB), other)


def strangers_to_amr_cannot_assume(role: Principal, pool: Text, catalog: Catalog) -> Answer:
    """No token that says nothing of how its holder signed in can assume the role (136)."""
    amr = Dimension(AMR, multivalued=True)
    other = conjunction([equal_to(AUD, pool), negation(carried(AMR))])
    return _no_token(role, catalog, (_audience(pool), amr, _SUB), other)


def cannot_assume(standing: Standing, role: Principal, account: Text, catalog: Catalog) -> Answer:
    """A caller can never assume the role: its own policies and the role's trust policy decide together (119)."""
    if role.trust is None:
        return Undecided(f"who may assume `{role.id}` is not in the input")
    at_role = replace(standing, targets=(Target(role.arn, role.trust, account),))
    assume = [one for one in map(catalog.action, (ASSUME_ROLE,)) if one is not None]
    return never(at_role, assume, catalog, at_or_under(role.arn))


_SUB = Dimension(SUB, may_be_absent=False)


def _audience(pool: Text) -> Dimension:
    return Dimension(AUD, may_be_absent=False, domain=(literal_glob(pool),))


def _no_token(
    role: Principal, catalog: Catalog, keys: tuple[Dimension, ...], region: Formula = EVERYWHERE
) -> Answer:
    caller = Caller(CallerKind.WEB_IDENTITY, PROVIDER)
    standing = Standing(session_of(caller, keys), PolicySet(resource_based=role.trust))
    return never(standing, [_assume(catalog)], catalog, conjunction([at_or_under(role.arn), region]))


@cache
def _assume(catalog: Catalog) -> Action:
    action = catalog.action(ASSUME)
    return action if action is not None else bug(f"the catalog does not know {ASSUME}")
