"""`explain role` for programs: schema `grantgraph/explain-role/1`."""

from __future__ import annotations

from typing import Any

from grantgraph.explain import Explanation
from grantgraph.grants import Grant, by_level
from grantgraph.reports._words import catalog_json, condition_json, json_page, location_json, request_json


def render(explanation: Explanation) -> str:
    """The role, who can assume it, and its access."""
    principal = explanation.principal
    document = {
        "schema": "grantgraph/explain-role/1",
        "catalog": catalog_json(explanation.catalog),
        "role": {
            "id": principal.id,
            "type": principal.type.value,
            "arn": str(principal.arn),
            "framework": principal.framework,
            "location": location_json(principal.at),
        },
        "trusted_by": [
            {
                "who": one.who,
                "how": one.how,
                "conditions": [condition_json(condition) for condition in one.conditions],
                "location": location_json(one.at),
            }
            for one in explanation.trusted_by
        ],
        "chosen_by": [
            {
                "provider": str(one.provider),
                "claim": one.claim,
                "match": one.match,
                "value": str(one.value),
                "otherwise": one.otherwise,
                "location": location_json(one.at),
            }
            for one in explanation.choices
        ],
        "access": [_grant(one) for one in explanation.grants],
        "dead": [location_json(one.statement.at) for one in explanation.dead],
        "unknown": list(explanation.unseen),
        "paths": [
            {"entry_point": one.id, "type": one.type.value, "authorizer": one.authorizer.value}
            for one in explanation.entry_points
        ],
    }
    return json_page(document)


def _grant(grant: Grant) -> dict[str, Any]:
    levels = by_level(grant.actions())
    first = next((action for actions in levels.values() for action in actions), None)
    return {
        "service": grant.service,
        "resource": grant.resource,
        "certain": grant.certain,
        "actions": {level.value: [str(one) for one in actions] for level, actions in levels.items()},
        "possible": [str(one) for reach in grant.reaches if not reach.certain for one in reach.actions],
        "resources": [str(one) for one in grant.statement.resources.patterns],
        "conditions": [condition_json(one) for one in grant.statement.conditions],
        "statement": {
            "policy": grant.policy.name,
            "sid": grant.statement.sid,
            "location": location_json(grant.statement.at),
        },
        "witness": request_json(grant.witness(first).request) if first is not None else None,
    }
