"""What must hold of the policies of any application: everything needed is allowed, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantgraph.catalog import AccessLevel
from grantgraph.evaluate import Caller, CallerKind, Request, decide
from grantgraph.model import Application, Principal, PrincipalType
from grantgraph.policy import Operator, Policy, PolicySet, Statement, render_policy
from grantgraph.prove import Proved
from grantgraph.synthesize import synthesize, with_policies
from grantgraph.synthesize.proof import prove_same
from tests.apps import CATALOG, MODEL, application
from tests.needs import ACCOUNT, IDS, SUB, TEAM, is_needed

SETTINGS = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
CHANGING = {AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.PERMISSIONS_MANAGEMENT}
ROUTES = {
    name: {"function": "worker", "authorizer": "iam"} for name in ("GET /notes", "POST /notes/{id}", "ANY /x")
}
WORDS = {
    "Notes": ("read", "get", "write", "put", "update", "query", "scan", "check", "stream"),
    "Uploads": ("read", "get", "list", "write", "put", "delete", "multipart", "read-versions", "write-tags"),
    "Jobs": ("send", "receive"),
    "Events": ("publish", "subscribe"),
    "Bus": ("put",),
    "Clicks": ("read", "write"),
    "Graph": ("query", "mutate", "subscribe"),
    "Secret": ("read", "write"),
    "Config": ("read", "list", "write", "delete"),
    "Key": ("encrypt", "decrypt"),
    "Flow": ("start", "describe", "stop"),
    "worker": ("invoke", "call"),
    **dict.fromkeys(ROUTES, ("invoke",)),
}
ATTRIBUTES = ["userId", "noteId", "title"]
VISITOR_ROWS = ("own", "{identity}#*", "{tag:team}#*", "shared")
ROWS = ("tenant-a", "tenant-*")
VISITOR_KEYS = ("public/*", "private/{identity}/*", "{tag:team}/*")


# ── generated applications ──


@st.composite
def needs(draw: st.DrawFn) -> dict[str, Any]:
    """A need that IAM can enforce."""
    who = draw(st.sampled_from(["authenticated", "unauthenticated", "worker"]))
    to = draw(st.sampled_from(sorted(WORDS)))
    found: dict[str, Any] = {"who": who, "to": to}
    words, visitor = set(WORDS[to]), who != "worker"

    def some(values: Sequence[str]) -> list[str]:
        return draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))

    if to == "Notes":
        if draw(st.booleans()):
            found["rows"] = some(VISITOR_ROWS if visitor else ROWS)
            words -= {"scan", "stream"}
        if draw(st.booleans()):
            found["attributes"] = ATTRIBUTES
            words -= {"put", "stream"}
        if "rows" not in found and "attributes" not in found and draw(st.booleans()):
            found["index"] = some(["byTag", "byUser"])
            words &= {"read", "query", "scan"}
    elif to == "Uploads":
        if draw(st.booleans()):
            found["keys"] = some(VISITOR_KEYS if visitor else VISITOR_KEYS[:1])
        if draw(st.booleans()):
            found["presigned"] = 900
        if draw(st.booleans()):
            found["delimiter"] = "/"
    elif to == "Events" and draw(st.booleans()):
        found["protocols"] = "https"
        words -= {"publish"}
    elif to == "Bus" and draw(st.booleans()):
        found["sources"] = some(["shop", "notes"])
    elif to == "Graph" and draw(st.booleans()):
        found["fields"] = ["Query.get", "Mutation.put", "Subscription.*", "Note.title"]
    elif to == "Config" and draw(st.booleans()):
        found["keys"] = "db/*"
    elif to == "Key" and draw(st.booleans()):
        found |= {"via": some(["s3", "sqs"]), "context": {"app": "notes"}}
    elif to == "worker" and draw(st.booleans()):
        found["alias"] = "live"
    found["access"] = draw(st.lists(st.sampled_from(sorted(words)), min_size=1, max_size=3, unique=True))
    return found


def model_of(chosen: list[dict[str, Any]]) -> Application:
    return application(needs=chosen, routes=ROUTES)


# ── a small world of requests ──

NOBODY = Caller(CallerKind.ROLE)
OWN, OTHER = IDS["own"], IDS["other"]
LEADING = (
    (),
    (OWN,),
    (OTHER,),
    (OWN, "shared"),
    (f"{OWN}#1",),
    (f"{OTHER}#1",),
    ("red#1",),
    ("tenant-a",),
    ("x",),
)
KEYS = ("public/a", f"private/{OWN}/a", f"private/{OTHER}/a", f"private/{OWN}x/a", "red/a", "redder/a", "a")
VALUES: dict[str, tuple[Any, ...]] = {
    "dynamodb:leadingkeys": LEADING,
    "dynamodb:attributes": (("title",), ("title", "secret")),
    "dynamodb:select": ("ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"),
    "dynamodb:returnvalues": ("ALL_OLD", "NONE"),
    "s3:prefix": ("", *(f"{key[:-1]}" for key in KEYS)),
    "s3:delimiter": ("/", "x"),
    "s3:authtype": ("REST-HEADER", "REST-QUERY-STRING"),
    "s3:signatureage": ("1000", "900000", "900001"),
    "sns:protocol": ("https", "email"),
    "events:source": (("shop",), ("shop", "aws"), ()),
    "kms:viaservice": ("s3.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"),
    "kms:encryptioncontext:app": ("notes", "other"),
}
"""What a request may carry: each key absent, or one of these values."""

TARGETS = {
    "dynamodb": [
        f"table/{name}" for name in ("notes", "notes/index/byTag", "notes/index/byUser", "notes/stream/1")
    ],
    "sqs": ["jobs"],
    "sns": ["events"],
    "events": ["event-bus/bus"],
    "kinesis": ["stream/clicks"],
    "appsync": [
        "apis/graph",
        *(
            f"apis/graph/types/{one}"
            for one in ("Query/fields/get", "Mutation/fields/put", "Mutation/fields/drop")
        ),
        *(
            f"apis/graph/types/{one}"
            for one in ("Subscription/fields/on", "Note/fields/title", "Note/fields/body")
        ),
    ],
    "secretsmanager": ["secret:secret-a1B2c3", "secret:secret-a1B2c3d", "secret:secrets-a1B2c3"],
    "ssm": [f"parameter/{one}" for one in ("config", "config/db", "config/db/a", "config/x", "configs")],
    "kms": ["key/key", "key/other"],
    "states": ["stateMachine:flow", "execution:flow:1", "execution:flows:1"],
    "lambda": ["function:worker", "function:worker:live", "function:worker:test", "function:workers"],
    "execute-api": [
        f"a1b2c3d4e5/{one}"
        for one in (
            "prod/GET/notes",
            "prod/POST/notes/7",
            "prod/GET/x",
            "prod/POST/x",
            "prod/GET/y/x",
            "test/GET/notes",
        )
    ],
}


@cache
def requests_about(action: str) -> tuple[Request, ...]:
    """Requests for one action, on a few resources, in a few contexts: what each could be about."""
    service = action.partition(":")[0]
    targets = [f"arn:aws:{service}:us-east-1:{ACCOUNT}:{one}" for one in TARGETS.get(service, [])]
    if service == "s3":
        targets = ["arn:aws:s3:::uploads", "arn:aws:s3:::else", *(f"arn:aws:s3:::uploads/{key}" for key in KEYS)]
    known = CATALOG.action(action)
    assert known is not None
    carried = {key.lower() for one in (*known.resource_types, None) for key in CATALOG.keys_of(known, one)}
    carried |= {"kms:encryptioncontext:app"} if service == "kms" else set()
    mine = [key for key in VALUES if key in carried]
    found = []
    for target in [*targets, f"arn:aws:{service}:us-east-1:{ACCOUNT}:elsewhere"]:
        for values in product(*((None, *VALUES[key]) for key in mine)):
            context = {key: value for key, value in zip(mine, values, strict=True) if value is not None}
            found.append(Request(NOBODY, action, target, context))
    return tuple(found)


SESSIONS: tuple[dict[str, str], ...] = ({}, {SUB: OWN}, {SUB: OWN, TEAM: "red"}, {TEAM: "red"})


@cache
def every_action() -> tuple[str, ...]:
    return tuple(str(one) for service in (*TARGETS, "s3") for one in CATALOG.actions(service))


def some_requests(policies: tuple[Policy, ...], random: Random) -> Iterator[Request]:
    """Requests that the policies speak about, and some that they do not."""
    named = {one.spelled for policy in policies for stated in policy.statements for one in stated.actions.patterns}
    for action in sorted(named):
        about = requests_about(action)
        yield from random.sample(about, min(len(about), 120))
    for action in random.sample(every_action(), 40):
        yield random.choice(requests_about(action))


def caller_of(principal: Principal) -> Caller:
    return Caller(CallerKind.ROLE, f"arn:aws:iam::{ACCOUNT}:role/{principal.id}", ACCOUNT)


def policies_of(principal: Principal, request: Request, model: Application) -> PolicySet:
    """What decides: a key's own policy has its say."""
    key = model.resource("Key")
    own = key.policy if key is not None and request.service == "kms" else None
    return PolicySet(identity_based=principal.policies, resource_based=own)


