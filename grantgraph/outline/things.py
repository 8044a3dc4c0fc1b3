"""What an application has, as entries of a model: its principals, its resources with their keys, its routes."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.catalog import Catalog
from grantgraph.model import (
    Authorizer,
    EntryPoint,
    EntryPointType,
    Index,
    Principal,
    PrincipalType,
    Resource,
)
from grantgraph.outline.lines import Item, Section
from grantgraph.outline.names import FUNCTION, Names
from grantgraph.owning import identity_attribute
from grantgraph.prove import reaches
from grantgraph.quoting import Value, yaml_flow, yaml_scalar
from grantgraph.resources import resource_types
from grantgraph.standing import Ground
from grantgraph.tighten import Tight, Tightened
from grantgraph.wiring import Logs

TABLE = "dynamodb:table"
_SAID = frozenset(Authorizer) - {Authorizer.API_KEY, Authorizer.UNKNOWN}
"""The authorizers that a model can name."""


def entry(name: str, facts: dict[str, Value]) -> str:
    """A member of a section, on one line."""
    return f"{yaml_scalar(name)}: {yaml_flow(facts)}"


# ── principals ──


def principals_of(tightened: Tightened, names: Names, catalog: Catalog) -> Section:
    """Every principal of which something can be said; the others as comments."""
    found = Section("principals")
    after = []
    ground = Ground(tightened.application)
    for role in tightened.roles:
        if role.principal.framework:
            after.append(f"`{role.principal.id}` is left out: {role.left}")
        else:
            found.items.append(_principal(role, names, ground, catalog))
    found.after = tuple(after)
    return found


def _principal(role: Tight, names: Names, ground: Ground, catalog: Catalog) -> Item:
    own = role.principal
    name = names.of[own.id]
    facts: dict[str, Value] = {}
    comments = []
    if name != own.id and own.type is not PrincipalType.FUNCTION and name not in names.functions.get(own.id, ()):
        facts["from"] = own.id
    facts["type"] = own.type.value
    runs = names.functions.get(own.id, ())
    if len(runs) > 1:
        comments.append(f"{len(runs)} functions share this role: {', '.join(f'`{one}`' for one in runs)}")
    elif runs and name != own.id:
        comments.append(f"the role `{own.id}`")
    logs = None if role.left else _logs(own, runs, ground, catalog)
    if logs is not None:
        facts["logs"] = logs
        comments.append("`logs` is what its policies allow today: Lambda itself writes them in the role's name")
    if own.tags:
        comments.append(f"its sessions carry the tags {', '.join(f'`{one}`' for one in own.tags)}")
    return Item(entry(name, facts), tuple(comments), f"left as it is: {role.left}" if role.left else "")


def _logs(own: Principal, runs: tuple[str, ...], ground: Ground, catalog: Catalog) -> Value | None:
    """What today's policies say of a function's logs; None where it is what is taken for granted."""
    functions = [ground.application.resource(id) for id in runs]
    known = {one.runtime.logs for one in functions if one is not None and one.runtime is not None}
    if not runs or known - {Logs.LAMBDA}:
        return None
    group, lines = (catalog.action(name) for name in ("logs:CreateLogGroup", "logs:PutLogEvents"))
    asked = [one for one in (group, lines) if one is not None]
    allowed = {one for reach in reaches(ground.standing(own), asked, catalog) for one in reach.actions}
    if lines not in allowed:
        return False
    return None if group in allowed else "existing"


# ── resources ──


def resources_of(tightened: Tightened) -> Section:
    """Every resource but functions, with the facts that needs hinge on."""
    found = Section("resources")
    for one in tightened.application.resources:
        if one.type != FUNCTION:
            found.items.append(_resource(one))
    return found


def _resource(own: Resource) -> Item:
    facts: dict[str, Value] = {"type": own.type}
    comments: list[str] = []
    if own.type == TABLE:
        for word in ("partition_key", "sort_key"):
            key = own.attributes.get(word)
            if isinstance(key, str) and key:
                facts[word] = key
            elif key:
                comments.append(f"its {word.replace('_', ' ')} is decided at deployment")
        if own.indexes:
            facts["indexes"] = {one.name: _index(one) for one in own.indexes}
        if "partition_key" in facts:
            comments.append(_identity(own))
    key = own.attributes.get("key")
    if isinstance(key, str) and key and resource_types()[own.type].encryption is not None:
        comments.append(f"`{key}` encrypts it")
    return Item(entry(own.id, facts), tuple(comments))


def _identity(table: Resource) -> str:
    found = identity_attribute(table)
    if found:
        return f"`{found}` is taken for the caller's identity, by its name; `identity: <attribute>` says otherwise"
    return "`identity: <attribute>` says which attribute holds the caller's identity, if one does"


def _index(own: Index) -> Value:
    keys = {"partition_key": own.partition_key, "sort_key": own.sort_key}
    return {word: key for word, key in keys.items() if key}


# ── routes, and what else starts code ──


def routes_of(tightened: Tightened, needed: frozenset[str]) -> Section:
    """Every route with its function and who decides about callers; other ways in as comments.

    Args:
        needed: the ids of routes that somebody's needs name.
    """
    found = Section("routes")
    seen: set[str] = set()
    after = []
    for one in tightened.application.entry_points:
        if one.type is not EntryPointType.ROUTE:
            after.append(_started(one))
        elif one.id not in seen:
            seen.add(one.id)
            found.items.append(_route(one, tightened, needed))
    found.after = tuple(after)
    return found


def _route(own: EntryPoint, tightened: Tightened, needed: frozenset[str]) -> Item:
    facts: dict[str, Value] = {}
    comments = []
    target = tightened.application.resource(own.target)
    if target is not None and target.type == FUNCTION:
        facts["function"] = own.target
    if own.authorizer in _SAID:
        facts["authorizer"] = own.authorizer.value
    else:
        comments.append(
            "it asks for an API key, which is no secret"
            if own.authorizer is Authorizer.API_KEY
            else "who may call it is decided elsewhere"
        )
    if own.authorizer is Authorizer.IAM and own.id not in needed:
        comments.append("no policy that is read here lets anybody call it")
    return Item(entry(own.id, facts), tuple(comments))


def _started(own: EntryPoint) -> str:
    source = f" by `{own.source}`" if own.source else ""
    return f"`{own.target}` is also started{source}: {own.type.value} `{own.id}`"


def functions_called_by_anybody(tightened: Tightened) -> Iterator[str]:
    """The functions that run for whoever calls, without a word of IAM's or of an authorizer's."""
    for one in tightened.application.entry_points:
        way = one.type in (EntryPointType.ROUTE, EntryPointType.FUNCTION_URL)
        if way and one.authorizer is Authorizer.NONE:
            yield one.target
