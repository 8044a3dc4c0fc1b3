"""The evaluator's own functions: callers, compiling, several requests, Cognito's data, near misses."""

from __future__ import annotations

import pytest

from grantgraph.evaluate import (
    ANONYMOUS,
    CallerKind,
    ContextValue,
    Decision,
    Situation,
    combine,
    compile_policies,
    decide,
    decide_all,
    function_url_requests,
    near_misses,
    parse_caller,
    request,
    scope_down,
    session_context,
    token_context,
)
from grantgraph.evaluate.cognito import GUEST_RULE, scope_down_date
from grantgraph.policy import Policy, PolicySet, PolicyType, parse_policy
from grantgraph.problems import UsageError
from grantgraph.text import Unknown, text

ROLE = "arn:aws:iam::111122223333:role/app"
BUCKET = "arn:aws:s3:::b/x"


def policy(*statements: object, type: PolicyType = PolicyType.IDENTITY_BASED) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)}, type).value


def allow(sid: str, action: str, resource: str = "*", **more: object) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("spelled", "kind"),
    [
        (ROLE, CallerKind.ROLE),
        ("arn:aws:iam::111122223333:user/ana", CallerKind.USER),
        ("arn:aws:iam::111122223333:root", CallerKind.ROOT),
        ("arn:aws:sts::111122223333:assumed-role/app/s", CallerKind.ROLE),
        ("arn:aws:sts::111122223333:federated-user/bob", CallerKind.FEDERATED_USER),
        ("lambda.amazonaws.com", CallerKind.SERVICE),
        ("cognito-identity.amazonaws.com", CallerKind.WEB_IDENTITY),
        ("arn:aws:iam::111122223333:saml-provider/idp", CallerKind.WEB_IDENTITY),
        ("anonymous", CallerKind.ANONYMOUS),
    ],
)
def test_callers(spelled: str, kind: CallerKind) -> None:
    assert parse_caller(spelled).kind is kind


@pytest.mark.parametrize("spelled", ["nobody", "arn:aws:iam::111122223333:group/g", "arn:aws:s3:::b"])
def test_who_is_no_caller(spelled: str) -> None:
    with pytest.raises(UsageError):
        parse_caller(spelled)


def test_a_set_of_policies_is_compiled_once() -> None:
    policies = PolicySet(identity_based=(policy(allow("A", "s3:*")),))
    assert compile_policies(policies) is compile_policies(policies)
    asked = request(ROLE, "s3:GetObject", BUCKET)
    assert decide(asked, policies) == decide(asked, compile_policies(policies))


def test_equal_sets_do_not_share_a_compilation_by_accident() -> None:
    for count in range(3_000):
        effect = "Allow" if count % 2 else "Deny"
        policies = PolicySet(identity_based=(policy({**allow("A", "s3:*"), "Effect": effect}),))
        verdict = decide(request(ROLE, "s3:GetObject", BUCKET), policies)
        assert verdict.decision is (Decision.ALLOWED if count % 2 else Decision.EXPLICIT_DENY)


def test_policies_that_nobody_showed_leave_the_answer_open() -> None:
    unseen = Unknown("Template.ManagedPolicy", "an imported policy")
    hidden = Policy(PolicyType.IDENTITY_BASED, (), unseen=(unseen,))
    verdict = decide(request(ROLE, "s3:GetObject", BUCKET), PolicySet(identity_based=(hidden,)))
    assert (verdict.decision, verdict.unknowns) == (Decision.UNKNOWN, frozenset({unseen}))


def test_a_resource_with_unknown_parts() -> None:
    name = Unknown("Bucket.Ref", generated=True)
    policies = PolicySet(identity_based=(policy(allow("A", "s3:*", "arn:aws:s3:::b/*")),))
    verdict = decide(request(ROLE, "s3:GetObject", text(["arn:aws:s3:::", name, "/x"])), policies)
    assert (verdict.decision, verdict.unknowns) == (Decision.UNKNOWN, frozenset({name}))


def test_the_strictest_of_several_answers_speaks() -> None:
    policies = PolicySet(
        identity_based=(policy(allow("A", "s3:*"), {**allow("D", "s3:PutObject"), "Effect": "Deny"}),)
    )
    get, put, send = (
        request(ROLE, action, BUCKET) for action in ("s3:GetObject", "s3:PutObject", "sqs:SendMessage")
    )
    assert decide_all([get, get], policies).decision is Decision.ALLOWED
    assert decide_all([get, send], policies).decision is Decision.IMPLICIT_DENY
    assert decide_all([send, put, get], policies).decision is Decision.EXPLICIT_DENY
    assert combine([]).decision is Decision.ALLOWED


