"""Cognito identity pools, and the roles that they give to their visitors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grantgraph.model import IdentityPool, PrincipalType, RoleChoice
from grantgraph.node import Node
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.identities import Roles
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import USER_POOL
from grantgraph.text import Text, Unknown, split_text

POOL = "AWS::Cognito::IdentityPool"
ATTACHMENT = "AWS::Cognito::IdentityPoolRoleAttachment"
GROUP = "AWS::Cognito::UserPoolGroup"
TAGS = "AWS::Cognito::IdentityPoolPrincipalTag"
DEFAULT_TAGS = {"username": "sub", "client": "aud"}


def read_pools(assembly: Assembly, roles: Roles) -> tuple[IdentityPool, ...]:
    """The identity pools, each with its role attachment."""
    pools = {}
    for one in assembly.of(POOL):
        assembly.understood(one)
        pools[one.id] = IdentityPool(
            one.id,
            assembly.names.ref(one),
            _flag(assembly, one, "AllowUnauthenticatedIdentities"),
            _flag(assembly, one, "AllowClassicFlow"),
            at=one.at,
            providers=tuple(_providers(assembly, one)),
            clients=tuple(_clients(assembly, one)),
        )
    for one in assembly.of(ATTACHMENT):
        id = _pool_of(assembly, one, pools, "attaches roles to")
        doubt = assembly.doubt_of(one)
        if doubt is not None:
            message = f"whether `{one.logical_id}` gives out the roles of `{id}` hinges on {doubt}"
            assembly.problems.unmodelled(one.at, "role-attachment", message)
        pools[id] = _attach(assembly, roles, one, pools[id])
    for one in assembly.of(TAGS):
        id = _pool_of(assembly, one, pools, "tags the sessions of")
        pools[id] = replace(pools[id], tags={**pools[id].tags, **_tags(assembly, one)})
    return tuple(pools.values())


def _providers(assembly: Assembly, one: Declared) -> Iterator[Text]:
    """Whose tokens a pool takes."""
    own = assembly.property(one, "CognitoIdentityProviders")
    for provider in own.items if own else ():
        name = provider.get("ProviderName")
        value = assembly.text_of(name, "the name of a provider") if name else None
        yield from [value] if value is not None else []
    for key in ("OpenIdConnectProviderARNs", "SamlProviderARNs"):
        yield from (value for value, _ in assembly.texts(assembly.property(one, key), "the ARN of a provider"))
    others = assembly.property(one, "SupportedLoginProviders")
    yield from others.fields if others else ()
    developer = assembly.text(one, "DeveloperProviderName")
    yield from [developer] if developer is not None else []


def _clients(assembly: Assembly, one: Declared) -> Iterator[Text]:
    """The clients of user pools whose tokens a pool takes."""
    own = assembly.property(one, "CognitoIdentityProviders")
    for provider in own.items if own else ():
        client = provider.get("ClientId")
        value = assembly.text_of(client, "a client of a user pool") if client else None
        yield from [value] if value is not None else []


def _pool_of(assembly: Assembly, one: Declared, pools: dict[str, IdentityPool], does: str) -> str:
    """The id of the pool that a resource speaks of; one that is not in the input is added to `pools`."""
    assembly.understood(one)
    value = assembly.text(one, "IdentityPoolId")
    target = assembly.find(value, POOL)
    if target is not None:
        return target.id
    message = f"`{one.logical_id}` {does} an identity pool that is not in the input"
    assembly.problems.unmodelled(one.at, "outside-pool", message)
    id = str(value or one.id)
    unknown = Unknown(f"settings of {id}", f"`{id}` is not in the input")
    pools.setdefault(id, IdentityPool(id, value or "", unknown, unknown, at=one.at))
    return id


def _tags(assembly: Assembly, one: Declared) -> dict[str, Text]:
    """The principal tags of a pool's sessions, and the claims that they hold."""
    found: dict[str, Text] = dict(DEFAULT_TAGS) if _flag(assembly, one, "UseDefaults") is True else {}
    given = assembly.property(one, "PrincipalTags")
    for tag, claim in (given.fields if given else {}).items():
        value = assembly.text_of(claim, f"the claim of the tag `{tag}`")
        found |= {tag: value} if value is not None else {}
    return found


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
    choices = (*pool.choices, *_choices(assembly, roles, one, pool.id))
    return replace(
        pool,
        authenticated=defaults["authenticated"] or pool.authenticated,
        unauthenticated=defaults["unauthenticated"] or pool.unauthenticated,
        mapped=tuple(dict.fromkeys(choice.role for choice in choices)),
        choices=choices,
    )


