"""Paths step by step, as several reports show them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grantgraph.grants import by_level
from grantgraph.graph import NodeId, NodeKind
from grantgraph.paths import Hop, Path
from grantgraph.reports._words import location_json, place, request_json, say_conditions, say_request

CODE = "what the code on the way does with its rights is not IAM's to decide"
"""What every path through code has to say."""


def path_lines(path: Path) -> Iterator[str]:
    """Where a path begins, then a line a step, and why each is open."""
    yield named(path.hops[0].start)
    for hop in path.hops:
        at = f"  [{place(hop.at)}]" if hop.at.file and not hop.grants else ""
        doubt = "" if hop.certain else ", perhaps"
        yield f"  {hop.words}{doubt} -> {named(hop.end)}{at}"
        for grant in hop.grants:
            statement = grant.statement
            name = statement.sid or grant.policy.name
            for level, actions in by_level(grant.actions()).items():
                yield f"       {level.value} {', '.join(one.name for one in actions[:4])}{_more(len(actions) - 4)}"
            where = place(statement.at)
            yield f"       because {name}{' at ' + where if where else ''}, {say_conditions(statement.conditions)}"


def last_request(path: Path) -> list[str]:
    """The request that shows the last step, on a few lines; nothing where it is no grant that is certain."""
    for grant in path.hops[-1].grants:
        for action in grant.actions()[:1]:
            return say_request(grant.witness(action).request)
    return []


def named(node: NodeId) -> str:
    """A node with what it is, where its name does not say so."""
    return node.name if node.kind in (NodeKind.CALLER, NodeKind.ELSEWHERE) else f"{node.kind} {node.name}"


def path_json(path: Path) -> list[dict[str, Any]]:
    """The steps of a path."""
    return [_hop(hop) for hop in path.hops]


def _hop(hop: Hop) -> dict[str, Any]:
    found: dict[str, Any] = {
        "from": node_json(hop.start),
        "to": node_json(hop.end),
        "step": hop.words,
        "certain": hop.certain,
        "location": location_json(hop.at),
    }
    grants = [
        {
            "policy": grant.policy.name,
            "statement": grant.statement.sid,
            "location": location_json(grant.statement.at),
            "actions": [str(action) for action in grant.actions()],
            "witnesses": [request_json(grant.witness(action).request) for action in grant.actions()[:1]],
        }
        for grant in hop.grants
    ]
    return found | ({"grants": grants} if grants else {})


def node_json(node: NodeId) -> dict[str, str]:
    """The identity of a node."""
    return {"kind": node.kind.value, "name": node.name}


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""
