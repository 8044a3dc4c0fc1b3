"""`explain path` for programs: schema `grantgraph/path/1`."""

from __future__ import annotations

from grantgraph.paths import Explained
from grantgraph.reports._paths import node_json, path_json
from grantgraph.reports._words import catalog_json, json_page


def render(explained: Explained) -> str:
    """The two ends, and the ways between them."""
    document = {
        "schema": "grantgraph/path/1",
        "catalog": catalog_json(explained.catalog),
        "application": explained.application.name,
        "from": node_json(explained.start),
        "to": node_json(explained.end),
        "paths": [
            {"certain": path.certain, "runs_code": path.runs_code, "steps": path_json(path)}
            for path in explained.paths
        ],
        "more": explained.more,
        "undecided": explained.open,
        "unknown": list(explained.doubts or explained.application.caveats),
    }
    return json_page(document)
