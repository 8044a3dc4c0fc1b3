"""The property that the project exists for: the gate passes exactly when guests can write nothing.

Applications and the policies around their guests are made up; a small world of requests is tried one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from grantgraph.catalog import AccessLevel, load_catalog
from grantgraph.evaluate import Decision, Request, decide
from grantgraph.model import Application, Environment, IdentityPool, Principal, PrincipalType, Resource
from grantgraph.policy import Policy, PolicyType, parse_policy
from grantgraph.prove import Standing
from grantgraph.rules import Checked, check, load_rules
from grantgraph.standing import standing_of

CATALOG = load_catalog()
GUESTS_WRITE = tuple(rule for rule in load_rules() if rule.id == "GG101")
ACCOUNT, OTHER = "111122223333", "444455556666"
SUB = "cognito-identity.amazonaws.com:sub"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/notes"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
THEIRS = f"arn:aws:sqs:us-east-1:{OTHER}:theirs"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:events"
BUCKET = "arn:aws:s3:::uploads"
RESOURCES = {
    "Notes": Resource("Notes", "dynamodb:table", TABLE, attributes={"partition_key": "userId"}),
    "Jobs": Resource("Jobs", "sqs:queue", QUEUE),
    "Theirs": Resource("Theirs", "sqs:queue", THEIRS, OTHER),
    "Events": Resource("Events", "sns:topic", TOPIC),
    "Uploads": Resource("Uploads", "s3:bucket", BUCKET),
}
ACTIONS = {
    "dynamodb:PutItem": [TABLE],
    "dynamodb:GetItem": [TABLE],
    "dynamodb:DeleteTable": [TABLE],
    "dynamodb:Scan": [TABLE, f"{TABLE}/index/byTag"],
    "sqs:SendMessage": [QUEUE, THEIRS],
    "sqs:ReceiveMessage": [QUEUE, THEIRS],
    "sqs:GetQueueUrl": [QUEUE, THEIRS],
    "sns:Publish": [TOPIC],
    "sns:GetTopicAttributes": [TOPIC],
    "s3:PutObject": [f"{BUCKET}/public/a", f"{BUCKET}/private/me/a"],
    "s3:GetObject": [f"{BUCKET}/public/a", f"{BUCKET}/private/me/a"],
    "s3:PutBucketPolicy": [BUCKET],
    "s3:ListBucket": [BUCKET],
}
PATTERNS = [
    "dynamodb:*",
    "dynamodb:*Item",
    "dynamodb:Get*",
    "s3:*Object",
    "s3:Get*",
    "s3:List*",
    "sqs:*Message",
    "sqs:Get*",
    "sns:*",
    "sns:Get*",
    *ACTIONS,
]
PLACES = [
    "*",
    TABLE,
    f"{TABLE}/index/*",
    QUEUE,
    THEIRS,
    TOPIC,
    BUCKET,
    f"{BUCKET}/public/*",
    f"{BUCKET}/private/${{{SUB}}}/*",
    "arn:aws:sqs:*:*:*",
]
CONDITIONS: list[dict[str, Any]] = [
    {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${" + SUB + "}"]}},
    {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["public"]}},
    {"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}},
    {"StringNotEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}},
    {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}},
    {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauth*"}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"Null": {SUB: "true"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"StringEquals": {"aws:PrincipalAccount": OTHER}},
]


@st.composite
def statements(draw: st.DrawFn, allowing: float = 0.8, principal: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Allow" if draw(st.floats(0, 1)) < allowing else "Deny"}
    no_action = draw(st.integers(0, 11)) == 0
    made["NotAction" if no_action else "Action"] = draw(
        st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2)
    )
    other = draw(st.integers(0, 9)) == 0
    made["NotResource" if other else "Resource"] = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=2))
    conditions: dict[str, Any] = {}
    for one in draw(st.lists(st.sampled_from(CONDITIONS), max_size=2)):
        for operator, keys in one.items():
            conditions.setdefault(operator, {}).update(keys)
    if no_action and made["Effect"] == "Allow":  # what lies outside of the small world is not asked about
        made["NotAction"] = ["dynamodb:Get*", *(f"{one}:*" for one in OUTSIDE)]
    if conditions:
        made["Condition"] = conditions
    if principal:
        made["Principal"] = draw(
            st.sampled_from(["*", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/guest"}, {"AWS": ACCOUNT}])
        )
    return made


OUTSIDE = [one for one in CATALOG.services() if one not in ("dynamodb", "s3", "sqs", "sns")]


def document(statements: list[dict[str, Any]], type: PolicyType, name: str) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": statements}, type, name).value


@st.composite
def applications(draw: st.DrawFn) -> Application:
    def policies(type: PolicyType, name: str, most: int = 3, allowing: float = 0.8) -> Policy:
        principal = type is PolicyType.RESOURCE_BASED
        made = draw(st.lists(statements(allowing, principal), min_size=1, max_size=most))
        return document(made, type, name)

    names = draw(st.lists(st.sampled_from(sorted(RESOURCES)), min_size=1, max_size=4, unique=True))
    resources = tuple(
        replace(RESOURCES[name], policy=policies(PolicyType.RESOURCE_BASED, f"policy of {name}", 2))
        if draw(st.integers(0, 2)) == 0 and name != "Notes"
        else RESOURCES[name]
        for name in names
    )
    guest = Principal(
        "guest",
        PrincipalType.UNAUTHENTICATED,
        f"arn:aws:iam::{ACCOUNT}:role/guest",
        policies=tuple(
            policies(PolicyType.IDENTITY_BASED, f"policy {number}") for number in range(draw(st.integers(0, 2)))
        ),
        boundary=policies(PolicyType.PERMISSIONS_BOUNDARY, "boundary", 2, 0.9)
        if draw(st.integers(0, 3)) == 0
        else None,
        pool="pool",
    )
    pool = IdentityPool("pool", "us-east-1:pool", allows_guests=True, unauthenticated="guest")
    environment = Environment("aws", "us-east-1", ACCOUNT)
    return Application("app", "app", environment, (guest,), resources, (pool,))


def world(standing: Standing) -> Iterator[Request]:
    """Requests that the guest can sign, with what each of them carries."""
    sessions = [{}, {SUB: "me", "cognito-identity.amazonaws.com:aud": "us-east-1:pool"}]
    for (action, places), session in product(ACTIONS.items(), sessions):
        rows: list[dict[str, Any]] = [{}]
        if action in ("dynamodb:PutItem", "dynamodb:GetItem"):
            rows = [{"dynamodb:leadingkeys": keys} for keys in (("me",), ("public",), ("me", "public"), ("x",))]
        for resource, row, secure, address in product(places, rows, ("true", "false"), ("10.0.0.1", "9.9.9.9")):
            yield Request(
                standing.session.caller,
                action,
                resource,
                {
                    **session,
                    **row,
                    "aws:principalaccount": ACCOUNT,
                    "aws:securetransport": secure,
                    "aws:sourceip": address,
                    "cognito-identity.amazonaws.com:amr": ("unauthenticated",),
                },
                OTHER if resource == THEIRS else None,
            )


def is_write(request: Request) -> bool:
    action = CATALOG.action(request.action)
    assert action is not None
    return action.access_level in (
        AccessLevel.WRITE,
        AccessLevel.TAGGING,
        AccessLevel.PERMISSIONS_MANAGEMENT,
    )


def decision(request: Request, standing: Standing) -> Decision:
    here = str(request.resource) + "/"
    target = next((one for one in standing.targets if here.startswith(f"{one.arn}/")), None)
    return decide(request, standing.policies_at(target)).decision


def allowed_writes(standing: Standing) -> list[Request]:
    return [one for one in world(standing) if is_write(one) and decision(one, standing) is Decision.ALLOWED]


def passes(checked: Checked) -> bool:
    return not checked.findings and not checked.doubts


@settings(max_examples=100, deadline=None)
@given(applications())
def test_the_gate_passes_exactly_when_no_guest_can_write(application: Application) -> None:
    checked = check(application, CATALOG, GUESTS_WRITE)
    standing = standing_of(application, application.principals[0])
    writes = allowed_writes(standing)
    if writes:
        assert checked.findings, writes[0]
    for finding in checked.findings:
        assert finding.request is not None
        assert is_write(finding.request)
        assert decision(finding.request, standing) is Decision.ALLOWED
    if passes(checked):
        assert not writes
    elif not checked.findings:
        assert checked.doubts


def test_both_answers_are_met() -> None:
    quiet = Application(
        "app", environment=Environment("aws", "us-east-1", ACCOUNT), resources=(RESOURCES["Jobs"],)
    )
    for statement, expected in (
        ({"Effect": "Allow", "Action": "sqs:Get*", "Resource": "*"}, True),
        ({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}, False),
    ):
        policy = document([statement], PolicyType.IDENTITY_BASED, "policy")
        guest = Principal(
            "guest",
            PrincipalType.UNAUTHENTICATED,
            f"arn:aws:iam::{ACCOUNT}:role/guest",
            policies=(policy,),
        )
        checked = check(replace(quiet, principals=(guest,)), CATALOG, GUESTS_WRITE)
        assert passes(checked) is expected


def test_a_write_in_another_account_that_takes_two_policies_is_found() -> None:
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": THEIRS}
    theirs = document([{**send, "Principal": {"AWS": ACCOUNT}}], PolicyType.RESOURCE_BASED, "policy of Theirs")
    guest = Principal(
        "guest",
        PrincipalType.UNAUTHENTICATED,
        f"arn:aws:iam::{ACCOUNT}:role/guest",
        policies=(document([send], PolicyType.IDENTITY_BASED, "policy"),),
    )
    environment = Environment("aws", "us-east-1", ACCOUNT)
    shared = replace(RESOURCES["Theirs"], policy=theirs)
    application = Application("app", environment=environment, principals=(guest,), resources=(shared,))
    assert [one.on for one in check(application, CATALOG, GUESTS_WRITE).findings] == ["Theirs"]
    closed = replace(application, resources=(replace(shared, policy=None),))
    assert decision(next(world(standing_of(closed, guest))), standing_of(closed, guest)) is not Decision.ALLOWED
