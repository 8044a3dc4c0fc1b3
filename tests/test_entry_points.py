"""The ways in, as templates say them: routes, fields, authorizers, events, and the roles that they act as."""

from __future__ import annotations

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.graph import ANYONE, NodeId, NodeKind, build
from grantgraph.model import Application, Authorizer, EntryPoint, EntryPointType
from grantgraph.problems import Level
from tests.templates import HERE, codes, errors, found, read

TRUST = (
    "AssumeRolePolicyDocument: {Statement: "
    "{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: apigateway.amazonaws.com}}}"
)
START = f"""
Resources:
  F: {{Type: AWS::Lambda::Function}}
  Q: {{Type: AWS::SQS::Queue}}
  B: {{Type: AWS::S3::Bucket}}
  Caller: {{Type: AWS::IAM::Role, Properties: {{{TRUST}}}}}
"""
INVOKE = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations"


def entry(application: Application, id: str) -> EntryPoint:
    one = application.entry_point(id)
    assert one is not None, [one.id for one in application.entry_points]
    return one


def routes(application: Application) -> dict[str, tuple[str, Authorizer, str]]:
    """id → target, authorizer, role."""
    return {one.id: (one.target, one.authorizer, one.runs_as) for one in application.entry_points}


# ── integrations that are no functions ──


def rest(integration: str) -> EntryPoint:
    application = read(
        START
        + f"""
  Api: {{Type: AWS::ApiGateway::RestApi}}
  Put:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: PUT
      Integration: {integration}
"""
    )
    assert not errors(application)
    return entry(application, "PUT /")


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("arn:aws:apigateway:eu-west-1:sqs:path/${AWS::AccountId}/${Q.QueueName}", "Q"),
        ("arn:aws:apigateway:eu-west-1:s3:path/${B}/{key}", "B"),
        ("arn:aws:apigateway:eu-west-1:states:action/StartExecution", ""),
    ],
)
def test_a_route_hands_on_to_a_service_with_a_role_of_its_own(uri: str, target: str) -> None:
    one = rest(f"{{Uri: !Sub '{uri}', Credentials: !GetAtt Caller.Arn}}")
    assert (one.target, one.runs_as) == (target, "Caller")


def test_a_route_that_passes_its_callers_credentials_on_has_no_role() -> None:
    one = rest(f"{{Uri: !Sub '{INVOKE}', Credentials: 'arn:aws:iam::*:user/*'}}")
    assert (one.target, one.runs_as) == ("F", "")


def test_an_integration_of_an_http_api_names_its_queue_in_its_parameters() -> None:
    application = read(
        START
        + """
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  I:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationSubtype: SQS-SendMessage
      CredentialsArn: !GetAtt Caller.Arn
      RequestParameters: {QueueUrl: !Ref Q, MessageBody: $request.body}
  R:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: POST /jobs, Target: !Sub 'integrations/${I}'}
"""
    )
    assert routes(application) == {"POST /jobs": ("Q", Authorizer.NONE, "Caller")}


def test_an_api_that_names_its_target_has_one_open_route() -> None:
    application = read(
        START + "  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP, Target: !GetAtt F.Arn}}\n"
    )
    assert routes(application) == {"$default": ("F", Authorizer.NONE, "")}


# ── WebSocket APIs ──


@pytest.mark.parametrize(
    ("connect", "meant"), [("AWS_IAM", Authorizer.IAM), ("CUSTOM", Authorizer.LAMBDA), ("NONE", Authorizer.NONE)]
)
def test_who_may_connect_may_send_any_message(connect: str, meant: Authorizer) -> None:
    application = read(
        START
        + f"""
  Api: {{Type: AWS::ApiGatewayV2::Api, Properties: {{ProtocolType: WEBSOCKET}}}}
  C:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ApiId: !Ref Api, RouteKey: $connect, AuthorizationType: {connect}}}
  S: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: send}}}}
""",
        HERE,
    )
    assert {one.authorizer for one in application.entry_points} == {meant}
    arns = {str(one.arn) for one in application.entry_points}
    expected = "arn:aws:execute-api:eu-west-1:111122223333:${Api}/*/$connect" if meant is Authorizer.IAM else ""
    assert arns == {expected}


