"""What `--format json` prints, command by command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from grantgraph.catalog import AccessLevel
from grantgraph.diff import About, Kind, Presence
from grantgraph.evaluate import Decision
from grantgraph.findings import Evidence, Severity
from grantgraph.graph import Edge, NodeKind
from grantgraph.infer.evidence import Confidence
from grantgraph.infer.why import Why
from grantgraph.model import Authorizer, EntryPointType, PrincipalType
from grantgraph.policy.document import PolicyType
from grantgraph.problems import Level
from grantgraph.rules import Outcome
from grantgraph.synthesize.result import Attachment
from scripts.schemas.parts import (
    FLAG,
    NUMBER,
    TEXT,
    Schema,
    either,
    list_of,
    map_of,
    nullable,
    record,
    ref,
    told,
    whole,
    words,
)

TEXTS = list_of(TEXT)
DAY: Schema = {"type": "string", "format": "date"}
LOCATION, REQUEST, CONDITION = ref("location"), ref("request"), ref("condition")
BECAUSE: Mapping[str, Schema] = {"policy": TEXT, "statement": TEXT, "location": LOCATION}
WITNESS: Mapping[str, Schema] = {
    "request": REQUEST,
    "decision": words(Decision),
    "because": list_of(record(BECAUSE)),
}
EVIDENCE: Mapping[str, Schema] = {
    "Refuted": record({"kind": {"const": "witness"}, **WITNESS}),
    "Path": record(
        {"kind": {"const": "path"}, "steps": list_of(record({"words": TEXT, "location": LOCATION})), **WITNESS}
    ),
    "Together": record(
        {"kind": {"const": "requests"}, **WITNESS, "together_with": list_of(record({**WITNESS}))},
    ),
    "Written": record({"kind": {"const": "statement"}, "words": TEXT}),
}
"""What the evidence of a finding looks like, by the type that it has in the code."""

ANSWERS: Mapping[str, Mapping[str, Schema]] = {
    "proved": {"assuming": TEXTS},
    "refuted": {"witness": REQUEST},
    "undecided": {"reason": TEXT},
}
"""What an answer of the prover comes with."""

SHARED: Mapping[str, Schema] = {
    "catalog": told("The action data that the answer rests on.", record({"date": DAY})),
    "location": told(
        "A place in an input: file, line and column, counted from 1; empty and 0 where there is none.",
        record({"file": TEXT, "line": NUMBER, "column": NUMBER}, {"path": TEXT, "origin": TEXT}),
    ),
    "request": told(
        "A request, which `grantgraph can` decides again.",
        record(
            {
                "principal": TEXT,
                "action": TEXT,
                "resource": TEXT,
                "context": map_of(either(TEXT, TEXTS)),
            }
        ),
    ),
    "condition": record({"operator": TEXT, "key": TEXT, "values": TEXTS}),
    "policy": told(
        "A policy document, as AWS reads it.",
        record({"Version": TEXT, "Statement": list_of({"type": "object"})}),
    ),
    "problem": record({"level": words(Level), "code": TEXT, "message": TEXT, "help": TEXT, "location": LOCATION}),
    "finding": record(
        {
            "rule": TEXT,
            "severity": words(Severity),
            "principal": TEXT,
            "message": TEXT,
            "help": TEXT,
            "on": TEXT,
            "actions": TEXTS,
            "when": told("In which cases of the input it holds; empty for all.", TEXT),
            "fingerprint": told("The same tomorrow for the same access.", TEXT),
            "location": LOCATION,
            "evidence": {"oneOf": [EVIDENCE[one.__name__] for one in get_args(Evidence)]},
        }
    ),
    "terms": record({"resources": TEXTS, "conditions": list_of(CONDITION), **BECAUSE}),
    "change": record(
        {
            "principal": TEXT,
            "about": words(About),
            "on": TEXT,
            "presence": words(Presence),
            "service": TEXT,
            "resources": TEXTS,
            "actions": TEXTS,
            "conditions": list_of(CONDITION),
            "was": list_of(ref("terms")),
            "now": list_of(ref("terms")),
            "witness": nullable(REQUEST),
            "allowed_now": nullable(ref("shown")),
            "allowed_before": nullable(ref("shown")),
            "unless": TEXT,
        }
    ),
    "shown": record({"request": REQUEST, "refused": words(Decision), "because": TEXT, "ask": TEXT}),
    "path": record(
        {
            "words": TEXT,
            "entry": TEXT,
            "caller": TEXT,
            "role": TEXT,
            "leads_to": TEXTS,
            "location": LOCATION,
        }
    ),
    "step": record(
        {"from": ref("node"), "to": ref("node"), "step": TEXT, "certain": FLAG, "location": LOCATION},
        {"grants": list_of(record({**BECAUSE, "actions": TEXTS, "witnesses": list_of(REQUEST)}))},
    ),
    "node": record({"kind": words(NodeKind), "name": TEXT}),
}  # fmt: skip


def _accepted() -> Schema:
    finding = SHARED["finding"]
    ignore = record({"reason": TEXT, "owner": TEXT, "until": TEXT, "location": LOCATION})
    more = {"accepted": told("Why it does not count, in words.", TEXT), "ignore": nullable(ignore)}
    return record({**finding["properties"], **more})


def _check() -> Schema:
    return record(
        {
            "application": TEXT,
            "source": TEXT,
            "findings": list_of(ref("finding")),
            "undecided": list_of(
                record({"rule": TEXT, "principal": TEXT, "reason": TEXT, "when": TEXT, "location": LOCATION})
            ),
            "proved": list_of(record({"rule": TEXT, "principal": TEXT, "statement": TEXT, "on": TEXTS})),
            "accepted": list_of(_accepted()),
            "cases": TEXTS,
            "assuming": TEXTS,
            "problems": list_of(ref("problem")),
            "not_modelled": told("How many resources of each type are not reasoned about.", map_of(NUMBER)),
            "summary": record(
                {
                    "outcome": words(Outcome),
                    **dict.fromkeys(
                        ("findings", "new", "failing", "baselined", "ignored", "undecided", "asked"), NUMBER
                    ),
                }
            ),
        },
        {"changes": told("What a plan does, to which resources.", map_of(TEXTS))},
    )


def _diff() -> Schema:
    kinds = [one.value for one in Kind]
    about = either(words(About), {"const": ""})
    return record(
        {
            "base": TEXT,
            "head": TEXT,
            **{kind: list_of(ref("change")) for kind in kinds},
            "paths": record({"opened": list_of(ref("path")), "closed": list_of(ref("path"))}),
            "same": list_of(record({"about": words(About), "principal": TEXT, "on": TEXT, "assuming": TEXTS})),
            "undecided": list_of(
                record(
                    {
                        "principal": TEXT,
                        "about": about,
                        "on": TEXT,
                        "actions": TEXTS,
                        "reason": TEXT,
                        "may_widen": FLAG,
                        "location": LOCATION,
                    }
                )
            ),
            "renamed": list_of(record({"what": TEXT, "base": TEXT, "head": TEXT})),
            "not_compared": TEXTS,
            "summary": record(
                {
                    "widens": told("Whether anything is allowed that was not.", FLAG),
                    "differs": FLAG,
                    **dict.fromkeys(("unchanged", *kinds, "undecided"), NUMBER),
                }
            ),
        }
    )


def _explain() -> Schema:
    levels = {"type": "object", "propertyNames": words(AccessLevel), "additionalProperties": TEXTS}
    grant = record(
        {
            "service": TEXT,
            "resource": told("The application's own resource; empty for everything else.", TEXT),
            "certain": FLAG,
            "actions": levels,
            "possible": told("Actions of which it is not known whether they can be used.", TEXTS),
            "resources": TEXTS,
            "conditions": list_of(CONDITION),
            "statement": record({"policy": TEXT, "sid": TEXT, "location": LOCATION}),
            "witness": nullable(REQUEST),
        }
    )
    return record(
        {
            "role": record(
                {"id": TEXT, "type": words(PrincipalType), "arn": TEXT, "framework": TEXT, "location": LOCATION}
            ),
            "trusted_by": list_of(
                record({"who": TEXT, "how": TEXT, "conditions": list_of(CONDITION), "location": LOCATION})
            ),
            "chosen_by": list_of(
                record(
                    {
                        **dict.fromkeys(("provider", "claim", "match", "value", "otherwise"), TEXT),
                        "location": LOCATION,
                    }
                )
            ),
            "access": list_of(grant),
            "dead": told("Statements that no request can use.", list_of(LOCATION)),
            "unknown": TEXTS,
            "paths": list_of(
                record({"entry_point": TEXT, "type": words(EntryPointType), "authorizer": words(Authorizer)})
            ),
        }
    )


def _can() -> Schema:
    needs = list_of(record({"respect": TEXT, "needed": TEXT}))
    return record(
        {
            "request": REQUEST,
            "decision": words(Decision),
            "layer": told("Which policies decided.", TEXT),
            "because": list_of(record(BECAUSE)),
            "unknowns": list_of(record({"name": TEXT, "reason": TEXT})),
            "nearest": told("Statements that would allow it if the request were another.", list_of(
                record({**BECAUSE, "needs": needs})
            )),
        },
        {"assuming": TEXTS},
    )  # fmt: skip


def _synth() -> Schema:
    because = record({"need": TEXT, "location": LOCATION})
    proved = record({"answer": {"const": "proved"}, "assuming": TEXTS})
    why = [record({one: TEXT, "statement": TEXT, "needs": list_of(because)}) for one in ("principal", "resource")]
    return record(
        {
            "application": TEXT,
            "policies": told("The policies of each principal.", map_of(list_of(ref("policy")))),
            "attached": told("How each of them hangs on its role.", map_of(list_of(words(Attachment)))),
            "trust": map_of(ref("policy")),
            "boundary": nullable(ref("policy")),
            "resource_policies": map_of(ref("policy")),
            "why": list_of({"oneOf": why}),
            "proof": told("What is not proved is not written.", map_of(proved)),
            "resource_proof": map_of(proved),
            "notes": list_of(record({"message": TEXT, "help": TEXT, "location": LOCATION})),
            "to_fill_in": TEXTS,
        }
    )


def _summary() -> Schema:
    entry = record(
        {
            "actions": TEXTS,
            "resources": TEXTS,
            "everything_but_these": FLAG,
            "conditions": list_of(CONDITION),
            "except": list_of(record({"sid": TEXT, "location": LOCATION})),
            "within": list_of(record({"name": TEXT, "type": words(PolicyType)})),
            "statement": record({"sid": TEXT, "location": LOCATION}),
            "doubt": TEXT,
        }
    )
    return record({"principal": TEXT, "allowed": list_of(entry)}, {"unknown": TEXTS})


def _answer(kind: str) -> Schema:
    return record({"answer": {"const": kind}, **ANSWERS[kind]})


def _tighten() -> Schema:
    place = nullable(TEXT)
    need = record(
        {
            "who": TEXT,
            "access": TEXTS,
            "to": TEXT,
            "scopes": map_of(TEXTS),
            "actions": TEXTS,
            "confidence": words(Confidence),
            "because": list_of(record({"words": TEXT, "location": LOCATION})),
            "but": TEXTS,
            "missing": TEXTS,
        }
    )
    beyond = record(
        {
            "place": place,
            "service": place,
            "levels": {"type": "object", "propertyNames": words(AccessLevel), "additionalProperties": NUMBER},
            "actions": nullable(TEXTS),
            "count": NUMBER,
            "asked": told("Whether each action was asked about, or only counted.", FLAG),
            "doubtful": TEXTS,
            "because": TEXTS,
            "worst": told("Requests that show the worst of it.", list_of(REQUEST)),
            "locations": list_of(LOCATION),
        }
    )
    held = record({"place": place, "service": TEXT, "allowed": TEXTS, "needed": TEXTS})
    return record(
        {
            "application": TEXT,
            "needs_from": words(("model", "inferred")),
            "policies": told("The tight policies of each role.", map_of(list_of(ref("policy")))),
            "changed": map_of(FLAG),
            "today": map_of(list_of(held)),
            "needs": list_of(need),
            "over_grants": map_of(list_of(beyond)),
            "dead": map_of(list_of(record({"action": TEXT, "because": TEXT, "location": LOCATION}))),
            "stays": map_of(list_of(record({"what": TEXT, "because": words(Why), "location": LOCATION}))),
            "proof": map_of({"oneOf": [_answer("proved"), _answer("undecided")]}),
            "undecided": map_of(TEXTS),
            "gaps": TEXTS,
            "assuming": TEXTS,
            "left": told("Roles that are left alone, and why.", map_of(TEXT)),
            "summary": record(dict.fromkeys(("roles", "beyond", "undecided", "actions_beyond"), NUMBER)),
            "problems": list_of(ref("problem")),
        }
    )


def _test() -> Schema:
    case = record(
        {
            "note": TEXT,
            "rules": list_of(NUMBER),
            "location": LOCATION,
            "decision": words(Decision),
            "passed": FLAG,
            "differences": TEXTS,
        }
    )
    return record(
        {
            "cases": list_of(case),
            "rules": record({"covered": list_of(NUMBER), "without_a_case": list_of(NUMBER)}),
            "summary": record({"cases": NUMBER, "failed": NUMBER}),
        }
    )


def _graph() -> Schema:
    edge = record(
        {
            "from": ref("node"),
            "to": ref("node"),
            "type": words(one.__name__.lower() for one in get_args(Edge)),
            "label": TEXT,
        }
    )
    return record({"application": TEXT, "nodes": list_of(ref("node")), "edges": list_of(edge)}, {"unknown": TEXTS})


def _prove() -> Schema:
    return {"oneOf": [record({"claim": TEXT, "answer": {"const": one}, **more}) for one, more in ANSWERS.items()]}


def _path() -> Schema:
    path = record({"certain": FLAG, "runs_code": FLAG, "steps": list_of(ref("step"))})
    return record(
        {
            "application": TEXT,
            "from": ref("node"),
            "to": ref("node"),
            "paths": list_of(path),
            "more": told("Whether there are more ways, which are as short.", FLAG),
            "undecided": told("Whether it is not known if there is a way.", FLAG),
            "unknown": told("What is not known, so that there may be a way, or more.", TEXTS),
        }
    )


def _who_can() -> Schema:
    outside = told("Whether it is nobody of the application, whom a resource lets in.", FLAG)
    holder = {"id": TEXT, "outside": outside, "location": LOCATION, "because": list_of(record(BECAUSE))}
    through = record(
        {
            "who": ref("node"),
            "as": told("The principal that it ends as.", TEXT),
            "certain": FLAG,
            "runs_code": FLAG,
            "steps": list_of(ref("step")),
        }
    )
    return record(
        {
            "application": TEXT,
            "action": TEXT,
            "resource": TEXT,
            "asked": told("How many principals were asked about.", NUMBER),
            "principals": list_of(
                {
                    "oneOf": [
                        record({**holder, "can": {"const": "yes"}, "witness": REQUEST}),
                        record({**holder, "can": {"const": "undecided"}, "reason": TEXT}),
                    ]
                }
            ),
            "through_others": list_of(through),
            "unknown": TEXTS,
        }
    )


_WITHOUT_CATALOG = ("graph", "test")


def output_schemas() -> dict[str, Schema]:
    """The schema of every JSON output, by the report that writes it."""
    bodies = {
        "can": ("can", "What `grantgraph can` answers about one request.", _can()),
        "check": ("check", "What the gate found, could not decide, and proved.", _check()),
        "diff": ("diff", "What access was added, changed and taken away.", _diff()),
        "explain": ("explain-role", "What a role can do, why, and who can assume it.", _explain()),
        "graph": ("graph", "Principals, resources, entry points, and what connects them.", _graph()),
        "path": ("path", "The ways from one thing to another, step by step.", _path()),
        "prove": ("prove", "A claim about all requests, and its answer.", _prove()),
        "summary": ("summary", "Everything that a principal is allowed, as a short list.", _summary()),
        "synth": ("synth", "The policies that a model needs, with the reasons and the proofs.", _synth()),
        "test": ("test", "Decision cases with their results.", _test()),
        "tighten": ("tighten", "What policies allow beyond the needs, and tight policies.", _tighten()),
        "who_can": ("who-can", "Everybody who can do one thing, also by way of others.", _who_can()),
    }
    return {report: _headed(report, *body) for report, body in bodies.items()}


def _headed(report: str, name: str, about: str, body: Schema) -> Schema:
    """A schema with what every output begins with: its own name, and the catalog's date."""
    head: dict[str, Schema] = {"schema": {"const": f"grantgraph/{name}/1"}}
    head |= {} if report in _WITHOUT_CATALOG else {"catalog": ref("catalog")}
    kinds = [
        {**one, "properties": head | one["properties"], "required": [*head, *one["required"]]}
        for one in body.get("oneOf", [body])
    ]
    schema = kinds[0] if len(kinds) == 1 else {"oneOf": kinds}
    return whole(f"grantgraph/{name}/1", about, schema, SHARED)
