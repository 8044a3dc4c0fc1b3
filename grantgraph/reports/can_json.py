"""`can` for programs: schema `grantgraph/can/1`."""

from __future__ import annotations

from typing import Any

from grantgraph.ask import Asked
from grantgraph.evaluate import Reason
from grantgraph.reports._words import catalog_json, json_page, location_json, request_json


def render(asked: Asked) -> str:
    """The decision with its statements, and what it hinges on."""
    verdict = asked.verdict
    document = {
        "schema": "grantgraph/can/1",
        "catalog": catalog_json(asked.catalog),
        "request": request_json(asked.request),
        "decision": verdict.decision.value,
        "layer": str(verdict.layer),
        "because": [_reason(one) for one in verdict.because],
        "unknowns": [{"name": one.name, "reason": one.reason} for one in sorted(verdict.unknowns, key=str)],
        "nearest": [
            {
                **_reason(one.reason),
                "needs": [{"respect": miss.respect, "needed": miss.needed} for miss in one.misses],
            }
            for one in asked.near
        ],
        **({"assuming": list(assuming)} if (assuming := asked.application.assuming) else {}),
    }
    return json_page(document)


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "policy": reason.policy.name,
        "statement": reason.statement.sid,
        "location": location_json(reason.statement.at),
    }
