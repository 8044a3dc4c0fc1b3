"""`prove` for programs: schema `grantgraph/prove/1`."""

from __future__ import annotations

from grantgraph.claim import Claim
from grantgraph.reports._words import answer_json, catalog_json, json_page


def render(claim: Claim) -> str:
    """The claim and its answer."""
    document = {
        "schema": "grantgraph/prove/1",
        "catalog": catalog_json(claim.catalog),
        "claim": claim.words,
        **answer_json(claim.answer),
    }
    return json_page(document)
