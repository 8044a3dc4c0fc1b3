"""`prove summary` for programs: schema `grantgraph/summary/1`."""

from __future__ import annotations

from typing import Any

from grantgraph.claim import Summarized
from grantgraph.prove import Allowed
from grantgraph.reports._words import catalog_json, condition_json, json_page, location_json


def render(summarized: Summarized) -> str:
    """Every entry with all its actions."""
    document = {
        "schema": "grantgraph/summary/1",
        "catalog": catalog_json(summarized.catalog),
        "principal": summarized.principal,
        "allowed": [_entry(one) for one in summarized.entries],
        **({"unknown": list(summarized.caveats)} if summarized.caveats else {}),
    }
    return json_page(document)


def _entry(entry: Allowed) -> dict[str, Any]:
    return {
        "actions": [str(one) for one in entry.actions],
        "resources": [str(one) for one in entry.resources.patterns],
        "everything_but_these": entry.resources.negated,
        "conditions": [condition_json(one) for one in entry.conditions],
        "except": [{"sid": one.sid, "location": location_json(one.at)} for one in entry.excepting],
        "within": [{"name": one.name, "type": one.type.value} for one in entry.within],
        "statement": {"sid": entry.statement.sid, "location": location_json(entry.statement.at)},
        "doubt": entry.doubt,
    }
