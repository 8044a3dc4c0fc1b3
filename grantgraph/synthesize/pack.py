"""Statements to policies that AWS takes: one inline policy if it fits, else several managed ones (rule 186).

A name that is not known yet is counted as long as names usually can be, so that what fits here fits there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from grantgraph.model import Principal
from grantgraph.policy.quota import MANAGED_POLICIES_PER_ROLE
from grantgraph.policy.render import INLINE_ROLE_QUOTA, MANAGED_POLICY_QUOTA, size_of
from grantgraph.problems import InputError
from grantgraph.synthesize.blocks import Block, join_across_subjects
from grantgraph.synthesize.result import Attached, Attachment
from grantgraph.synthesize.statements import document_of, name_blocks, policy_of
from grantgraph.text import Symbolic, Unknown

LONGEST_NAME = 64
"""What most names can have: functions and roles have 64 characters, buckets 63, queues 80."""

_LENGTHS: Mapping[str, int] = {"AWS::Partition": 10, "AWS::Region": 14, "AWS::AccountId": 12}
_FRAME = size_of({"Version": "2012-10-17", "Statement": []})


def measure(document: Any) -> int:
    """The most characters that a document can have, white space left out, once every name is known."""
    return size_of(_spelled_out(document))


def _spelled_out(value: Any) -> Any:
    match value:
        case dict():
            return {key: _spelled_out(member) for key, member in value.items()}
        case list() | tuple():
            return [_spelled_out(member) for member in value]
        case Symbolic():
            return "".join(part if isinstance(part, str) else "x" * _length(part) for part in value.parts)
        case _:
            return value


def _length(name: Unknown) -> int:
    return _LENGTHS.get(name.name, LONGEST_NAME)


def attach(blocks: list[Block], principal: Principal) -> tuple[tuple[Attached, ...], list[Block]]:
    """The policies that hold the blocks, and the blocks as they are written.

    Raises:
        InputError: no role can hold them.
    """
    if not blocks:
        return (), []
    joined = name_blocks(join_across_subjects(blocks))
    for written in (blocks, joined):
        if _size(written) <= INLINE_ROLE_QUOTA:
            return (_attached(Attachment.INLINE, [written], principal)), written
    parts = name_blocks(part for block in joined for part in _split(block))
    bins = _fill(parts)
    managed, rest = (
        bins[:MANAGED_POLICIES_PER_ROLE],
        [block for one in bins[MANAGED_POLICIES_PER_ROLE:] for block in one],
    )
    if rest and _size(rest) > INLINE_ROLE_QUOTA:
        raise InputError(
            f"the policies of `{principal.id}` take {_size(parts):,} characters, and a role holds "
            f"{MANAGED_POLICIES_PER_ROLE} managed policies of {MANAGED_POLICY_QUOTA:,} and {INLINE_ROLE_QUOTA:,} "
            "inline",
            help="\n".join(
                [
                    "shorten the lists of actions with `--shrink`",
                    "give what it does to two roles: a function with so many needs is several functions",
                    "need a part of one resource, such as keys of one bucket, rather than many resources",
                ]
            ),
        )
    attached = _attached(Attachment.MANAGED, managed, principal)
    attached += _attached(Attachment.INLINE, [rest] if rest else [], principal)
    return attached, parts


def _attached(how: Attachment, bins: Iterable[list[Block]], principal: Principal) -> tuple[Attached, ...]:
    return tuple(Attached(how, policy_of(map(document_of, blocks), principal.id)) for blocks in bins)


def _size(blocks: Iterable[Block]) -> int:
    sizes = [measure(document_of(block)) for block in blocks]
    return _FRAME + sum(sizes) + len(sizes)


def _fill(blocks: list[Block]) -> list[list[Block]]:
    """Blocks in bins of the size of a managed policy: each goes into the first that has room."""
    bins: list[tuple[int, list[Block]]] = []
    for block in blocks:
        size = measure(document_of(block)) + 1
        for at, (used, held) in enumerate(bins):
            if used + size <= MANAGED_POLICY_QUOTA:
                bins[at] = (used + size, [*held, block])
                break
        else:
            bins.append((_FRAME + size, [block]))
    return [held for _, held in bins]


def _split(block: Block) -> Iterable[Block]:
    """A block in parts that each fit into a managed policy: by resources, or by actions if there is only one."""
    if _size([block]) <= MANAGED_POLICY_QUOTA:
        yield block
        return
    part = "resources" if len(block.resources) > 1 else "actions"
    values = getattr(block, part)
    if len(values) == 1:
        yield block
        return
    middle = len(values) // 2
    for half in (values[:middle], values[middle:]):
        yield from _split(replace(block, **{part: half}))
