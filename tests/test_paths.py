"""Paths: what leads on from one thing to the next, what does not, and how a way is explained."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.evaluate import decide
from grantgraph.graph import NodeKind, build
from grantgraph.model import Application
from grantgraph.paths import Explained, Flow, explain_path, may_start_code
from grantgraph.problems import UsageError
from grantgraph.resources import resource_types
from grantgraph.sources import load
from grantgraph.standing import standing_of
from grantgraph.testing import read as read_access
from grantgraph.who import who_can
from tests.commands import Run
from tests.templates import read

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
FULL = APPS / "sst" / "f-full-notes.json"
QUEUE, TABLE, BUCKET = "JobsQueue24944186", "NotesTable7100B0E8", "UploadsBucketC4B27CC7"


@pytest.fixture(scope="module")
def full() -> Application:
    return load(FULL)


def explain(application: Application, start: str, end: str) -> Explained:
    return explain_path(application, start, end, load_catalog())


def steps(explained: Explained) -> list[list[str]]:
    return [[hop.end.name for hop in path.hops] for path in explained.paths]


def application(*resources: tuple[str, str, dict[str, Any]]) -> Application:
    written = {id: {"Type": type, "Properties": properties} for id, type, properties in resources}
    return read(json.dumps({"Resources": written}))


def role(id: str, principal: dict[str, Any], *statements: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    own = {"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}
    return id, "AWS::IAM::Role", {"AssumeRolePolicyDocument": trust, "Policies": [own] if statements else []}


def allow(action: str, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


LAMBDA = {"Service": "lambda.amazonaws.com"}


# ── visitors ──


def test_guests_get_to_what_their_role_can_use(full: Application) -> None:
    [way] = steps(explain(full, "anyone", TABLE))
    assert way == ["guests of AuthIdentityPool12DFB5E1", "AuthIdentityPoolUnauthRoleA8DE48F3", TABLE]


def test_guests_do_not_get_the_role_of_those_who_sign_in(full: Application) -> None:
    assert steps(explain(full, "guests", "AuthIdentityPoolAuthRoleD14DA003")) == []
    assert steps(explain(full, "signed-in", "AuthIdentityPoolAuthRoleD14DA003")) != []


def test_whoever_tries_to_sign_up_runs_the_triggers(full: Application) -> None:
    [way] = steps(explain(full, "anyone", "AuthpreSignUpServiceRole50377B4E"))
    assert way[0] == "PreSignUp of AuthUserPool8115E87F"


# ── what leads on ──


def test_a_way_leads_through_routes_queues_and_the_code_behind_them(full: Application) -> None:
    explained = explain(full, "authenticated", "JobsConsumerJobsServiceRole962C44DA")
    [way] = steps(explained)
    assert way[:2] == ["POST /notes", "ApiLambdaPOSTnotes3B067E1B"]
    assert way[3:5] == [QUEUE, f"{QUEUE} to JobsConsumerJobs627BF123"]
    assert explained.paths[0].runs_code


def queue_and_worker(action: str) -> Application:
    code = {"Role": {"Fn::GetAtt": ["WorkerRole", "Arn"]}, "Code": {"ZipFile": "x"}, "Handler": "i.h"}
    return application(
        ("Jobs", "AWS::SQS::Queue", {}),
        role("WorkerRole", LAMBDA),
        role("Sender", {"Service": "ec2.amazonaws.com"}, allow(action, {"Fn::GetAtt": ["Jobs", "Arn"]})),
        ("Worker", "AWS::Lambda::Function", code),
        (
            "Source",
            "AWS::Lambda::EventSourceMapping",
            {"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "FunctionName": {"Ref": "Worker"}},
        ),
    )


def test_who_sends_to_a_queue_gets_its_worker_to_run() -> None:
    assert len(steps(explain(queue_and_worker("sqs:SendMessage"), "Sender", "WorkerRole"))) == 1


@pytest.mark.parametrize("action", ["sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:PurgeQueue"])
def test_who_takes_from_a_queue_or_empties_it_runs_nothing(action: str) -> None:
    explained = explain(queue_and_worker(action), "Sender", "WorkerRole")
    assert steps(explained) == []
    assert steps(explain(queue_and_worker(action), "Sender", "Jobs")) == [["Jobs"]]  # and yet it can use the queue


def test_every_word_that_starts_code_holds_an_action_that_does() -> None:
    catalog = load_catalog()
    types = [one for one in resource_types().values() if one.starts]
    assert len(types) >= 9
    for type in types:
        actions = [one for one in map(catalog.action, type.starting_actions) if one is not None]
        assert len(actions) == len(type.starting_actions), type.name
        assert any(map(may_start_code, actions)), type.name


# ── roles that assume roles ──


def hub(trusted: dict[str, Any], *own: dict[str, Any]) -> Application:
    return application(
        role("First", LAMBDA, *own),
        role("Second", trusted, allow("sqs:SendMessage", {"Fn::GetAtt": ["Jobs", "Arn"]})),
        ("Jobs", "AWS::SQS::Queue", {}),
    )


ROOT = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
BY_NAME = {"AWS": {"Fn::GetAtt": ["First", "Arn"]}}


@pytest.mark.parametrize(
    ("trusted", "own", "there"),
    [
        (BY_NAME, (), True),
        (ROOT, (allow("sts:AssumeRole"),), True),
        (ROOT, (allow("sts:*"),), True),
        (ROOT, (), False),
        (LAMBDA, (allow("sts:AssumeRole"),), False),
        (BY_NAME, ({**allow("sts:AssumeRole"), "Effect": "Deny"},), False),
    ],
)
def test_a_role_leads_to_another_where_both_sides_together_let_it(
    trusted: dict[str, Any], own: tuple[dict[str, Any], ...], there: bool
) -> None:
    assert bool(steps(explain(hub(trusted, *own), "First", "Jobs"))) is there


# ── from outside ──

OTHER = {"AWS": "arn:aws:iam::444455556666:root"}


def test_another_account_leads_to_the_role_that_trusts_it_and_on_to_what_that_can_use() -> None:
    application = hub(OTHER)
    [way] = steps(explain(application, "account 444455556666", "Jobs"))
    assert way == ["Second", "Jobs"]


def test_who_has_to_say_a_word_that_outsiders_do_not_know_does_not_get_in() -> None:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": OTHER, "Action": "sts:AssumeRole"}
    statement["Condition"] = {"StringEquals": {"sts:ExternalId": "red"}}
    trust = {"AssumeRolePolicyDocument": {"Statement": [statement]}}
    with pytest.raises(UsageError, match="there is nothing called `account 444455556666`"):
        explain(application(("Second", "AWS::IAM::Role", trust)), "account 444455556666", "Second")


def test_what_a_queue_lets_everybody_send_leads_on_to_its_worker() -> None:
    code = {"Role": {"Fn::GetAtt": ["WorkerRole", "Arn"]}, "Code": {"ZipFile": "x"}, "Handler": "i.h"}
    jobs = {"Fn::GetAtt": ["Jobs", "Arn"]}
    document = {"Statement": [{**allow("sqs:SendMessage", jobs), "Principal": "*"}]}
    own = application(
        ("Jobs", "AWS::SQS::Queue", {}),
        ("Open", "AWS::SQS::QueuePolicy", {"Queues": [{"Ref": "Jobs"}], "PolicyDocument": document}),
        role("WorkerRole", LAMBDA),
        ("Worker", "AWS::Lambda::Function", code),
        ("Source", "AWS::Lambda::EventSourceMapping", {"EventSourceArn": jobs, "FunctionName": {"Ref": "Worker"}}),
    )
    [way] = steps(explain(own, "anybody with an AWS account", "WorkerRole"))
    assert way[0] == "Jobs" and way[-1] == "WorkerRole"
    found = who_can(own, "sqs:SendMessage", "Jobs", load_catalog())
    assert "anybody with an AWS account" in {one.id for one in found.holders}


# ── every path is true ──


@pytest.mark.parametrize("name", ["a-notes-auth-users", "c-auth-triggers", "f-full-notes"])
def test_the_request_at_the_end_of_every_path_is_allowed(name: str) -> None:
    own = load(APPS / "sst" / f"{name}.json")
    flow = Flow(build(own, load_catalog()), load_catalog())
    shown = 0
    for start, end in itertools.product(flow.nodes(), flow.nodes()):
        for path in itertools.islice(flow.paths(start, end), 1 if start.kind is NodeKind.CALLER else 0):
            assert all(one.end == other.start for one, other in itertools.pairwise(path.hops))
            for grant in path.hops[-1].grants:
                principal = own.principal(path.hops[-1].start.name)
                assert principal is not None
                standing = standing_of(own, principal)
                for action in grant.actions()[:5]:
                    request = grant.witness(action).request
                    target = next((one for one in standing.targets if one.arn == request.resource), None)
                    assert decide(request, standing.policies_at(target)).allowed
                    shown += 1
    assert shown > 4


# ── names, answers, exit codes ──


def test_what_is_not_there_is_told_with_what_is_near(full: Application) -> None:
    with pytest.raises(UsageError, match="there is nothing called `NoteTable`") as caught:
        explain(full, "anyone", "NoteTable")
    assert "NotesTable7100B0E8" in caught.value.help


def test_a_name_that_begins_several_things_is_refused(full: Application) -> None:
    with pytest.raises(UsageError, match="may be any of") as caught:
        explain(full, "ApiLambda", TABLE)
    assert "ApiLambdaGETnotesA3E56CF7" in caught.value.help


def test_the_command_says_the_way_and_that_there_is_none(run: Run) -> None:
    found = run("explain", "path", "anyone", "NotesTable", FULL)
    assert found.code == 0
    assert found.out.startswith(f"anyone reaches resource {TABLE}: a way of 3 steps\n")
    assert "comes in as a guest -> guests of AuthIdentityPool12DFB5E1" in found.out
    none = run("explain", "path", "guests", "Jobs", APPS / "notes")
    assert none.code == 1
    assert none.out.startswith("NO WAY from guests of IdentityPool to resource Jobs\n")


def test_a_way_that_hinges_on_what_is_not_known_is_undecided(run: Run, tmp_path: Path) -> None:
    statement = allow("sqs:SendMessage", {"Ref": "Arn"})
    template = {
        "Parameters": {"Arn": {"Type": "String"}},
        "Resources": {
            id: {"Type": type, "Properties": properties}
            for id, type, properties in [role("Sender", LAMBDA, statement), ("Jobs", "AWS::SQS::Queue", {})]
        },
    }
    file = tmp_path / "template.json"
    file.write_text(json.dumps(template))
    found = run("explain", "path", "Sender", "Jobs", file)
    assert found.code == 3
    assert "if what is not known here is so" in found.out.splitlines()[0]


UNSEEN: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "a policy that is only named": {
        "Role": ("AWS::IAM::Role", {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"]}),
    },
    "a route to code that is elsewhere": {
        "Role": ("AWS::IAM::Role", {}),
        "Api": ("AWS::ApiGatewayV2::Api", {"Name": "a", "ProtocolType": "HTTP"}),
        "Code": (
            "AWS::ApiGatewayV2::Integration",
            {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": "arn:aws:lambda:eu-west-1:111122223333:function:elsewhere",
            },
        ),
        "Route": (
            "AWS::ApiGatewayV2::Route",
            {"ApiId": {"Ref": "Api"}, "RouteKey": "GET /", "Target": {"Fn::Sub": "integrations/${Code}"}},
        ),
    },
}


@pytest.mark.parametrize(("name", "start"), list(zip(UNSEEN, ("Role", "anyone"), strict=True)))
def test_where_what_is_reached_is_not_known_in_full_there_is_no_saying_that_there_is_no_way(
    name: str, start: str, run: Run, tmp_path: Path
) -> None:
    trust: dict[str, Any] = {"AssumeRolePolicyDocument": {"Statement": []}}
    resources: dict[str, Any] = {"Jobs": {"Type": "AWS::SQS::Queue"}}
    for id, (type, properties) in UNSEEN[name].items():
        own = {**(trust if type == "AWS::IAM::Role" else {}), **properties}
        resources[id] = {"Type": type, "Properties": own}
    file = tmp_path / "template.json"
    file.write_text(json.dumps({"Resources": resources}))
    found = run("explain", "path", start, "Jobs", file)
    assert found.code == 3
    assert found.out.startswith("UNDECIDED: no way is known from ")
    assert "not known, so there may be a way: " in found.out
    with pytest.raises(AssertionError, match="UNDECIDED"):
        read_access(file).assert_no_way(start, "Jobs")


@pytest.mark.parametrize("start", ["lambda.amazonaws.com", "arn:aws:iam::111122223333:oidc-provider/ci.example"])
def test_whom_a_trust_policy_names_and_nobody_follows_may_have_a_way(start: str) -> None:
    kind = "Federated" if "oidc" in start else "Service"
    own = application(role("Only", {kind: start}), ("Jobs", "AWS::SQS::Queue", {}))
    explained = explain(own, start, "Jobs")
    assert (explained.paths, explained.open) == ((), True)
    assert any("names" in one for one in explained.doubts)


def test_programs_get_the_same_steps(run: Run) -> None:
    document = json.loads(run("explain", "path", "anyone", TABLE, FULL, "--format", "json").out)
    [path] = document["paths"]
    assert [step["to"]["name"] for step in path["steps"]][-1] == TABLE
    assert path["steps"][-1]["grants"][0]["witnesses"][0]["action"].startswith("dynamodb:")
    assert path["certain"] is True
