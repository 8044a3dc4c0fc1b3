"""`who-can` for programs: schema `grantgraph/who-can/1`."""

from __future__ import annotations

from typing import Any

from grantgraph.prove import Refuted
from grantgraph.reports._paths import node_json, path_json
from grantgraph.reports._words import answer_json, catalog_json, json_page, location_json
from grantgraph.who import Holder, WhoCan


def render(found: WhoCan) -> str:
    """The question, and everybody who can."""
    document = {
        "schema": "grantgraph/who-can/1",
        "catalog": catalog_json(found.catalog),
        "application": found.application.name,
        "action": found.action,
        "resource": found.resource,
        "asked": found.asked,
        "principals": [_holder(one) for one in found.holders],
        "through_others": [
            {
                "who": node_json(one.who),
                "as": one.holder,
                "certain": one.path.certain,
                "runs_code": one.path.runs_code,
                "steps": path_json(one.path),
            }
            for one in found.mediated
        ],
        "unknown": list(found.caveats),
    }
    return json_page(document)


def _holder(holder: Holder) -> dict[str, Any]:
    because = holder.answer.verdict.because if isinstance(holder.answer, Refuted) else ()
    return {
        "id": holder.id,
        "outside": holder.outside,
        "location": location_json(holder.at),
        "can": "yes" if isinstance(holder.answer, Refuted) else "undecided",
        "because": [
            {
                "policy": one.policy.name,
                "statement": one.statement.sid,
                "location": location_json(one.statement.at),
            }
            for one in because
        ],
        **{key: value for key, value in answer_json(holder.answer).items() if key != "answer"},
    }
