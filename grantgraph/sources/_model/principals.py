"""The principals of a model file, the functions that some of them are, and the identity pool behind others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grantgraph.model import IdentityPool, Principal, PrincipalType, Resource
from grantgraph.node import Node, expect_keys
from grantgraph.problems import Location, did_you_mean
from grantgraph.resources import fill, resource_types
from grantgraph.sources._model.file import ModelFile, made_later
from grantgraph.text import Text

POOL = "IdentityPool"
"""The id of the identity pool that a model file implies."""

_VISITORS = (PrincipalType.AUTHENTICATED, PrincipalType.UNAUTHENTICATED)
_TYPES = {one.value: one for one in (*_VISITORS, PrincipalType.FUNCTION, PrincipalType.ROLE)}

Principals = Mapping[str, Principal | None]


def read_principals(file: ModelFile) -> dict[str, Principal | None]:
    """Every principal by its name in the file; None where it could not be read."""
    return {key: _principal(file, key, at, node) for key, at, node in file.members("principals")}


def _principal(file: ModelFile, key: str, at: Location, node: Node) -> Principal | None:
    what = f"the principal `{key}`"
    if not file.is_object(node, what):
        return None
    expect_keys(node, frozenset({"type", "name"}), what, file.problems)
    spelled = file.required(node, "type", what)
    if spelled is None:
        return None
    if spelled not in _TYPES:
        place = node.fields["type"].at
        help = did_you_mean(spelled, _TYPES)
        file.problems.error(place, "principal-type", f"there is no type of principal `{spelled}`", help)
        return None
    type = _TYPES[spelled]
    arn = fill("arn:${partition}:iam::${account}:role/${name}", **file.places(file.name_of(key, node)))
    return Principal(key, type, arn, pool=POOL if type in _VISITORS else "", at=at)


def check_principals(file: ModelFile, principals: Principals, resources: Mapping[str, Resource | None]) -> None:
    """No two things with one name, and one principal a kind of visitor."""
    visitors: dict[PrincipalType, str] = {}
    for key, one in principals.items():
        if one is None:
            continue
        if one.type is PrincipalType.FUNCTION and key in resources:
            file.problems.error(one.at, "duplicate", f"`{key}` is both a resource and a function")
        if one.pool and one.type in visitors:
            message = f"`{visitors[one.type]}` and `{key}` are both {one.type}, and an identity pool has one"
            file.problems.error(one.at, "duplicate", message)
        elif one.pool:
            visitors[one.type] = key


def functions_of(principals: Principals) -> dict[str, Principal]:
    """The principals that are functions."""
    return {key: one for key, one in principals.items() if one and one.type is PrincipalType.FUNCTION}


def read_functions(file: ModelFile, principals: Principals) -> Iterator[Resource]:
    """A principal of type `function` is the function, and its role."""
    arn = resource_types()["lambda:function"].arn
    for key, one in functions_of(principals).items():
        attributes: Mapping[str, Text] = {"runs_as": key}
        name = made_later(key, f"the name of `{key}` is not in the model")
        account = file.environment.account
        yield Resource(
            key, "lambda:function", fill(arn, **file.places(name)), account, None, attributes, (), one.at
        )


def read_pools(file: ModelFile, principals: Principals) -> tuple[IdentityPool, ...]:
    """The one identity pool whose visitors the model speaks about."""
    by_type = {one.type: one.id for one in principals.values() if one is not None and one.pool}
    if not by_type:
        return ()
    own = file.part("identity_pool", frozenset({"id"}))
    value: Text = file.given_name(own, "id") or made_later(POOL, "the id of the identity pool is not in the model")
    return (
        IdentityPool(
            POOL,
            value,
            PrincipalType.UNAUTHENTICATED in by_type,
            False,
            by_type.get(PrincipalType.AUTHENTICATED, ""),
            by_type.get(PrincipalType.UNAUTHENTICATED, ""),
            at=own.at if own is not None else file.node.at,
        ),
    )
