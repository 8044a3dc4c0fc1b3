"""What must hold of the policies of any application: everything needed is allowed, and nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grantgraph.catalog import AccessLevel
from grantgraph.evaluate import Caller, CallerKind, Request, decide
from grantgraph.model import Application, Principal, PrincipalType
from grantgraph.policy import Operator, Policy, PolicySet, Statement, render_policy
from grantgraph.prove import Proved
from grantgraph.synthesize import Options, Synthesized, synthesize, with_policies
from grantgraph.synthesize.entrances import entrances_of
from grantgraph.synthesize.proof import prove_entrance, prove_same
from grantgraph.synthesize.result import draft_of
from grantgraph.synthesize.wishes import wishes_of
from tests.apps import CATALOG, MODEL, application, with_resources, with_worker
from tests.needs import ACCOUNT, IDS, SUB, TEAM, is_needed

ROOT = Path(__file__).parent.parent
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
WIRED: dict[str, Any] = {
    "resources": with_resources(
        Jobs={"type": "sqs:queue", "name": "jobs", "on": ["Uploads", "Events", "Bus"], "key": "Key"}
    ),
    "principals": with_worker(on=["Jobs", "Clicks", "Events", "rate(1 day)"], logs=True, failures_to="Events"),
}
"""What calls what, beside needs."""

ATTRIBUTES = ["userId", "noteId", "title"]
VISITOR_ROWS = ("own", "{identity}#*", "{tag:team}#*", "shared")
ROWS = ("tenant-a", "tenant-*")
VISITOR_KEYS = ("public/*", "public/a/*", "private/{identity}/*", "{tag:team}/*")


# ── generated applications ──


@st.composite
def needs(draw: st.DrawFn) -> dict[str, Any]:
    """A need that IAM can enforce."""
    who = draw(st.sampled_from(["authenticated", "unauthenticated", "worker"]))
    to = draw(st.sampled_from(sorted(WORDS)))
    found: dict[str, Any] = {"who": who, "to": to}
    words, visitor = set(WORDS[to]), who != "worker"

    def some(values: Sequence[str]) -> list[str]:
        return draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True))

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
    model = model_of(chosen)
    found = synthesize(model, CATALOG)
    assert all(isinstance(one, Proved) for one in found.proofs().values())
    guest = next(one for one in found.syntheses if one.principal.type is PrincipalType.UNAUTHENTICATED)
    for action in written(guest.policies):
        asked = (
            replace(one, context={**one.context, **session})
            for one in requests_about(action)
            for session in SESSIONS
        )
        assert any(is_needed(one, guest.principal, model) for one in asked), f"{action}: {chosen}"


def written(policies: tuple[Policy, ...]) -> set[str]:
    """The actions in policies that change something."""
    named = {one.spelled for policy in policies for stated in policy.statements for one in stated.actions.patterns}
    known = filter(None, map(CATALOG.action, named))
    return {str(action) for action in known if action.access_level in CHANGING}


# ── the same bytes ──


def in_another_order(value: Any, random: Random) -> Any:
    """The same model: its parts in another order, and what lists hold, as far as that means nothing."""
    match value:
        case dict():
            members = [(key, in_another_order(member, random)) for key, member in value.items()]
            return dict(random.sample(members, len(members)))
        case list():
            return random.sample([in_another_order(member, random) for member in value], len(value))
        case _:
            return value


def spelled(found: Synthesized) -> dict[str, str]:
    """Every policy as it is written, and the statements' reasons, by name."""
    documents = {name: json.dumps(render_policy(policy)) for name, policy in found.documents().items()}
    return documents | {one.principal.id: str([each.sid for each in one.why]) for one in found.syntheses}


@settings(SETTINGS, max_examples=15)
@given(st.lists(needs(), min_size=1, max_size=5), st.randoms(use_true_random=False), st.booleans())
def test_the_same_model_in_another_order_gives_the_same_bytes(
    chosen: list[dict[str, Any]], random: Random, boundary: bool
) -> None:
    options = Options(boundary=boundary, shrink=boundary)
    whole = {**MODEL, "needs": chosen, "routes": ROUTES, **WIRED}
    one, other = (
        synthesize(application(**parts), CATALOG, options) for parts in (whole, in_another_order(whole, random))
    )
    assert spelled(one) == spelled(other)
    assert one.to_fill_in == other.to_fill_in


