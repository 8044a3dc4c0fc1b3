"""Policies from needs: everything needed is allowed, nothing else is, and what IAM cannot do is said."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantgraph.catalog import AccessLevel, Catalog, load_catalog
from grantgraph.evaluate import Caller, CallerKind, Request, decide
from grantgraph.model import Application, PrincipalType
from grantgraph.node import node_of
from grantgraph.policy import PolicySet, render_policy
from grantgraph.problems import InputError
from grantgraph.prove import Proved
from grantgraph.sources import ReadOptions
from grantgraph.sources.model_yaml import read
from grantgraph.synthesize import Synthesis, Synthesized, prove_exact, synthesize, with_policies
from tests.needs import ACCOUNT, IDS, SUB, TABLE, is_needed, subsets

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
CATALOG = load_catalog()
CHANGING = {AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.PERMISSIONS_MANAGEMENT}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return CATALOG


def application(**parts: Any) -> Application:
    """A model from plain values."""
    document = {
        "application": "test",
        "environment": {"region": "us-east-1", "account": ACCOUNT},
        "identity_pool": {"id": "us-east-1:pool"},
        "api": {"id": "a1b2c3d4e5", "stage": "prod"},
        "principals": {
            "authenticated": {"type": "identity-pool:authenticated"},
            "unauthenticated": {"type": "identity-pool:unauthenticated"},
            "worker": {"type": "function"},
        },
        "routes": {"GET /notes": {"function": "worker", "authorizer": "iam"}},
        "resources": {
            "Notes": {
                "type": "dynamodb:table",
                "name": "notes",
                "partition_key": "userId",
                "sort_key": "noteId",
                "indexes": {"byTag": {"partition_key": "tag"}, "byUser": {"partition_key": "userId"}},
            },
            "Uploads": {"type": "s3:bucket", "name": "uploads"},
            "Jobs": {"type": "sqs:queue", "name": "jobs"},
            "Events": {"type": "sns:topic", "name": "events"},
        },
        **parts,
    }
    return read(Path("model.yaml"), node_of(document), ReadOptions())


def synthesized(catalog: Catalog, *needs: dict[str, Any], **parts: Any) -> Synthesized:
    return synthesize(application(needs=list(needs), **parts), catalog)


def of(found: Synthesized, id: str) -> Synthesis:
    return next(one for one in found.syntheses if one.principal.id == id)


def statements(found: Synthesized, id: str) -> list[dict[str, Any]]:
    policy = of(found, id).policy
    rendered: list[dict[str, Any]] = render_policy(policy)["Statement"] if policy is not None else []
    return rendered


# ── the notes application ────────────────────────────────────────────────────────────────────────────────


def test_the_rows_of_a_visitor_are_held_by_the_leading_key_and_its_guard(catalog: Catalog) -> None:
    found = synthesized(catalog, {"who": "authenticated", "access": ["read"], "to": "Notes", "rows": "own"})
    (statement,) = statements(found, "authenticated")
    assert statement["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "${cognito-identity.amazonaws.com:sub}"},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    assert "dynamodb:Scan" not in statement["Action"]


def test_attributes_are_held_with_select_when_reading_and_return_values_when_writing(catalog: Catalog) -> None:
    need = {
        "who": "worker",
        "access": ["read", "write"],
        "to": "Notes",
        "attributes": ["userId", "noteId", "title"],
    }
    reading, writing = statements(synthesized(catalog, need), "worker")
    named = {"dynamodb:Attributes": ["noteId", "title", "userId"]}
    assert reading["Condition"] == {
        "ForAllValues:StringEquals": named,
        "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }
    assert writing["Condition"] == {
        "ForAllValues:StringEquals": named,
        "StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_NEW", "UPDATED_OLD"]},
    }
    assert writing["Action"] == "dynamodb:UpdateItem"


def test_actions_on_whole_items_are_left_out_beside_attributes_and_that_is_said(catalog: Catalog) -> None:
    need = {"who": "worker", "access": "write", "to": "Notes", "attributes": ["userId", "noteId"]}
    notes = synthesized(catalog, need).notes
    assert [note.code for note in notes] == ["whole-items"]
    assert "dynamodb:PutItem" in notes[0].message


def test_attributes_without_the_keys_of_the_table_are_an_error(catalog: Catalog) -> None:
    need = {"who": "worker", "access": "read", "to": "Notes", "attributes": ["userId", "title"]}
    with pytest.raises(InputError, match="leaves out its key `noteId`"):
        synthesized(catalog, need)


def test_keys_with_the_identity_limit_objects_and_the_listing(catalog: Catalog) -> None:
    need = {"who": "authenticated", "access": "read", "to": "Uploads", "keys": "private/{identity}/*"}
    objects, listing = statements(synthesized(catalog, need), "authenticated")
    assert objects["Resource"] == "arn:aws:s3:::uploads/private/${cognito-identity.amazonaws.com:sub}/*"
    assert listing["Resource"] == "arn:aws:s3:::uploads"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "private/${cognito-identity.amazonaws.com:sub}/*"}}


def test_a_route_is_invoked_on_one_method_and_path(catalog: Catalog) -> None:
    found = synthesized(catalog, {"who": "authenticated", "access": "invoke", "to": "GET /notes"})
    (statement,) = statements(found, "authenticated")
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"] == f"arn:aws:execute-api:us-east-1:{ACCOUNT}:a1b2c3d4e5/prod/GET/notes"


def test_a_route_without_the_iam_authorizer_needs_no_policy_and_says_so(catalog: Catalog) -> None:
    routes = {"GET /notes": {"function": "worker", "authorizer": "jwt"}}
    need = {"who": "authenticated", "access": "invoke", "to": "GET /notes"}
    with pytest.raises(InputError, match="IAM does not decide who may call it"):
        synthesized(catalog, need, routes=routes)


def test_the_roles_of_the_pool_trust_only_its_tokens_of_the_right_kind(catalog: Catalog) -> None:
    found = synthesized(catalog)
    for id in ("authenticated", "unauthenticated"):
        trust = of(found, id).trust
        assert trust is not None
        (statement,) = render_policy(trust)["Statement"]
        assert statement["Principal"] == {"Federated": "cognito-identity.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": id},
        }


def test_an_index_is_read_through_its_own_arn(catalog: Catalog) -> None:
    need = {"who": "worker", "access": "read", "to": "Notes", "index": "byTag"}
    (statement,) = statements(synthesized(catalog, need), "worker")
    assert statement["Action"] == "dynamodb:Query"
    assert statement["Resource"].endswith("table/notes/index/byTag")


def test_an_exact_action_lands_on_the_resource_that_it_is_authorized_on(catalog: Catalog) -> None:
    found = synthesized(
        catalog,
        {"who": "worker", "access": ["dynamodb:DescribeTable", "dynamodb:GetRecords"], "to": "Notes"},
        {"who": "worker", "access": "s3:GetObjectTagging", "to": "Uploads"},
    )
    resources = {
        action: statement["Resource"]
        for statement in statements(found, "worker")
        for action in [statement["Action"]]
    }
    assert resources["dynamodb:DescribeTable"].endswith("table/notes")
    assert resources["dynamodb:GetRecords"].endswith("table/notes/stream/*")
    assert resources["s3:GetObjectTagging"] == "arn:aws:s3:::uploads/*"


def test_a_principal_without_needs_gets_no_policy(catalog: Catalog) -> None:
    assert of(synthesized(catalog), "unauthenticated").policy is None


def test_every_statement_names_the_need_behind_it(catalog: Catalog) -> None:
    need = {"who": "worker", "access": "send", "to": "Jobs"}
    found = of(synthesized(catalog, need), "worker")
    assert [(written.sid, [str(one) for one in written.needs]) for written in found.why] == [
        ("JobsSend", ["worker needs to send Jobs"])
    ]


def test_the_same_model_gives_the_same_policies_in_any_order_of_its_needs(catalog: Catalog) -> None:
    needs = [
        {"who": "worker", "access": "send", "to": "Jobs"},
        {"who": "worker", "access": "read", "to": "Notes"},
        {"who": "worker", "access": "publish", "to": "Events"},
    ]
    forward = statements(synthesized(catalog, *needs), "worker")
    backward = statements(synthesized(catalog, *reversed(needs)), "worker")
    assert sorted(forward, key=str) == sorted(backward, key=str)


# ── what IAM cannot enforce ──────────────────────────────────────────────────────────────────────────────


def swapped() -> dict[str, Any]:
    return {"Notes": {"type": "dynamodb:table", "partition_key": "noteId", "sort_key": "userId"}}


def test_rows_cannot_be_own_when_the_identity_is_the_sort_key(catalog: Catalog) -> None:
    need = {"who": "authenticated", "access": "read", "to": "Notes", "rows": "own"}
    with pytest.raises(InputError, match="restrains the partition key `noteId` only") as caught:
        synthesized(catalog, need, resources=swapped())
    help = caught.value.help.splitlines()
    for word, line in zip(("swap", "byUser", "begin", "route"), help, strict=True):
        assert word in line


def test_rows_can_be_own_through_an_index_on_the_identity(catalog: Catalog) -> None:
    need = {"who": "authenticated", "access": "query", "to": "Notes", "rows": "own", "index": "byUser"}
    (statement,) = statements(synthesized(catalog, need), "authenticated")
    assert statement["Resource"].endswith("/index/byUser")
    assert "dynamodb:LeadingKeys" in statement["Condition"]["ForAllValues:StringEquals"]


def test_rows_cannot_be_own_beside_scan(catalog: Catalog) -> None:
    need = {"who": "authenticated", "access": ["read", "scan"], "to": "Notes", "rows": "own"}
    with pytest.raises(InputError, match="`rows` cannot limit dynamodb:Scan"):
        synthesized(catalog, need)


def test_a_function_has_no_identity_of_its_own(catalog: Catalog) -> None:
    need = {"who": "worker", "access": "read", "to": "Notes", "rows": "own"}
    with pytest.raises(InputError, match="it acts for everyone alike"):
        synthesized(catalog, need)


def test_a_table_whose_identity_nobody_names_is_asked_about(catalog: Catalog) -> None:
    need = {"who": "authenticated", "access": "read", "to": "Notes", "rows": "own"}
    with pytest.raises(InputError, match="nothing says which attribute"):
        synthesized(catalog, need, resources={"Notes": {"type": "dynamodb:table", "partition_key": "pk"}})


def test_a_table_may_say_which_attribute_holds_the_identity(catalog: Catalog) -> None:
    need = {"who": "authenticated", "access": "read", "to": "Notes", "rows": "own"}
    table = {"Notes": {"type": "dynamodb:table", "name": "notes", "partition_key": "pk", "identity": "pk"}}
    assert statements(synthesized(catalog, need, resources=table), "authenticated")


def test_a_policy_that_no_role_can_hold_is_an_error(catalog: Catalog) -> None:
    resources = {f"Queue{number}": {"type": "sqs:queue"} for number in range(200)}
    needs = [{"who": "worker", "access": "send", "to": id} for id in resources]
    with pytest.raises(InputError, match="a role takes 10,240"):
        synthesized(catalog, *needs, resources=resources)


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────

WORDS = {
    "Notes": ("read", "write", "query", "scan"),
    "Uploads": ("read", "get", "list", "write", "delete"),
    "Jobs": ("send", "receive"),
    "Events": ("publish", "subscribe"),
    "GET /notes": ("invoke",),
}
ATTRIBUTES = ["userId", "noteId", "title"]


@st.composite
def needs(draw: st.DrawFn) -> dict[str, Any]:
    who = draw(st.sampled_from(["authenticated", "unauthenticated", "worker"]))
    to = draw(st.sampled_from(sorted(WORDS)))
    need: dict[str, Any] = {"who": who, "to": to}
    words = list(WORDS[to])
    visitor = who != "worker"
    if to == "Notes":
        if visitor and draw(st.booleans()):
            need["rows"] = "own"
            words.remove("scan")
        if draw(st.booleans()):
            need["attributes"] = ATTRIBUTES
    if to == "Uploads" and draw(st.booleans()):
        need["keys"] = draw(st.sampled_from(["public/*", *(["private/{identity}/*"] if visitor else [])]))
    need["access"] = draw(st.lists(st.sampled_from(words), min_size=1, max_size=3, unique=True))
    return need


@cache
def requests_of(catalog: Catalog) -> list[Request]:
    """A small world of requests: every action of the services at hand, on a few resources, in a few contexts."""
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table"
    found: list[Request] = []
    identities = [{}, *({SUB: id} for id in IDS.values())]
    rows = [None, *subsets(tuple(IDS.values()))]
    for action in catalog.actions("dynamodb"):
        carried = {key.lower() for key in catalog.keys_of(action, None) | action.condition_keys}
        selects = [None, "ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"] if "dynamodb:select" in carried else [None]
        returned = [None, "ALL_OLD", "NONE"] if "dynamodb:returnvalues" in carried else [None]
        attributes = [None, ("title",), ("title", "secret")] if "dynamodb:attributes" in carried else [None]
        leading = rows if "dynamodb:leadingkeys" in carried else [None]
        known = identities if action.name in _ROW_ACTIONS else identities[:1]
        for table, who, row, select, values, named in product(
            ("notes", "else"), known, leading, selects, returned, attributes
        ):
            context: dict[str, Any] = dict(who)
            for key, value in (
                ("dynamodb:leadingkeys", row),
                ("dynamodb:select", select),
                ("dynamodb:returnvalues", values),
                ("dynamodb:attributes", named),
            ):
                if value is not None:
                    context[key] = value
            found.append(Request(NOBODY, str(action), f"{arn}/{table}", context))
    for action in catalog.actions("s3"):
        keys = ["public/a", "private/x", *(f"private/{id}/a" for id in IDS.values()), f"private/{IDS['own']}x/a"]
        resources = [f"arn:aws:s3:::uploads/{key}" for key in keys] if "object" in action.resource_types else []
        resources += ["arn:aws:s3:::uploads", "arn:aws:s3:::else"] if "bucket" in action.resource_types else []
        listing = str(action) == "s3:ListBucket"
        prefixes = [None, "", "public/", *(f"private/{id}/" for id in IDS.values())] if listing else [None]
        for resource, who, prefix in product(resources, identities, prefixes):
            more = {"s3:prefix": prefix} if prefix is not None else {}
            found.append(Request(NOBODY, str(action), resource, {**who, **more}))
    for service, name in (("sqs", "jobs"), ("sns", "events")):
        for action, own in product(catalog.actions(service), (name, "else")):
            found.append(Request(NOBODY, str(action), f"arn:aws:{service}:us-east-1:{ACCOUNT}:{own}"))
    api = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:a1b2c3d4e5/prod"
    for action, path in product(catalog.actions("execute-api"), ("GET/notes", "POST/notes", "GET/notes/x")):
        found.append(Request(NOBODY, str(action), f"{api}/{path}"))
    return found


NOBODY = Caller(CallerKind.ROLE)
_ROW_ACTIONS = frozenset().union(*TABLE.values())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(needs(), max_size=5), st.randoms(use_true_random=False))
def test_what_is_allowed_is_exactly_what_is_needed(chosen: list[dict[str, Any]], random: Random) -> None:
    catalog = CATALOG
    model = application(needs=chosen)
    judged = with_policies(model, synthesize(model, catalog))
    world = requests_of(catalog)
    for principal in judged.principals:
        caller = Caller(CallerKind.ROLE, f"arn:aws:iam::{ACCOUNT}:role/{principal.id}", ACCOUNT)
        policies = PolicySet(identity_based=principal.policies)
        for request in random.sample(world, 300):
            own = replace(request, caller=caller)
            allowed, needed = decide(own, policies).allowed, is_needed(own, principal, model)
            if allowed is not needed:
                pytest.fail(f"allowed: {allowed}, needed: {needed}: {own}")


@settings(max_examples=60, deadline=None)
@given(st.lists(needs(), max_size=6))
def test_every_synthesis_is_proved_and_guests_gain_no_write_that_no_need_names(
    chosen: list[dict[str, Any]],
) -> None:
    catalog = CATALOG
    model = application(needs=chosen)
    found = synthesize(model, catalog)
    assert all(isinstance(one.proof, Proved) for one in found.syntheses)
    guest = next(one for one in found.syntheses if one.principal.type is PrincipalType.UNAUTHENTICATED)
    written = {
        action
        for statement in (guest.policy.statements if guest.policy else ())
        for pattern in statement.actions.patterns
        if (action := catalog.action(pattern.spelled)) is not None and action.access_level in CHANGING
    }
    asked = {word for need in chosen if need["who"] == "unauthenticated" for word in need["access"]}
    changing_words = {"write", "delete", "send", "receive", "publish", "subscribe", "invoke"}
    assert bool(written) <= bool(asked & changing_words)


@settings(max_examples=40, deadline=None)
@given(st.lists(needs(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_no_statement_can_be_dropped(chosen: list[dict[str, Any]], random: Any) -> None:
    """Without any one of its statements a policy is no longer proved to be what is needed."""
    catalog = CATALOG
    model = application(needs=chosen)
    found = [one for one in synthesize(model, catalog).syntheses if one.policy and len(one.policy.statements) > 1]
    for one in found:
        policy = one.policy
        assert policy is not None
        at = random.randrange(len(policy.statements))
        fewer = replace(policy, statements=policy.statements[:at] + policy.statements[at + 1 :])
        covered_by_rest = isinstance(prove_exact(model, one.principal, fewer, policy, catalog), Proved)
        assert not covered_by_rest or _overlaps(chosen)


def _overlaps(chosen: list[dict[str, Any]]) -> bool:
    """Whether one need asks for what another one asks for, too, with a wider scope."""
    seen = [(need["who"], need["to"]) for need in chosen]
    return len(set(seen)) < len(seen)
