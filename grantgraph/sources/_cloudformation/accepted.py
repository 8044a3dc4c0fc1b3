"""Findings that a template accepts, in the metadata of a resource."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.ignores import Ignore, read_ignore
from grantgraph.node import plain
from grantgraph.problems import Location
from grantgraph.sources._cloudformation.assembly import Assembly

KEY = "grantgraph"


def read_accepted(assembly: Assembly) -> Iterator[Ignore]:
    """Every finding that some resource's `Metadata: {grantgraph: {ignore: [...]}}` accepts."""

    def problem(at: Location, message: str, help: str) -> None:
        assembly.problems.error(at, "ignore", message, help)

    for one in assembly.declared:
        told = one.node.get("Metadata", KEY, "ignore")
        for member in told.one_or_many() if told is not None else ():
            value = plain(member)
            if isinstance(value, dict):
                found = read_ignore(value, member.at, problem)
                yield from [found] if found is not None else []
            else:
                problem(member.at, "an accepted finding must be an object", "")
