"""What AWS has no room for: policies that are too large together, or too many (rule 186).

Nothing of it keeps a policy from being understood: the code says whether AWS would refuse it, `quota`, or gives
more on request, `quota-at-first`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grantgraph.policy.document import Policy
from grantgraph.policy.quota import MANAGED_POLICIES_PER_ROLE
from grantgraph.policy.render import INLINE_ROLE_QUOTA, MANAGED_POLICY_QUOTA, render_policy, size_of
from grantgraph.problems import Level, Location, Problem
from grantgraph.sources._cloudformation.types import GROUP, ROLE, USER
from grantgraph.text import Text, parts_of

_INLINE = {ROLE: INLINE_ROLE_QUOTA, USER: 2_048, GROUP: 5_120}
_WORDS = {ROLE: "role", USER: "user", GROUP: "group"}
MANAGED_POLICIES_AT_MOST = 25
"""What AWS raises the number of managed policies to, as the largest of its figures has it."""


def inline_too_large(type: str, id: str, inline: Iterable[Policy], at: Location) -> Iterator[Problem]:
    """Whether the inline policies of one identity are too large together, whatever else they turn out to hold."""
    size = sum(map(least_size, inline))
    quota = _INLINE[type]
    if size > quota:
        message = (
            f"the inline policies of `{id}` have {size:,} characters or more: a {_WORDS[type]}'s have at most"
        )
        yield Problem(at, Level.NOTE, "quota", f"{message} {quota:,}", "move a part of them to a managed policy")


def managed_too_large(policy: Policy, id: str, at: Location) -> Iterator[Problem]:
    """Whether a managed policy is too large, whatever is not known turns out to be."""
    size = least_size(policy)
    if size > MANAGED_POLICY_QUOTA:
        message = f"`{id}` has {size:,} characters or more: a managed policy has at most {MANAGED_POLICY_QUOTA:,}"
        yield Problem(at, Level.NOTE, "quota", message, "make two of it")


def too_many(id: str, managed: int, at: Location) -> Iterator[Problem]:
    """Whether an identity has too many managed policies: a note where AWS gives more on request."""
    if managed > MANAGED_POLICIES_PER_ROLE:
        refused = managed > MANAGED_POLICIES_AT_MOST
        most = MANAGED_POLICIES_AT_MOST if refused else MANAGED_POLICIES_PER_ROLE
        help = "write one of what belongs together" if refused else "the quota can be raised"
        message = f"`{id}` has {managed} managed policies: there can be {most}"
        yield Problem(at, Level.NOTE, "quota" if refused else "quota-at-first", message, help)


def least_size(policy: Policy) -> int:
    """The characters that count of what is known of a policy: a part that is not known counts as none."""
    return size_of(render_policy(policy, _known)) if policy.statements else 0


def _known(value: Text) -> str:
    return "".join(part for part in parts_of(value) if isinstance(part, str))