@pytest.mark.parametrize("name", ["notes", "shop"])
def test_the_same_file_gives_the_same_bytes_whatever_the_hash_seed(name: str) -> None:
    command = [sys.executable, "-m", "grantgraph", "synth", "--boundary", "--shrink", f"fixtures/apps/{name}"]
    seen = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
        seen.add(done.stdout)
    assert len(seen) == 1 and b"proved" in seen.pop()


# ── nothing can be left out ──


def smaller(statement: Statement) -> Iterator[tuple[str, Statement]]:
    """The statement without one of its actions, of its resources, or of the values that pass a condition."""
    for part in ("actions", "resources"):
        own = getattr(statement, part)
        for at in range(len(own.patterns) if len(own.patterns) > 1 else 0):
            left = own.patterns[:at] + own.patterns[at + 1 :]
            yield f"without {own.patterns[at]}", replace(statement, **{part: replace(own, patterns=left)})
    for at, condition in enumerate(statement.conditions):
        for number in range(len(condition.values) if len(condition.values) > 1 else 0):
            fewer = replace(
                condition,
                values=condition.values[:number] + condition.values[number + 1 :],
                spelled_values=condition.spelled_values[:number] + condition.spelled_values[number + 1 :],
            )
            conditions = (*statement.conditions[:at], fewer, *statement.conditions[at + 1 :])
            what = f"without {condition.spelled_values[number]} in {condition}"
            yield what, replace(statement, conditions=conditions)


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


WITHIN = [
    {"who": "worker", "access": ["get"], "to": "Notes", "rows": ["tenant-a", "tenant-*"]},
    {"who": "authenticated", "access": ["read"], "to": "Uploads", "keys": ["public/a/*", "public/*"]},
]
"""Needs whose values lie within each other."""


@SETTINGS
@example(WITHIN, Random(0))
@given(st.lists(needs(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_nothing_can_be_left_out(chosen: list[dict[str, Any]], random: Random) -> None:
    """Without a statement, an action, a resource or a value a need breaks; without a condition more gets in."""
    model = model_of(chosen)
    judged = with_policies(model, synthesize(model, CATALOG))
    for principal in judged.principals:
        for policy in principal.policies:
            found = list(variants(policy))
            values = [one for one in found if " in " in one[0]]
            for what, changed in (*values, *random.sample(found, min(len(found), 6))):
                answer = prove_same(judged, principal, (changed,), principal.policies, CATALOG)
                assert not isinstance(answer, Proved), f"{what}: {chosen}"


@settings(SETTINGS, max_examples=25)
@given(st.lists(needs(), max_size=2), st.randoms(use_true_random=False))
def test_nothing_can_be_left_out_of_what_lets_others_in(chosen: list[dict[str, Any]], random: Random) -> None:
    """Without a statement somebody is not let in; without a condition others are, too."""
    model = application(needs=chosen, routes=ROUTES, **WIRED)
    draft = draft_of(model, CATALOG)
    entering = [*entrances_of(draft, [wish for need in model.needs for wish in wishes_of(need, draft)])]
    for entrance in synthesize(model, CATALOG).entrances:
        let_in = [wish for wish in entering if wish.subject == entrance.resource.id]
        found = [(what, one) for what, one in variants(entrance.policy) if not what.startswith("without Account")]
        for what, changed in random.sample(found, min(len(found), 3)):
            answer = prove_entrance(draft, entrance.resource, changed, let_in)
            assert not isinstance(answer, Proved), f"{entrance.resource.id} {what}: {chosen}"


def test_the_generator_reaches_every_word() -> None:
    """The strategies above speak of every resource of the model that has access words."""
    assert set(MODEL["resources"]) - set(WORDS) == {"Socket", "Users"}