# ── OpenAPI documents ──

SCHEMES = f"""
          securitySchemes:
            signed: {{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}}
            key: {{type: apiKey, name: x-api-key, in: header}}
            users:
              type: apiKey
              x-amazon-apigateway-authorizer: {{type: cognito_user_pools, providerARNs: [x]}}
            code:
              type: apiKey
              x-amazon-apigateway-authorizer: {{type: request, authorizerUri: !Sub '{INVOKE}'}}
            pool:
              type: oauth2
              x-amazon-apigateway-authorizer: {{type: jwt, jwtConfiguration: {{issuer: x, audience: [y]}}}}
            other: {{type: http, scheme: bearer}}
"""


def body(operation: str, rest: str = "") -> Application:
    return read(
        START
        + f"""
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        openapi: 3.0.1
        paths:
          /notes:
            get:
              x-amazon-apigateway-integration: {{type: aws_proxy, uri: !Sub '{INVOKE}'}}
              {operation}
        components:{SCHEMES}
{rest}
""",
        HERE,
    )


@pytest.mark.parametrize(
    ("operation", "meant"),
    [
        ("", Authorizer.NONE),
        ("security: []", Authorizer.NONE),
        ("security: [{signed: []}]", Authorizer.IAM),
        ("security: [{signed: [], key: []}]", Authorizer.IAM),
        ("security: [{key: []}]", Authorizer.NONE),
        ("security: [{users: []}]", Authorizer.USER_POOL),
        ("security: [{code: []}]", Authorizer.LAMBDA),
        ("security: [{pool: [read]}]", Authorizer.JWT),
        ("security: [{other: []}]", Authorizer.UNKNOWN),
        ("security: [{users: []}, {}]", Authorizer.UNKNOWN),
        ("security: [{users: []}, {code: []}]", Authorizer.UNKNOWN),
        ("security: [{missing: []}]", Authorizer.UNKNOWN),
        ("security: !Ref AWS::StackName", Authorizer.UNKNOWN),
        ("x-amazon-apigateway-auth: {type: AWS_IAM}", Authorizer.IAM),
    ],
)
def test_an_operation_says_who_may_use_it(operation: str, meant: Authorizer) -> None:
    one = entry(body(operation), "GET /notes")
    assert (one.target, one.authorizer) == ("F", meant)
    assert (one.arn != "") == (meant is Authorizer.IAM)


def test_the_default_of_a_document_holds_where_an_operation_says_nothing() -> None:
    application = body("", "        security: [{signed: []}]")
    assert entry(application, "GET /notes").authorizer is Authorizer.IAM
    open_again = body("security: []", "        security: [{signed: []}]")
    assert entry(open_again, "GET /notes").authorizer is Authorizer.NONE


def test_the_function_of_an_authorizer_is_reached_by_anyone() -> None:
    application = body("security: [{code: []}]")
    one = entry(application, "authorizer code of Api")
    assert (one.type, one.target, one.authorizer) == (EntryPointType.AUTHORIZER, "F", Authorizer.NONE)
    graph = build(application, load_catalog())
    function = NodeId(NodeKind.RESOURCE, "F")
    paths = [[str(node) for node in path] for path in graph.paths(ANYONE, function)]
    assert paths == [["anyone", "authorizer code of Api", "F"]]


def test_an_operation_may_name_an_integration_that_is_shared() -> None:
    application = read(
        START
        + f"""
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Body:
        paths:
          /notes:
            x-amazon-apigateway-any-method:
              x-amazon-apigateway-integration:
                $ref: '#/components/x-amazon-apigateway-integrations/shared'
        components:
          x-amazon-apigateway-integrations:
            shared: {{type: aws_proxy, uri: !Sub '{INVOKE}', credentials: !GetAtt Caller.Arn}}
"""
    )
    assert routes(application) == {"ANY /notes": ("F", Authorizer.NONE, "Caller")}


