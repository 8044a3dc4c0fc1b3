"""What tokens say: which user pool issued them, for which client, and which claims their holders set."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.model import Application, Client, IdentityPool, RoleChoice
from grantgraph.prove.formula import FALSE
from grantgraph.prove.principals import same_name
from grantgraph.text import Text, Unknown, split_text

USERS = "cognito-idp:userpool"


def issuer_in(application: Application, provider: Text) -> str:
    """The id of the user pool that an issuer or provider is, with or without a client; "" for any other."""
    name = split_text(split_text(provider, "/")[-1], ":", 1)[0]
    pools = (one for one in application.resources if one.type == USERS)
    return next((one.id for one in pools if split_text(one.arn, "/")[-1] == name), "")


def clients_of(application: Application, users: str) -> tuple[Client, ...]:
    """The clients of a user pool."""
    return tuple(one for one in application.clients if one.users == users)


def set_by_holders(application: Application, provider: Text, claim: str) -> bool | Unknown:
    """Whether users can say themselves what a claim of their token says, through whichever client (148).

    What other providers let their users say is not known here.
    """
    if claim in _ISSUERS_OWN or claim.startswith("cognito:"):
        return False
    users = issuer_in(application, provider)
    if not users:
        return Unknown(
            f"{claim} of {provider}", f"whether users set `{claim}` at `{provider}` themselves is not known"
        )
    known = clients_of(application, users)
    if any(claim in client.writes for client in known):
        return True
    if any(claim in client.unsure for client in known):
        return Unknown(f"{claim} of {users}", f"whether users of `{users}` may write `{claim}` is not known here")
    return False


_ISSUERS_OWN = frozenset({"amr", "aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "sub", "token_use"})
"""Claims that whoever issues a token says of it, and no user."""


def choices_of_holders(
    application: Application, pool: IdentityPool
) -> Iterator[tuple[RoleChoice, bool | Unknown]]:
    """The ways in which a pool chooses roles by claims, and whether the holders of the tokens set them."""
    for choice in pool.choices:
        if choice.claim:
            yield choice, set_by_holders(application, choice.provider, choice.claim)


def tags_of_holders(application: Application, pool: IdentityPool) -> Iterator[tuple[str, str, bool | Unknown]]:
    """The principal tags of a pool's sessions, the claims that they hold, and whether the holders set these."""
    for tag, claim in pool.tags.items():
        if isinstance(claim, str) and claim:
            told = [set_by_holders(application, provider, claim) for provider in pool.providers]
            unknown = next((one for one in told if isinstance(one, Unknown)), False)
            yield tag, claim, True if any(one is True for one in told) else unknown


def may_be_same(one: Text, other: Text) -> bool:
    """Whether two names may turn out to be one."""
    return same_name(one, other) != FALSE
