"""Accounts in files: what `fetch` wrote, and what the AWS CLI prints of identities."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantgraph.ask import ask
from grantgraph.catalog import load_catalog
from grantgraph.catalog.managed import load_managed_policies
from grantgraph.claim import claim_never
from grantgraph.cli.options import read_application
from grantgraph.decode import decode_json
from grantgraph.diff import compare
from grantgraph.evaluate import Decision
from grantgraph.grants import Grant
from grantgraph.graph import Runs, Trust, Visits, build
from grantgraph.model import Application, PrincipalType
from grantgraph.problems import InputError, Level, UsageError
from grantgraph.prove import Proved, Undecided
from grantgraph.reports import find_report
from grantgraph.rules import check, load_rules
from grantgraph.sources import NO_OPTIONS, ReadOptions, load
from grantgraph.sources.account import read

ACCOUNT = "123456789012"
APPS = Path(__file__).parent.parent / "fixtures" / "apps" / "account"
IDENTITIES = APPS / "authorization-details.json"
ROOT = f"arn:aws:iam::{ACCOUNT}"
POOL = "eu-west-1:0a1b2c3d-0000-4000-8000-000000000000"


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


LAMBDA = document(
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
)


def visitors(**conditions: Any) -> dict[str, Any]:
    """A trust policy that lets in the visitors of identity pools, under conditions on their tokens."""
    found: dict[str, Any] = {}
    for name, (operator, value) in conditions.items():
        found.setdefault(operator, {})[f"cognito-identity.amazonaws.com:{name}"] = value
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    return document(statement | ({"Condition": found} if found else {}))


def role(name: str, trust: object = LAMBDA, path: str = "/", **more: Any) -> dict[str, Any]:
    arn = f"{ROOT}:role{path}{name}"
    return {"RoleName": name, "Path": path, "Arn": arn, "AssumeRolePolicyDocument": trust, **more}


def inline(*policies: object) -> list[dict[str, Any]]:
    return [{"PolicyName": f"p{at}", "PolicyDocument": one} for at, one in enumerate(policies)]


def plain(*roles: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """What the AWS CLI prints."""
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": list(roles), "Policies": [], **sections}


def whole(*roles: dict[str, Any], resources: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    """What `fetch` writes."""
    return {
        "schema": "grantgraph/account/1",
        "account": ACCOUNT,
        "partition": "aws",
        "fetched": "2026-11-26T00:00:00Z",
        "regions": ["eu-west-1"],
        "iam": plain(*roles),
        "resources": list(resources),
        "counted": {},
        "gaps": [],
        **more,
    }


def resource(type: str, name: str, region: str = "eu-west-1", **properties: Any) -> dict[str, Any]:
    return {"type": f"AWS::{type}", "region": region, "name": name, "properties": properties}


def read_text(text: str, options: ReadOptions = NO_OPTIONS) -> Application:
    return read(Path("account.json"), decode_json(text, "account.json"), options)


def read_json(content: object, **options: Any) -> Application:
    return read_text(json.dumps(content, indent=1), ReadOptions(**options))


def decision(application: Application, who: str, action: str, resource: str) -> Decision:
    return ask(application, who, action, resource, [], load_catalog()).verdict.decision


def codes(application: Application) -> list[str]:
    return [one.code for one in application.problems]


# ── the same as a template ──

NAMES: Mapping[str, str] = {
    "Guest": "app-guest",
    "Member": "app-member",
    "Staff": "app-staff",
    "Worker": "worker",
    "Alice": "alice",
    "Jobs": "jobs",
    "News": "news",
    "Photos": "app-photos-example",
    "Orders": "table/orders",
    "Bus": "event-bus/shop",
    "Clicks": "stream/clicks",
    "Handler": "function:handler",
    "Flow": "stateMachine:flow",
    "Key": "key/key",
    "Password": "secret:app/password-AbCdEf",
    "Setting": "parameter/app/setting",
    "People": "userpool/eu-west-1_people",
    "Visitors": "identitypool/eu-west-1:visitors",
    "Api": "api",
    "Rest": "rest",
    "Sold": "sold",
}


@cache
def spelling(file: str) -> Application:
    return read_application(APPS / file, [], ACCOUNT, "eu-west-1", "")


def renamed(name: str, file: str) -> str:
    """A name of a template as the account has it; a name may be a part of that of an entry point."""
    if file != "template.yaml":
        return name
    name = name.replace("${People}", "eu-west-1_people").replace("${Web.Ref}", "web")
    return " ".join(NAMES.get(word, word) for word in name.split(" "))


def edges(file: str) -> set[tuple[str, ...]]:
    def words() -> Iterator[tuple[str, ...]]:
        for start, end, edge in build(spelling(file), load_catalog()).edges():
            ends = renamed(start.name, file), renamed(end.name, file)
            match edge:
                case Grant():
                    yield *ends, str(edge.certain), " ".join(map(str, edge.actions()))
                case Trust():
                    yield *ends, "trust"
                case Visits():
                    yield *ends, renamed(edge.how, file)
                case Runs():
                    yield *ends, edge.why

    return set(words())


def test_an_account_has_the_nodes_of_the_template_that_made_it() -> None:
    graphs = {file: build(spelling(file), load_catalog()) for file in ("template.yaml", "account.json")}
    nodes = {
        file: {(one.kind, renamed(one.name, file)) for one in graph.nodes()} for file, graph in graphs.items()
    }
    assert nodes["account.json"] == nodes["template.yaml"]


def test_an_account_has_the_edges_of_the_template_that_made_it() -> None:
    assert edges("account.json") == edges("template.yaml")


def test_check_finds_in_an_account_what_it_finds_in_the_template_that_made_it() -> None:
    def findings(file: str) -> set[tuple[str, ...]]:
        checked = check(spelling(file), load_catalog(), load_rules())
        assert not checked.doubts
        return {
            (one.rule, renamed(one.principal, file), renamed(one.on, file), *one.actions)
            for one in checked.findings
        }

    assert {"GG101", "GG102"} <= {rule for rule, *_ in findings("account.json")}
    assert findings("account.json") == findings("template.yaml")


def test_who_gets_a_role_is_told_as_in_the_template_that_made_it() -> None:
    (pool,) = spelling("account.json").pools
    (written,) = spelling("template.yaml").pools
    names = [written.authenticated, written.unauthenticated, *written.mapped]
    assert [pool.authenticated, pool.unauthenticated, *pool.mapped] == [NAMES[one] for one in names]
    assert [(one.claim, one.match, one.value) for one in pool.choices] == [
        ("cognito:groups", "Contains", "admins")
    ]


def test_nothing_differs_between_an_account_and_itself() -> None:
    found = compare(spelling("account.json"), spelling("account.json"), load_catalog())
    assert not found.differs and not found.may_widen


# ── identities ──


def test_identities_have_their_policies_wherever_these_are() -> None:
    application = load(IDENTITIES)
    alice, orders = application.principal("alice"), application.principal("orders")
    assert alice and orders
    assert [one.name for one in alice.policies] == ["queues", "CloudWatchReadOnlyAccess"]
    assert (str(alice.arn), alice.boundary and alice.boundary.name) == (
        "arn:aws:iam::111122223333:user/people/alice",
        "people",
    )
    assert str(orders.arn) == "arn:aws:iam::111122223333:role/service/orders"
    assert [one.name for one in orders.policies] == ["orders", "AWSLambdaBasicExecutionRole"]


def test_of_a_managed_policy_the_version_in_force_counts() -> None:
    application = load(IDENTITIES)
    table = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
    assert decision(application, "orders", "dynamodb:Query", table) is Decision.ALLOWED
    assert decision(application, "orders", "dynamodb:DeleteTable", table) is Decision.IMPLICIT_DENY


def test_a_boundary_limits_a_user() -> None:
    application = load(IDENTITIES)
    assert decision(application, "alice", "sqs:ReceiveMessage", f"arn:aws:sqs:eu-west-1:{111122223333}:q") is (
        Decision.ALLOWED
    )
    more = plain(
        UserDetailList=[
            {
                "UserName": "bob",
                "Arn": f"{ROOT}:user/bob",
                "UserPolicyList": inline(document(allow("*"))),
                "PermissionsBoundary": {"PermissionsBoundaryArn": f"{ROOT}:policy/limit"},
            }
        ],
        Policies=[managed("limit", document(allow("s3:*")))],
    )
    bob = read_json(more)
    assert decision(bob, "bob", "s3:GetObject", "arn:aws:s3:::b/x") is Decision.ALLOWED
    assert decision(bob, "bob", "sqs:ListQueues", "*") is Decision.IMPLICIT_DENY


def managed(name: str, policy: object, owner: str = ACCOUNT, path: str = "/") -> dict[str, Any]:
    version = {"VersionId": "v3", "IsDefaultVersion": True, "Document": policy}
    arn = f"arn:aws:iam::{owner}:policy{path}{name}"
    return {
        "PolicyName": name,
        "Arn": arn,
        "Path": path,
        "DefaultVersionId": "v3",
        "PolicyVersionList": [version],
    }


@pytest.mark.parametrize("spelled", ["object", "text", "encoded"])
def test_a_policy_is_read_however_it_is_spelled(spelled: str) -> None:
    policy = document(allow("sqs:SendMessage", Condition={"StringEquals": {"aws:PrincipalTag/team": "50%"}}))

    def spell(one: object) -> object:
        text = json.dumps(one)
        return {"object": one, "text": text, "encoded": quote(text, safe="")}[spelled]

    trust = visitors(aud=("StringEquals", POOL), amr=("ForAnyValue:StringLike", "authenticated"))
    application = read_json(plain(role("r", spell(trust), RolePolicyList=inline(spell(policy)))))
    (principal,) = application.principals
    assert principal.type is PrincipalType.AUTHENTICATED
    (statement,) = principal.policies[0].statements
    assert [str(one) for one in statement.actions.patterns] == ["sqs:SendMessage"]
    assert statement.conditions[0].spelled_values == ("50%",)


def test_places_are_those_of_the_file() -> None:
    policy = document(allow("sqs:SendMessage"))
    spelled = [policy, json.dumps(policy), quote(json.dumps(policy))]
    text = json.dumps(plain(role("r", RolePolicyList=inline(*spelled))), indent=1)
    (principal,) = read_text(text).principals
    lines = text.splitlines()
    places = [one.statements[0].at for one in principal.policies]
    assert lines[places[0].line - 1][places[0].column - 1 :] == "{"
    assert lines[places[1].line - 1][places[1].column - 1 :].startswith('{\\"Effect\\"')
    assert lines[places[2].line - 1][places[2].column - 1 :].startswith('"%7B%22Version')
    assert [one.file for one in places] == ["account.json"] * 3


def test_roles_of_aws_and_of_frameworks_are_set_apart_and_not_hidden() -> None:
    made = {one.id: one.framework for one in load(IDENTITIES).principals if one.framework}
    assert made == {
        "AWSServiceRoleForDynamoDBReplication": "AWS",
        "AWSReservedSSO_Admin_0123456789abcdef": "AWS",
        "shop-dev-CustomS3AutoDeleteObjectsCustomResourceProvider-1A2B3C4D5E6F": "CDK",
    }


def test_an_account_speaks_of_as_many_things_as_it_holds() -> None:
    assert load(IDENTITIES).counted == {"AWS::IAM::InstanceProfile": 1}
    assert read_json(whole(role("r"), counted={"AWS::KMS::Grant": 7})).counted == {"AWS::KMS::Grant": 7}


# ── AWS's own policies ──

COPIED = "AmazonSQSReadOnlyAccess"


def attached(*arns: str) -> dict[str, Any]:
    return {"AttachedManagedPolicies": [{"PolicyName": one.rpartition("/")[2], "PolicyArn": one} for one in arns]}


def test_a_policy_of_aws_that_the_file_holds_is_read_from_it() -> None:
    own = managed(COPIED, document(allow("sqs:DeleteQueue")), "aws")
    application = read_json(plain(role("r", **attached(own["Arn"])), Policies=[own]))
    assert decision(application, "r", "sqs:DeleteQueue", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q") is Decision.ALLOWED
    assert "policy-copy" not in codes(application)


def test_a_policy_of_aws_that_the_file_lacks_is_read_from_the_dated_copy() -> None:
    application = read_json(plain(role("r", **attached(f"arn:aws:iam::aws:policy/{COPIED}"))))
    assert decision(application, "r", "sqs:ListQueues", "*") is Decision.ALLOWED
    (problem,) = (one for one in application.problems if one.code == "policy-copy")
    assert problem.level is Level.NOTE
    assert load_managed_policies().date in problem.message and COPIED in problem.message


@pytest.mark.parametrize("arn", ["arn:aws:iam::aws:policy/NoSuchPolicy", f"{ROOT}:policy/elsewhere"])
def test_a_policy_that_nobody_has_leaves_its_role_open(arn: str) -> None:
    application = read_json(plain(role("r", **attached(arn))))
    assert decision(application, "r", "sqs:ListQueues", "*") is Decision.UNKNOWN
    assert "managed-policy" in codes(application)


# ── visitors of pools ──


@pytest.mark.parametrize(
    ("trust", "type", "pool"),
    [
        (visitors(aud=("StringEquals", POOL), amr=("ForAnyValue:StringLike", "unauthenticated")), "un", POOL),
        (visitors(aud=("StringEquals", POOL), amr=("ForAnyValue:StringLike", "authenticated")), "in", POOL),
        (
            visitors(aud=("StringEquals", [POOL]), amr=("ForAnyValue:StringEquals", "graph.facebook.com")),
            "in",
            POOL,
        ),
        (visitors(aud=("StringEquals", POOL)), "un", POOL),
        (visitors(aud=("StringEquals", POOL), amr=("ForAnyValue:StringLike", "*authenticated")), "un", POOL),
        (visitors(aud=("StringEquals", POOL), amr=("ForAnyValue:StringNotLike", "un*")), "in", POOL),
        (visitors(amr=("ForAnyValue:StringLike", "authenticated")), "un", ""),
        (visitors(aud=("StringLike", "eu-west-1:*")), "un", ""),
        (visitors(aud=("StringNotEquals", POOL)), "un", ""),
        (visitors(), "un", ""),
        (visitors(aud=("StringEquals", POOL), sub=("StringLike", "eu-west-1:x*")), "un", POOL),
        (LAMBDA, "", ""),
        (document(*visitors()["Statement"], {**visitors()["Statement"][0], "Effect": "Deny"}), "", ""),
    ],
)
def test_a_trust_policy_says_whose_visitors_get_a_role(trust: object, type: str, pool: str) -> None:
    application = read_json(plain(role("r", trust)))
    (principal,) = application.principals
    types = {"un": PrincipalType.UNAUTHENTICATED, "in": PrincipalType.AUTHENTICATED, "": PrincipalType.ROLE}
    assert principal.type is types[type]
    found = application.pool(principal.pool)
    assert (found.id_value if found and isinstance(found.id_value, str) else "") == pool


def test_a_role_that_any_pool_opens_is_a_finding_and_a_doubt() -> None:
    trust = visitors(amr=("ForAnyValue:StringLike", "authenticated"))
    application = read_json(plain(role("r", trust, RolePolicyList=inline(document(allow("dynamodb:PutItem"))))))
    checked = check(application, load_catalog(), load_rules())
    assert [(one.rule, one.principal) for one in checked.failing] == [("GG201", "r"), ("GG101", "r")]
    assert checked.doubts
    assert "`r` lets in the visitors of any identity pool in the world: it is read as guests'" in {
        one.message for one in application.problems
    }


def test_a_pool_that_is_in_the_file_gives_out_the_roles_that_it_says() -> None:
    trust = visitors(aud=("StringEquals", POOL), amr=("ForAnyValue:StringLike", "unauthenticated"))
    pool = resource("Cognito::IdentityPool", POOL, AllowUnauthenticatedIdentities=True)
    roles = resource(
        "Cognito::IdentityPoolRoleAttachment",
        POOL,
        IdentityPoolId=POOL,
        Roles={"authenticated": f"{ROOT}:role/given"},
    )
    given = read_json(whole(role("given", trust), role("other", trust), resources=(pool, roles)))
    assert [one.type for one in given.principals] == [PrincipalType.AUTHENTICATED, PrincipalType.ROLE]
    assert not check(given, load_catalog(), load_rules()).doubts
    silent = {**roles, "properties": {"IdentityPoolId": POOL}, "unread": {"Roles": "it was denied"}}
    open = read_json(whole(role("given", trust), role("other", trust), resources=(pool, silent)))
    assert [one.type for one in open.principals] == [PrincipalType.UNAUTHENTICATED] * 2
    assert check(open, load_catalog(), load_rules()).doubts


# ── what is not in the file ──


def test_what_the_cli_prints_holds_no_policies_of_resources_and_every_answer_says_so() -> None:
    application = load(IDENTITIES)
    assuming = "no resource grants anything by a policy of its own: the file holds identities only"
    catalog = load_catalog()
    assert assuming in check(application, catalog, load_rules()).assuming
    principal = application.principal("shop-guest")
    assert principal
    answer = claim_never(application, principal, ("sqs:SendMessage",), "", catalog).answer
    assert isinstance(answer, Proved) and assuming in answer.assuming
    asked = ask(application, "shop-guest", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", [], catalog)
    assert f"assuming: {assuming}\n" in find_report("can", "text")(asked)
    assert json.loads(find_report("can", "json")(asked))["assuming"] == [assuming]
    graph = build(read_json(plain(role("r"))), catalog)
    for format in ("text", "json", "dot", "mermaid"):
        assert assuming in find_report("graph", format)(graph)


def test_a_first_page_is_no_account() -> None:
    application = read_json({**plain(role("r")), "IsTruncated": True, "Marker": "x"})
    (doubt,) = check(application, load_catalog(), load_rules()).doubts
    assert doubt.reason == "the file says that it is cut off: there are more identities than it holds"


GAP = {"service": "sqs", "operation": "ListQueues", "region": "eu-west-1", "kind": "denied"}


def test_every_gap_is_a_problem_with_its_place_and_keeps_check_from_passing() -> None:
    text = json.dumps(whole(role("r"), gaps=[{**GAP, "hides": ["AWS::SQS::Queue"]}]), indent=1)
    application = read_text(text)
    (problem,) = application.problems
    assert (problem.level, problem.code) == (Level.UNMODELLED, "incomplete-account")
    assert text.splitlines()[problem.at.line].strip() == '"service": "sqs",'
    checked = check(application, load_catalog(), load_rules())
    assert (len(checked.findings), len(checked.doubts)) == (0, 1)


@pytest.mark.parametrize("gap", [{**GAP, "kind": "not-offered"}, {**GAP, "harmless": True}])
def test_a_gap_that_no_answer_hinges_on_is_a_note(gap: dict[str, Any]) -> None:
    application = read_json(whole(role("r"), gaps=[gap]))
    assert [one.level for one in application.problems] == [Level.NOTE]
    assert not check(application, load_catalog(), load_rules()).doubts


def test_a_hidden_queue_may_allow_and_a_queue_of_another_region_may_not() -> None:
    application = read_json(
        whole(
            role("r", RolePolicyList=inline(document({**allow("sqs:*"), "Effect": "Deny"}))),
            role("s"),
            resources=(resource("SQS::Queue", "known", QueueName="known"),),
            gaps=[{**GAP, "hides": ["AWS::SQS::Queue"]}],
        )
    )

    def queue(name: str, region: str = "eu-west-1") -> str:
        return f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"

    assert decision(application, "s", "sqs:SendMessage", queue("hidden")) is Decision.UNKNOWN
    assert decision(application, "anonymous", "sqs:SendMessage", queue("hidden")) is Decision.UNKNOWN
    assert decision(application, "s", "sqs:SendMessage", queue("known")) is Decision.IMPLICIT_DENY
    assert decision(application, "s", "sqs:SendMessage", queue("hidden", "us-east-1")) is Decision.IMPLICIT_DENY
    assert decision(application, "r", "sqs:SendMessage", queue("hidden")) is Decision.EXPLICIT_DENY
    principal = application.principal("s")
    assert principal
    catalog = load_catalog()
    assert isinstance(claim_never(application, principal, ("write",), "", catalog).answer, Undecided)
    assert isinstance(claim_never(application, principal, ("write",), "known", catalog).answer, Proved)
    assert isinstance(claim_never(application, principal, ("s3:PutObject",), "", catalog).answer, Proved)


def test_nothing_is_proved_of_what_was_not_read() -> None:
    trust = visitors(aud=("StringEquals", POOL), amr=("ForAnyValue:StringLike", "unauthenticated"))
    queues = (resource("SQS::Queue", "a"), resource("SQS::Queue", "b"))
    held = resource("SQS::QueuePolicy", "b", Queues=[f"arn:aws:sqs:eu-west-1:{ACCOUNT}:b"])

    def proved(*more: dict[str, Any], gaps: tuple[dict[str, Any], ...] = ()) -> list[tuple[str, ...]]:
        application = read_json(whole(role("guest", trust), resources=(*queues, *more), gaps=list(gaps)))
        return [(one.words, *one.on) for one in check(application, load_catalog(), load_rules()).proved]

    pool = f"identitypool/{POOL}"
    assert proved() == [("guests can never write",)]
    assert proved({**held, "unread": {"PolicyDocument": "denied"}}) == [("guests can never write to", "a", pool)]
    hidden = {**GAP, "hides": ["AWS::SQS::Queue"]}
    assert proved(gaps=(hidden,)) == [("guests can never write to", "a", "b", pool)]


@pytest.mark.parametrize(
    ("type", "property"),
    [
        ("S3::Bucket", "AWS::S3::BucketPolicy PolicyDocument Bucket"),
        ("SQS::Queue", "AWS::SQS::QueuePolicy PolicyDocument Queues"),
        ("Lambda::Function", "Custom::LambdaFunctionPolicy PolicyDocument FunctionName"),
        ("KMS::Key", "AWS::KMS::Key KeyPolicy"),
        ("DynamoDB::Table", "AWS::DynamoDB::Table ResourcePolicy"),
        ("Events::EventBus", "AWS::Events::EventBus Policy"),
    ],
)
def test_a_policy_that_was_not_read_keeps_its_resource_open(type: str, property: str) -> None:
    holder, key, *target = property.split()
    thing = resource(type, "thing")
    unread = {key: "it was denied"}
    if holder == f"AWS::{type}":
        resources: tuple[dict[str, Any], ...] = ({**thing, "unread": unread},)
    else:
        value: object = ["arn:aws:sqs:eu-west-1:123456789012:thing"] if target == ["Queues"] else "thing"
        policy = {**resource("x", "thing"), "properties": {target[0]: value}}
        resources = (thing, {**policy, "type": holder, "unread": unread})
    application = read_json(whole(role("r"), resources=resources))
    (found,) = application.resources
    assert found.policy is not None and found.policy.unseen
    (doubt,) = check(application, load_catalog(), load_rules()).doubts
    assert "it was denied" in doubt.reason


def test_whether_a_bucket_shuts_others_out_counts_where_its_policy_is_public() -> None:
    def bucket(**block: Any) -> Application:
        policy = document({**allow("s3:GetObject", "arn:aws:s3:::open/*"), "Principal": "*"})
        held = resource("S3::BucketPolicy", "open", Bucket="open", PolicyDocument=policy)
        return read_json(whole(role("r"), resources=({**resource("S3::Bucket", "open"), **block}, held)))

    ask_for = ("anonymous", "s3:GetObject", "open/x")
    assert decision(bucket(), *ask_for) is Decision.ALLOWED
    closed = {"properties": {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}}}
    assert decision(bucket(**closed), *ask_for) is Decision.IMPLICIT_DENY
    assert decision(bucket(**closed), "r", "s3:GetObject", "open/x") is Decision.ALLOWED
    unread = {"unread": {"PublicAccessBlockConfiguration": "it was denied"}}
    assert decision(bucket(**unread), *ask_for) is Decision.UNKNOWN
    assert decision(bucket(**unread), "r", "s3:GetObject", "open/x") is Decision.ALLOWED


def test_the_policy_that_aws_gives_a_topic_lets_no_visitor_in() -> None:
    """It asks for `aws:SourceOwner`, which services say that publish, and nobody else."""
    owner = {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    given = document({**allow("SNS:Publish"), "Principal": {"AWS": "*"}, "Condition": owner})
    arn = f"arn:aws:sns:eu-west-1:{ACCOUNT}:news"
    held = resource("SNS::TopicPolicy", "news", Topics=[arn], PolicyDocument=given)
    trust = visitors(aud=("StringEquals", POOL), amr=("ForAnyValue:StringLike", "unauthenticated"))
    application = read_json(whole(role("guest", trust), resources=(resource("SNS::Topic", "news"), held)))
    checked = check(application, load_catalog(), load_rules())
    assert (checked.findings, checked.doubts) == ((), ())
    guest = application.principal("guest")
    assert guest
    assert isinstance(claim_never(application, guest, ("sns:Publish",), "", load_catalog()).answer, Proved)
    opened = {
        **held,
        "properties": {"Topics": [arn], "PolicyDocument": document({**given["Statement"][0], "Condition": {}})},
    }
    application = read_json(whole(role("guest", trust), resources=(resource("SNS::Topic", "news"), opened)))
    found = check(application, load_catalog(), load_rules()).failing
    assert {one.rule for one in found} == {"GG101", "GG208"}


def test_an_open_access_list_is_told() -> None:
    application = read_json(whole(role("r"), resources=(resource("S3::Bucket", "b", AccessControl="PublicRead"),)))
    assert codes(application) == ["access-list"]


# ── names and places ──


def test_things_of_one_name_are_told_apart() -> None:
    things = (
        resource("Lambda::Function", "notes"),
        resource("DynamoDB::Table", "notes"),
        resource("DynamoDB::Table", "notes", "us-east-1"),
        resource("SQS::Queue", "notes"),
        resource("SNS::Topic", "notes"),
    )
    user = {"UserName": "notes", "Arn": f"{ROOT}:user/notes"}
    content = whole(resources=things, regions=["eu-west-1", "us-east-1"])
    content["iam"] = plain(role("notes"), UserDetailList=[user])
    application = read_json(content)
    assert [one.id for one in application.principals] == [f"{ROOT}:user/notes", "notes"]
    assert sorted(one.id for one in application.resources) == [
        "AWS::DynamoDB::Table eu-west-1 notes",
        "AWS::DynamoDB::Table us-east-1 notes",
        "AWS::SNS::Topic eu-west-1 notes",
        "AWS::SQS::Queue eu-west-1 notes",
        "function:notes",
    ]


def test_a_thing_of_one_region_is_not_that_of_another() -> None:
    policy = document({**allow("sqs:SendMessage"), "Principal": {"AWS": f"{ROOT}:role/r"}})
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
    things = (
        resource("SQS::Queue", "jobs", QueueName="jobs"),
        resource("SQS::Queue", "jobs", "us-east-1", QueueName="jobs"),
        resource("SQS::QueuePolicy", "jobs", "us-east-1", Queues=[arn], PolicyDocument=policy),
    )
    application = read_json(whole(role("r"), resources=things, regions=["eu-west-1", "us-east-1"]))
    assert decision(application, "r", "sqs:SendMessage", arn) is Decision.ALLOWED
    assert decision(application, "r", "sqs:SendMessage", arn.replace("us-east-1", "eu-west-1")) is (
        Decision.IMPLICIT_DENY
    )


def test_integrations_of_two_apis_may_have_one_id() -> None:
    def api(name: str, function: str) -> tuple[dict[str, Any], ...]:
        uri = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{function}"
        return (
            resource("ApiGatewayV2::Api", name, ProtocolType="HTTP"),
            resource("ApiGatewayV2::Integration", f"{name}/i", ApiId=name, IntegrationUri=uri),
            resource(
                "ApiGatewayV2::Route",
                f"{name}/r",
                ApiId=name,
                RouteKey=f"GET /{name}",
                Target=f"integrations/{name}/i",
            ),
            resource("Lambda::Function", function, Role=f"{ROOT}:role/r"),
        )

    application = read_json(whole(role("r"), resources=(*api("one", "f"), *api("two", "g"))))
    assert {one.id: one.target for one in application.entry_points} == {
        "GET /one": "function:f",
        "GET /two": "function:g",
    }


def test_fields_of_a_graphql_api_read_from_the_steps_that_are_meant() -> None:
    things = (
        resource("AppSync::GraphQLApi", "graph", AuthenticationType="AWS_IAM"),
        resource(
            "AppSync::DataSource",
            "graph/code",
            ApiId="graph",
            Name="code",
            Type="AWS_LAMBDA",
            LambdaConfig={"LambdaFunctionArn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"},
        ),
        resource("AppSync::FunctionConfiguration", "step", ApiId="graph", DataSourceName="code"),
        resource(
            "AppSync::Resolver",
            "graph/Query.a",
            ApiId="graph",
            TypeName="Query",
            FieldName="a",
            PipelineConfig={"Functions": ["step"]},
        ),
        resource("Lambda::Function", "f", Role=f"{ROOT}:role/r"),
    )
    application = read_json(whole(role("r"), resources=things))
    assert [(one.id, one.target) for one in application.entry_points] == [("Query.a", "function:f")]
    assert not application.problems


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"account": "111122223333"},
            "`--account 111122223333` contradicts the file, which is for `123456789012`",
        ),
        ({"region": "us-east-1"}, "`--region us-east-1` contradicts the file, which is for `eu-west-1`"),
        ({"parameters": {"Stage": "prod"}}, "`--param` is about templates, and `account.json` is an account"),
    ],
)
def test_options_that_contradict_the_file_are_errors(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_json(whole(role("r")), **options)
    assert raised.value.message == message


def test_an_account_is_called_by_its_name_and_the_day_that_it_was_read() -> None:
    assert read_json(whole(role("r"), alias="shop")).name == f"account shop ({ACCOUNT}) on 2026-11-26"
    assert (load(IDENTITIES).name, str(load(IDENTITIES).environment.account)) == (
        "authorization-details",
        "111122223333",
    )


@pytest.mark.parametrize("key", ["", "AccountAuthorizationDetails"])
def test_what_other_tools_write_around_the_lists_is_no_matter(key: str) -> None:
    content = (
        {key: plain(role("r"))} if key else {**plain(role("r")), "Version": "1", "AccountAuthorizationDetails": 1}
    )
    assert [one.id for one in read_json(content).principals] == ["r"]


# ── what cannot be read ──


QUEUE = resource("SQS::Queue", "q")
WHOLE = whole(role("r"))
SPELLED = {**managed("p", {}), "PolicyVersionList": []}
OTHER = {**role("s"), "Arn": "arn:aws:iam::111122223333:role/s"}


def changed(**members: object) -> dict[str, Any]:
    """A whole account with other members."""
    return {**WHOLE, **members}


def without(key: str, content: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in content.items() if name != key}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed(schema="grantgraph/account/2"), "the format `grantgraph/account/2` is not read"),
        (changed(account=123456789012), "`account` must be a string, not a number"),
        (changed(account="me"), "`me` is no account"),
        (changed(regions="eu-west-1"), "`regions` must be a list, not a string"),
        (changed(regions=[1]), "`regions` must hold strings, not a number"),
        (changed(resources={}), "`resources` must be a list, not an object"),
        (changed(resources=["x"]), "a resource must be an object, not a string"),
        (changed(resources=[without("region", QUEUE)]), "`region` is missing"),
        (changed(resources=[{**QUEUE, "color": 1}]), "unknown key `color` in a resource"),
        (changed(resources=[QUEUE, QUEUE]), "the resource `q` of the type AWS::SQS::Queue is here twice"),
        (changed(resources=[{**QUEUE, "unread": ["Policy"]}]), "`unread` must be an object, not a list"),
        (changed(gaps=[{**GAP, "kind": "tired"}]), "`tired` is no reason why a call gave no answer"),
        (changed(counted={"AWS::X": "many"}), "the number of `AWS::X` must be a whole number, not a string"),
        (changed(iam={"RoleDetailList": {}}), "`RoleDetailList` must be a list, not an object"),
        (changed(iam=None), "`iam` must be an object, not nothing"),
        (without("iam", WHOLE), "`iam` is missing"),
        ({"RoleDetailList": ["r"]}, "a member of `RoleDetailList` must be an object, not a string"),
        (plain({"RoleName": "r"}), "`Arn` is missing"),
        (plain({**role("r"), "RoleName": 1}), "`RoleName` must be a string, not a number"),
        (plain({**role("r"), "Arn": "role/r"}), "`role/r` is no ARN of IAM"),
        (plain({**role("r"), "Arn": f"{ROOT}:role/other"}), "the ARN is not that of `r`"),
        (plain({**role("r"), "Arn": f"{ROOT}:role/xr"}), "the ARN is not that of `r`"),
        (plain(role("r", RolePolicyList={})), "`RolePolicyList` must be a list, not an object"),
        (plain(role("r", RolePolicyList=[{"PolicyName": "p"}])), "`PolicyDocument` is missing"),
        (plain(role("r", AttachedManagedPolicies=[{}])), "`PolicyArn` is missing"),
        (plain(without("AssumeRolePolicyDocument", role("r"))), "`AssumeRolePolicyDocument` is missing"),
        (plain(Policies=[SPELLED]), "the version of `p` that is in force is not here"),
        (plain(role("r"), OTHER), "the file is about more than one account: 111122223333, 123456789012"),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused_with_the_place(content: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        read_json(content)
    (problem,) = raised.value.problems
    assert problem.message == message
    assert (problem.at.file, problem.at.line > 0, problem.at.column > 0) == ("account.json", True, True)


@pytest.mark.parametrize(
    ("spelled", "message"),
    [
        ("no policy", "is not JSON that can be read: expected a value, found `n`"),
        ("", "is not JSON that can be read: expected a value, found the end of the file"),
        ('{"Version": ', "is not JSON that can be read: expected a value, found the end of the file"),
        ("%7B%22V%22", "is not JSON that can be read: expected `:` after the key `V`, found the end of the file"),
        ("%7B%ff%7D", "is not JSON that can be read: byte 2 of it is not UTF-8"),
        ('{"Id": "", "Id": ""}', "is not JSON that can be read: duplicate key `Id`"),
        ({"Statement": {"Fn::Sub": "x"}}, "has `Fn::Sub`, which is for templates"),
        ({"Statement": [allow("*") | {"Resource": {"Ref": "r"}}]}, "has `Ref`, which is for templates"),
    ],
)
def test_a_policy_that_cannot_be_read_is_an_error_with_its_place(spelled: object, message: str) -> None:
    text = json.dumps(plain(role("r", RolePolicyList=inline(spelled))), indent=1)
    application = read_text(text)
    errors = [one for one in application.problems if one.level is Level.ERROR]
    assert [one.message for one in errors] == [f"the policy `p0` of `r` {message}"]
    shown = text.splitlines()[errors[0].at.line - 1]
    assert '"PolicyDocument": ' in shown or '"Fn::Sub"' in shown or '"Ref"' in shown
    (principal,) = application.principals
    assert principal.policies[0].unseen  # and nothing about it is decided


def test_an_unknown_key_is_an_error_that_names_the_nearest() -> None:
    application = read_json({**whole(role("r")), "gap": []})
    (problem,) = (one for one in application.problems if one.level is Level.ERROR)
    assert (problem.message, problem.help) == ("unknown key `gap` in an account", "did you mean `gaps`?")


def test_more_than_can_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grantgraph.sources._account.document.MOST_ENTRIES", 3)
    with pytest.raises(InputError, match="`RoleDetailList` holds more than 3 entries"):
        read_json(plain(*(role(f"r{number}") for number in range(4))))
    with pytest.raises(InputError, match="`resources` holds more than 3 entries"):
        read_json(whole(resources=tuple(resource("SQS::Queue", f"q{number}") for number in range(4))))


def test_a_file_that_is_cut_off_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    path.write_text(IDENTITIES.read_text()[:2_000])
    with pytest.raises(InputError) as raised:
        load(path)
    assert raised.value.message.startswith(f"{path}:")


@given(at=st.integers(0, 10_000), value=st.sampled_from([None, True, 7, "", "x", [], {}, [{}], {"Ref": "x"}]))
def test_any_value_in_any_place_is_read_or_refused_and_no_end(at: int, value: object) -> None:
    """Whatever stands in a file: an application, or an error that names a place."""
    content: Any = json.loads((APPS / "account.json").read_text())
    holders: list[tuple[Any, Any]] = []

    def gather(node: Any) -> None:
        for key, one in list(node.items()) if isinstance(node, dict) else enumerate(node):
            holders.append((node, key))
            if isinstance(one, dict | list):
                gather(one)

    gather(content)
    holder, key = holders[at % len(holders)]
    holder[key] = value
    try:
        application = read_json(content)
    except (InputError, UsageError):
        return
    assert all(one.at.line for one in application.problems)
