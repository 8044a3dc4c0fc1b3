"""Wishes to blocks, each one statement's worth: what is said already is dropped, what belongs together is joined.

A wish is cut into atoms, one action on one resource under some conditions. An atom that another one covers goes,
and leaves its reasons there; atoms that differ in the values of one condition become one. Then it is put together
again: first the actions of one resource, then the resources with the same actions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.pattern import Match, parse_pattern
from grantgraph.prove import Heads
from grantgraph.synthesize.result import Conditions, Reason, Wish, Written
from grantgraph.text import Text, parts_of

_ANY_OF = ("ArnLike", "StringEquals", "StringLike")
"""Operators that hold for one value or another: two statements that differ in these values alone are one."""

_ALL_OF = "ForAllValues:"


@dataclass(frozen=True, slots=True)
class Block:
    """What one statement says, and why. An atom is a block with one action and one resource."""

    who: str
    subject: str
    lets_in: tuple[str, Text] | None
    actions: tuple[str, ...]
    resources: tuple[Text, ...]
    conditions: Conditions
    purposes: tuple[str, ...]
    reasons: tuple[Reason, ...]
    sid: str = ""

    @property
    def written(self) -> Written:
        """How the statement is explained."""
        return Written(self.sid, self.reasons)


def cut_and_join(wishes: Iterable[Wish], apart: bool = True) -> list[Block]:
    """The fewest blocks that say what is wished for, without a word too many.

    Services that are let in stay `apart`, one source a block: each is easier to read, and a permission of its own.
    """
    atoms = _without_covered(atom for wish in wishes for atom in _atoms(wish))
    atoms = _without_covered(_joined_values(atoms, apart))
    by_resource = _join(atoms, lambda one: (one.subject, one.lets_in, one.conditions, one.resources))
    return _join(by_resource, lambda one: (one.subject, one.lets_in, one.conditions, one.actions))


def _atoms(wish: Wish) -> Iterator[Block]:
    for resource in wish.resources:
        for action in wish.actions:
            yield Block(
                wish.who,
                wish.subject,
                wish.lets_in,
                (action,),
                (resource,),
                tuple((operator, key, _widest(operator, values)) for operator, key, values in wish.conditions),
                (wish.purpose,),
                (wish.reason,),
            )


def _sorted(values: Iterable[Text]) -> tuple[Text, ...]:
    return tuple(sorted(set(values), key=str))


# ── what is said already ──


def _without_covered(atoms: Iterable[Block]) -> list[Block]:
    """Atoms that no other one covers; of two that say the same, the first."""
    same = _join(atoms, lambda one: (one.subject, one.lets_in, one.actions, one.resources, one.conditions))
    wider = _Wider(same)
    gone: dict[int, int] = {}
    for at, atom in enumerate(same):
        for other in wider.than(atom):
            mutual = other not in gone and covers(same[other], atom)
            if other != at and mutual and not (other > at and covers(atom, same[other])):
                gone[at] = other
                break
    for at in gone:
        kept = at
        while kept in gone:
            kept = gone[kept]
        same[kept] = replace(same[kept], reasons=_union(same[kept].reasons, same[at].reasons))
    return [atom for at, atom in enumerate(same) if at not in gone]


class _Wider:
    """The atoms that may cover another one, found by how their resources and their first conditions begin."""

    def __init__(self, atoms: list[Block]) -> None:
        alike: dict[Hashable, list[tuple[tuple[str, ...], int]]] = {}  # atoms of one action on one resource
        wild: dict[Hashable, dict[Text, None]] = {}  # resources of one action that take in others
        for at, atom in enumerate(atoms):
            about, resource = (atom.lets_in, atom.actions), atom.resources[0]
            alike.setdefault((about, resource), []).append((_heads(atom.conditions[:1]), at))
            if _takes_in_others(resource):
                wild.setdefault(about, {})[resource] = None
        self.alike = {key: Heads(found) for key, found in alike.items()}
        self.wild = {key: Heads(((_head(one),), one) for one in found) for key, found in wild.items()}

    def than(self, atom: Block) -> Iterator[int]:
        """Their places: those on the same resource, then those whose resource may take it in."""
        about, resource = (atom.lets_in, atom.actions), atom.resources[0]
        heads = _heads(atom.conditions)
        yield from sorted(self._near(about, resource, heads))
        far = self.wild[about].near((_head(resource),)) if about in self.wild else ()
        yield from sorted(at for one in far if one != resource for at in self._near(about, one, heads))

    def _near(self, about: Hashable, resource: Text, heads: tuple[str, ...]) -> Iterable[int]:
        found = self.alike[about, resource]
        return found.near(heads) if heads else found.anywhere


def _heads(conditions: Conditions) -> tuple[str, ...]:
    """Keys, and how their values begin: what is weaker has the same key, and a value that begins alike."""
    return tuple(
        f"{key} {_head(value) if 'String' in operator or 'Arn' in operator else ''}"
        for operator, key, values in conditions
        for value in values
    )


def _widest(operator: str, values: Iterable[Text]) -> tuple[Text, ...]:
    """The values of a condition without those that another one takes in."""
    known = _sorted(values)
    wide = [one for one in known if operator.endswith("StringLike") and _takes_in_others(one)]
    if not wide:
        return known
    near = Heads(((_head(one),), one) for one in wide)
    return tuple(one for one in known if not any(_goes_into(one, other) for other in near.near((_head(one),))))


def _goes_into(narrow: Text, wide: Text) -> bool:
    """Whether a value says nothing beside another one; of two that say the same, the first stays."""
    mutual = _takes_in_others(narrow) and _text_covers(narrow, wide)
    return narrow != wide and _text_covers(wide, narrow) and not (mutual and str(narrow) < str(wide))


def _head(value: Text) -> str:
    """What a value spells before any wildcard; what is not known yet stands there by its name."""
    return _WILDCARD.split(str(value), maxsplit=1)[0]


_WILDCARD = re.compile(r"[*?]")


def covers(wide: Block, narrow: Block) -> bool:
    """Whether every request that one atom allows, another allows: no condition stricter, the resource as wide."""
    if not all(any(_is_weaker(one, other) for other in narrow.conditions) for one in wide.conditions):
        return False
    return _value_covers(wide.resources[0], narrow.resources[0])


def _takes_in_others(resource: Text) -> bool:
    """Whether a resource has a `*`, and nothing that makes it hard to say what it takes in.

    A `?` stands for one character, and what is behind a `*` or a variable may be longer.
    """
    words = [part for part in parts_of(resource) if isinstance(part, str)]
    return any("*" in word for word in words) and not any("?" in word or "${" in word for word in words)


def _value_covers(wide: Text, narrow: Text) -> bool:
    """Whether a pattern takes in all that another one does."""
    if wide == narrow:
        return True
    return _takes_in_others(wide) and ArnPattern(parse_pattern(wide)).match_resource(narrow) is Match.YES


def _is_weaker(wide: tuple[str, str, tuple[Text, ...]], narrow: tuple[str, str, tuple[Text, ...]]) -> bool:
    """Whether a condition holds wherever another one does."""
    if wide == narrow:
        return True
    if wide[1] != narrow[1] or wide[0].startswith(_ALL_OF) is not narrow[0].startswith(_ALL_OF):
        return False
    one, other = wide[0].removeprefix(_ALL_OF), narrow[0].removeprefix(_ALL_OF)
    if one == other == "NumericLessThanEquals":
        return float(str(wide[2][0])) >= float(str(narrow[2][0]))
    if one == "StringLike" and other in ("StringEquals", "StringLike"):
        return all(any(_text_covers(value, own) for value in wide[2]) for own in narrow[2])
    return one == other and one in _ANY_OF and set(narrow[2]) <= set(wide[2])


def _text_covers(wide: Text, narrow: Text) -> bool:
    if wide == narrow:
        return True
    return _takes_in_others(wide) and parse_pattern(wide).match(narrow) is Match.YES


# ── what belongs together ──


def _joined_values(atoms: list[Block], apart: bool) -> list[Block]:
    """Atoms that differ in the values of one condition, as one that takes any of the values."""
    found = atoms
    for at in range(max((len(one.conditions) for one in atoms), default=0)):
        found = _join(found, partial(_but_for_values, at, apart), partial(_either, at))
    return found


def _but_for_values(at: int, apart: bool, atom: Block) -> Hashable:
    """What has to be the same in two atoms that can differ in the values of one condition."""
    base = (atom.subject, atom.lets_in, atom.actions, atom.resources)
    own = atom.conditions[at] if at < len(atom.conditions) else None
    service = apart and atom.lets_in is not None and atom.lets_in[0] == "Service"
    if own is None or own[0] not in _ANY_OF or service:
        return (*base, atom.conditions)
    rest = atom.conditions[:at] + atom.conditions[at + 1 :]
    return (*base, rest, own[0], own[1], at)


def _either(at: int, one: Block, other: Block) -> Block:
    """Two atoms that differ in the values of one condition, as one."""
    operator, key, values = one.conditions[at]
    joined = (operator, key, _widest(operator, (*values, *other.conditions[at][2])))
    conditions = (*one.conditions[:at], joined, *one.conditions[at + 1 :])
    return replace(_with_more(one, other), conditions=conditions)


def _join(
    blocks: Iterable[Block],
    alike: Callable[[Block], Hashable],
    join: Callable[[Block, Block], Block] | None = None,
) -> list[Block]:
    """Blocks with the same key as one block each, in the order of the first."""
    found: dict[Hashable, Block] = {}
    for block in blocks:
        key = alike(block)
        found[key] = (join or _with_more)(found[key], block) if key in found else block
    return list(found.values())


def _with_more(one: Block, other: Block) -> Block:
    """Two blocks as one: what either says, for both reasons."""
    return replace(
        one,
        actions=tuple(sorted({*one.actions, *other.actions})),
        resources=_sorted((*one.resources, *other.resources)),
        purposes=tuple(sorted({*one.purposes, *other.purposes})),
        reasons=_union(one.reasons, other.reasons),
    )


def _union(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys((*one, *other)))


# ── where there is no room for more ──


def join_across_subjects(blocks: Iterable[Block]) -> list[Block]:
    """Blocks that do the same to several things, as one."""
    found = _join(blocks, lambda one: (one.lets_in, one.conditions, one.actions))
    return [replace(one, subject=_MANY) if len(one.resources) > 1 else one for one in found]


def join_service(blocks: Iterable[Block]) -> list[Block]:
    """One block for each service: all of its actions on all of its resources."""
    found = _join(blocks, lambda one: one.actions[0].partition(":")[0])
    return [replace(one, subject=one.actions[0].partition(":")[0], purposes=()) for one in found]


_MANY = "many"
"""The subject of a block that is about several things."""
