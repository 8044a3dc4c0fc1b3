"""What a value that only AWS can compute was made from: the text behind it, wherever that stands."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from grantgraph.node import Node, plain

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.resolve import Resolver

_IN_TEXT = re.compile(r"\$\{([^}!.]+)[^}]*\}")
_ELSEWHERE = ("Fn::GetStackOutput", "Fn::ImportValue")
MAX_NAMES = 200


def origin_of(resolver: Resolver, node: Node) -> str:
    """A mark of everything that decides a value: its own text, and what it speaks of, to the end.

    The same mark in two readings of an application means the same value. "" where what decides is in another
    stack, or cannot be followed.
    """
    sections = resolver.sections
    known: Mapping[str, Node] = {
        **{name: declared for name, (_, declared) in sections.resources.items()},
        **sections.parameters,
        **{f"condition {name}": declared for name, declared in sections.conditions.items()},
        **{f"mapping {name}": declared for name, declared in sections.mappings.items()},
    }
    told: dict[str, object] = {"": plain(node)}
    queue = [node]
    while queue:
        for name in names_in(queue.pop()):
            if name in _ELSEWHERE or len(told) > MAX_NAMES:
                return ""
            if name in known and name not in told:
                told[name] = [plain(known[name]), resolver.stack.parameters.get(name)]
                queue.append(known[name])
    environment = resolver.stack.environment
    place = (environment.partition, environment.region, environment.account, resolver.stack.name)
    told["environment"] = [str(part) for part in place]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:20]


def names_in(node: Node) -> Iterator[str]:
    """What a value speaks of: parameters, resources, conditions and mappings of its template, other stacks."""
    for one in node.walk():
        for key, member in one.fields.items():
            spelled = member.as_str()
            first = member.items[0].as_str() if member.items else None
            match key:
                case "Ref" if spelled:
                    yield spelled
                case "Fn::GetAtt" if first or spelled:
                    yield first or (spelled or "").partition(".")[0]
                case "Fn::If" if first:
                    yield f"condition {first}"
                case "Condition" if spelled:
                    yield f"condition {spelled}"
                case "Fn::FindInMap":
                    yield f"mapping {first}" if first else _ELSEWHERE[0]
                case _ if key in _ELSEWHERE:
                    yield key
                case "Fn::Sub":
                    for found in (member, *member.items[:1]):
                        yield from _IN_TEXT.findall(found.as_str() or "")
