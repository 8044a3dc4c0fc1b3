"""Every principal and every resource: trust, what Lambda needs, who is let in, keys, and roles that are passed."""

from __future__ import annotations

from typing import Any

import pytest

from grantgraph.evaluate import Caller, CallerKind, Request, decide, parse_caller
from grantgraph.policy import Policy, PolicySet, PolicyType, parse_policy, render_policy
from grantgraph.problems import InputError
from grantgraph.prove import Proved
from grantgraph.synthesize import Synthesized, Wish, synthesize
from grantgraph.synthesize.entrances import entrances_of
from grantgraph.synthesize.proof import prove_entrance
from grantgraph.synthesize.result import Draft, draft_of
from grantgraph.synthesize.wishes import wishes_of
from tests.apps import (
    CATALOG,
    MODEL,
    application,
    entrance,
    of,
    one_statement,
    statements,
    synthesized,
    with_resources,
    with_worker,
)
from tests.needs import ACCOUNT

ARN = f"arn:aws:{{}}:us-east-1:{ACCOUNT}:{{}}"
BY_LAMBDA = {"Null": {"lambda:SourceFunctionArn": "true"}}
OTHER = "210987654321"


def only(found: Synthesized, sid: str, id: str = "worker") -> dict[str, Any]:
    """The statement of a name."""
    return next(one for one in statements(found, id) if one["Sid"] == sid)


def all_proved(found: Synthesized) -> bool:
    proofs = found.proofs()
    return bool(proofs) and all(isinstance(one, Proved) for one in proofs.values())


# ── what Lambda needs ──

GROUP = ARN.format("logs", "log-group:/aws/lambda/worker:*")


@pytest.mark.parametrize(
    ("logs", "actions"),
    [
        (True, ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
        ("existing", ["logs:CreateLogStream", "logs:PutLogEvents"]),
    ],
)
def test_a_function_writes_to_its_own_log_group_only(logs: Any, actions: list[str]) -> None:
    statement = one_statement(synthesized(principals=with_worker(logs=logs)))
    assert statement == {"Sid": "WorkerLogs", "Effect": "Allow", "Action": actions, "Resource": GROUP}


def test_a_function_without_logs_needs_nothing() -> None:
    assert of(synthesized(), "worker").policies == ()


def test_a_function_whose_name_is_made_later_still_has_a_log_group_of_its_own() -> None:
    found = synthesized(principals={"worker": {"type": "function"}})
    assert one_statement(found)["Resource"] == ARN.format("logs", "log-group:/aws/lambda/${worker}:*")


def test_a_traced_function_sends_its_traces() -> None:
    statement = one_statement(synthesized(principals=with_worker(tracing=True)))
    assert statement["Action"] == ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    assert statement["Resource"] == "*"


def test_network_interfaces_are_for_lambda_and_not_for_the_code() -> None:
    found = synthesized(principals=with_worker(vpc=True))
    statement = one_statement(found)
    assert statement["Condition"] == BY_LAMBDA and statement["Resource"] == "*"
    assert "ec2:CreateNetworkInterface" in statement["Action"] and len(statement["Action"]) == 6
    by_code = {"lambda:sourcefunctionarn": ARN.format("lambda", "function:worker")}
    interface = ARN.format("ec2", "network-interface/eni-1")
    for context, allowed in (({}, True), (by_code, False)):
        request = Request(caller("worker"), "ec2:DeleteNetworkInterface", interface, context)
        assert decide(request, PolicySet(of(found, "worker").policies)).allowed is allowed


def caller(id: str) -> Caller:
    return Caller(CallerKind.ROLE, f"arn:aws:iam::{ACCOUNT}:role/{id}", ACCOUNT)


CONSUMED = {
    "Jobs": ("sqs", ["DeleteMessage", "GetQueueAttributes", "ReceiveMessage"], "jobs"),
    "Notes": ("dynamodb", ["DescribeStream", "GetRecords", "GetShardIterator"], "table/notes/stream/*"),
    "Clicks": (
        "kinesis",
        ["DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"],
        "stream/clicks",
    ),
}


@pytest.mark.parametrize("source", CONSUMED)
def test_an_event_source_is_read_by_lambda_with_the_functions_role(source: str) -> None:
    service, names, target = CONSUMED[source]
    statement = one_statement(synthesized(principals=with_worker(on=[source])))
    assert statement["Sid"] == f"{source}Consume"
    assert statement["Action"] == [f"{service}:{name}" for name in names]
    assert statement["Resource"] == ARN.format(service, target)
    assert statement["Condition"] == BY_LAMBDA


def test_what_a_function_fails_on_is_sent_on_by_lambda() -> None:
    on = [{"from": "Notes", "failures_to": "Jobs"}]
    found = synthesized(principals=with_worker(failures_to="Events", on=on))
    assert only(found, "EventsFailures")["Action"] == "sns:Publish"
    assert only(found, "JobsFailures")["Action"] == "sqs:SendMessage"
    assert only(found, "JobsFailures")["Condition"] == BY_LAMBDA


def test_a_need_of_the_code_is_not_held_by_what_lambda_does() -> None:
    need = {"who": "worker", "access": "receive", "to": "Jobs"}
    statement = one_statement(synthesized(need, principals=with_worker(on=["Jobs"])))
    assert "Condition" not in statement and len(statement["Action"]) == 4


def test_the_environment_of_a_function_is_opened_by_lambda_for_this_function() -> None:
    statement = one_statement(synthesized(principals=with_worker(key="Key")))
    assert statement["Action"] == "kms:Decrypt" and statement["Resource"] == ARN.format("kms", "key/key")
    assert statement["Condition"] == {
        **BY_LAMBDA,
        "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": ARN.format("lambda", "function:worker")},
    }


