"""What an identity pool adds to a session: context keys, and the guests' scope-down (rules 133 to 145)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from grantgraph.evaluate.request import ContextValue
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.text import Text, Unknown

PROVIDER = "cognito-identity.amazonaws.com"
GUEST_RULE = Unknown("rule 144", "AWS's pages disagree on whether a guest's session carries the identity id")


def session_context(
    pool: Text, identity: Text, *, guest: bool, providers: tuple[str, ...] = ()
) -> Mapping[str, ContextValue]:
    """The web identity keys of a session that an identity pool made (134, 143 to 145).

    Args:
        pool: the id of the identity pool, which is the audience.
        identity: the identity id, which is `sub`.
        guest: whether nobody signed in; what a guest's later requests carry is contested.
        providers: the login providers of a user, such as the issuer of a user pool.
    """
    amr: tuple[Text, ...] = ("unauthenticated",) if guest else ("authenticated", *providers)
    keys: dict[str, ContextValue] = {f"{PROVIDER}:amr": amr}
    for name, value in (("aud", pool), ("sub", identity)):
        keys[f"{PROVIDER}:{name}"] = GUEST_RULE if guest else value
    return keys


def token_context(
    pool: Text, identity: Text, *, guest: bool, providers: tuple[str, ...] = ()
) -> Mapping[str, ContextValue]:
    """The keys of the token itself, which a trust policy sees: always there, guest or not (133)."""
    return {
        **session_context(pool, identity, guest=guest, providers=providers),
        f"{PROVIDER}:aud": pool,
        f"{PROVIDER}:sub": identity,
    }


def scope_down() -> tuple[Policy, ...]:
    """The session policies that the enhanced flow puts on guests (138 to 140). The classic flow has none."""
    return _read()[1]


def scope_down_date() -> str:
    """When the lists were last read from AWS's pages."""
    return _read()[0]


@lru_cache(maxsize=1)
def _read() -> tuple[str, tuple[Policy, ...]]:
    data: dict[str, Any] = json.loads(files(__package__).joinpath("scope_down.json").read_text(encoding="utf-8"))
    found = []
    for one in data["policies"]:
        statement = {"Effect": "Allow", "Action": one["actions"], "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        found.append(parse_policy(document, PolicyType.SESSION, one["name"]).value)
    return data["date"], tuple(found)
