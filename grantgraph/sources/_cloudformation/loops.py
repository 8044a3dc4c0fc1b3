"""`Fn::ForEach` of `AWS::LanguageExtensions`: loops are written out before anything else is read.

A loop is a key `Fn::ForEach::Name` whose value is [identifier, collection, {key: value}]. In key and value,
`${identifier}`, `&{identifier}` (letters and digits only) and `{"Ref": identifier}` stand for each member.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.node import Node
from grantgraph.problems import Location, Problems
from grantgraph.sources._cloudformation.template import LOOP

MOST_NODES = 200_000
Members = Callable[[Node], "tuple[str, ...] | None"]
"""The members of a collection; None where they are not known."""


def write_out_loops(template: Node, members: Members, problems: Problems) -> tuple[Node, bool]:
    """A template without its loops, and whether all of them could be written out."""
    writer = _Writer(members, problems)
    return writer.value(template, {}), writer.whole


@dataclass(slots=True)
class _Writer:
    members: Members
    problems: Problems
    whole: bool = True
    nodes: int = 0

    def value(self, node: Node, bound: Mapping[str, str]) -> Node:
        self.nodes += 1
        match node.value:
            case str():
                return replace(node, value=_filled(node.value, bound))
            case tuple():
                return replace(node, value=tuple(self.value(one, bound) for one in node.value))
            case Mapping():
                reference = node.value.get("Ref")
                named = reference.as_str() if reference is not None and len(node.value) == 1 else None
                if named is not None and named in bound:
                    return Node(bound[named], node.at)
                return self.object(node, bound)
            case _:
                return node

    def object(self, node: Node, bound: Mapping[str, str]) -> Node:
        members: dict[str, Node] = {}
        places: dict[str, Location] = {}
        for key, at, value in self.written_out(node, bound):
            if key in members:
                message = f"a loop writes `{key}` twice"
                self.problems.error(at, "duplicate-key", message, "use the identifier in the key")
                continue
            members[key], places[key] = value, at
        return Node(members, node.at, places)

    def written_out(self, node: Node, bound: Mapping[str, str]) -> Iterator[tuple[str, Location, Node]]:
        """The members of an object, those of its loops among them."""
        for key, value in node.fields.items():
            at = node.key_at.get(key, value.at)
            if key.startswith(LOOP):
                yield from self.loop(key, at, value, bound)
            else:
                yield _filled(key, bound), at, self.value(value, bound)

    def loop(
        self, name: str, at: Location, node: Node, bound: Mapping[str, str]
    ) -> Iterator[tuple[str, Location, Node]]:
        identifier = node.items[0].as_str() if len(node.items) == 3 else None
        if identifier is None or not node.items[2].fields:
            wanted = "a list of an identifier, a collection and an object"
            self.problems.error(node.at, "loop", f"`{name}` takes {wanted}, not {node.describe()}")
            return
        _, collection, body = node.items
        members = self.members(self.value(collection, bound))
        if members is None:
            message = f"what `{name}` makes is not in the input: its collection is not known here"
            self.problems.unmodelled(collection.at, "transform", message, "give the parameter with --param")
            self.whole = False
            return
        for member in members:
            if self.nodes > MOST_NODES:
                message = f"the loops of this template write more than {MOST_NODES:,} values"
                self.problems.error(at, "size", message)
                return
            yield from self.written_out(body, {**bound, identifier: member})


_PLACE = re.compile(r"([$&])\{([A-Za-z0-9]+)\}")


def _filled(spelled: str, bound: Mapping[str, str]) -> str:
    """A text with the identifiers of the loops around it filled in."""
    if not bound or "{" not in spelled:
        return spelled

    def fill(found: re.Match[str]) -> str:
        mark, identifier = found.groups()
        if identifier not in bound:
            return found.group()
        member = bound[identifier]
        return member if mark == "$" else re.sub("[^A-Za-z0-9]", "", member)

    return _PLACE.sub(fill, spelled)
