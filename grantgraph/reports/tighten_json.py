"""`synth` of an input, for programs: schema `grantgraph/tighten/1`, with what is allowed beyond the needs."""

from __future__ import annotations

from typing import Any

from grantgraph.infer import Dead, InferredNeed
from grantgraph.policy.render import render_policy
from grantgraph.reports._words import (
    answer_json,
    catalog_json,
    json_page,
    location_json,
    problems_json,
    request_json,
)
from grantgraph.tighten import Beyond, Held, Stays, Tight, Tightened


def render(tightened: Tightened) -> str:
    """The tight policies of every role, its needs with why, and what today's policies allow beyond them."""
    judged = tuple(tightened.judged())
    document = {
        "schema": "grantgraph/tighten/1",
        "catalog": catalog_json(tightened.catalog),
        "application": tightened.application.name,
        "needs_from": "model" if tightened.from_model else "inferred",
        "policies": {one.principal.id: [render_policy(policy) for policy in one.policies] for one in judged},
        "changed": {one.principal.id: one.changes for one in judged},
        "today": {one.principal.id: [_held(held) for held in one.held] for one in judged},
        "needs": [_need(need) for one in judged for need in one.needs],
        "over_grants": {one.principal.id: [_beyond(own) for own in one.beyond] for one in judged},
        "dead": {one.principal.id: [_dead(own) for own in one.dead] for one in judged},
        "stays": {one.principal.id: [_stays(own) for own in one.stays] for one in judged},
        "proof": {one.principal.id: answer_json(one.proof) for one in judged if one.proof is not None},
        "undecided": {one.principal.id: list(one.doubts) for one in judged if one.doubts},
        "gaps": list(tightened.gaps),
        "assuming": list(tightened.application.assuming),
        "left": {one.principal.id: one.left for one in tightened.roles if one.left},
        "summary": _summary(judged),
        "problems": problems_json(tightened.application),
    }
    return json_page(document)


def _summary(judged: tuple[Tight, ...]) -> dict[str, Any]:
    return {
        "roles": len(judged),
        "beyond": sum(one.goes_beyond for one in judged),
        "undecided": sum(one.is_open and not one.goes_beyond for one in judged),
        "actions_beyond": sum(len(own.actions) for one in judged for own in one.beyond),
    }


def _held(one: Held) -> dict[str, Any]:
    return {
        "place": one.place or None,
        "service": one.service,
        "allowed": list(map(str, one.allowed)),
        "needed": list(map(str, one.needed)),
    }


def _need(one: InferredNeed) -> dict[str, Any]:
    return {
        "who": one.need.who,
        "access": list(one.need.access),
        "to": one.need.to,
        "scopes": {name: list(values) for name, values in one.need.scopes.given().items()},
        "actions": list(one.actions),
        "confidence": one.confidence.value,
        "because": [{"words": own.words, "location": location_json(own.at)} for own in one.evidence],
        "but": list(one.doubts),
        "missing": list(one.missing),
    }


def _beyond(one: Beyond) -> dict[str, Any]:
    return {
        "place": one.place or None,
        "service": one.service or None,
        "levels": {level.value: len(actions) for level, actions in one.levels().items()},
        "actions": list(map(str, one.actions)) if one.asked else None,
        "count": len(one.actions),
        "asked": one.asked,
        "doubtful": list(map(str, one.doubtful)),
        "because": [why.value for why in one.why] + list(one.notes),
        "worst": [request_json(witness.request) for witness in one.worst],
        "locations": [location_json(at) for at in one.at],
    }


def _dead(one: Dead) -> dict[str, Any]:
    return {"action": one.spelled, "because": one.why, "location": location_json(one.at)}


def _stays(one: Stays) -> dict[str, Any]:
    return {"what": one.words, "because": one.why.value, "location": location_json(one.at)}
