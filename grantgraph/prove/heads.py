"""Things found by what they begin with: which of very many can be about the same resource at all."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Resources
from grantgraph.text import Text, parts_of

T = TypeVar("T")


def head_of(value: Text) -> str:
    """The characters that a text begins with whatever its unknown parts are, in lower case (rule 35)."""
    parts = parts_of(value)
    return parts[0].lower() if parts and isinstance(parts[0], str) else ""


def heads_of(resources: Resources) -> tuple[str, ...]:
    """What the resources of a statement begin with; () where they may begin with anything."""
    if resources.negated:
        return ()
    heads = tuple(map(_head_of_pattern, resources.patterns))
    return heads if all(heads) else ()


def _head_of_pattern(pattern: ArnPattern) -> str:
    first = pattern.pattern.parts[0] if pattern.pattern.parts else ""
    return first.lower() if isinstance(first, str) else ""


class Heads(Generic[T]):
    """Things by their heads: two that are about the same resource begin alike, as far as both are known."""

    def __init__(self, things: Iterable[tuple[tuple[str, ...], T]]) -> None:
        self.anywhere: list[T] = []
        found: list[tuple[str, int]] = []
        self.things: list[T] = []
        for number, (heads, thing) in enumerate(things):
            self.things.append(thing)
            if heads and all(heads):
                found += [(head, number) for head in heads]
            else:
                self.anywhere.append(thing)
        found.sort()
        self._heads = [head for head, _ in found]
        self._numbers = [number for _, number in found]
        self._lengths = sorted({len(head) for head in self._heads})

    def near(self, heads: tuple[str, ...]) -> Iterator[T]:
        """The things that may be about a resource with one of these heads, each once; all of them for ()."""
        if not heads or not all(heads):
            yield from self.things
            return
        yield from self.anywhere
        seen: set[int] = set()
        for head in heads:
            for number in self._numbers_near(head):
                if number not in seen:
                    seen.add(number)
                    yield self.things[number]

    def _numbers_near(self, head: str) -> Iterator[int]:
        at = bisect_left(self._heads, head)
        while at < len(self._heads) and self._heads[at].startswith(head):
            yield self._numbers[at]
            at += 1
        for length in self._lengths:
            if length >= len(head):
                return
            at = bisect_left(self._heads, head[:length])
            while at < len(self._heads) and self._heads[at] == head[:length]:
                yield self._numbers[at]
                at += 1