# ── the properties ──


@SETTINGS
@given(st.lists(needs(), max_size=5), st.randoms(use_true_random=False))
def test_what_is_allowed_is_exactly_what_is_needed(chosen: list[dict[str, Any]], random: Random) -> None:
    model = model_of(chosen)
    judged = with_policies(model, synthesize(model, CATALOG))
    for principal in judged.principals:
        for request in some_requests(principal.policies, random):
            session = random.choice(SESSIONS)
            own = replace(request, caller=caller_of(principal), context={**request.context, **session})
            allowed = decide(own, policies_of(principal, own, judged)).allowed
            needed = is_needed(own, principal, model)
            if allowed is not needed:
                pytest.fail(f"allowed: {allowed}, needed: {needed}: {own}\n{principal.id}: {chosen}")


@SETTINGS
@given(st.lists(needs(), max_size=6))
def test_every_policy_is_proved_and_guests_gain_no_write_that_no_need_names(chosen: list[dict[str, Any]]) -> None:
    found = synthesize(model_of(chosen), CATALOG)
    assert all(isinstance(one, Proved) for one in found.proofs().values())
    guest = next(one for one in found.syntheses if one.principal.type is PrincipalType.UNAUTHENTICATED)
    written = {
        str(action)
        for policy in guest.policies
        for statement in policy.statements
        for pattern in statement.actions.patterns
        if (action := CATALOG.action(pattern.spelled)) is not None and action.access_level in CHANGING
    }
    reading = {"read", "get", "list", "query", "scan", "check", "stream", "describe", "read-versions", "multipart"}
    asked = {word for need in chosen if need["who"] == "unauthenticated" for word in need["access"]}
    assert not written or asked - reading or any(need["to"] == "Graph" for need in chosen) or "multipart" in asked


