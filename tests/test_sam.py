"""SAM templates: what they become, and that every place stays the author's."""

from __future__ import annotations

import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grantgraph.decode import decode
from grantgraph.model import Application, Authorizer, EntryPoint
from grantgraph.problems import InputError, Level
from grantgraph.sources import NO_OPTIONS, ReadOptions, load
from grantgraph.sources.sam import SOURCE
from grantgraph.text import Symbolic, unknowns_in
from tests.templates import FILE, HERE, codes, errors, found, who

APPS = Path(__file__).parent.parent / "fixtures" / "apps" / "sam"


def read(template: str, options: ReadOptions = NO_OPTIONS) -> Application:
    whole = f"Transform: AWS::Serverless-2016-10-31\n{template.lstrip()}"
    return SOURCE.read(FILE, decode(whole, str(FILE), SOURCE.tag), options)


def entry(application: Application, id: str) -> EntryPoint:
    one = application.entry_point(id)
    assert one is not None, [one.id for one in application.entry_points]
    return one


FUNCTION = """
Resources:
  Notes: {Type: AWS::DynamoDB::Table}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
"""


# ── what it becomes ──


@pytest.mark.parametrize("name", ["1-httpapi-user-pool", "3-event-sources"])
def test_a_sam_template_is_the_application_that_the_translator_wrote(name: str) -> None:
    own, theirs = load(APPS / f"{name}.yaml"), load(APPS / f"{name}.cfn.json")

    for group in ("principals", "resources", "pools", "entry_points"):
        assert {one.id: one for one in getattr(own, group)} == {one.id: one for one in getattr(theirs, group)}
    assert (own.name, own.counted) == (theirs.name, theirs.counted)
    assert sorted(one.message for one in own.problems) == sorted(one.message for one in theirs.problems)


@pytest.mark.parametrize("name", ["1-httpapi-user-pool", "3-event-sources"])
def test_everything_in_it_is_where_the_author_wrote_it(name: str) -> None:
    application = load(APPS / f"{name}.yaml")
    lines = (APPS / f"{name}.yaml").read_text().splitlines()
    places = [one.at for one in application.principals]
    places += [one.at for one in application.resources]
    places += [one.at for one in application.entry_points]
    places += [
        statement.at
        for principal in application.principals
        for policy in principal.policies
        for statement in policy.statements
        if policy.name.startswith(principal.id)
    ]
    for at in places:
        assert at.file.endswith(f"{name}.yaml") and 5 < at.line <= len(lines)


def test_a_policy_template_is_a_policy_at_its_own_line() -> None:
    application = read(
        FUNCTION
        + """
      Policies:
        - AWSLambdaVPCAccessExecutionRole
        - DynamoDBReadPolicy: {TableName: !Ref Notes}
        - Statement:
            - {Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'], Resource: '*'}
""",
        HERE,
    )
    read_policy, own, *managed = who(application, "FRole").policies
    (statement,) = read_policy.statements
    assert found(application, "Notes").arn in {one.pattern.literal for one in statement.resources.patterns}
    assert [read_policy.at.line, statement.at.line] == [12, 12]
    assert own.statements[0].at.line == 14
    assert [one.at.line for one in own.statements[0].actions.patterns] == [14, 14]
    assert [(one.name, one.at.line) for one in managed] == [
        ("AWSLambdaBasicExecutionRole", 5),
        ("AWSLambdaVPCAccessExecutionRole", 11),
    ]


def test_a_route_is_where_its_event_is() -> None:
    application = read(
        FUNCTION
        + """
      Events:
        Get: {Type: Api, Properties: {Path: /notes, Method: get}}
        Post:
          Type: HttpApi
          Properties: {Path: /notes, Method: POST}
"""
    )
    assert (entry(application, "GET /notes").at.line, entry(application, "POST /notes").at.line) == (11, 13)
    assert entry(application, "GET /notes").source == "ServerlessRestApi"


