"""Promises worth making: those that the needs leave room for; the others commented out, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grantgraph.catalog import AccessLevel, Catalog
from grantgraph.infer import InferredNeed
from grantgraph.model import PrincipalType, Resource
from grantgraph.outline.lines import Item, Section
from grantgraph.outline.names import Names
from grantgraph.outline.things import functions_called_by_anybody
from grantgraph.owning import identity_attribute
from grantgraph.quoting import Value, yaml_flow
from grantgraph.tighten import Tight, Tightened

CHANGES = ("write", "tagging", "permissions-management")
POWER = ("permissions-management",)
_ROWS = ("own",)
TABLE, BUCKET = "dynamodb:table", "s3:bucket"


def promises_of(tightened: Tightened, names: Names, catalog: Catalog) -> Section:
    """What an application like this one promises, and `check` can prove."""
    found = Section("promises")
    open_to_all = set(functions_called_by_anybody(tightened))
    for role in tightened.judged():
        name = names.of[role.principal.id]
        match role.principal.type:
            case PrincipalType.UNAUTHENTICATED:
                found.items.append(_guests(role, name, catalog))
            case PrincipalType.AUTHENTICATED | PrincipalType.MAPPED:
                found.items.append(_never(f"{_people(role, name)} never change permissions", name, POWER))
                found.items += _private(role, name, tightened)
            case _ if open_to_all.intersection(names.functions.get(role.principal.id, ())):
                found.items.append(
                    _never(f"{name}, which anybody can call, never changes permissions", name, POWER)
                )
    return found


def _people(role: Tight, name: str) -> str:
    return "signed-in visitors" if role.principal.type is PrincipalType.AUTHENTICATED else f"visitors with {name}"


def _never(title: str, who: str, access: tuple[str, ...], out: str = "") -> Item:
    body: dict[str, Value] = {"who": who, "access": access}
    return Item(f"- {yaml_flow({'title': title, 'never': body})}", (), out)


def _guests(role: Tight, name: str, catalog: Catalog) -> Item:
    changing = [one.need for one in role.needs if any(_changes(action, catalog) for action in one.actions)]
    out = "; ".join(f"guests need {', '.join(one.access)} on {one.to}" for one in changing)
    title = "guests never write" if name == "unauthenticated" else f"guests with {name} never write"
    return _never(title, name, CHANGES, out)


def _changes(action: str, catalog: Catalog) -> bool:
    known = catalog.action(action)
    return known is not None and known.access_level not in (AccessLevel.READ, AccessLevel.LIST)


# ── what is private ──


def _private(role: Tight, name: str, tightened: Tightened) -> Iterator[Item]:
    """A promise for each table and bucket that visitors use themselves."""
    needs: dict[str, list[InferredNeed]] = {}
    for one in role.needs:
        needs.setdefault(one.need.to, []).append(one)
    for to, ones in needs.items():
        resource = tightened.application.resource(to)
        if resource is not None and resource.type in (TABLE, BUCKET):
            title = f"what {_people(role, name)} keep in {to} is private"
            text = yaml_flow({"title": title, "isolated": {"who": name, "on": to}})
            yield Item(f"- {text}", (), _why_shared(resource, ones))


def _why_shared(resource: Resource, needs: Iterable[InferredNeed]) -> str:
    """Why a promise of privacy would be broken by the needs; "" where they keep it."""
    if resource.type == BUCKET:
        mixed = any(
            not one.need.scopes.keys or any("{identity}" not in key for key in one.need.scopes.keys)
            for one in needs
        )
        return "every visitor needs the same keys, until needs say `keys: private/{identity}/*`" if mixed else ""
    if all(one.need.scopes.rows == _ROWS for one in needs):
        return ""
    owner, partition = identity_attribute(resource), resource.attributes.get("partition_key", "")
    through = [one.name for one in resource.indexes if one.partition_key == owner]
    if owner and owner == partition:
        return f"every visitor needs all rows, until needs say `rows: own`: `{owner}` is the partition key"
    if owner and through:
        return f"every visitor needs all rows, until needs go through the index `{through[0]}` with `rows: own`"
    if owner:
        return f"no IAM policy can keep visitors to their rows: `{owner}` is the partition key of nothing"
    return "no IAM policy can keep visitors to their rows, unless a partition key carries their identity"
