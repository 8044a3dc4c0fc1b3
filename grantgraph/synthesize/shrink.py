"""Actions with wildcards that match nothing else: shorter, and only as true as today's catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from grantgraph.catalog import Catalog
from grantgraph.synthesize.blocks import Block


def shrink(blocks: Iterable[Block], catalog: Catalog) -> list[Block]:
    """The blocks with their actions as patterns, where a pattern matches only actions of the block."""
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    found = []
    for block in blocks:
        if block.actions not in known:
            known[block.actions] = tuple(sorted(_patterns(block.actions, catalog)))
        found.append(replace(block, actions=known[block.actions]))
    return found


def _patterns(actions: tuple[str, ...], catalog: Catalog) -> Iterator[str]:
    by_service: dict[str, set[str]] = {}
    for action in actions:
        service, _, name = action.partition(":")
        by_service.setdefault(service, set()).add(name)
    for service, names in by_service.items():
        others = {name.lower() for name in catalog.names(service)} - {name.lower() for name in names}
        for pattern in _cover(names, others):
            yield f"{service}:{pattern}"


def _cover(names: set[str], others: set[str]) -> Iterator[str]:
    """Patterns that match all of some names and none of the others; the one that saves most goes first."""
    left = set(names)
    while True:
        best = max(_candidates(left, others), key=lambda one: (_saved(one, left), one), default=None)
        if best is None or _saved(best, left) <= 0:
            yield from left
            return
        yield f"{best[0]}*{best[1]}"
        left -= _matched(best, left)


def _candidates(names: set[str], others: set[str]) -> Iterator[tuple[str, str]]:
    """What two names have in common at their ends, where it matches no other action of the service."""
    for one, other in combinations(sorted(names), 2):
        start, end = _beginning(one, other), _beginning(one[::-1], other[::-1])[::-1]
        for pattern in {(start, end), (start, ""), ("", end)}:
            if any(pattern) and not _matched((pattern[0].lower(), pattern[1].lower()), others):
                yield pattern


def _beginning(one: str, other: str) -> str:
    """What two words begin with, both."""
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    return one[:at]


def _matched(pattern: tuple[str, str], names: set[str]) -> set[str]:
    start, end = pattern
    least = len(start) + len(end)
    return {name for name in names if len(name) >= least and name.startswith(start) and name.endswith(end)}


def _saved(pattern: tuple[str, str], names: set[str]) -> int:
    """How many characters a pattern saves; names that stand in a list have quotes and a comma each."""
    matched = _matched(pattern, names)
    return sum(len(name) + 3 for name in matched) - (len(pattern[0]) + len(pattern[1]) + 4)
