"""Cognito identity pools, and the roles that they give to their visitors."""

from __future__ import annotations

from dataclasses import replace

from grantgraph.model import IdentityPool, PrincipalType
from grantgraph.node import Node
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.identities import Roles
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.text import Unknown

POOL = "AWS::Cognito::IdentityPool"
ATTACHMENT = "AWS::Cognito::IdentityPoolRoleAttachment"


def read_pools(assembly: Assembly, roles: Roles) -> tuple[IdentityPool, ...]:
    """The identity pools, each with its role attachment."""
    pools = {}
    for one in assembly.of(POOL):
        assembly.understood(one)
        pools[one.id] = IdentityPool(
            one.id,
            assembly.ref(one),
            _flag(assembly, one, "AllowUnauthenticatedIdentities"),
            _flag(assembly, one, "AllowClassicFlow"),
            at=one.at,
        )
    for one in assembly.of(ATTACHMENT):
        target = assembly.find(assembly.text(one, "IdentityPoolId"), POOL)
        if target is None:
            message = f"`{one.logical_id}` attaches roles to an identity pool that is not in the input"
            assembly.problems.unmodelled(one.at, "outside-pool", message)
            id = str(assembly.text(one, "IdentityPoolId") or one.id)
            pools.setdefault(id, IdentityPool(id, assembly.text(one, "IdentityPoolId") or "", at=one.at))
        else:
            id = target.id
        assembly.understood(one)
        pools[id] = _attach(assembly, roles, one, pools[id])
    return tuple(pools.values())


def _flag(assembly: Assembly, one: Declared, name: str) -> bool | Unknown:
    node = assembly.property(one, name)
    if node is None:
        return False
    if isinstance(node.value, Unknown):
        return node.value
    spelled = node.as_text()
    if not isinstance(spelled, str) or spelled.lower() not in ("true", "false"):
        message = f"{name} must be a boolean, not {node.describe()}"
        assembly.problems.error(node.at, "type", message)
        return Unknown(f"{name} of {one.id}", message)
    return spelled.lower() == "true"


def _attach(assembly: Assembly, roles: Roles, one: Declared, pool: IdentityPool) -> IdentityPool:
    """A pool with the roles of an attachment."""
    given = assembly.property(one, "Roles")
    defaults = {}
    for key, type in (
        ("authenticated", PrincipalType.AUTHENTICATED),
        ("unauthenticated", PrincipalType.UNAUTHENTICATED),
    ):
        node = given.get(key) if given else None
        arn = assembly.text_of(node, f"the {key} role") if node else None
        defaults[key] = roles.use(arn, node.at, type, pool.id) if node and arn is not None else ""
    if given and isinstance(given.value, Unknown):
        message = f"which roles `{pool.id}` gives out is not known here: {given.value.reason}"
        assembly.problems.unmodelled(given.at, "role-attachment", message)
    mapped = tuple(dict.fromkeys((*pool.mapped, *_mapped(assembly, roles, one, pool.id))))
    return replace(
        pool,
        authenticated=defaults["authenticated"] or pool.authenticated,
        unauthenticated=defaults["unauthenticated"] or pool.unauthenticated,
        mapped=mapped,
    )


def _mapped(assembly: Assembly, roles: Roles, one: Declared, pool: str) -> list[str]:
    """The roles that a role mapping can choose."""
    mappings = assembly.property(one, "RoleMappings")
    if mappings is None:
        return []
    if not mappings.fields:
        message = f"the role mappings of `{pool}` are not known here"
        assembly.problems.unmodelled(mappings.at, "role-mapping", message)
    found = []
    for name, mapping in mappings.fields.items():
        type = mapping.get("Type")
        rules = mapping.get("RulesConfiguration", "Rules")
        if type is not None and type.value == "Rules" and rules is not None and rules.items:
            found += [role for rule in rules.items for role in _rule(assembly, roles, rule, pool)]
            continue
        provider = mapping.get("IdentityProvider")
        shown = (provider.as_text() if provider else None) or name
        if type is not None and type.value == "Token":
            message = (
                f"the tokens of `{shown}` choose the role themselves: any role that trusts `{pool}` can be meant"
            )
        else:
            message = f"which roles the mapping of `{shown}` chooses is not known here"
        assembly.problems.unmodelled(mapping.at, "role-mapping", message)
    return found


def _rule(assembly: Assembly, roles: Roles, rule: Node, pool: str) -> list[str]:
    node = rule.get("RoleARN")
    arn = assembly.text_of(node, "RoleARN of a rule") if node else None
    if node is None or arn is None:
        assembly.problems.unmodelled(rule.at, "role-mapping", "which role this rule chooses is not known here")
        return []
    return [roles.use(arn, node.at, PrincipalType.MAPPED, pool)]