@SETTINGS
@given(st.lists(needs(), min_size=1, max_size=5))
def test_the_same_needs_in_another_order_give_the_same_bytes(chosen: list[dict[str, Any]]) -> None:
    one, other = (synthesize(model_of(list(ones)), CATALOG) for ones in (chosen, reversed(chosen)))
    assert [list(map(render_policy, ones.policies)) for ones in one.syntheses] == [
        list(map(render_policy, ones.policies)) for ones in other.syntheses
    ]
    assert one.entrances == other.entrances


# ── nothing can be left out ──


def smaller(statement: Statement) -> Iterator[tuple[str, Statement]]:
    """The statement without one of its actions, or one of its resources."""
    for part in ("actions", "resources"):
        own = getattr(statement, part)
        for at in range(len(own.patterns) if len(own.patterns) > 1 else 0):
            left = own.patterns[:at] + own.patterns[at + 1 :]
            yield f"without {own.patterns[at]}", replace(statement, **{part: replace(own, patterns=left)})


def wider(statement: Statement) -> Iterator[tuple[str, Statement]]:
    """The statement without one of its conditions.

    The guard on leading keys is left alone: DynamoDB names the keys in every request for items, and the prover
    knows; it stands there for the day when a request does not.
    """
    for at, condition in enumerate(statement.conditions):
        if (condition.operator, condition.key) == (Operator.NULL, "dynamodb:leadingkeys"):
            continue
        left = statement.conditions[:at] + statement.conditions[at + 1 :]
        yield f"without {condition}", replace(statement, conditions=left)


def variants(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Every policy that leaves out one thing of this one."""
    for at, statement in enumerate(policy.statements):
        before, after = policy.statements[:at], policy.statements[at + 1 :]
        yield f"without {statement.sid}", replace(policy, statements=(*before, *after))
        for what, changed in (*smaller(statement), *wider(statement)):
            yield f"{statement.sid} {what}", replace(policy, statements=(*before, changed, *after))


@SETTINGS
@given(st.lists(needs(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_nothing_can_be_left_out(chosen: list[dict[str, Any]], random: Random) -> None:
    """Without a statement, an action or a resource a need breaks; without a condition something more gets in."""
    model = model_of(chosen)
    judged = with_policies(model, synthesize(model, CATALOG))
    for principal in judged.principals:
        for policy in principal.policies:
            found = list(variants(policy))
            for what, changed in random.sample(found, min(len(found), 6)):
                answer = prove_same(judged, principal, (changed,), principal.policies, CATALOG)
                assert not isinstance(answer, Proved), f"{what}: {chosen}"


def test_the_generator_reaches_every_word() -> None:
    """The strategies above speak of every resource of the model that has access words."""
    assert set(MODEL["resources"]) - set(WORDS) == {"Socket", "Users"}
