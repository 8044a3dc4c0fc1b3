"""App clients of user pools, and what their users may change of themselves."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.model import Client
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import USER_POOL
from grantgraph.text import Unknown

CLIENT = "AWS::Cognito::UserPoolClient"
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
    for one in assembly.of(CLIENT):
        users = assembly.find(assembly.text(one, "UserPoolId"), USER_POOL)
        if users is None:
            continue
        assembly.understood(one)
        mutable = dict(_custom(assembly, users))
        fixed = {name for name, may_change in mutable.items() if not may_change}
        listed = assembly.property(one, "WriteAttributes")
        if listed is not None and isinstance(listed.value, Unknown):
            writes, unsure = frozenset[str](), STANDARD | frozenset(mutable)
        elif listed is not None:
            known = {str(value) for value, _ in assembly.texts(listed, "an attribute")}
            writes, unsure = frozenset(known - fixed), frozenset[str]()
        else:  # pages of AWS disagree on whether that holds for custom attributes
            writes, unsure = STANDARD - fixed, frozenset(mutable) - fixed
        yield Client(one.id, assembly.names.ref(one), users.id, writes, unsure, one.at)


def _custom(assembly: Assembly, users: Declared) -> Iterator[tuple[str, bool]]:
    """The attributes of a pool's schema, and whether they can be changed."""
    schema = assembly.property(users, "Schema")
    for one in schema.items if schema else ():
        name, mutable = one.get("Name"), one.get("Mutable")
        spelled = (name.as_str() if name else None) or ""
        if spelled:
            own = spelled if spelled in STANDARD or spelled.startswith("custom:") else f"custom:{spelled}"
            yield own, mutable is None or str(mutable.as_text()).lower() != "false"