def test_a_function_that_sends_codes_opens_those_of_its_pool() -> None:
    users = {"type": "cognito-idp:userpool", "name": "us-east-1_users", "key": "Key"}
    on = [{"from": "Users", "trigger": "customEmailSender"}]
    found = synthesized(principals=with_worker(on=on), resources=with_resources(Users=users))
    assert only(found, "KeyCodes")["Condition"] == {
        "StringEquals": {"kms:EncryptionContext:userpool-id": "us-east-1_users"}
    }


def test_a_function_that_sends_codes_has_to_have_a_key() -> None:
    with pytest.raises(InputError, match="come encrypted, and nothing says with which key"):
        synthesized(principals=with_worker(on=[{"from": "Users", "trigger": "customSmsSender"}]))


# ── trust ──


def trust_of(found: Synthesized, id: str) -> dict[str, Any]:
    trust = of(found, id).trust
    assert trust is not None
    (statement,) = render_policy(trust)["Statement"]
    return dict(statement)


POOL = {"id": "us-east-1:pool"}


@pytest.mark.parametrize("tags", [[], ["team"]])
@pytest.mark.parametrize("id", ["authenticated", "unauthenticated"])
def test_the_roles_of_the_pool_trust_only_its_tokens_of_the_right_kind(id: str, tags: list[str]) -> None:
    found = synthesized(identity_pool={**POOL, **({"principal_tags": tags} if tags else {})})
    assert trust_of(found, id) == {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"] if tags else "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": id},
        },
    }


@pytest.mark.parametrize(
    ("pool", "amr", "allowed"),
    [
        ("us-east-1:pool", ("authenticated", "cognito-idp"), True),
        ("us-east-1:pool", ("unauthenticated",), False),
        ("us-east-1:other", ("authenticated",), False),
        (None, ("authenticated",), False),
    ],
)
def test_only_a_signed_in_visitor_of_the_pool_gets_its_role(
    pool: Any, amr: tuple[str, ...], allowed: bool
) -> None:
    trust = of(synthesized(), "authenticated").trust
    context: dict[str, Any] = {"cognito-identity.amazonaws.com:amr": amr}
    context |= {"cognito-identity.amazonaws.com:aud": pool} if pool else {}
    request = Request(
        parse_caller("cognito-identity.amazonaws.com"),
        "sts:AssumeRoleWithWebIdentity",
        f"arn:aws:iam::{ACCOUNT}:role/authenticated",
        context,
    )
    assert decide(request, PolicySet(resource_based=trust)).allowed is allowed


