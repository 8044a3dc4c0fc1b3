"""The identity pool that a model file implies, and the roles that its visitors get."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grantgraph.model import IdentityPool, Principal, PrincipalType
from grantgraph.node import Node
from grantgraph.sources._model.file import ModelFile
from grantgraph.text import Text

POOL = "IdentityPool"
"""The id of the identity pool that a model file implies."""

VISITORS = (PrincipalType.AUTHENTICATED, PrincipalType.UNAUTHENTICATED, PrincipalType.MAPPED)
_TAG = re.compile(r"[A-Za-z0-9+=._@-]{1,128}")


def read_pools(file: ModelFile, principals: Mapping[str, Principal | None]) -> tuple[IdentityPool, ...]:
    """The one identity pool whose visitors the model speaks about."""
    visitors = [one for one in principals.values() if one is not None and one.pool]
    if not visitors:
        return ()
    by_type = {one.type: one.id for one in visitors}
    own = _section(file)
    value: Text = file.given_name(own, "id") or file.made(POOL, "the id of the identity pool is not in the model")
    return (
        IdentityPool(
            POOL,
            value,
            PrincipalType.UNAUTHENTICATED in by_type,
            False,
            by_type.get(PrincipalType.AUTHENTICATED, ""),
            by_type.get(PrincipalType.UNAUTHENTICATED, ""),
            tuple(one.id for one in visitors if one.type is PrincipalType.MAPPED),
            at=own.at if own is not None else file.node.at,
            tags=dict.fromkeys(read_tags(file, own, "principal_tags"), "") if own is not None else {},
        ),
    )


def _section(file: ModelFile) -> Node | None:
    return file.part("identity_pool", frozenset({"id", "principal_tags"}))


def read_tags(file: ModelFile, node: Node, key: str) -> tuple[str, ...]:
    """The keys of tags; a wildcard or a variable in one would change what a policy means."""
    own = node.get(key)
    found = file.words(own, f"`{key}`")
    for one in own.one_or_many() if own is not None else ():
        if isinstance(one.value, str) and not _TAG.fullmatch(one.value):
            help = "a tag's key has up to 128 letters, digits and `+=._@-`"
            file.problems.error(one.at, "tag", f"`{one.value}` is not the key of a tag", help)
    return found