def test_a_document_that_is_json_text_is_read() -> None:
    text = (
        '{"paths": {"/": {"get": {"x-amazon-apigateway-integration": '
        '{"uri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Arn}/invocations"}}}}}'
    )
    application = read(
        START
        + f"""
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {{Body: !Sub ['{text}', {{Arn: !GetAtt F.Arn}}]}}
"""
    )
    assert routes(application) == {"GET /": ("F", Authorizer.NONE, "")}


def test_the_policy_of_an_api_may_be_in_its_document() -> None:
    application = body(
        "",
        """
        x-amazon-apigateway-policy:
          Version: '2012-10-17'
          Statement: {Effect: Deny, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*'}
""",
    )
    policy = found(application, "Api").policy
    assert policy is not None
    (resource,) = policy.statements[0].resources.patterns
    assert str(resource) == "arn:aws:execute-api:eu-west-1:111122223333:${Api}/*"


@pytest.mark.parametrize(
    "document", ["{paths: !Ref AWS::StackName}", "!GetAtt F.Answer", "{paths: {/a: !GetAtt F.Answer}}"]
)
def test_routes_that_are_not_known_are_said_to_be(document: str) -> None:
    application = read(START + f"  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Body: {document}}}}}\n")
    assert codes(application, Level.UNMODELLED) == ["api-body"]


# ── authorizers ──


@pytest.mark.parametrize(
    ("api", "authorizer", "key"),
    [
        ("AWS::ApiGateway::RestApi", "AWS::ApiGateway::Authorizer", "RestApiId"),
        ("AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Authorizer", "ApiId"),
    ],
)
def test_a_lambda_authorizer_is_a_way_in_and_others_are_not(api: str, authorizer: str, key: str) -> None:
    application = read(
        START
        + f"""
  Api: {{Type: {api}}}
  Code:
    Type: {authorizer}
    Properties: {{Name: code, {key}: !Ref Api, AuthorizerUri: !Sub '{INVOKE}'}}
  Users: {{Type: {authorizer}, Properties: {{Name: users, {key}: !Ref Api}}}}
"""
    )
    assert routes(application) == {"authorizer code of Api": ("F", Authorizer.NONE, "")}
    assert not application.counted


# ── AppSync ──

GRAPHQL = (
    START
    + """
  T: {Type: AWS::DynamoDB::Table}
  Api: {Type: AWS::AppSync::GraphQLApi, Properties: {AuthenticationType: AWS_IAM}}
  Table:
    Type: AWS::AppSync::DataSource
    Properties:
      ApiId: !GetAtt Api.ApiId
      Name: notes
      Type: AMAZON_DYNAMODB
      ServiceRoleArn: !GetAtt Caller.Arn
      DynamoDBConfig: {TableName: !Ref T}
  Code:
    Type: AWS::AppSync::DataSource
    Properties:
      ApiId: !GetAtt Api.ApiId
      Name: code
      Type: AWS_LAMBDA
      ServiceRoleArn: !GetAtt Caller.Arn
      LambdaConfig: {LambdaFunctionArn: !GetAtt F.Arn}
  List:
    Type: AWS::AppSync::Resolver
    Properties: {ApiId: !GetAtt Api.ApiId, TypeName: Query, FieldName: notes, DataSourceName: !GetAtt Table.Name}
"""
)


def test_a_field_reads_its_table_with_the_role_of_its_data_source() -> None:
    application = read(GRAPHQL, HERE)
    one = entry(application, "Query.notes")
    assert (one.type, one.target, one.runs_as) == (EntryPointType.FIELD, "T", "Caller")
    assert str(one.arn).endswith(":apis/${Api}/types/Query/fields/notes")
    assert not application.counted


def test_a_pipeline_reaches_what_its_steps_reach() -> None:
    application = read(
        GRAPHQL
        + """
  Step:
    Type: AWS::AppSync::FunctionConfiguration
    Properties: {ApiId: !GetAtt Api.ApiId, Name: step, DataSourceName: code}
  Add:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Mutation
      FieldName: add
      Kind: PIPELINE
      PipelineConfig: {Functions: [!GetAtt Step.FunctionId]}
"""
    )
    assert entry(application, "Mutation.add").target == "F"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("API_KEY", Authorizer.API_KEY),
        ("AMAZON_COGNITO_USER_POOLS", Authorizer.USER_POOL),
        ("OPENID_CONNECT", Authorizer.JWT),
        ("AWS_LAMBDA", Authorizer.LAMBDA),
        ("AWS_IAM, AdditionalAuthenticationProviders: [{AuthenticationType: API_KEY}]", Authorizer.UNKNOWN),
    ],
)
def test_the_authentication_of_an_api_holds_for_its_fields(written: str, meant: Authorizer) -> None:
    application = read(GRAPHQL.replace("AuthenticationType: AWS_IAM", f"AuthenticationType: {written}"))
    assert entry(application, "Query.notes").authorizer is meant


