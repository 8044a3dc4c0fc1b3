"""A permissions boundary for a whole application: no role of it can ever do more than what its roles need.

As tight as fits into one managed policy, in steps: with every condition; without conditions; all of a service's
needed actions on all of its needed resources; on everything that the account has of the service; on everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from grantgraph.catalog import Catalog
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.policy.render import MANAGED_POLICY_QUOTA
from grantgraph.problems import InputError
from grantgraph.synthesize.blocks import Block, cut_and_join, join_across_subjects, join_service
from grantgraph.synthesize.pack import measure
from grantgraph.synthesize.result import Wish
from grantgraph.synthesize.shrink import shrink
from grantgraph.synthesize.statements import document_of, name_blocks, policy_of
from grantgraph.text import Text, split_text, text

NAME = "Boundary"


def boundary_of(wishes: Iterable[Wish], catalog: Catalog) -> Policy:
    """The boundary of all roles.

    Raises:
        InputError: even the widest one has no room in a managed policy.
    """
    size = 0
    for blocks in _ever_wider(list(wishes), catalog):
        documents = [document_of(block) for block in name_blocks(blocks)]
        size = measure({"Version": "2012-10-17", "Statement": documents})
        if size <= MANAGED_POLICY_QUOTA:
            return policy_of(documents, NAME, PolicyType.PERMISSIONS_BOUNDARY)
    raise InputError(
        f"a boundary for the whole application takes {size:,} characters, and one has {MANAGED_POLICY_QUOTA:,}",
        help="split the application: a boundary for each part",
    )


def _ever_wider(wishes: list[Wish], catalog: Catalog) -> Iterator[list[Block]]:
    tight = cut_and_join(wishes)
    yield tight
    yield join_across_subjects(tight)
    bare = join_across_subjects(cut_and_join([replace(wish, conditions=()) for wish in wishes]))
    yield bare
    by_service = join_service(bare)
    yield by_service
    yield shrink(by_service, catalog)
    in_account = [replace(one, resources=_whole(one.resources)) for one in by_service]
    yield in_account
    yield shrink(in_account, catalog)
    yield shrink([replace(one, resources=("*",)) for one in by_service], catalog)


def _whole(resources: Iterable[Text]) -> tuple[Text, ...]:
    """Everything that the accounts of some resources have of their services; a bucket's ARN says no account."""
    found: list[Text] = []
    for resource in resources:
        fields = split_text(resource, ":", 5)
        if len(fields) < 6:
            found.append(resource)
        elif fields[4] != "":
            found.append(text([*(part for field in fields[:5] for part in (field, ":")), "*"]))
        else:
            bucket = split_text(resource, "/", 1)[0]
            found += [bucket, text([bucket, "/*"])]
    return tuple(sorted(set(found), key=str))
