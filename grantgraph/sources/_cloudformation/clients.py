"""App clients of user pools, and what their users may change of themselves."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.model import Client
from grantgraph.node import Node
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import USER_POOL, USER_POOL_CLIENT
from grantgraph.text import Unknown, split_text

STANDARD = frozenset(
    {
        "address",
        "birthdate",
        "email",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "phone_number",
        "picture",
        "preferred_username",
        "profile",
        "updated_at",
        "website",
        "zoneinfo",
    }
)
"""What a client may write that lists nothing: the standard attributes (Cognito, UserPoolClientType)."""


def read_clients(assembly: Assembly) -> Iterator[Client]:
    """Every client of a user pool that is in the input."""
    for one in assembly.of(USER_POOL_CLIENT):
        users = assembly.find(assembly.text(one, "UserPoolId"), USER_POOL)
        if users is None:
            continue
        assembly.understood(one)
        writes, unsure = _written(assembly, one, users)
        yield Client(one.id, split_text(assembly.names.ref(one), "/")[-1], users.id, writes, unsure, one.at)


def _written(assembly: Assembly, one: Declared, users: Declared) -> tuple[frozenset[str], frozenset[str]]:
    """The attributes that users set themselves through a client, and those of which that is not known.

    What cannot be changed later is set once, at sign-up: by the users, where they sign themselves up.
    """
    schema = assembly.property(users, "Schema")
    mutable = dict(_custom(schema))
    listed = assembly.property(one, "WriteAttributes")
    if any(node is not None and isinstance(node.value, Unknown) for node in (schema, listed)):
        return frozenset(), STANDARD | frozenset(mutable)
    if listed is not None:
        known, open = (
            frozenset(str(value) for value, _ in assembly.texts(listed, "an attribute")),
            frozenset[str](),
        )
    else:  # pages of AWS disagree on whether that holds for custom attributes
        known, open = STANDARD, frozenset(mutable) - STANDARD
    fixed = frozenset(name for name, may_change in mutable.items() if not may_change)
    signs_up = _sign_themselves_up(assembly, users)
    later = known - fixed
    if signs_up is None:
        return later - open, known & fixed | open
    return (known if signs_up else later) - open, open if signs_up else open - fixed


def _sign_themselves_up(assembly: Assembly, users: Declared) -> bool | None:
    """Whether users make their accounts themselves; None where that is not known."""
    config = assembly.property(users, "AdminCreateUserConfig")
    only = config.get("AllowAdminCreateUserOnly") if config else None
    if any(node is not None and isinstance(node.value, Unknown) for node in (config, only)):
        return None
    return only is None or str(only.as_text()).lower() != "true"


def _custom(schema: Node | None) -> Iterator[tuple[str, bool]]:
    """The attributes of a pool's schema, and whether they can be changed."""
    for one in schema.items if schema else ():
        name, mutable = one.get("Name"), one.get("Mutable")
        spelled = (name.as_str() if name else None) or ""
        if spelled:
            own = spelled if spelled in STANDARD or spelled.startswith("custom:") else f"custom:{spelled}"
            yield own, mutable is None or str(mutable.as_text()).lower() != "false"