def test_a_function_url_asks_for_two_permissions() -> None:
    call = request(ANONYMOUS, "lambda:InvokeFunctionUrl", "arn:aws:lambda:us-east-1:111122223333:function:f")
    url, invoke = function_url_requests(call, "NONE")
    assert (url.action, url.context) == ("lambda:InvokeFunctionUrl", {"lambda:functionurlauthtype": "NONE"})
    assert (invoke.action, invoke.context) == ("lambda:InvokeFunction", {"lambda:invokedviafunctionurl": "true"})


def test_what_an_identity_pool_puts_into_a_session() -> None:
    provider = "cognito-identity.amazonaws.com"
    user = session_context("us-east-1:pool", "us-east-1:id", guest=False, providers=("issuer",))
    assert user == {
        f"{provider}:amr": ("authenticated", "issuer"),
        f"{provider}:aud": "us-east-1:pool",
        f"{provider}:sub": "us-east-1:id",
    }
    guest = session_context("us-east-1:pool", "us-east-1:id", guest=True)
    assert guest[f"{provider}:sub"] is GUEST_RULE
    assert token_context("us-east-1:pool", "us-east-1:id", guest=True)[f"{provider}:sub"] == "us-east-1:id"


def test_the_scope_down_is_two_session_policies_with_a_date() -> None:
    assert [one.type for one in scope_down()] == [PolicyType.SESSION] * 2
    assert scope_down_date() == "2026-05-01"
    everything = PolicySet(identity_based=(policy(allow("A", "*")),), session=scope_down())
    for action, expected in (
        ("dynamodb:GetItem", Decision.ALLOWED),
        ("geo:GetMapTile", Decision.ALLOWED),
        ("iam:CreateUser", Decision.IMPLICIT_DENY),
        ("ssm:GetParameter", Decision.IMPLICIT_DENY),
    ):
        assert decide(request(ROLE, action, "*"), everything).decision is expected


def test_a_verdict_names_the_statements_behind_it() -> None:
    policies = PolicySet(
        identity_based=(policy(allow("One", "s3:*"), allow("Two", "*"), allow("Other", "sqs:*")),),
    )
    verdict = decide(request(ROLE, "s3:GetObject", BUCKET), policies)
    assert [reason.statement.sid for reason in verdict.because] == ["One", "Two"]
    assert verdict.allowed


def test_near_misses_of_a_boundary() -> None:
    boundary = policy(allow("Sqs", "sqs:*"), type=PolicyType.PERMISSIONS_BOUNDARY)
    policies = PolicySet(identity_based=(policy(allow("A", "*")),), permissions_boundary=boundary)
    (nearest,) = near_misses(request(ROLE, "s3:GetObject", BUCKET), policies)
    assert str(nearest) == "would allow it if the action were one of sqs:*"
    assert near_misses(request(ROLE, "sqs:SendMessage", "*"), policies) == ()


def test_near_misses_say_what_each_condition_wants() -> None:
    condition = {
        "Null": {"aws:TokenIssueTime": "false"},
        "DateLessThan": {"aws:CurrentTime": "2026-01-01"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]},
    }
    policies = PolicySet(identity_based=(policy(allow("A", "s3:*", "arn:aws:s3:::c/*", Condition=condition)),))
    context: dict[str, ContextValue] = {"aws:CurrentTime": "2026-06-01", "aws:TagKeys": ("a", "c")}
    (nearest,) = near_misses(request(ROLE, "s3:GetObject", BUCKET, context), policies)
    assert [str(miss) for miss in nearest.misses] == [
        "the resource were one of arn:aws:s3:::c/*",
        "aws:TokenIssueTime were present (it is absent)",
        "aws:CurrentTime were before 2026-01-01 (it is 2026-06-01)",
        "every value of aws:TagKeys were equal to a or b (it is a or c)",
    ]


def test_near_misses_of_a_trust_policy_name_the_principal() -> None:
    trust = policy(
        {
            "Sid": "L",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
        type=PolicyType.TRUST,
    )
    policies = PolicySet(identity_based=(policy(allow("A", "*")),), resource_based=trust)
    (nearest,) = near_misses(request(ROLE, "sts:AssumeRole", ROLE), policies)
    assert str(nearest) == "would allow it if the principal were one of Service:lambda.amazonaws.com"


def test_situations_have_the_usual_defaults() -> None:
    usual = Situation()
    assert not any((usual.caller_in_management_account, usual.restrict_public_buckets, usual.aws_managed_key))
    assert usual.authorizer is None
