"""What the things of an account are called: as short as tells them apart, and the same tomorrow.

A role goes by its name, anything else by what ends its ARN: `table/orders`, `function:handler`. Two that end alike
go by their whole ARNs or types.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from grantgraph.resources import fill
from grantgraph.sources._account.identities import ROLE, USER, Draft
from grantgraph.sources._cloudformation.types import modelled_types

_FIRST = {ROLE: 0, USER: 1}
_NAMED_LIKE_PLACES = frozenset({"AWS::Events::Rule", "AWS::Scheduler::Schedule", "AWS::Pipes::Pipe"})
"""Types that reports speak of, and whose names begin with the bus or the group that they are in."""


def names_for(drafts: Sequence[Draft]) -> list[str]:
    """An id for each, in the same order."""
    short = [_short(one) for one in drafts]
    counts = Counter(zip((_rank(one) for one in drafts), short, strict=True))
    taken: set[str] = set()
    found = [""] * len(drafts)
    for at in sorted(range(len(drafts)), key=lambda at: _rank(drafts[at])):
        candidates = [short[at]] if counts[_rank(drafts[at]), short[at]] == 1 else []
        found[at] = _free([*candidates, _long(drafts[at])], taken)
        taken.add(found[at])
    return found


def _rank(one: Draft) -> int:
    """Who may have a name first: roles, users, what the model holds, and the rest."""
    return _FIRST.get(one.type, 2 if one.type in modelled_types() else 3)


def _short(one: Draft) -> str:
    if one.id:
        return one.id
    if one.type in modelled_types():
        tail = modelled_types()[one.type].arn.split(":", 5)[5]
        return str(fill(tail, name=one.name))
    if one.type in _FIRST:
        return one.name
    if one.type in _NAMED_LIKE_PLACES:
        return one.name.rpartition("/")[2]
    kind = one.type.rpartition("::")[2]
    return f"policy of {one.name}" if kind.endswith("Policy") and not one.arn else f"{kind} {one.name}"


def _long(one: Draft) -> str:
    if one.arn:
        return one.arn
    return " ".join(word for word in (one.type, one.region, one.name) if word)


def _free(candidates: Iterable[str], taken: set[str]) -> str:
    """The first that nobody has; numbered, where all are taken."""
    last = ""
    for last in candidates:
        if last not in taken:
            return last
    return next(f"{last} ({number})" for number in range(2, 1_000_000) if f"{last} ({number})" not in taken)
