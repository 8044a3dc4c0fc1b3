"""What an application's principals need: from what it wires, and from what its policies allow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantgraph.catalog import load_catalog
from grantgraph.infer import Confidence, InferredNeed, Judged, Why, infer
from grantgraph.infer.words import words_for
from grantgraph.model import Scopes
from grantgraph.resources import resource_types
from tests.templates import read

CATALOG = load_catalog()
TYPES = resource_types()


def statement(actions: str | list[str], resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def arn(id: str, below: str = "") -> Any:
    return {"Fn::Sub": f"${{{id}.Arn}}{below}"} if below else {"Fn::GetAtt": [id, "Arn"]}


VERSION = "2012-10-17"
TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {"IndexName": "byTag", "KeySchema": [{"AttributeName": "tag", "KeyType": "HASH"}]}
        ],
    },
}
STREAM = {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}}
LAMBDA = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
}


def template(*statements: dict[str, Any], variables: dict[str, Any] | None = None, **resources: Any) -> str:
    """A function with some statements and variables, among some resources."""
    policies = (
        [{"PolicyName": "own", "PolicyDocument": {"Version": VERSION, "Statement": list(statements)}}]
        if statements
        else []
    )
    own = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": LAMBDA, "Policies": policies},
        },
        "Fn": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Role": arn("Role"), "Environment": {"Variables": variables or {}}},
        },
    }
    return json.dumps({"Resources": {**own, **resources}})


def judged(source: str, who: str = "Role", wildcards: str = "") -> Judged:
    application = read(source)
    return next(one for one in infer(application, CATALOG, wildcards).judged if one.principal.id == who)


def needs(source: str, who: str = "Role", wildcards: str = "") -> dict[str, InferredNeed]:
    """The needs by resource; there is one for each."""
    found = judged(source, who, wildcards).needs
    assert len({one.need.to for one in found}) == len(found)
    return {one.need.to: one for one in found}


def whys(source: str, who: str = "Role") -> dict[str, set[Why]]:
    """Why actions went, action by action."""
    found: dict[str, set[Why]] = {}
    for decision in judged(source, who).decisions:
        for one in decision.dropped:
            found.setdefault(str(one.action), set()).add(one.why)
    return found


READ = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]


# ── where needs come from ──


def test_what_is_wired_and_granted_is_needed_as_far_as_it_is_granted() -> None:
    need = needs(template(statement(READ, arn("T")), variables={"TABLE": {"Ref": "T"}}, T=TABLE))["T"]
    assert (need.need.who, need.need.access, need.confidence) == ("Role", ("read",), Confidence.BOTH)
    assert [one.words for one in need.evidence] == [
        "the variable `TABLE` of `Fn` names it",
        "`own` allows `dynamodb:BatchGetItem`, `dynamodb:GetItem`, `dynamodb:Query`",
    ]
    assert all(one.at.line for one in need.evidence)
    assert need.doubts == need.missing == ()


def test_what_is_only_granted_is_believed_less() -> None:
    need = needs(template(statement(READ, arn("T")), T=TABLE))["T"]
    assert (need.need.access, need.confidence) == (("read",), Confidence.GRANTED)


def test_what_is_only_wired_is_said_without_a_guess_how_it_is_used() -> None:
    need = needs(template(variables={"TABLE": {"Ref": "T"}}, T=TABLE))["T"]
    assert (need.need.access, need.confidence, need.actions) == ((), Confidence.WIRED, ())
    assert need.doubts == ("nothing that uses its data is allowed", "the wiring does not say how it is used")


def test_an_event_source_says_what_it_takes_and_what_is_lacking() -> None:
    feed = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"FunctionName": {"Ref": "Fn"}, "EventSourceArn": arn("Q")},
    }
    source = template(statement(["sqs:ReceiveMessage"], arn("Q")), Q={"Type": "AWS::SQS::Queue"}, Feed=feed)
    need = needs(source)["Q"]
    assert (need.confidence, need.missing) == (Confidence.BOTH, ("sqs:DeleteMessage", "sqs:GetQueueAttributes"))
    assert need.evidence[0].words == "it feeds `Fn`"


def test_what_a_policy_of_lambdas_own_allows_of_an_event_source_is_not_lacking() -> None:
    feed = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"FunctionName": {"Ref": "Fn"}, "EventSourceArn": arn("Q")},
    }
    source = json.loads(template(Q={"Type": "AWS::SQS::Queue"}, Feed=feed))
    managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
    source["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = [managed]
    need = needs(json.dumps(source))["Q"]
    assert (need.confidence, need.missing) == (Confidence.BOTH, ())
    assert judged(json.dumps(source)).decisions[0].whole is Why.RUNTIME


def test_a_dead_letter_queue_takes_sending() -> None:
    source = json.loads(template(Q={"Type": "AWS::SQS::Queue"}))
    source["Resources"]["Fn"]["Properties"]["DeadLetterConfig"] = {"TargetArn": arn("Q")}
    need = needs(json.dumps(source))["Q"]
    assert (need.need.access, need.missing, need.by_service) == (("send",), ("sqs:SendMessage",), True)


def test_a_key_is_needed_with_what_it_encrypts() -> None:
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [OWN]}}}
    table = json.loads(json.dumps(TABLE))
    table["Properties"]["SSESpecification"] = {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": {"Ref": "K"},
    }
    need = needs(template(statement(READ, arn("T")), T=table, K=key))["K"]
    assert (need.need.access, need.confidence, need.missing) == (("decrypt",), Confidence.WIRED, ("kms:Decrypt",))
    assert [one.words for one in need.evidence] == ["it encrypts `T`"]
    both = template(statement(READ, arn("T")), statement("kms:Decrypt", arn("K")), T=table, K=key)
    assert (needs(both)["K"].confidence, needs(both)["K"].missing) == (Confidence.BOTH, ())


OWN = {
    "Effect": "Allow",
    "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
    "Action": "kms:*",
    "Resource": "*",
}


def test_a_route_that_asks_iam_needs_callers() -> None:
    api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "a", "ProtocolType": "HTTP"}}
    route: dict[str, Any] = {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "GET /notes", "AuthorizationType": "AWS_IAM"},
    }
    calling = statement("execute-api:Invoke", {"Fn::Sub": "arn:aws:execute-api:*:*:${Api}/*"})
    need = needs(template(calling, Api=api, Route=route))["GET /notes"]
    assert (need.need.access, need.confidence) == (("invoke",), Confidence.BOTH)
    open_to_all = {**route, "Properties": {**route["Properties"], "AuthorizationType": "NONE"}}
    assert needs(template(calling, Api=api, Route=open_to_all)) == {}


# ── what is never taken for a need ──


@pytest.mark.parametrize("action", ["dynamodb:DeleteTable", "dynamodb:PutResourcePolicy", "dynamodb:TagResource"])
def test_what_administers_is_no_need_though_it_is_spelled_out_and_wired(action: str) -> None:
    source = template(statement([action, "dynamodb:GetItem"], arn("T")), variables={"T": {"Ref": "T"}}, T=TABLE)
    assert needs(source)["T"].actions == ("dynamodb:GetItem",)
    assert whys(source) == {action: {Why.CONTROL}}


def test_a_wildcard_says_at_most_what_uses_data() -> None:
    need = needs(template(statement("dynamodb:*", arn("T")), T=TABLE))["T"]
    assert need.need.access == ("read", "write", "check", "scan", "partiql")
    assert need.doubts == ("`dynamodb:*` says that it is used, and not how",)


def test_a_wildcard_can_be_taken_to_mean_less() -> None:
    source = template(statement("dynamodb:*", arn("T")), T=TABLE)
    assert needs(source, wildcards="read")["T"].need.access == ("read",)


def test_a_wildcard_that_names_more_than_its_service_is_a_choice() -> None:
    source = template(statement("dynamodb:Put*", arn("T")), T=TABLE)
    assert needs(source, wildcards="read")["T"].actions == ("dynamodb:PutItem",)
    assert whys(source) == {"dynamodb:PutResourcePolicy": {Why.CONTROL}}


def test_a_stream_is_read_only_by_what_it_feeds_or_by_who_names_it() -> None:
    table = {**TABLE, "Properties": {**TABLE["Properties"], **STREAM}}
    by_wildcard = template(statement("dynamodb:*", arn("T", "/*")), T=table)
    assert "dynamodb:GetRecords" not in judged(by_wildcard).needs[0].actions
    assert whys(by_wildcard)["dynamodb:GetRecords"] == {Why.UNUSABLE}
    by_name = template(statement("dynamodb:GetRecords", arn("T", "/stream/*")), T=table)
    assert needs(by_name)["T"].actions == ("dynamodb:GetRecords",)


def test_a_bare_star_is_about_what_is_wired() -> None:
    source = template(statement("*"), variables={"TABLE": {"Ref": "T"}}, T=TABLE, Other=TABLE)
    assert {one.need.to for one in judged(source).needs} == {"T"}
    assert Why.UNNAMED in whys(source)["dynamodb:GetItem"]


def test_a_star_over_resources_is_about_the_wired_one_of_that_type() -> None:
    source = template(statement(READ), variables={"TABLE": {"Ref": "T"}}, T=TABLE, Other=TABLE)
    assert {one.need.to for one in judged(source).needs} == {"T"}
    assert whys(source)["dynamodb:GetItem"] == {Why.UNWIRED, Why.BEYOND}


def test_a_star_over_resources_is_about_all_of_that_type_where_none_is_wired() -> None:
    source = template(statement(READ), T=TABLE, Other=TABLE)
    assert {one.need.to for one in judged(source).needs} == {"T", "Other"}


def test_visitors_do_not_need_what_they_use_without_iam() -> None:
    pool = {"Type": "AWS::Cognito::IdentityPool", "Properties": {"AllowUnauthenticatedIdentities": True}}
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    granted = statement(["cognito-identity:*", "cognito-sync:*", "mobileanalytics:PutEvents"])
    role = {
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [granted]}}],
    }
    roles = {"IdentityPoolId": {"Ref": "Pool"}, "Roles": {"unauthenticated": arn("Guest")}}
    source = {
        "Pool": pool,
        "Guest": {"Type": "AWS::IAM::Role", "Properties": role},
        "Attach": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": roles},
    }
    found = judged(json.dumps({"Resources": source}), "Guest")
    assert found.needs == ()
    assert [(one.spelled, why) for one, why in found.decisions[0].gone] == [
        ("cognito-identity:*", Why.VISITOR),
        ("cognito-sync:*", Why.DEFAULT),
        ("mobileanalytics:PutEvents", Why.DEFAULT),
    ]


# ── what stays, because nothing can be said of it ──


def test_services_without_words_stay_as_they_are() -> None:
    (decision,) = judged(template(statement(["ses:SendEmail", "cognito-idp:Admin*"]))).decisions
    assert [(one.spelled, why) for one, why in decision.patterns] == [
        ("ses:SendEmail", Why.WORDLESS),
        ("cognito-idp:Admin*", Why.WORDLESS),
    ]


def test_what_lambda_itself_uses_is_said_to_be_lambdas() -> None:
    source = json.loads(template(statement(["logs:PutLogEvents", "xray:PutTraceSegments"])))
    (decision,) = judged(json.dumps(source)).decisions
    assert [why for _, why in decision.patterns] == [Why.LAMBDA, Why.WORDLESS]
    source["Resources"]["Fn"]["Properties"]["TracingConfig"] = {"Mode": "Active"}
    (decision,) = judged(json.dumps(source)).decisions
    assert [why for _, why in decision.patterns] == [Why.LAMBDA, Why.LAMBDA]


def test_resources_outside_the_application_stay_as_they_are() -> None:
    outside = "arn:aws:dynamodb:eu-west-1:111122223333:table/theirs"
    (decision,) = judged(template(statement(["dynamodb:GetItem"], outside), T=TABLE)).decisions
    assert [(row.place, row.why) for row in decision.rows] == [("", Why.OUTSIDE)]
    assert decision.dropped == []


def test_a_statement_whose_resource_is_decided_at_deployment_stays_whole() -> None:
    source = json.loads(template(statement(READ, {"Ref": "Where"}), T=TABLE))
    source["Parameters"] = {"Where": {"Type": "String"}}
    (decision,) = judged(json.dumps(source)).decisions
    assert decision.whole is Why.OPEN


def test_an_action_without_resources_that_is_named_stays() -> None:
    (decision,) = judged(template(statement(["s3:ListAllMyBuckets"]), B={"Type": "AWS::S3::Bucket"})).decisions
    assert [row.why for row in decision.rows] == [Why.EXACT]


@pytest.mark.parametrize(
    ("principal", "reason"),
    [
        (
            {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": LAMBDA}},
            "nothing in the application",
        ),
        ({"Type": "AWS::IAM::User"}, "it is a user"),
    ],
)
def test_of_whom_nobody_knows_what_it_does_nothing_is_inferred(principal: dict[str, Any], reason: str) -> None:
    found = judged(template(Other=principal), "Other")
    assert found.left.startswith(reason) and found.needs == () and found.decisions == ()


# ── what nobody can use ──


def dead(source: str) -> list[tuple[str, str]]:
    return [(one.spelled, one.why) for one in judged(source).dead]


def test_an_action_that_acts_on_none_of_the_resources_is_dead() -> None:
    source = template(statement(["dynamodb:GetItem", "dynamodb:GetRecords", "s3:GetObject"], arn("T")), T=TABLE)
    assert dead(source) == [
        ("dynamodb:GetRecords", "none of the resources is one that it acts on"),
        ("s3:GetObject", "none of the resources is one that it acts on"),
    ]


def test_invoking_an_api_of_which_no_route_asks_iam_is_dead() -> None:
    api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "a", "ProtocolType": "HTTP"}}
    route = {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "GET /notes"}}
    calling = statement("execute-api:Invoke", {"Fn::Sub": "arn:aws:execute-api:*:*:${Api}/*"})
    assert dead(template(calling, Api=api, R=route)) == [("execute-api:Invoke", "no route of `Api` asks IAM")]


def test_what_only_a_deny_takes_away_is_not_dead() -> None:
    deny = {**statement("dynamodb:GetItem"), "Effect": "Deny"}
    assert dead(template(statement("dynamodb:GetItem", arn("T")), deny, T=TABLE)) == []


def test_what_is_not_asked_about_is_not_dead() -> None:
    assert dead(template(statement(["ses:SendEmail", "cognito-idp:AdminGetUser"]))) == []


def test_an_action_of_tomorrow_is_not_dead() -> None:
    assert dead(template(statement(["dynamodb:GetItem", "dynamodb:NotYet"], arn("T")), T=TABLE)) == []


# ── limits, in a model's words ──

SUB = "${cognito-identity.amazonaws.com:sub}"


def limited(granted: dict[str, Any], **resources: Any) -> list[InferredNeed]:
    return list(judged(template(granted, **resources)).needs)


@pytest.mark.parametrize(
    ("granted", "scopes"),
    [
        (
            statement(READ, arn("T"), Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [SUB]}}),
            Scopes(rows=("own",)),
        ),
        (
            statement(READ, arn("T"), Condition={"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}}),
            Scopes(attributes=("id",)),
        ),
        (statement("dynamodb:Query", arn("T", "/index/byTag")), Scopes(index=("byTag",))),
        (statement("dynamodb:Query", arn("T", "/index/*")), Scopes(index=("*",))),
        (statement("s3:GetObject", arn("B", "/public/*")), Scopes(keys=("public/*",))),
        (
            statement("s3:GetObject", {"Fn::Join": ["", [arn("B"), f"/private/{SUB}/*"]]}),
            Scopes(keys=("private/{identity}/*",)),
        ),
        (
            statement("s3:GetObject", {"Fn::Join": ["", [arn("B"), "/${aws:PrincipalTag/team}/*"]]}),
            Scopes(keys=("{tag:team}/*",)),
        ),
        (statement("lambda:InvokeFunction", arn("Fn", ":live")), Scopes(alias=("live",))),
        (statement("lambda:InvokeFunction", arn("Fn", ":*")), Scopes(alias=("*",))),
    ],
)
def test_limits_of_statements_become_scopes(granted: dict[str, Any], scopes: Scopes) -> None:
    (need,) = limited(granted, T=TABLE, B={"Type": "AWS::S3::Bucket"})
    assert need.need.scopes == scopes
    assert need.doubts == ()


@pytest.mark.parametrize(
    "granted",
    [
        statement("s3:GetObject", {"Fn::Join": ["", [arn("B"), "/", {"Ref": "T"}, "/*"]]}),
        statement(READ, arn("T"), Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        statement(READ, arn("T"), Condition={"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": [SUB]}}),
        statement(
            READ, arn("T"), Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:userid}"]}}
        ),
        statement("s3:GetObject", {"Fn::Join": ["", [arn("B"), "/${aws:userid}/*"]]}),
    ],
)
def test_limits_that_no_scope_says_are_named_as_such(granted: dict[str, Any]) -> None:
    (need,) = limited(granted, T=TABLE, B={"Type": "AWS::S3::Bucket"})
    assert need.need.scopes == Scopes()
    assert [one for one in need.doubts if one.startswith("limited further: ")]


# ── words ──

words = st.sampled_from([one for one in TYPES.values() if one.access])


@given(words, st.data())
def test_words_stand_for_these_actions_and_no_other(type: Any, data: st.DataObject) -> None:
    known = sorted({action for ones in type.access.values() for on in ones for action in on.actions})
    actions = data.draw(st.sets(st.sampled_from(known), min_size=1))
    found = words_for(actions, type)
    meant = {action for word in found if ":" not in word for on in type.access[word] for action in on.actions}
    assert meant | {word for word in found if ":" in word} == actions
    assert not meant & {word for word in found if ":" in word}


@given(words, st.data())
def test_a_word_says_itself_or_one_that_means_the_same(type: Any, data: st.DataObject) -> None:
    def means(word: str) -> set[str]:
        return {action for on in type.access[word] for action in on.actions}

    word = data.draw(st.sampled_from(sorted(type.access)))
    assert set().union(*map(means, words_for(means(word), type))) == means(word)


def test_words_that_mean_the_same_are_told_apart_by_where() -> None:
    socket = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "a", "ProtocolType": "WEBSOCKET"}}
    route: dict[str, Any] = {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "$connect", "AuthorizationType": "NONE"},
    }

    def words_on(where: str) -> tuple[str, ...]:
        granted = statement(
            "execute-api:ManageConnections", {"Fn::Sub": f"arn:aws:execute-api:*:*:${{Api}}/{where}"}
        )
        return needs(template(granted, Api=socket, R=route))["Api"].need.access

    assert words_on("*/POST/@connections/*") == ("answer",)
    assert words_on("*/*/@connections/*") == ("manage-connections",)
