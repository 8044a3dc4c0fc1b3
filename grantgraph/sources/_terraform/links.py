"""Which resource an attribute means, and how instances of one block are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from grantgraph.node import Node
from grantgraph.sources._terraform.document import Instance, Key
from grantgraph.text import Unknown


@dataclass(frozen=True, slots=True)
class Link:
    """Which resource an attribute means.

    `found` is the one that it is, when it is one of the input; `value` the text that CloudFormation would hold;
    `may_be` all that it can be, when that is not known, None for any of its type; `written` what the attribute
    says itself.
    """

    value: Node
    found: Instance | None = None
    may_be: tuple[Instance, ...] | None = ()
    written: str | None = None

    @property
    def is_open(self) -> bool:
        return isinstance(self.value.value, Unknown)


@dataclass(frozen=True, slots=True)
class Keyed:
    """The instances of one block, by those of their keys that tell them apart."""

    width: int
    by_keys: Mapping[tuple[Key, ...], list[Instance]]

    def under(self, own: set[Key]) -> list[Instance]:
        """The instances all of whose keys are among some keys."""
        if self.width > MAX_KEYS:
            return []
        return [one for keys in product(own, repeat=self.width) for one in self.by_keys.get(keys, ())]


MAX_KEYS = 4
"""How many keys of nested modules may tell the instances of a block apart."""


def keyed(found: tuple[Instance, ...]) -> Keyed:
    """Instances by their keys, where all are of one block."""
    blocks = {(one.mode, one.type, one.name, tuple(name for name, _ in one.module)) for one in found}
    if len(blocks) != 1:
        return Keyed(1, {})
    keys = [(*(key for _, key in one.module), one.key) for one in found]
    varying = [at for at in range(len(keys[0])) if len({key[at] for key in keys}) > 1]
    by_keys: dict[tuple[Key, ...], list[Instance]] = {}
    for one, key in zip(found, keys, strict=True):
        by_keys.setdefault(tuple(key[at] for at in varying), []).append(one)
    return Keyed(len(varying), by_keys)
