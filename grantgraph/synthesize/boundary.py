"""A permissions boundary for a whole application: no role of it can ever do more than what some role needs.

As tight as fits into one managed policy: with every condition; else without conditions; else all of a service's
needed actions on all of its needed resources.
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
        help="\n".join(
            [
                "split the application: a boundary for each half",
                "need parts of few resources, such as keys of one bucket, rather than many resources",
            ]
        ),
    )


def _ever_wider(wishes: list[Wish], catalog: Catalog) -> Iterator[list[Block]]:
    tight = cut_and_join(wishes)
    yield tight
    yield join_across_subjects(tight)
    bare = cut_and_join([replace(wish, conditions=()) for wish in wishes])
    yield join_across_subjects(bare)
    wide = join_service(bare)
    yield wide
    yield shrink(wide, catalog)
