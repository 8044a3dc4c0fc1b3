"""`synth` for programs: schema `grantgraph/synth/1`."""

from __future__ import annotations

from grantgraph.policy.render import render_policy
from grantgraph.reports._words import answer_json, catalog_json, json_page, location_json
from grantgraph.synthesize import Synthesized


def render(synthesized: Synthesized) -> str:
    """The policies of every principal, the need behind each statement, and the proofs."""
    found = synthesized.syntheses
    document = {
        "schema": "grantgraph/synth/1",
        "catalog": catalog_json(synthesized.catalog),
        "application": synthesized.application.name,
        "policies": {
            one.principal.id: [render_policy(one.policy)] if one.policy is not None else [] for one in found
        },
        "trust": {one.principal.id: render_policy(one.trust) for one in found if one.trust is not None},
        "why": [
            {
                "principal": one.principal.id,
                "statement": written.sid,
                "needs": [{"need": str(need), "location": location_json(need.at)} for need in written.needs],
            }
            for one in found
            for written in one.why
        ],
        "proof": {one.principal.id: answer_json(one.proof) for one in found},
        "notes": [
            {"message": one.message, "help": one.help, "location": location_json(one.at)}
            for one in synthesized.notes
        ],
        "to_fill_in": list(synthesized.to_fill_in),
    }
    return json_page(document)