def test_globals_and_an_authorizer_reach_every_route() -> None:
    application = read(
        """
Globals:
  Function: {Runtime: python3.12, Handler: app.handler, PermissionsBoundary: !Ref Limit}
  Api: {Auth: {DefaultAuthorizer: AWS_IAM}}
Resources:
  Limit:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Get: {Type: Api, Properties: {Path: /notes, Method: GET}}
        Open: {Type: Api, Properties: {Path: /health, Method: GET, Auth: {Authorizer: NONE}}}
""",
        HERE,
    )
    assert entry(application, "GET /notes").authorizer is Authorizer.IAM
    assert entry(application, "GET /health").authorizer is Authorizer.NONE
    boundary = who(application, "FRole").boundary
    assert boundary is not None and boundary.statements


def test_a_connector_is_a_policy() -> None:
    application = read(
        FUNCTION
        + """
    Connectors:
      Read: {Properties: {Destination: {Id: Notes}, Permissions: [Read]}}
"""
    )
    assert not errors(application)
    (policy,) = [one for one in who(application, "FRole").policies if one.name.startswith("FRead")]
    assert "dynamodb:GetItem" in {one.spelled for one in policy.statements[0].actions.patterns}
    assert policy.at.line == 11


def test_a_state_machine_gets_its_role() -> None:
    application = read(
        """
Resources:
  Q: {Type: AWS::SQS::Queue}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flow.asl.json
      Policies: [SQSSendMessagePolicy: {QueueName: !GetAtt Q.QueueName}]
"""
    )
    assert not errors(application)
    assert found(application, "Flow").attributes == {"runs_as": "FlowRole"}
    assert [one.name for one in who(application, "FlowRole").policies] == ["FlowRolePolicy0"]


# ── parameters and where it is ──


def test_where_it_is_deployed_stays_open() -> None:
    application = read(
        FUNCTION + "      FunctionName: !Sub 'f-${AWS::Region}'\n      Events: {A: {Type: Api, "
        "Properties: {Path: /, Method: get}}}\n"
    )
    assert {one.name for one in unknowns_in(found(application, "F").arn)} == {
        "AWS::Partition",
        "AWS::Region",
        "AWS::AccountId",
    }


def test_a_parameter_is_its_option_or_its_default() -> None:
    template = "Parameters: {Stage: {Type: String, Default: dev}}\n" + FUNCTION.lstrip()
    template += "      AutoPublishAlias: !Ref Stage\n      FunctionName: !Sub '${Stage}-f'\n"
    assert str(found(read(template, HERE), "F").arn).endswith(":dev-f")
    given = replace(HERE, parameters={"Stage": "prod"})
    assert str(found(read(template, given), "F").arn).endswith(":prod-f")


def test_a_parameter_that_the_translator_has_to_write_out_stays_open() -> None:
    template = "Parameters: {Stage: {Type: String}}\n" + FUNCTION.lstrip()
    template += "      AutoPublishAlias: !Ref Stage\n      FunctionName: !Sub '${Stage}-f'\n"
    application = read(template, HERE)
    assert not errors(application)
    assert {one.name for one in unknowns_in(found(application, "F").arn)} == {"parameter Stage"}
    assert "GrantgraphValue" not in repr(application)


def test_the_default_of_a_stored_parameter_is_not_its_value() -> None:
    template = "Parameters: {Name: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /app/name}}\n"
    application = read(template + FUNCTION.lstrip() + "      FunctionName: !Ref Name\n", HERE)
    assert isinstance(found(application, "F").arn, Symbolic)


def test_loops_are_written_out_before_sam_sees_them() -> None:
    template = """
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Resources:
  Fn::ForEach::Functions:
    - Name
    - [Read, Write]
    - ${Name}Fn:
        Type: AWS::Serverless::Function
        Properties: {Runtime: python3.12, Handler: app.handler}
"""
    application = SOURCE.read(FILE, decode(template, str(FILE), SOURCE.tag), NO_OPTIONS)
    assert [one.id for one in application.principals] == ["ReadFnRole", "WriteFnRole"]


# ── files ──


