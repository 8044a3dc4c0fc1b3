"""Today's policies against what is needed: what goes, what stays, and the proof of what stays."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from grantgraph.catalog import AccessLevel, load_catalog
from grantgraph.infer import Why
from grantgraph.policy.render import render_policy
from grantgraph.prove import Proved, Undecided, allowed_actions, as_given, implies
from grantgraph.sources import load
from grantgraph.standing import standing_of
from grantgraph.synthesize import synthesize
from grantgraph.tighten import Tight, Tightened, tighten, tighten_said
from tests.templates import read
from tests.test_infer import LAMBDA, STREAM, TABLE, VERSION, arn, statement, template

CATALOG = load_catalog()
APPS = Path(__file__).parent.parent / "fixtures" / "apps"
SEED = APPS / "sst" / "a-notes-auth-users.json"


@cache
def seed() -> Tightened:
    return tighten(load(SEED), CATALOG)


def tight(source: str, who: str = "Role", wildcards: str = "") -> Tight:
    found = tighten(read(source), CATALOG, wildcards)
    return next(one for one in found.roles if one.principal.id == who)


def documents(role: Tight) -> list[list[dict[str, Any]]]:
    """The statements of each tight policy."""
    return [render_policy(one)["Statement"] for one in role.policies]


def statements(role: Tight) -> list[dict[str, Any]]:
    (only,) = documents(role)
    return only


# ── the seed application ──


def role_of(found: Tightened, id: str) -> Tight:
    return next(one for one in found.roles if one.principal.id == id)


def test_the_seed_applications_visitors_may_do_65_things_to_the_table_where_13_use_data() -> None:
    role = role_of(seed(), "AuthIdentityPoolAuthRoleD14DA003")
    (held,) = [one for one in role.held if one.place == "NotesTable7100B0E8"]
    assert (len(held.allowed), len(held.needed)) == (65, 13)
    beyond = next(one for one in role.beyond if one.place == "NotesTable7100B0E8")
    assert {level: len(actions) for level, actions in beyond.levels().items()} == {
        AccessLevel.PERMISSIONS_MANAGEMENT: 2,
        AccessLevel.WRITE: 30,
        AccessLevel.TAGGING: 2,
        AccessLevel.READ: 16,
        AccessLevel.LIST: 2,
    }
    assert beyond.worst[0].request.action == "dynamodb:DeleteResourcePolicy"


def test_the_seed_applications_visitors_need_3_actions_where_a_wildcard_means_reading() -> None:
    found = tighten(load(SEED), CATALOG, "read")
    role = role_of(found, "AuthIdentityPoolAuthRoleD14DA003")
    assert isinstance(role.proof, Proved)
    (only,) = role.policies
    assert render_policy(only)["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
            "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/dev-notes-Notes",
        }
    ]


# ── statements ──


def test_what_stays_keeps_its_authors_words() -> None:
    granted = statement(["dynamodb:BatchGet*", "dynamodb:UpdateTable", "dynamodb:query"], arn("T"))
    role = tight(template(granted, T=TABLE))
    assert statements(role)[0]["Action"] == ["dynamodb:BatchGet*", "dynamodb:query"]


def test_a_wildcard_that_also_administers_becomes_the_actions_behind_it() -> None:
    role = tight(template(statement("dynamodb:Update*", arn("T")), T=TABLE))
    assert statements(role)[0]["Action"] == "dynamodb:UpdateItem"


def test_a_statement_that_is_tight_is_not_touched() -> None:
    role = tight(template(statement(["dynamodb:GetItem", "dynamodb:Query"], arn("T")), T=TABLE))
    assert not role.changes and role.beyond == () and not role.goes_beyond
    assert role.policies == role.principal.policies


def test_conditions_and_denies_stay() -> None:
    limited = statement("dynamodb:*", arn("T"), Condition={"Bool": {"aws:SecureTransport": "true"}}, Sid="Mine")
    deny = {**statement("dynamodb:PutItem", arn("T")), "Effect": "Deny"}
    first, second = statements(tight(template(limited, deny, T=TABLE)))
    assert (first["Sid"], first["Condition"]) == ("Mine", {"Bool": {"aws:SecureTransport": "true"}})
    assert "dynamodb:PutItem" not in first["Action"] and "dynamodb:GetItem" in first["Action"]
    assert second["Effect"] == "Deny"


def test_a_star_becomes_the_resources_that_are_meant() -> None:
    role = tight(template(statement("sqs:*"), Q={"Type": "AWS::SQS::Queue"}, Other={"Type": "AWS::SNS::Topic"}))
    (only,) = statements(role)
    assert only["Resource"] == "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${Q}"


def test_what_a_statement_leaves_out_is_written_out() -> None:
    but = {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}
    role = tight(template(but, variables={"T": {"Ref": "T"}}, T=TABLE))
    (only,) = statements(role)
    assert "NotAction" not in only and "dynamodb:GetItem" in only["Action"]
    assert any(one.service == "" and Why.UNNAMED in one.why for one in role.beyond)


def test_resources_that_need_other_actions_have_statements_of_their_own() -> None:
    bucket = {"Type": "AWS::S3::Bucket"}
    role = tight(template(statement("*", [arn("T"), arn("B", "/*")]), T=TABLE, B=bucket))
    assert isinstance(role.proof, Proved)
    services = [{action.partition(":")[0] for action in one["Action"]} for one in statements(role)]
    assert services == [{"dynamodb", "s3"}]  # on one another's resources they can do nothing


def test_actions_go_from_the_resource_where_nobody_needs_them() -> None:
    source = template(
        statement(["dynamodb:GetItem", "sqs:SendMessage"], "*"),
        variables={"T": {"Ref": "T"}, "Q": {"Ref": "Q"}},
        T=TABLE,
        Other=TABLE,
        Q={"Type": "AWS::SQS::Queue"},
    )
    role = tight(source)
    named = {one.split(":")[-1] for own in statements(role) for one in own["Resource"]}
    assert named == {"table/${T}", "${Q}"}
    assert {one.place for one in role.beyond} == {"Other", ""}


def test_a_policy_of_which_nothing_is_left_is_none() -> None:
    role = tight(template(statement("dynamodb:CreateTable", arn("T")), T=TABLE))
    assert role.policies == () and role.goes_beyond and isinstance(role.proof, Proved)


def test_a_policy_of_awss_own_becomes_what_is_needed_of_it() -> None:
    source = json.loads(template(T=TABLE))
    managed = ["arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"]
    source["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = managed
    role = tight(json.dumps(source))
    assert [one.name for one in role.policies] == ["AmazonDynamoDBFullAccess"]
    (only,) = statements(role)
    assert {action.partition(":")[0] for action in only["Action"]} == {"dynamodb"}
    assert isinstance(role.proof, Proved)


def test_a_policy_that_several_hold_keeps_what_any_of_them_needs() -> None:
    source = json.loads(template(T=TABLE, Other=TABLE))
    resources = source["Resources"]
    resources["Role2"] = resources["Role"]
    resources["Fn2"] = json.loads(json.dumps(resources["Fn"]))
    resources["Fn"]["Properties"]["Environment"] = {"Variables": {"TABLE": {"Ref": "T"}}}
    resources["Fn2"]["Properties"] = {"Role": arn("Role2"), "Environment": {"Variables": {"T": {"Ref": "Other"}}}}
    document = {"Version": VERSION, "Statement": [statement("dynamodb:GetItem")]}
    roles = [{"Ref": "Role"}, {"Ref": "Role2"}]
    policy = {"PolicyName": "both", "PolicyDocument": document, "Roles": roles}
    resources["Shared"] = {"Type": "AWS::IAM::Policy", "Properties": policy}
    for who in ("Role", "Role2"):
        role = tight(json.dumps(source), who)
        (only,) = statements(role)
        assert sorted(one.split(":")[-1] for one in only["Resource"]) == ["table/${Other}", "table/${T}"]
        assert isinstance(role.proof, Proved)


def test_a_policy_that_somebody_unknown_holds_too_is_not_touched() -> None:
    source = json.loads(template(T=TABLE))
    resources = source["Resources"]
    resources["Person"] = {"Type": "AWS::IAM::User"}
    document = {"Version": VERSION, "Statement": [statement("dynamodb:*", arn("T"))]}
    policy = {
        "PolicyName": "both",
        "PolicyDocument": document,
        "Roles": [{"Ref": "Role"}],
        "Users": [{"Ref": "Person"}],
    }
    resources["Shared"] = {"Type": "AWS::IAM::Policy", "Properties": policy}
    role = tight(json.dumps(source))
    assert not role.changes and role.goes_beyond and isinstance(role.proof, Proved)
    assert [one.why for one in role.stays] == [Why.SHARED]


def test_what_hinges_on_deployment_is_neither_beyond_nor_tight() -> None:
    source = json.loads(template(statement("dynamodb:*", {"Ref": "Where"}), T=TABLE))
    source["Parameters"] = {"Where": {"Type": "String"}}
    role = tight(json.dumps(source))
    assert not role.goes_beyond and role.is_open and not role.changes
    assert role.doubts[0].endswith("is decided at deployment")


def test_what_may_be_allowed_by_policies_that_are_not_here_is_open() -> None:
    source = json.loads(template(T=TABLE))
    source["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/NoSuchPolicy"]
    assert tight(json.dumps(source)).is_open


def test_a_literal_resource_of_somebody_else_leaves_nothing_open() -> None:
    outside = "arn:aws:dynamodb:eu-west-1:111122223333:table/theirs"
    role = tight(template(statement(["dynamodb:GetItem"], outside), T=TABLE))
    assert not role.is_open and not role.changes
    assert [one.why for one in role.stays] == [Why.OUTSIDE]


actions = st.sampled_from(
    [
        "*",
        "dynamodb:*",
        "dynamodb:Get*",
        "dynamodb:*Item",
        "dynamodb:Query",
        "dynamodb:DeleteTable",
        "dynamodb:GetRecords",
        "sqs:*",
        "sqs:SendMessage",
        "s3:*",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListAllMyBuckets",
        "ses:SendEmail",
        "logs:*",
        "kms:Decrypt",
    ]
)
places = st.sampled_from(
    [
        "*",
        arn("T"),
        arn("T", "/index/*"),
        arn("T", "/*"),
        arn("Other"),
        arn("Q"),
        arn("B"),
        arn("B", "/public/*"),
        "arn:aws:dynamodb:*:*:table/*",
        "arn:aws:s3:::elsewhere/*",
    ]
)
conditions = st.sampled_from([{}, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}])
granted = st.builds(
    lambda effect, actions, places, more: {"Effect": effect, "Action": actions, "Resource": places, **more},
    st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
    st.lists(actions, min_size=1, max_size=3, unique=True),
    st.lists(places, min_size=1, max_size=3, unique_by=json.dumps),
    conditions,
)
variables = st.sampled_from([{}, {"T": {"Ref": "T"}}, {"T": {"Ref": "T"}, "B": {"Ref": "B"}}])


@settings(max_examples=10, deadline=None)
@given(st.lists(granted, min_size=1, max_size=3), variables, st.sampled_from(["", "read"]))
def test_tight_policies_allow_nothing_new_and_lose_nothing_that_is_needed(
    own: list[dict[str, Any]], variables: dict[str, Any], wildcards: str
) -> None:
    table = {**TABLE, "Properties": {**TABLE["Properties"], **STREAM}}
    queue, bucket = {"Type": "AWS::SQS::Queue"}, {"Type": "AWS::S3::Bucket"}
    application = read(template(*own, variables=variables, T=table, Other=TABLE, Q=queue, B=bucket))
    role = role_of(tighten(application, CATALOG, wildcards), "Role")
    assert isinstance(role.proof, Proved)
    after = as_given(standing_of(application, role.principal, role.policies))
    today = as_given(standing_of(application, role.principal))
    asked = allowed_actions([one for policy in role.policies for one in policy.statements], CATALOG)
    assert isinstance(implies(after, today, asked, CATALOG), Proved | Undecided)
    kept = {str(action) for action in asked}
    assert {action for need in role.needs for action in need.actions if action not in need.missing} <= kept


# ── by what a model says ──


def said(folder: Path, source: str, model: str, who: str = "Role") -> Tight:
    (folder / "template.json").write_text(source, encoding="utf-8")
    file = folder / "grantgraph.yaml"
    file.write_text(f"from: template.json\n{model}", encoding="utf-8")
    found = tighten_said(synthesize(load(file), CATALOG), CATALOG)
    return role_of(found, who)


QUIET = "principals: {Role: {type: function, logs: false}}\n"


def test_what_lies_within_the_needs_stays_in_its_authors_words(tmp_path: Path) -> None:
    own = statement(["dynamodb:Get*"], arn("T"), Condition={"Bool": {"aws:SecureTransport": "true"}})
    tail = statement("dynamodb:GetItem", arn("T"))
    role = said(
        tmp_path, template(own, tail, T=TABLE), QUIET + "needs: [{who: Fn, access: dynamodb:GetItem, to: T}]\n"
    )
    first, second = statements(role)
    assert first["Condition"] == {"Bool": {"aws:SecureTransport": "true"}}
    assert (second["Action"], role.added) == ("dynamodb:GetItem", ())
    assert isinstance(role.proof, Proved)


def test_what_a_model_does_not_need_is_beyond(tmp_path: Path) -> None:
    source = template(statement(["dynamodb:GetItem", "dynamodb:PutItem"], arn("T")), T=TABLE)
    role = said(tmp_path, source, QUIET + "needs: [{who: Fn, access: dynamodb:GetItem, to: T}]\n")
    assert statements(role)[0]["Action"] == "dynamodb:GetItem"
    assert [(one.place, [str(a) for a in one.actions], one.why) for one in role.beyond] == [
        ("T", ["dynamodb:PutItem"], (Why.UNNEEDED,))
    ]


def test_what_policies_lack_is_added(tmp_path: Path) -> None:
    role = said(tmp_path, template(T=TABLE), QUIET + "needs: [{who: Fn, access: get, to: T}]\n")
    assert [[one.spelled for one in own.actions.patterns] for own in role.added] == [
        ["dynamodb:BatchGetItem", "dynamodb:GetItem"]
    ]
    assert role.changes and isinstance(role.proof, Proved) and not role.goes_beyond


def test_a_need_that_is_limited_cuts_a_grant_that_is_not(tmp_path: Path) -> None:
    bucket = {"Type": "AWS::S3::Bucket"}
    source = template(statement("s3:GetObject", arn("B", "/*")), B=bucket)
    role = said(tmp_path, source, QUIET + "needs: [{who: Fn, access: get, to: B, keys: public/*}]\n")
    assert [one["Resource"] for own in documents(role) for one in own] == [
        "arn:${AWS::Partition}:s3:::${B}/public/*"
    ]
    assert role.goes_beyond and isinstance(role.proof, Proved)


def test_of_whom_a_model_says_nothing_nothing_changes(tmp_path: Path) -> None:
    source = template(statement("dynamodb:*", arn("T")), T=TABLE)
    role = said(tmp_path, source, "principals: {}\n")
    assert (role.left, role.changes) == ("the model says nothing of it", False)


def test_what_a_model_cannot_speak_of_stays(tmp_path: Path) -> None:
    source = template(statement(["ses:SendEmail", "dynamodb:GetItem"]), T=TABLE)
    role = said(tmp_path, source, QUIET)
    assert statements(role) == [{"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}]
    assert isinstance(role.proof, Proved)


def test_roles_that_share_a_policy_keep_what_the_other_needs(tmp_path: Path) -> None:
    model = "principals: {A: {type: role}, B: {type: role}}\nneeds:\n"
    model += "  - {who: A, access: send, to: Q}\n  - {who: B, access: get, to: T}\n"
    document = {"Version": VERSION, "Statement": [statement(["sqs:*", "dynamodb:*"])]}
    policy = {"PolicyName": "both", "PolicyDocument": document, "Roles": [{"Ref": "A"}, {"Ref": "B"}]}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": LAMBDA}}
    shared = {"Type": "AWS::IAM::Policy", "Properties": policy}
    source = template(T=TABLE, Q={"Type": "AWS::SQS::Queue"}, A=role, B=role, Shared=shared)
    for who in ("A", "B"):
        found = said(tmp_path, source, model, who)
        assert isinstance(found.proof, Proved)
        assert statements(found)[0]["Action"] == ["sqs:SendMessage", "dynamodb:BatchGetItem", "dynamodb:GetItem"]


wants = st.lists(
    st.sampled_from(
        [
            "{who: Fn, access: [read, write], to: T}",
            "{who: Fn, access: query, to: T, index: byTag}",
            "{who: Fn, access: dynamodb:DeleteTable, to: T}",
            "{who: Fn, access: send, to: Q}",
            "{who: Fn, access: [read, write], to: B, keys: public/*}",
            "{who: Fn, access: list, to: B}",
        ]
    ),
    max_size=3,
    unique=True,
)


@settings(max_examples=8, deadline=None)
@given(st.lists(granted, min_size=1, max_size=3), wants)
def test_policies_that_a_model_mends_allow_what_it_needs_and_no_more(
    own: list[dict[str, Any]], wants: list[str]
) -> None:
    queue, bucket = {"Type": "AWS::SQS::Queue"}, {"Type": "AWS::S3::Bucket"}
    source = template(*own, T=TABLE, Other=TABLE, Q=queue, B=bucket)
    with TemporaryDirectory() as folder:
        role = said(Path(folder), source, QUIET + "needs: [" + ", ".join(wants) + "]\n")
    assert isinstance(role.proof, Proved | Undecided)


def test_a_stream_is_known_by_the_name_that_its_template_has_for_it(tmp_path: Path) -> None:
    feed = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"FunctionName": {"Ref": "Fn"}, "EventSourceArn": {"Fn::GetAtt": ["T", "StreamArn"]}},
    }
    table = {**TABLE, "Properties": {**TABLE["Properties"], **STREAM}}
    own = statement(
        ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        {"Fn::GetAtt": ["T", "StreamArn"]},
    )
    role = said(tmp_path, template(own, T=table, Feed=feed), QUIET + "needs: [{who: Fn, access: stream, to: T}]\n")
    assert (role.added, role.changes) == ((), False)
    assert isinstance(role.proof, Proved)