def _choices(assembly: Assembly, roles: Roles, one: Declared, pool: str) -> Iterator[RoleChoice]:
    """The ways in which role mappings choose a role."""
    mappings = assembly.property(one, "RoleMappings")
    if mappings is None:
        return
    if not mappings.fields:
        message = f"the role mappings of `{pool}` are not known here"
        assembly.problems.unmodelled(mappings.at, "role-mapping", message)
    for name, mapping in mappings.fields.items():
        type = mapping.get("Type")
        written = mapping.get("IdentityProvider")
        provider: Text = (written.as_text() if written else None) or name
        ambiguous = mapping.get("AmbiguousRoleResolution")
        otherwise = (ambiguous.as_str() if ambiguous else None) or ""
        rules = mapping.get("RulesConfiguration", "Rules")
        if type is not None and type.value == "Rules" and rules is not None and rules.items:
            for rule in rules.items:
                yield from _rule(assembly, roles, rule, pool, RoleChoice(provider, "", otherwise=otherwise))
        elif type is not None and type.value == "Token":
            yield from _by_token(assembly, roles, mapping, pool, RoleChoice(provider, "", otherwise=otherwise))
        else:
            message = f"which roles the mapping of `{provider}` chooses is not known here"
            assembly.problems.unmodelled(mapping.at, "role-mapping", message)


def _rule(assembly: Assembly, roles: Roles, rule: Node, pool: str, choice: RoleChoice) -> Iterator[RoleChoice]:
    node = rule.get("RoleARN")
    arn = assembly.text_of(node, "RoleARN of a rule") if node else None
    if node is None or arn is None:
        assembly.problems.unmodelled(rule.at, "role-mapping", "which role this rule chooses is not known here")
        return
    claim, match, value = (rule.get(key) for key in ("Claim", "MatchType", "Value"))
    yield replace(
        choice,
        role=roles.use(arn, node.at, PrincipalType.MAPPED, pool),
        claim=str(claim.as_text()) if claim else "",
        match=str(match.as_text()) if match else "",
        value=(value.as_text() if value else None) or "",
        at=rule.at,
    )


def _by_token(
    assembly: Assembly, roles: Roles, mapping: Node, pool: str, choice: RoleChoice
) -> Iterator[RoleChoice]:
    """The roles that a token names: for a user pool those of its groups, elsewhere any that trusts the pool."""
    users = next((one for one in assembly.of(USER_POOL) if _provides(assembly, one, choice.provider)), None)
    if users is None:
        tokens = f"the tokens of `{choice.provider}` choose the role themselves"
        message = f"{tokens}: any role that trusts `{pool}` can be meant"
        assembly.problems.unmodelled(mapping.at, "role-mapping", message)
        return
    message = f"the groups of `{users.id}` choose their members' role; groups made later are not in the input"
    assembly.problems.note(mapping.at, "user-pool-groups", message)
    for group in assembly.of(GROUP):
        if assembly.find(assembly.text(group, "UserPoolId"), USER_POOL) is not users:
            continue
        assembly.understood(group)
        role, node = assembly.text(group, "RoleArn"), assembly.property(group, "RoleArn")
        if role is not None and node is not None:
            name = assembly.text(group, "GroupName") or group.id
            used = roles.use(role, node.at, PrincipalType.MAPPED, pool)
            yield replace(choice, role=used, claim="cognito:groups", match="Contains", value=name, at=group.at)


def _provides(assembly: Assembly, users: Declared, provider: Text) -> bool:
    """Whether a provider is a user pool, by one of its clients: `cognito-idp.<region>.../<id>:<client>`."""
    name = assembly.names.attribute(users, "ProviderName")
    return provider == name or split_text(provider, ":", 1)[0] == name