def test_an_openapi_document_beside_the_template_has_the_routes(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        + FUNCTION
        + "  Api: {Type: AWS::Serverless::Api, Properties: {StageName: v1, DefinitionUri: api.yaml}}\n"
    )
    (tmp_path / "api.yaml").write_text(
        """
openapi: 3.0.1
paths:
  /notes:
    get:
      x-amazon-apigateway-integration:
        type: aws_proxy
        uri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations
"""
    )
    route = entry(load(tmp_path / "template.yaml"), "GET /notes")
    assert (route.target, route.at.file, route.at.line) == ("F", str(tmp_path / "api.yaml"), 6)


def test_an_application_beside_the_template_is_a_nested_stack(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Transform: AWS::Serverless-2016-10-31
Resources:
  Inner:
    Type: AWS::Serverless::Application
    Properties: {Location: ./inner.yaml, Parameters: {Name: jobs}}
"""
    )
    (tmp_path / "inner.yaml").write_text(
        """
Transform: AWS::Serverless-2016-10-31
Parameters: {Name: {Type: String}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Handler: app.handler, FunctionName: !Ref Name}
"""
    )
    application = load(tmp_path / "template.yaml", HERE)
    assert not errors(application)
    assert str(found(application, "F").arn).endswith(":jobs")
    assert who(application, "FRole").at.file == str(tmp_path / "inner.yaml")


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network is asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("AWS_PROFILE", "there-is-no-such-profile")
    application = read(
        FUNCTION
        + """
      Policies: [NoSuchManagedPolicy]
  App:
    Type: AWS::Serverless::Application
    Properties:
      Location: {ApplicationId: 'arn:aws:serverlessrepo:us-east-1:1:applications/x', SemanticVersion: 1.0.0}
"""
    )
    assert not errors(application)
    assert dict(application.counted) == {"AWS::CloudFormation::Stack": 1}
    assert set(codes(application, Level.UNMODELLED)) == {"managed-policy", "nested-stack"}


# ── what is wrong ──


@pytest.mark.parametrize(
    ("template", "place", "words"),
    [
        (FUNCTION.replace("      Handler: app.handler\n", ""), "5:5", "SAM refuses `F`: Runtime and Handler"),
        (
            FUNCTION + "      Events: {Tick: {Type: Schedule, Properties: {}}}\n",
            "9:22",
            "SAM refuses `FTick`: Missing required property 'Schedule'",
        ),
        (
            FUNCTION + "      Events: {Get: {Type: Api, Properties: {Method: get}}}\n",
            "9:21",
            "SAM refuses the event `Get` of `F`",
        ),
        (
            FUNCTION + "      Policies: [DynamoDBReadPolicy: {Table: x}]\n",
            "5:5",
            "SAM refuses `F`",
        ),
        ("Resources: {}", "1:1", "'Resources' section is required"),
        ("Globals: {Funktion: {}}\n" + FUNCTION.lstrip(), "1:1", "Globals"),
    ],
    ids=["property", "event resource", "event", "policy template", "empty", "globals"],
)
def test_what_sam_refuses_is_one_error_at_its_place(template: str, place: str, words: str) -> None:
    found = errors(read(template))
    assert len(found) == 1
    assert found[0].startswith(f"template.yaml:{place}: ") and words in found[0]


@pytest.mark.parametrize("resource", ["[]", "3", "{Type: AWS::Serverless::Function, Properties: []}"])
def test_a_resource_of_a_wrong_shape_is_an_error(resource: str) -> None:
    assert errors(read(f"Resources: {{F: {resource}}}"))


def test_a_sam_template_that_is_too_large_is_refused() -> None:
    large = '{"Transform": "AWS::Serverless-2016-10-31", "Resources": {}, "Metadata": [' + "0," * 100_000 + "0]}"
    application = SOURCE.read(FILE, decode(large, str(FILE), SOURCE.tag), NO_OPTIONS)
    assert "size" in codes(application, Level.ERROR)


def test_without_the_translator_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("samtranslator")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "samtranslator", None)
    with pytest.raises(InputError) as raised:
        read(FUNCTION)
    assert "pip install 'grantgraph[sam]'" in raised.value.help
