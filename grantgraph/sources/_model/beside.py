"""What a model file that is bound to an input can speak of: the input's things, by every name that they have.

Everything keeps the id that the input gives it; the model's names are other names for the same things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from grantgraph.binding import Binding
from grantgraph.model import Application, EntryPoint, EntryPointType, Principal, PrincipalType, Resource
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.known import Known
from grantgraph.sources._model.pool import VISITORS
from grantgraph.wiring import Runtime

T = TypeVar("T")

FUNCTION = "lambda:function"
_PASSED = (PrincipalType.ROLE, PrincipalType.FUNCTION)


@dataclass(slots=True)
class Beside:
    """An input while a model is bound to it.

    Attributes:
        absent: names of what is not there, because a condition of the input does not hold.
        principals, resources, routes: what there is by id, as the model changes it.
        principal_ids, resource_ids, route_ids: the input's own names, by which the model can speak of it.
        ours: the names that the model adds.
        unclear: names that may mean more than one principal, and all that each may mean.
    """

    file: ModelFile
    base: Application
    absent: set[str]
    principals: dict[str, Principal]
    resources: dict[str, Resource]
    routes: dict[str, EntryPoint]
    principal_ids: dict[str, str]
    resource_ids: dict[str, str]
    route_ids: dict[str, str]
    our_principals: dict[str, str] = field(default_factory=dict)
    our_resources: dict[str, str] = field(default_factory=dict)
    our_routes: dict[str, str] = field(default_factory=dict)
    unclear: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def functions_of(self, principal: str) -> list[Resource]:
        """The functions that run as a principal."""
        return [
            one
            for one in self.resources.values()
            if one.type == FUNCTION and one.attributes.get("runs_as") == principal
        ]

    def known(self) -> Known:
        """Everything that needs and promises can speak of."""
        principals: Mapping[str, Principal] = _named(self.principals, self.principal_ids, self.our_principals)
        return Known(
            principals,
            _named(self.resources, self.resource_ids, self.our_resources),
            _named(self.routes, self.route_ids, self.our_routes),
            {},
            {name: one for name, one in principals.items() if one.type in _PASSED},
            {name: ids for name, ids in self.unclear.items() if name not in principals},
            listed=True,
            absent=frozenset(self.absent),
        )

    def application(self) -> Application:
        """The input's application, with what the model says of it."""
        return replace(
            self.base,
            principals=tuple(self.principals.values()),
            resources=tuple(self.resources.values()),
            binding=Binding(self.base.source, self.our_principals, self.our_resources, self.our_routes),
        )


def beside(file: ModelFile, base: Application) -> Beside:
    """An input before the model says anything of it."""
    tags = {pool.id: tuple(pool.tags) for pool in base.pools}
    found = Beside(
        file,
        base,
        set(base.absent),
        {one.id: _with_tags(one, tags.get(one.pool, ())) for one in base.principals},
        {one.id: _with_runtime(one) for one in base.resources},
        {one.id: one for one in base.entry_points if one.type is EntryPointType.ROUTE},
        {one.id: one.id for one in base.principals},
        {one.id: one.id for one in base.resources},
        {one.id: one.id for one in base.entry_points if one.type is EntryPointType.ROUTE},
    )
    for type in (PrincipalType.AUTHENTICATED, PrincipalType.UNAUTHENTICATED):
        word = type.value.rpartition(":")[2]
        ids = tuple(one.id for one in base.principals if one.type is type)
        if len(ids) == 1:
            found.principal_ids.setdefault(word, ids[0])
        elif ids and word not in found.principal_ids:
            found.unclear[word] = ids
    for one in base.resources:
        role = str(one.attributes.get("runs_as", ""))
        if one.type == FUNCTION and role in found.principals:
            found.principal_ids.setdefault(one.id, role)
    return found


def _with_tags(principal: Principal, tags: Iterable[str]) -> Principal:
    """A visitor with the tags that its pool gives its sessions."""
    if principal.type not in VISITORS:
        return principal
    return replace(principal, tags=tuple(dict.fromkeys((*principal.tags, *tags))))


def _with_runtime(resource: Resource) -> Resource:
    """A function that writes logs, where nothing more is known of what it runs with."""
    if resource.type != FUNCTION or resource.runtime is not None:
        return resource
    return replace(resource, runtime=Runtime())


def _named(things: Mapping[str, T], own: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, T]:
    """Things by all of their names."""
    names = {**own, **ours}
    return {name: things[id] for name, id in names.items() if id in things}
