"""Tight policies as code gives them to a role: one inline policy if it fits, else managed ones (rule 186)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from grantgraph.policy.document import Policy, PolicyType, Statement
from grantgraph.policy.quota import MANAGED_POLICIES_PER_ROLE
from grantgraph.policy.render import INLINE_ROLE_QUOTA, MANAGED_POLICY_QUOTA, render_policy
from grantgraph.problems import InputError
from grantgraph.synthesize import Attached, Attachment
from grantgraph.synthesize.pack import measure


def attached(who: str, policies: Iterable[Policy]) -> tuple[Attached, ...]:
    """The statements of policies, put together.

    Raises:
        InputError: no role can hold them.
    """
    statements = list(_told_apart(own for policy in policies for own in policy.statements))
    if not statements:
        return ()
    if _size(statements) <= INLINE_ROLE_QUOTA:
        return (Attached(Attachment.INLINE, _policy(statements)),)
    bins: list[list[Statement]] = []
    for one in statements:
        room = next((held for held in bins if _size([*held, one]) <= MANAGED_POLICY_QUOTA), None)
        if room is not None:
            room.append(one)
        else:
            bins.append([one])
    large = [held for held in bins if _size(held) > MANAGED_POLICY_QUOTA]
    if len(bins) > MANAGED_POLICIES_PER_ROLE or large:
        raise InputError(
            f"the tight policies of `{who}` take {_size(statements):,} characters, and do not fit into "
            f"{MANAGED_POLICIES_PER_ROLE} managed policies of {MANAGED_POLICY_QUOTA:,}",
            help="say less with `--wildcards`, or give what it does to two roles",
        )
    return tuple(Attached(Attachment.MANAGED, _policy(held)) for held in bins)


def _policy(statements: list[Statement]) -> Policy:
    return Policy(PolicyType.IDENTITY_BASED, tuple(statements))


def _size(statements: list[Statement]) -> int:
    return measure(render_policy(_policy(statements), lambda text: text))


def _told_apart(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Statements with Sids of their own: a policy takes each once."""
    taken = {""}
    for one in statements:
        sid, number = one.sid, 1
        while sid and sid in taken:
            number += 1
            sid = f"{one.sid}{number}"
        taken.add(sid)
        yield one if sid == one.sid else replace(one, sid=sid)