def test_the_function_that_lets_callers_of_a_graphql_api_in_is_a_way_in() -> None:
    config = "AWS_LAMBDA, LambdaAuthorizerConfig: {AuthorizerUri: !GetAtt F.Arn}"
    application = read(GRAPHQL.replace("AuthenticationType: AWS_IAM", f"AuthenticationType: {config}"))
    assert entry(application, "authorizer of Api").target == "F"


# ── events ──


def test_what_moves_messages_says_with_which_role() -> None:
    application = read(
        START
        + """
  Stream: {Type: AWS::Kinesis::Stream}
  Reader:
    Type: AWS::Kinesis::StreamConsumer
    Properties: {ConsumerName: reader, StreamARN: !GetAtt Stream.Arn}
  Map:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: !Ref F, EventSourceArn: !Ref Reader}
  Cron:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 hour)
      Target: {Arn: !GetAtt F.Arn, RoleArn: !GetAtt Caller.Arn}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [app]}
      Targets: [{Id: q, Arn: !GetAtt Q.Arn, RoleArn: !GetAtt Caller.Arn}]
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Source: !GetAtt Q.Arn
      Enrichment: !GetAtt F.Arn
      Target: !GetAtt Stream.Arn
      RoleArn: !GetAtt Caller.Arn
  Lines:
    Type: AWS::Logs::SubscriptionFilter
    Properties: {LogGroupName: app, FilterPattern: '', DestinationArn: !GetAtt F.Arn}
"""
    )
    assert not errors(application)
    assert [(one.type.value, one.source, one.target, one.runs_as) for one in application.entry_points] == [
        ("consumer", "Stream", "F", ""),
        ("subscription", "default event bus", "Q", "Caller"),
        ("schedule", "Cron", "F", "Caller"),
        ("consumer", "Q", "F", "Caller"),
        ("consumer", "Q", "Stream", "Caller"),
        ("subscription", "app", "F", ""),
    ]
    assert not application.counted


def test_the_graph_goes_on_from_an_entry_point_to_the_role_that_it_acts_as() -> None:
    application = read(
        START
        + """
  Cron:
    Type: AWS::Scheduler::Schedule
    Properties: {ScheduleExpression: rate(1 hour), Target: {Arn: !GetAtt Q.Arn, RoleArn: !GetAtt Caller.Arn}}
"""
    )
    edges = {(str(start), str(end)) for start, end, _ in build(application, load_catalog()).edges()}
    assert ("rate(1 hour) to Q", "Caller") in edges
    assert ("rate(1 hour) to Q", "Q") in edges


@pytest.mark.parametrize(
    ("arn", "source"),
    [
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/notes/stream/2026-11-26T00:00:00.000", "Notes"),
        ("arn:aws:kinesis:eu-west-1:111122223333:stream/clicks/consumer/fast:1764115200", "Clicks"),
        ("arn:aws:kinesis:eu-west-1:111122223333:stream/clicks", "Clicks"),
        ("arn:aws:kinesis:eu-west-1:111122223333:stream/others/consumer/fast:1", ""),
    ],
)
def test_the_arn_of_a_stream_or_a_consumer_means_the_table_or_the_stream(arn: str, source: str) -> None:
    application = read(
        START
        + f"""
  Notes: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: notes}}}}
  Clicks: {{Type: AWS::Kinesis::Stream, Properties: {{Name: clicks}}}}
  Consumer:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {{FunctionName: !Ref F, EventSourceArn: '{arn}'}}
""",
        HERE,
    )
    assert [(one.source, one.target) for one in application.entry_points] == [(source or arn, "F")]
