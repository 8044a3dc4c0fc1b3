"""Placeholders of the model file to policy variables, and which principals have values for them."""

from __future__ import annotations

import re

from grantgraph.model import Need, Principal, PrincipalType
from grantgraph.problems import Problems
from grantgraph.standing import IDENTITY, VISITORS

_TAG = re.compile(r"\{tag:([^{}]*)\}")
OWN = "own"
"""The rows whose partition key is the caller's identity."""


def as_policy_text(value: str) -> str:
    """A value of a scope as a policy writes it."""
    if value == OWN:
        value = "{identity}"
    return _TAG.sub(r"${aws:PrincipalTag/\1}", value.replace("{identity}", "${" + IDENTITY + "}"))


def is_pattern(value: str) -> bool:
    """Whether a value stands for more than itself."""
    return "*" in value or "?" in value


def compare(values: tuple[str, ...]) -> str:
    """The operator that compares with values: patterns need `StringLike`."""
    return "StringLike" if any(map(is_pattern, values)) else "StringEquals"


def callers_have_values(need: Need, principal: Principal, problems: Problems) -> bool:
    """Whether the sessions of a need's principal carry what its placeholders stand for."""
    asking = {"rows": need.scopes.rows, "keys": need.scopes.keys}
    identity = [name for name, ones in asking.items() if any(one == OWN or "{identity}" in one for one in ones)]
    if identity and principal.type not in VISITORS:
        problems.error(
            need.at,
            "no-identity",
            f"`{identity[0]}` asks for the caller's identity, and `{need.who}` has none: "
            "it acts for everyone alike",
            "limit it in its code, or let the users' own role reach the data",
        )
        return False
    if identity and principal.type is PrincipalType.UNAUTHENTICATED:
        problems.note(
            need.at,
            "guest-identity",
            f"AWS does not promise that a guest's requests carry {IDENTITY}: where they do not, this denies",
        )
    tags = {tag for ones in asking.values() for one in ones for tag in _TAG.findall(one)}
    missing = sorted(tags - set(principal.tags))
    for tag in missing:
        where = "`identity_pool: {principal_tags: [...]}`" if principal.type in VISITORS else "`tags: [...]`"
        problems.error(
            need.at,
            "no-tag",
            f"`{{tag:{tag}}}` asks for a tag of the caller's session, and nothing says that `{need.who}` has one",
            f"say it in {where}; without the tag nothing would be allowed",
        )
    return not missing
