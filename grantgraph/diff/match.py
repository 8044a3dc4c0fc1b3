"""Who is who on the two sides: principals, resources and pools by identity, and every unknown name by its owner.

Names that a framework or AWS makes differ from one synthesis to the next. What is taken for one thing in spite of
that is told in `renamed`: every answer rests on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from grantgraph.diff.difference import Renamed
from grantgraph.model import Application, EntryPoint, IdentityPool, Principal, Resource
from grantgraph.rewrite import rename, unknowns_of
from grantgraph.standing import VISITORS
from grantgraph.text import Symbolic, Text, Unknown, parts_of, split_text, text

T = TypeVar("T")

_HASH = re.compile(r"(?<=.)[0-9A-F]{8}(?=$|[./])")
"""What CDK puts behind a logical id: eight hexadecimal digits, made of the construct's path."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Two applications in one naming, the head's, and which principals are the same.

    `notes` say in what the two could not be brought together.
    """

    base: Application
    head: Application
    principals: tuple[tuple[Principal | None, Principal | None], ...]
    renamed: tuple[Renamed, ...]
    was_ids: Mapping[str, str]
    notes: tuple[str, ...] = ()


def match(base: Application, head: Application) -> Sides:
    """Bring two applications together."""
    ids: dict[str, str] = {}
    renamed: list[Renamed] = []
    names = _Names()
    notes = tuple(names.align_environments(base, head))
    base, head = names.applied(base, head)

    for what, pairs in (
        ("principal", _pair(base.principals, head.principals, _PRINCIPAL_KEYS)),
        ("resource", _pair(base.resources, head.resources, _RESOURCE_KEYS)),
        ("identity pool", _pair(base.pools, head.pools, _POOL_KEYS)),
    ):
        for one, other in pairs:
            if one.id != other.id:
                ids[one.id] = other.id
                renamed.append(Renamed(what, one.id, other.id))
            names.align(_name_of(one), _name_of(other))
    names.align_owners(ids, base, head)
    renamed += names.told
    base, head = names.applied(base, head)
    base = _with_ids(base, ids)
    was_ids = {new: old for old, new in ids.items()}
    return Sides(base, head, tuple(_principals(base, head)), tuple(renamed), was_ids, notes)


def _principals(base: Application, head: Application) -> Iterator[tuple[Principal | None, Principal | None]]:
    for one in head.principals:
        yield base.principal(one.id), one
    for one in base.principals:
        if head.principal(one.id) is None:
            yield one, None


def _name_of(one: Principal | Resource | IdentityPool) -> Text:
    return one.id_value if isinstance(one, IdentityPool) else one.arn


# ── pairs ────────────────────────────────────────────────────────────────────────────────────────────────


def stem(id: str) -> str:
    """An id without the digits that CDK puts behind it."""
    return _HASH.sub("", id)


def _last(id: str) -> str:
    """An id without the name of its stack, which stands in front where two stacks have the same."""
    return stem(id).rpartition("/")[2]


_PRINCIPAL_KEYS: Sequence[Callable[[Principal], Hashable]] = (
    lambda one: one.id,
    lambda one: stem(one.id),
    lambda one: _last(one.id),
    lambda one: one.arn if one.arn != "" else None,
    lambda one: one.type if one.type in VISITORS else None,
)
_RESOURCE_KEYS: Sequence[Callable[[Resource], Hashable]] = (
    lambda one: (one.type, one.id),
    lambda one: (one.type, stem(one.id)),
    lambda one: (one.type, _last(one.id)),
    lambda one: one.arn if one.arn != "" else None,
)
_POOL_KEYS: Sequence[Callable[[IdentityPool], Hashable]] = (
    lambda one: one.id,
    lambda one: stem(one.id),
    lambda one: "the only one",
)


def _pair(base: Iterable[T], head: Iterable[T], keys: Iterable[Callable[[T], Hashable]]) -> Iterator[tuple[T, T]]:
    """Pairs of what is the same: by the first key that only one of each side still has."""
    ours, theirs = list(base), list(head)
    for key in keys:
        found: dict[Hashable, tuple[list[T], list[T]]] = {}
        for at, side in enumerate((ours, theirs)):
            for one in side:
                value = key(one)
                if value is not None:
                    found.setdefault(value, ([], []))[at].append(one)
        for left, right in found.values():
            if len(left) == len(right) == 1:
                yield left[0], right[0]
                ours = [one for one in ours if one is not left[0]]
                theirs = [one for one in theirs if one is not right[0]]


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────


class _Names:
    """Which unknown names of the one side are which of the other."""

    def __init__(self) -> None:
        self.base: dict[Unknown, Text] = {}
        self.head: dict[Unknown, Text] = {}
        self.told: list[Renamed] = []

    def applied(self, base: Application, head: Application) -> tuple[Application, Application]:
        """Both applications, with what was found so far."""
        found = rename(base, self.base), rename(head, self.head)
        self.base, self.head = {}, {}
        return found

    def align_environments(self, base: Application, head: Application) -> Iterator[str]:
        """Take both for deployed to one place, where only one says which."""
        for part in ("partition", "region", "account"):
            one: Text = getattr(base.environment, part)
            other: Text = getattr(head.environment, part)
            if one == other:
                continue
            for names, mine, yours in ((self.base, one, other), (self.head, other, one)):
                only = parts_of(mine)
                if len(only) == 1 and isinstance(only[0], Unknown) and isinstance(yours, str):
                    names[only[0]] = yours
                    self.told.append(Renamed(part, str(one), str(other)))
            if isinstance(one, str) and isinstance(other, str):
                yield f"the {part} is `{one}` on one side and `{other}` on the other"

    def align(self, one: Text, other: Text) -> None:
        """Learn from two names of one thing: a generated part is whatever stands there on the other side."""
        if one == other:
            return
        ours, theirs = parts_of(one), parts_of(other)
        if len(ours) == len(theirs) and all(
            left == right or (isinstance(left, Unknown) and isinstance(right, Unknown))
            for left, right in zip(ours, theirs, strict=True)
        ):
            for left, right in zip(ours, theirs, strict=True):
                if isinstance(left, Unknown) and isinstance(right, Unknown) and left != right:
                    if left.generated and right.generated:
                        self.base.setdefault(left, text((right,)))
            return
        for names, mine, yours in ((self.base, one, other), (self.head, other, one)):
            found = _filled(mine, yours)
            if found is not None:
                names.setdefault(*found)
                return

    def align_owners(self, ids: Mapping[str, str], base: Application, head: Application) -> None:
        """Learn from what is left: names that follow another, what was made of the same text, made-up endings."""
        ours = {one: one for one in unknowns_of(base)}
        theirs = {one: one for one in unknowns_of(head)}
        by_origin: dict[str, Unknown] = {}
        for one in theirs:
            if one.origin and " at " in one.name:
                first = by_origin.setdefault(one.origin, one)
                if first != one:
                    self.head[one] = text((first,))
        owners = {old.rpartition("/")[2]: new.rpartition("/")[2] for old, new in ids.items()}
        owners |= {
            left.name: right.name
            for left, known in self.base.items()
            for right in parts_of(known)
            if isinstance(right, Unknown) and len(parts_of(known)) == 1
        }
        for one in ours:
            if one in self.base:
                continue
            same = theirs.get(one)
            if same is not None:
                if same.origin != one.origin:
                    self.base[one] = text((replace(one, name=f"{one.name} of the base"),))
                continue
            origin = by_origin.get(one.origin) if one.origin else None
            moved = theirs.get(replace(one, name=_moved(one.name, owners)))
            if origin is not None:
                self.base[one] = text((origin,))
            elif moved is not None:
                self.base[one] = text((moved,))
        left = [one for one in ours if one not in self.base and one not in theirs]
        taken = {part for known in self.base.values() for part in parts_of(known)}
        free = [one for one in theirs if one not in ours and one not in taken]
        for one, other in _pair(left, free, (lambda one: (stem(one.name), one.generated),)):
            if " at " not in one.name:
                self.base[one] = text((other,))
                self.told.append(Renamed("name", one.name, other.name))


def _filled(one: Text, other: Text) -> tuple[Unknown, Text] | None:
    """The generated name in a text, and what stands in its place in another text of the same form."""
    ours, theirs = split_text(one, ":", 5), split_text(other, ":", 5)
    if len(ours) != len(theirs) or ours[:-1] != theirs[:-1]:
        return None
    parts = parts_of(ours[-1])
    names = [at for at, part in enumerate(parts) if isinstance(part, Unknown)]
    if len(names) != 1:
        return None
    name = parts[names[0]]
    before = "".join(part for part in parts[: names[0]] if isinstance(part, str))
    after = "".join(part for part in parts[names[0] + 1 :] if isinstance(part, str))
    rest = _between(theirs[-1], before, after)
    if rest is None or not isinstance(name, Unknown) or not name.generated:
        return None
    return name, rest


def _between(value: Text, before: str, after: str) -> Text | None:
    """What a text holds between a beginning and an end; None where it has not both, or nothing between."""
    parts = list(parts_of(value))
    if not parts:
        return None
    first, last = parts[0], parts[-1]
    if before:
        if not (isinstance(first, str) and first.startswith(before)):
            return None
        parts[0] = first[len(before) :]
    last = parts[-1]
    if after:
        if not (isinstance(last, str) and last.endswith(after)):
            return None
        parts[-1] = last[: len(last) - len(after)]
    return text(parts) or None


def _moved(name: str, owners: Mapping[str, str]) -> str:
    """The name of something that belongs to a thing with another name: `Notes.StreamLabel`, `stack.Notes.Ref`."""
    whole = [old for old in owners if name == old or name.startswith(f"{old}.")]
    if whole:
        old = max(whole, key=len)
        return owners[old] + name[len(old) :]
    return ".".join(owners.get(part, part) for part in name.split("."))


# ── ids ──────────────────────────────────────────────────────────────────────────────────────────────────


def _with_ids(application: Application, ids: Mapping[str, str]) -> Application:
    """The application with other ids for its principals, resources and pools."""
    if not ids:
        return application

    def new(id: str) -> str:
        return ids.get(id, id)

    def entry(one: EntryPoint) -> EntryPoint:
        spelled = " ".join(new(word) for word in one.id.split(" "))
        return replace(one, id=spelled, target=new(one.target), source=new(one.source))

    def attribute(value: Text) -> Text:
        return new(value) if not isinstance(value, Symbolic) else value

    return replace(
        application,
        principals=tuple(replace(one, id=new(one.id), pool=new(one.pool)) for one in application.principals),
        resources=tuple(
            replace(
                one,
                id=new(one.id),
                attributes={
                    key: attribute(value) if key == "runs_as" else value for key, value in one.attributes.items()
                },
            )
            for one in application.resources
        ),
        pools=tuple(
            replace(
                one,
                id=new(one.id),
                authenticated=new(one.authenticated),
                unauthenticated=new(one.unauthenticated),
                mapped=tuple(map(new, one.mapped)),
            )
            for one in application.pools
        ),
        entry_points=tuple(map(entry, application.entry_points)),
    )
