"""Functions, state machines, and the routes of an API."""

from __future__ import annotations

import contextlib
import io
import zipfile
from json import dumps
from typing import Any

from grantgraph.model import Application, Authorizer, Resource
from tests.outside.aws import Aws, Call
from tests.outside.exercises import Around, Calls, Exercise, name_of

CODE = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'done'}\n"

# ── functions ──


def make_function(admin: Aws, function: Resource) -> str:
    """The function, which runs as a role of its principal's name, and its alias `live`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", CODE)
    runs = admin.client("lambda")
    runs.create_function(
        FunctionName=name_of(function),
        Runtime="python3.12",
        Handler="index.handler",
        Role=f"arn:aws:iam::{str(function.arn).split(':')[4]}:role/{function.attributes['runs_as']}",
        Code={"ZipFile": packed.getvalue()},
        Publish=True,
    )
    runs.create_alias(FunctionName=name_of(function), Name="live", FunctionVersion="1")
    return ""


def share_function(admin: Aws, function: Resource, policy: dict[str, Any]) -> None:
    """A permission a statement: Lambda writes the policy itself."""
    for statement in policy["Statement"]:
        condition = statement.get("Condition", {})
        source = condition.get("ArnLike", {}).get("aws:SourceArn")
        account = condition.get("StringEquals", {}).get("aws:SourceAccount")
        principal = statement["Principal"]
        admin.client("lambda").add_permission(
            FunctionName=name_of(function),
            StatementId=statement["Sid"],
            Action=statement["Action"],
            Principal=principal.get("Service") or principal["AWS"],
            **({"SourceArn": source} if source else {}),
            **({"SourceAccount": account} if account else {}),
        )


def call_function(function: Resource, around: Around) -> Calls:
    arn, at = str(function.arn), {"FunctionName": name_of(function)}
    for alias in ("", "live"):
        asked = {**at, "Payload": b"{}", **({"Qualifier": alias} if alias else {})}
        place = f"{arn}:{alias}" if alias else arn
        yield Call("lambda:InvokeFunction", place, "lambda", "invoke", asked)
    yield Call("lambda:GetFunction", arn, "lambda", "get_function", at)
    yield Call("lambda:DeleteFunction", arn, "lambda", "delete_function", at)
    yield from _logs(around.admin, name_of(function), arn)


def _logs(admin: Aws, name: str, arn: str) -> Calls:
    """A function's log group. All three actions are asked for below the group."""
    group, made = f"/aws/lambda/{name}", admin.client("logs")
    below = arn.partition(":function:")[0].replace(":lambda:", ":logs:") + f":log-group:{group}:log-stream:"
    at, stream = {"logGroupName": group}, {"logGroupName": group, "logStreamName": "new"}
    line = {**at, "logStreamName": "own", "logEvents": [{"timestamp": 1, "message": "x"}]}
    for make, asked in ((made.create_log_group, at), (made.create_log_stream, {**at, "logStreamName": "own"})):
        with contextlib.suppress(made.exceptions.ResourceAlreadyExistsException):
            make(**asked)
    yield Call("logs:CreateLogGroup", below, "logs", "create_log_group", at)
    yield Call("logs:CreateLogStream", below, "logs", "create_log_stream", stream)
    yield Call("logs:PutLogEvents", f"{below}own", "logs", "put_log_events", line)


# ── state machines ──

MACHINES = "machines"
"""The role that all state machines run as: nobody asks what they may do."""


def make_machine(admin: Aws, machine: Resource) -> str:
    """A machine that waits; one that is called `quote` answers at once."""
    quick = "quote" in name_of(machine)
    state = {"Type": "Pass", "End": True} if quick else {"Type": "Wait", "Seconds": 600, "End": True}
    admin.client("stepfunctions").create_state_machine(
        name=name_of(machine),
        definition=dumps({"StartAt": "Only", "States": {"Only": state}}),
        roleArn=f"arn:aws:iam::{str(machine.arn).split(':')[4]}:role/{MACHINES}",
        type="EXPRESS" if quick else "STANDARD",
    )
    return ""


def call_machine(machine: Resource, around: Around) -> Calls:
    arn, admin = str(machine.arn), around.admin.client("stepfunctions")
    running = {"executionArn": admin.start_execution(stateMachineArn=arn, input="{}")["executionArn"]}

    def another(_: Aws) -> dict[str, Any]:
        return {"executionArn": admin.start_execution(stateMachineArn=arn, input="{}")["executionArn"]}

    def call(action: str, place: str, operation: str, asked: dict[str, str], prepare: Any = None) -> Call:
        return Call(f"states:{action}", place, "stepfunctions", operation, asked, {}, prepare)

    own, machines = running["executionArn"], {"stateMachineArn": arn}
    yield call("StartExecution", arn, "start_execution", machines)
    yield call("StartSyncExecution", arn, "start_sync_execution", machines)
    yield call("DescribeExecution", own, "describe_execution", running)
    yield call("GetExecutionHistory", own, "get_execution_history", running)
    yield call("StopExecution", own, "stop_execution", running, another)
    yield call("DescribeStateMachine", arn, "describe_state_machine", machines)
    yield call("DeleteStateMachine", arn, "delete_state_machine", machines)


# ── routes ──


def make_api(admin: Aws, application: Application, functions: dict[str, str]) -> str:
    """The API behind an application's routes; gives its id."""
    made = admin.client("apigatewayv2")
    id = str(made.create_api(Name="api", ProtocolType="HTTP")["ApiId"])
    stages = set()
    for route in application.entry_points:
        if route.type != "route":
            continue
        integration = made.create_integration(
            ApiId=id,
            IntegrationType="AWS_PROXY",
            PayloadFormatVersion="2.0",
            IntegrationUri=functions[route.target],
        )
        kind = "AWS_IAM" if route.authorizer is Authorizer.IAM else "NONE"
        target = f"integrations/{integration['IntegrationId']}"
        made.create_route(ApiId=id, RouteKey=route.id, Target=target, AuthorizationType=kind)
        stages.add(str(route.source_arn).split("/")[1])
    for stage in stages:
        made.create_stage(ApiId=id, StageName=stage, AutoDeploy=True)
    return id


def call_routes(application: Application) -> Calls:
    """A request for each route that IAM guards, by each of its methods."""
    for route in application.entry_points:
        if route.type != "route" or route.authorizer is not Authorizer.IAM:
            continue
        method, _, path = route.id.partition(" ")
        head, stage, *_ = str(route.arn).split("/")
        words = "/".join("7" if "{" in one else one for one in path.split("/"))
        for one in ("GET", "POST", "DELETE") if method == "ANY" else (method,):
            asked = {
                "url": f"/_aws/execute-api/{head.rpartition(':')[2]}/{stage}{words}",
                "sign": "execute-api",
            }
            yield Call("execute-api:Invoke", f"{head}/{stage}/{one}{words}", "http", one, asked)


EXERCISES = {
    "lambda:function": Exercise(make_function, call_function, share_function),
    "states:stateMachine": Exercise(make_machine, call_machine),
}
