"""`synth` for programs: schema `grantgraph/synth/1`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from grantgraph.policy.render import render_policy
from grantgraph.reports._words import answer_json, catalog_json, json_page, location_json
from grantgraph.synthesize import Synthesized, Written


def render(synthesized: Synthesized) -> str:
    """The policies of every principal and resource, the reasons for each statement, and the proofs."""
    found, entrances = synthesized.syntheses, synthesized.entrances
    boundary = synthesized.boundary
    document = {
        "schema": "grantgraph/synth/1",
        "catalog": catalog_json(synthesized.catalog),
        "application": synthesized.application.name,
        "policies": {one.principal.id: [render_policy(policy) for policy in one.policies] for one in found},
        "attached": {one.principal.id: [own.attachment.value for own in one.attached] for one in found},
        "trust": {one.principal.id: render_policy(one.trust) for one in found if one.trust is not None},
        "boundary": render_policy(boundary) if boundary is not None else None,
        "resource_policies": {one.resource.id: render_policy(one.policy) for one in entrances},
        "why": [
            *(own for one in found for own in _why("principal", one.principal.id, one.why)),
            *(own for one in entrances for own in _why("resource", one.resource.id, one.why)),
        ],
        "proof": {one.principal.id: answer_json(one.proof) for one in found},
        "resource_proof": {one.resource.id: answer_json(one.proof) for one in entrances},
        "notes": [
            {"message": one.message, "help": one.help, "location": location_json(one.at)}
            for one in synthesized.notes
        ],
        "to_fill_in": list(synthesized.to_fill_in),
    }
    return json_page(document)


def _why(what: str, id: str, why: Iterable[Written]) -> list[dict[str, Any]]:
    return [
        {
            what: id,
            "statement": written.sid,
            "needs": [{"need": str(one), "location": location_json(one.at)} for one in written.reasons],
        }
        for written in why
    ]