def test_a_role_that_a_mapping_chooses_is_for_visitors_who_signed_in() -> None:
    principals = {**MODEL["principals"], "admins": {"type": "identity-pool:mapped"}}
    found = synthesized(principals=principals)
    assert trust_of(found, "admins")["Condition"]["ForAnyValue:StringLike"] == {
        "cognito-identity.amazonaws.com:amr": "authenticated"
    }


def test_a_function_is_run_by_lambda() -> None:
    assert trust_of(synthesized(), "worker") == {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


@pytest.mark.parametrize(
    ("options", "principal", "condition"),
    [
        (
            {"assumed_by": "states.amazonaws.com"},
            {"Service": "states.amazonaws.com"},
            {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        ),
        ({"assumed_by": "ec2.amazonaws.com"}, {"Service": "ec2.amazonaws.com"}, None),
        ({"assumed_by": OTHER}, {"AWS": f"arn:aws:iam::{OTHER}:root"}, None),
        (
            {"assumed_by": OTHER, "external_id": "x"},
            {"AWS": f"arn:aws:iam::{OTHER}:root"},
            {"StringEquals": {"sts:ExternalId": "x"}},
        ),
        (
            {"assumed_by": f"arn:aws:iam::{OTHER}:role/deploy"},
            {"AWS": f"arn:aws:iam::{OTHER}:role/deploy"},
            None,
        ),
    ],
)
def test_a_role_is_assumed_by_whom_the_model_says(options: Any, principal: Any, condition: Any) -> None:
    found = trust_of(synthesized(principals={"machine": {"type": "role", **options}}, routes={}), "machine")
    assert found["Principal"] == principal and found.get("Condition") == condition


def test_a_role_of_which_nothing_is_said_has_no_trust() -> None:
    found = synthesized(principals={"machine": {"type": "role"}}, routes={})
    assert of(found, "machine").trust is None


# ── services that are let in ──


def service_call(statement: dict[str, Any]) -> tuple[str, str, Any]:
    assert statement["Effect"] == "Allow"
    condition = dict(statement["Condition"])
    return statement["Principal"]["Service"], statement["Action"], condition


FUNCTION = ARN.format("lambda", "function:worker")
CALLS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "a topic": ("Events", "sns.amazonaws.com", {"ArnLike": {"aws:SourceArn": ARN.format("sns", "events")}}),
    "a bucket": (
        "Uploads",
        "s3.amazonaws.com",
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::uploads"}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
    ),
    "a bus": (
        {"from": "Bus", "rule": "orders"},
        "events.amazonaws.com",
        {"ArnLike": {"aws:SourceArn": ARN.format("events", "rule/bus/orders")}},
    ),
    "the default bus": (
        {"from": "default", "rule": "orders"},
        "events.amazonaws.com",
        {"ArnLike": {"aws:SourceArn": ARN.format("events", "rule/orders")}},
    ),
    "a schedule": (
        {"schedule": "rate(5 minutes)", "rule": "often"},
        "events.amazonaws.com",
        {"ArnLike": {"aws:SourceArn": ARN.format("events", "rule/often")}},
    ),
    "a user pool": (
        {"from": "Users", "trigger": "preSignUp"},
        "cognito-idp.amazonaws.com",
        {"ArnLike": {"aws:SourceArn": ARN.format("cognito-idp", "userpool/us-east-1_users")}},
    ),
}


@pytest.mark.parametrize("what", CALLS)
def test_a_service_calls_a_function_for_one_source_only(what: str) -> None:
    event, service, condition = CALLS[what]
    found = synthesized(principals=with_worker(on=[event]), routes={})
    (statement,) = entrance(found, "worker")
    assert service_call(statement) == (service, "lambda:InvokeFunction", condition)
    assert statement["Resource"] == FUNCTION
    assert all_proved(found)


def test_an_api_calls_a_function_for_its_own_routes() -> None:
    routes = {
        "GET /notes/{id}": {"function": "worker"},
        "POST /notes": {"function": "worker", "authorizer": "jwt"},
    }
    found = synthesized(routes=routes)
    sources = [one["Condition"]["ArnLike"]["aws:SourceArn"] for one in entrance(found, "worker")]
    base = ARN.format("execute-api", "a1b2c3d4e5/prod")
    assert sources == [f"{base}/GET/notes/*", f"{base}/POST/notes"]


@pytest.mark.parametrize(
    ("target", "source", "action", "service"),
    [
        ("Jobs", "Events", "sqs:SendMessage", "sns.amazonaws.com"),
        ("Jobs", "Uploads", "sqs:SendMessage", "s3.amazonaws.com"),
        ("Jobs", "Bus", "sqs:SendMessage", "events.amazonaws.com"),
        ("Jobs", "rate(1 day)", "sqs:SendMessage", "events.amazonaws.com"),
        ("Events", "Uploads", "sns:Publish", "s3.amazonaws.com"),
    ],
)
def test_a_service_delivers_to_a_queue_or_topic(target: str, source: str, action: str, service: str) -> None:
    resources = with_resources(**{target: {**MODEL["resources"][target], "on": [source]}})
    found = synthesized(resources=resources)
    (statement,) = entrance(found, target)
    assert service_call(statement)[:2] == (service, action)
    assert "aws:SourceArn" in statement["Condition"]["ArnLike"]
    assert all_proved(found)


def test_what_a_service_cannot_deliver_goes_to_a_queue_that_lets_it_in() -> None:
    on = [{"from": "Events", "failures_to": "Jobs"}, {"schedule": "rate(1 day)", "failures_to": "Jobs"}]
    services = [
        one["Principal"]["Service"] for one in entrance(synthesized(principals=with_worker(on=on)), "Jobs")
    ]
    assert services == ["sns.amazonaws.com", "events.amazonaws.com"]


def asks(service: str, action: str, resource: str, **context: str) -> Request:
    keys = {"source_arn": "aws:sourcearn", "source_account": "aws:sourceaccount"}
    return Request(Caller(CallerKind.SERVICE, service), action, resource, {keys[k]: v for k, v in context.items()})


def test_a_bucket_of_another_account_with_the_same_name_is_not_let_in() -> None:
    found = synthesized(principals=with_worker(on=["Uploads"]))
    policy = next(one.policy for one in found.entrances if one.resource.id == "worker")
    for account, allowed in ((ACCOUNT, True), (OTHER, False)):
        request = asks(
            "s3.amazonaws.com",
            "lambda:InvokeFunction",
            FUNCTION,
            source_arn="arn:aws:s3:::uploads",
            source_account=account,
        )
        assert decide(request, PolicySet(resource_based=policy)).allowed is allowed


# ── across accounts ──


def outside(**options: Any) -> dict[str, Any]:
    return {**MODEL["principals"], "partner": {"type": "account", **options}}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"account": OTHER}, f"arn:aws:iam::{OTHER}:root"),
        ({"arn": f"arn:aws:iam::{OTHER}:role/importer"}, f"arn:aws:iam::{OTHER}:role/importer"),
    ],
)
def test_another_account_is_let_in_by_the_resource_alone(options: Any, named: str) -> None:
    need = {"who": "partner", "access": "get", "to": "Uploads", "keys": "out/*"}
    found = synthesized(need, principals=outside(**options), routes={})
    assert entrance(found, "Uploads") == [
        {
            "Sid": "PartnerGet",
            "Effect": "Allow",
            "Principal": {"AWS": named},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::uploads/out/*",
        }
    ]
    assert "partner" not in [one.principal.id for one in found.syntheses]
    assert all_proved(found)


def test_across_accounts_both_sides_are_written() -> None:
    need = {"who": "worker", "access": "send", "to": "Theirs"}
    theirs = {"type": "sqs:queue", "name": "q", "account": OTHER}
    found = synthesized(need, resources=with_resources(Theirs=theirs), routes={})
    queue = f"arn:aws:sqs:us-east-1:{OTHER}:q"
    assert one_statement(found)["Resource"] == queue
    (let_in,) = entrance(found, "Theirs")
    assert let_in["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:role/${{workerRole}}"}
    assert let_in["Resource"] == queue
    assert [one.elsewhere for one in found.entrances] == [OTHER]
    assert all_proved(found)


# ── keys ──

WITH_KEY: dict[str, tuple[str, str, str, list[str], dict[str, Any]]] = {
    "Notes": (
        "write",
        "dynamodb",
        "StringEquals",
        ["kms:Decrypt"],
        {"aws:dynamodb:tableName": "notes", "aws:dynamodb:subscriberId": ACCOUNT},
    ),
    "Jobs": (
        "send",
        "sqs",
        "StringEquals",
        ["kms:Decrypt", "kms:GenerateDataKey"],
        {"aws:sqs:arn": ARN.format("sqs", "jobs")},
    ),
    "Events": (
        "publish",
        "sns",
        "StringEquals",
        ["kms:Decrypt", "kms:GenerateDataKey"],
        {"aws:sns:topicArn": ARN.format("sns", "events")},
    ),
    "Clicks": (
        "write",
        "kinesis",
        "StringEquals",
        ["kms:GenerateDataKey"],
        {"aws:kinesis:arn": ARN.format("kinesis", "stream/clicks")},
    ),
    "Secret": (
        "read",
        "secretsmanager",
        "StringLike",
        ["kms:Decrypt"],
        {"SecretARN": ARN.format("secretsmanager", "secret:secret-??????")},
    ),
    "Config": (
        "read",
        "ssm",
        "StringEquals",
        ["kms:Decrypt"],
        {"PARAMETER_ARN": ARN.format("ssm", "parameter/config")},
    ),
    "Uploads": (
        "put",
        "s3",
        "StringLike",
        ["kms:GenerateDataKey"],
        {"aws:s3:arn": ["arn:aws:s3:::uploads", "arn:aws:s3:::uploads/*"]},
    ),
}


@pytest.mark.parametrize("id", WITH_KEY)
def test_an_encrypted_resource_takes_its_key_through_its_service_and_for_itself(id: str) -> None:
    word, service, operator, actions, context = WITH_KEY[id]
    resources = with_resources(**{id: {**MODEL["resources"][id], "key": "Key"}})
    found = synthesized({"who": "worker", "access": word, "to": id}, resources=resources)
    statement = only(found, f"KeyFor{id}")
    own = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    assert own == actions and statement["Resource"] == ARN.format("kms", "key/key")
    condition = statement["Condition"]
    assert condition["StringEquals"]["kms:ViaService"] == f"{service}.us-east-1.amazonaws.com"
    for key, value in context.items():
        assert condition[operator][f"kms:EncryptionContext:{key}"] == value
    assert all_proved(found)


def test_listing_a_bucket_takes_no_key() -> None:
    resources = with_resources(Uploads={"type": "s3:bucket", "key": "Key"})
    found = synthesized({"who": "worker", "access": "list", "to": "Uploads"}, resources=resources)
    assert [one["Sid"] for one in statements(found)] == ["UploadsList"]


def test_the_key_of_an_event_source_is_for_lambda_and_not_for_the_code() -> None:
    resources = with_resources(Jobs={"type": "sqs:queue", "key": "Key"})
    found = synthesized(principals=with_worker(on=["Jobs"]), resources=resources)
    assert only(found, "KeyForJobs")["Condition"]["Null"] == {"lambda:SourceFunctionArn": "true"}


def test_a_key_leaves_it_to_its_account_and_lets_in_services_that_deliver_to_what_it_encrypts() -> None:
    resources = with_resources(Jobs={"type": "sqs:queue", "name": "jobs", "key": "Key", "on": ["Events"]})
    found = synthesized(resources=resources)
    account, topic = entrance(found, "Key")
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"} and account["Action"] == "kms:*"
    assert topic["Principal"] == {"Service": "sns.amazonaws.com"}
    assert topic["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert topic["Condition"] == {
        "ArnLike": {"aws:SourceArn": ARN.format("sns", "events")},
        "StringEquals": {"kms:EncryptionContext:aws:sqs:arn": ARN.format("sqs", "jobs")},
    }
    assert all_proved(found)


def test_another_account_that_reads_what_is_encrypted_is_let_into_the_key_too() -> None:
    resources = with_resources(Uploads={"type": "s3:bucket", "name": "uploads", "key": "Key"})
    need = {"who": "partner", "access": "get", "to": "Uploads"}
    found = synthesized(need, resources=resources, principals=outside(account=OTHER), routes={})
    (_, partner) = entrance(found, "Key")
    assert partner["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:root"} and partner["Action"] == "kms:Decrypt"
    assert partner["Condition"]["StringEquals"] == {"kms:ViaService": "s3.us-east-1.amazonaws.com"}


# ── roles that are passed ──


def test_a_role_is_passed_to_the_service_of_the_action_only() -> None:
    need = {"who": "worker", "access": "lambda:CreateFunction", "to": "worker", "passes": "worker"}
    statement = only(synthesized(need), "WorkerPassRole")
    assert statement["Action"] == "iam:PassRole"
    assert statement["Resource"] == f"arn:aws:iam::{ACCOUNT}:role/${{workerRole}}"
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


def test_an_action_that_can_do_without_a_role_passes_none_and_says_so() -> None:
    need = {"who": "worker", "access": "sns:SetTopicAttributes", "to": "Events"}
    found = synthesized(need)
    assert [note.code for note in found.notes] == ["passes"]
    assert "iam:PassRole" not in str(statements(found))


def test_what_an_action_takes_besides_is_said() -> None:
    need = {"who": "worker", "access": "dynamodb:RestoreTableToPointInTime", "to": "Notes"}
    (note,) = synthesized(need).notes
    assert note.code == "dependent-actions" and "dynamodb:BatchWriteItem" in note.message


# ── what a proof about a resource's policy would refute ──

LET_IN = {
    "worker": with_worker(on=["Events"]),
    "Uploads": outside(account=OTHER),
}
GET: dict[str, Any] = {"who": "partner", "access": "get", "to": "Uploads", "keys": "out/*"}


def entering(id: str) -> tuple[Draft, Policy, list[Wish]]:
    """A resource's policy, and what it was written from."""
    model = application(principals=LET_IN[id], needs=[GET] if id == "Uploads" else [], routes={})
    draft = draft_of(model, CATALOG)
    wishes = [wish for need in model.needs for wish in wishes_of(need, draft)]
    found = [one for one in entrances_of(draft, wishes) if one.subject == id]
    return draft, resource_policy(synthesize(model, CATALOG), id), found


SABOTAGE: dict[str, tuple[str, dict[str, Any]]] = {
    "no source": ("worker", {"Condition": {}}),
    "another source": ("worker", {"Condition": {"ArnLike": {"aws:SourceArn": ARN.format("sns", "other")}}}),
    "every source of the account": (
        "worker",
        {"Condition": {"ArnLike": {"aws:SourceArn": ARN.format("sns", "*")}}},
    ),
    "another service": ("worker", {"Principal": {"Service": "events.amazonaws.com"}}),
    "every service": ("worker", {"Principal": {"Service": ["sns.amazonaws.com", "stranger.amazonaws.com"]}}),
    "everyone": ("worker", {"Principal": "*", "Condition": {}}),
    "more actions": ("worker", {"Action": ["lambda:InvokeFunction", "lambda:GetFunction"]}),
    "more objects": ("Uploads", {"Resource": "arn:aws:s3:::uploads/*"}),
    "fewer objects": ("Uploads", {"Resource": "arn:aws:s3:::uploads/out/a"}),
    "another account": ("Uploads", {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}),
    "anybody": ("Uploads", {"Principal": "*"}),
    "writing": ("Uploads", {"Action": ["s3:GetObject", "s3:PutObject"]}),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_a_resource_policy_that_is_not_right_is_not_proved(what: str) -> None:
    id, change = SABOTAGE[what]
    draft, policy, wishes = entering(id)
    resource = draft.resources[id]
    assert isinstance(prove_entrance(draft, resource, policy, wishes), Proved)
    (statement,) = render_policy(policy)["Statement"]
    document = {"Version": "2012-10-17", "Statement": {**statement, **change}}
    changed = parse_policy(document, PolicyType.RESOURCE_BASED).value
    assert not isinstance(prove_entrance(draft, resource, changed, wishes), Proved)


# ── the whole ──

EVERYTHING: dict[str, Any] = {
    "resources": with_resources(
        **{
            id: {**MODEL["resources"][id], "key": "Key"}
            for id in ("Notes", "Uploads", "Events", "Clicks", "Secret", "Config", "Users")
        },
        Jobs={"type": "sqs:queue", "name": "jobs", "key": "Key", "on": ["Uploads", "Events", "Bus"]},
        Theirs={"type": "s3:bucket", "name": "theirs", "account": OTHER},
    ),
    "principals": {
        **with_worker(
            logs=True,
            tracing=True,
            vpc=True,
            key="Key",
            failures_to="Jobs",
            on=["Jobs", "Notes", "Clicks", "Events", "Uploads", "Bus", "rate(1 day)", "default"],
        ),
        "partner": {"type": "account", "account": OTHER},
        "machine": {"type": "role", "assumed_by": "states.amazonaws.com"},
    },
}
NEEDS: list[dict[str, Any]] = [
    {"who": "worker", "access": ["read", "write"], "to": "Notes"},
    {"who": "worker", "access": ["read", "write"], "to": "Theirs", "keys": "in/*"},
    {"who": "authenticated", "access": ["read", "write"], "to": "Uploads", "keys": "{identity}/*"},
    {"who": "partner", "access": "read", "to": "Secret"},
    {"who": "machine", "access": "invoke", "to": "worker"},
]


@pytest.mark.parametrize("environment", [MODEL["environment"], {}])
def test_an_application_with_everything_is_proved_wherever_it_is_deployed(environment: Any) -> None:
    found = synthesized(*NEEDS, **EVERYTHING, environment=environment)
    assert all_proved(found)
    assert len(found.proofs()) == 4 + len(found.entrances) and len(found.entrances) == 5


def test_no_policy_speaks_of_everything_but_where_aws_knows_no_resource() -> None:
    found = synthesized(*NEEDS, **EVERYTHING)
    for one in found.syntheses:
        for statement in [own for policy in one.policies for own in render_policy(policy)["Statement"]]:
            if statement["Resource"] == "*":
                assert statement["Sid"] in ("WorkerTracing", "WorkerNetwork")
            assert "*" not in str(statement["Action"])


def resource_policy(found: Synthesized, id: str) -> Policy:
    return next(one.policy for one in found.entrances if one.resource.id == id)


@pytest.mark.parametrize("id", ["Jobs", "Key", "worker", "Secret"])
def test_no_resource_lets_in_everyone(id: str) -> None:
    found = synthesized(*NEEDS, **EVERYTHING)
    for statement in render_policy(resource_policy(found, id))["Statement"]:
        assert statement["Principal"] != "*" and "*" not in str(statement["Principal"])
        assert "Service" not in statement["Principal"] or "aws:SourceArn" in statement["Condition"]["ArnLike"]
