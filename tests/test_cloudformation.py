"""What templates mean: functions, names, policies, pools and the ways in."""

from __future__ import annotations

import pytest

from grantgraph.model import Application, Authorizer, EntryPointType, PrincipalType
from grantgraph.policy import PolicyType
from grantgraph.problems import InputError, Level
from grantgraph.sources import ReadOptions
from grantgraph.text import Symbolic, Unknown, text, unknowns_in
from tests.templates import HERE, codes, errors, found, named, read, who

UNKNOWN_REGION = text((Unknown("AWS::Region"),))

# ── functions ──


def test_ref_of_a_queue_is_its_url_which_nobody_knows() -> None:
    assert named("!Ref Other") == text((Unknown("Other.Ref", generated=True),))


def test_ref_of_a_topic_is_its_arn() -> None:
    assert str(named("!Ref Topic")) == "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${Topic}"


def test_an_attribute_of_a_known_type_is_written_out() -> None:
    assert named("!GetAtt Other.QueueName") == "jobs"
    assert named("{Fn::GetAtt: [Other, Arn]}", options=HERE) == "arn:aws:sqs:eu-west-1:111122223333:jobs"


def test_an_attribute_of_an_unknown_type_is_any_value() -> None:
    assert named("!GetAtt Custom.Answer") == text((Unknown("Custom.Answer"),))


def test_join_concatenates_and_leaves_no_value_out() -> None:
    assert named("!Join ['-', [a, !Ref AWS::NoValue, b]]") == "a-b"


def test_join_keeps_the_unknown_part() -> None:
    assert named("!Join ['', [a-, !Ref AWS::Region]]") == text(("a-", Unknown("AWS::Region")))


def test_sub_reads_variables_attributes_and_escapes() -> None:
    assert named("!Sub '${Other.QueueName}-${!aws:x}-${AWS::Region}'") == text(
        ("jobs-${aws:x}-", Unknown("AWS::Region"))
    )


def test_sub_prefers_its_own_variables() -> None:
    assert named("!Sub ['${Other}-${B}', {Other: a, B: !GetAtt Other.QueueName}]") == "a-jobs"


def test_select_and_split_cut_a_symbolic_arn() -> None:
    assert named("!Select [3, !Split [':', !GetAtt Other.Arn]]") == UNKNOWN_REGION
    assert named("!Select [5, !Split [':', !GetAtt Other.Arn]]") == "jobs"


def test_base64_encodes_what_is_known() -> None:
    assert named("!Base64 abc") == "YWJj"


def test_a_mapping_is_looked_up_by_known_keys() -> None:
    mapping = "Mappings: {Stages: {dev: {name: notes-dev}}}"
    assert named("!FindInMap [Stages, dev, name]", mapping) == "notes-dev"


def test_a_mapping_with_an_unknown_key_is_any_value() -> None:
    mapping = "Mappings: {Regions: {eu-west-1: {name: notes}}}"
    value = named("!FindInMap [Regions, !Ref AWS::Region, name]", mapping)
    assert isinstance(value, Symbolic)
    assert named("!FindInMap [Regions, !Ref AWS::Region, name]", mapping, HERE) == "notes"


def test_an_import_nobody_here_exports_is_any_value() -> None:
    assert named("!ImportValue shared-table") == text((Unknown("import shared-table"),))


def test_a_dynamic_reference_is_an_unknown_part() -> None:
    assert named("'a-{{resolve:ssm:/stage:1}}'") == text(("a-", Unknown("resolve:ssm:/stage:1")))


def test_a_parameter_is_the_option_then_its_default_then_unknown() -> None:
    declared = "Parameters: {Stage: {Type: String, Default: dev}}"
    assert named("!Ref Stage", declared) == "dev"
    assert named("!Ref Stage", declared, ReadOptions({"Stage": "prod"})) == "prod"
    assert named("!Ref Stage", "Parameters: {Stage: {Type: String}}") == text((Unknown("parameter Stage"),))


def test_a_parameter_from_parameter_store_is_unknown_whatever_its_default() -> None:
    declared = "Parameters: {Stage: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /path}}"
    assert named("!Ref Stage", declared) == text((Unknown("parameter Stage"),))


def test_a_list_parameter_is_split() -> None:
    declared = "Parameters: {Names: {Type: CommaDelimitedList, Default: 'a, b'}}"
    assert named("!Select [1, !Ref Names]", declared) == "b"


def test_a_parameter_that_the_template_does_not_have_is_noted() -> None:
    application = read("Resources: {Q: {Type: AWS::SQS::Queue}}", ReadOptions({"Stag": "x"}))
    assert codes(application, Level.ERROR) == ["unknown-parameter"]


def test_if_takes_the_branch_of_a_condition_that_is_decided() -> None:
    rest = """
Parameters: {Stage: {Type: String, Default: dev}}
Conditions:
  IsDev: !Equals [!Ref Stage, dev]
  IsProd: !Not [!Condition IsDev]
  Both: !And [!Condition IsDev, !Condition IsProd]
  Either: !Or [!Condition IsDev, !Condition IsProd]
"""
    assert [named(f"!If [{name}, yes, no]", rest) for name in ("IsDev", "IsProd", "Both", "Either")] == [
        "yes",
        "no",
        "no",
        "yes",
    ]


def test_if_on_an_open_parameter_is_any_value_and_said_to_be() -> None:
    application = read(
        """
Parameters: {Stage: {Type: String}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !If [IsProd, a, b]}}
"""
    )
    assert codes(application, Level.UNMODELLED) == ["undecided-condition"]
    assert any(one.name.startswith("Fn::If") for one in unknowns_in(found(application, "Q").arn))


def test_two_generated_names_are_never_equal_so_a_condition_on_them_is_decided() -> None:
    rest = "Conditions: {Same: !Equals [!Ref AWS::Region, !Ref AWS::Region]}"
    assert named("!If [Same, a, b]", rest) == "a"


def test_a_resource_whose_condition_is_false_is_not_there() -> None:
    application = read(
        """
Conditions: {Never: !Equals [a, b]}
Resources:
  Q: {Type: AWS::SQS::Queue, Condition: Never}
  R: {Type: AWS::SQS::Queue}
"""
    )
    assert [one.id for one in application.resources] == ["R"]


def test_a_resource_whose_condition_is_open_stays_and_stands_in_the_answer() -> None:
    application = read(
        """
Parameters: {Stage: {Type: String}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources: {Q: {Type: AWS::SQS::Queue, Condition: IsProd}}
"""
    )
    assert application.resource("Q")
    assert codes(application, Level.UNMODELLED) == ["undecided-condition"]


def test_region_gives_the_partition_and_the_domain() -> None:
    china = ReadOptions(region="cn-north-1")
    assert named("!Sub '${AWS::Partition}.${AWS::URLSuffix}'", options=china) == "aws-cn.amazonaws.com.cn"
    assert named("!Ref AWS::Partition", options=ReadOptions(region="us-gov-west-1")) == "aws-us-gov"


def test_the_bootstrap_bucket_of_a_functions_code_gives_account_and_region() -> None:
    template = """
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {Code: {S3Bucket: cdk-hnb659fds-assets-111122223333-eu-west-1}}
"""
    arn = found(read(template), "F").arn
    assert str(arn) == "arn:aws:lambda:eu-west-1:111122223333:function:${F}"
    open_template = template + "Outputs: {Where: {Value: !Ref AWS::Region}}"
    assert str(found(read(open_template), "F").arn).startswith("arn:${AWS::Partition}:")


def test_a_literal_arn_proves_nothing_about_where_the_stack_is() -> None:
    application = read(
        """
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {Layers: ['arn:aws:lambda:us-east-1:580247275435:layer:Insights:14']}
"""
    )
    assert application.environment.account == text((Unknown("AWS::AccountId"),))


# ── names ──


def test_three_ways_to_name_a_table_are_one_text() -> None:
    application = read(
        """
Resources:
  Notes: {Type: AWS::DynamoDB::Table}
  P:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: p
      Roles: [r]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          Effect: Allow
          Action: dynamodb:GetItem
          Resource:
            - !GetAtt Notes.Arn
            - !Sub 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Notes}'
            - !Join ['', ['arn:', !Ref AWS::Partition, ':dynamodb:', !Ref AWS::Region, ':',
                !Ref AWS::AccountId, ':table/', !Ref Notes]]
"""
    )
    (statement,) = who(application, "r").policies[0].statements
    assert {one.pattern.literal for one in statement.resources.patterns} == {found(application, "Notes").arn}


def test_a_table_that_is_named_has_a_literal_arn() -> None:
    template = "Resources: {T: {Type: AWS::DynamoDB::Table, Properties: {TableName: dev-notes}}}"
    assert found(read(template, HERE), "T").arn == "arn:aws:dynamodb:eu-west-1:111122223333:table/dev-notes"


def test_a_role_with_a_path_has_it_in_its_arn() -> None:
    template = "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: app, Path: /service/}}}"
    assert who(read(template, HERE), "R").arn == "arn:aws:iam::111122223333:role/service/app"


def test_the_arn_of_a_named_secret_ends_in_letters_that_aws_adds() -> None:
    template = "Resources: {S: {Type: AWS::SecretsManager::Secret, Properties: {Name: token}}}"
    assert str(found(read(template, HERE), "S").arn).endswith(":secret:token-${S.Suffix}")


# ── roles and policies ──

ROLE = """
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}
"""
STATEMENT = "{Version: '2012-10-17', Statement: {Effect: Allow, Action: 's3:GetObject', Resource: '*'}}"


def policy_names(application: Application, id: str) -> list[str]:
    return [one.name for one in who(application, id).policies]


def test_policies_hang_on_a_role_by_reference_by_name_and_inline() -> None:
    application = read(
        ROLE
        + f"""
      Policies: [{{PolicyName: inline, PolicyDocument: {STATEMENT}}}]
      ManagedPolicyArns: [!Ref Managed]
  Managed: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {STATEMENT}}}}}
  ByRef: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: one, PolicyDocument: {STATEMENT}, Roles: [!Ref R]}}}}
  ByName:
    Type: AWS::IAM::RolePolicy
    Properties: {{PolicyName: two, PolicyDocument: {STATEMENT}, RoleName: app}}
"""
    )
    assert not errors(application)
    assert policy_names(application, "R") == ["inline", "Managed", "one", "two"]
    trust = who(application, "R").trust
    assert trust is not None and trust.type is PolicyType.TRUST


def test_a_group_hands_its_policies_to_its_members() -> None:
    application = read(
        f"""
Resources:
  G:
    Type: AWS::IAM::Group
    Properties: {{Policies: [{{PolicyName: shared, PolicyDocument: {STATEMENT}}}]}}
  U: {{Type: AWS::IAM::User, Properties: {{Groups: [!Ref G]}}}}
  V: {{Type: AWS::IAM::User}}
  Add: {{Type: AWS::IAM::UserToGroupAddition, Properties: {{GroupName: !Ref G, Users: [!Ref V]}}}}
"""
    )
    assert policy_names(application, "U") == policy_names(application, "V") == ["shared"]
    assert who(application, "U").type is PrincipalType.USER


def test_the_managed_policies_of_aws_are_known_and_others_are_unseen() -> None:
    application = read(
        ROLE
        + """
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
        - arn:aws:iam::aws:policy/AmazonS3FullAccess
        - arn:aws:iam::aws:policy/NoSuchPolicy
        - arn:aws-cn:iam::aws:policy/AmazonS3FullAccess
        - !Sub arn:aws:iam::${AWS::AccountId}:policy/own
"""
    )
    logs, files, *unseen = who(application, "R").policies
    assert [str(one) for one in logs.statements[0].actions.patterns] == [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ]
    assert [str(one) for one in files.statements[0].actions.patterns] == ["s3:*", "s3-object-lambda:*"]
    assert [files.at.line, files.statements[0].at.line] == [12, 12]
    assert all(one.unseen and not one.statements for one in unseen) and len(unseen) == 3
    assert codes(application, Level.UNMODELLED) == ["managed-policy"] * 3


def test_a_boundary_is_read_as_a_boundary() -> None:
    application = read(
        ROLE
        + f"""
      PermissionsBoundary: !Ref Limit
  Limit: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {STATEMENT}}}}}
"""
    )
    boundary = who(application, "R").boundary
    assert boundary is not None and boundary.type is PolicyType.PERMISSIONS_BOUNDARY
    assert policy_names(application, "R") == []


def test_two_inline_policies_of_one_name_are_noted_with_both_places() -> None:
    application = read(
        ROLE
        + f"""
      Policies: [{{PolicyName: same, PolicyDocument: {STATEMENT}}}]
  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: same, PolicyDocument: {STATEMENT}, Roles: [!Ref R]}}}}
"""
    )
    (problem,) = application.problems
    assert (problem.level, problem.code) == (Level.NOTE, "policy-name-collision")
    assert problem.at.line == 11 and "template.yaml:10:" in problem.message


def test_a_policy_of_a_role_outside_the_input_makes_a_principal_that_may_do_more() -> None:
    policy = f"{{PolicyName: p, PolicyDocument: {STATEMENT}, Roles: [elsewhere]}}"
    application = read(f"Resources: {{P: {{Type: AWS::IAM::Policy, Properties: {policy}}}}}", HERE)
    principal = who(application, "elsewhere")
    assert principal.arn == "arn:aws:iam::111122223333:role/elsewhere"
    assert [len(one.unseen) for one in principal.policies] == [0, 1]
    assert codes(application, Level.UNMODELLED) == ["outside-role"]


def test_a_statement_behind_an_open_condition_is_unseen() -> None:
    application = read(
        ROLE
        + """
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - {Effect: Allow, Action: 's3:GetObject', Resource: '*'}
              - !If [IsProd, {Effect: Allow, Action: '*', Resource: '*'}, !Ref AWS::NoValue]
Parameters: {Stage: {Type: String}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
"""
    )
    (policy,) = who(application, "R").policies
    assert (len(policy.statements), len(policy.unseen)) == (1, 1)
    assert not errors(application)


def test_a_condition_block_that_a_custom_resource_makes_is_not_known() -> None:
    application = read(
        ROLE
        + """
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: '2012-10-17'
            Statement: {Effect: Allow, Action: '*', Resource: '*', Condition: !GetAtt Json.Value}
  Json: {Type: Custom::AWSCDKCfnJson}
"""
    )
    assert not errors(application)
    assert codes(application, Level.UNMODELLED) == ["unknown-condition"]


def test_no_value_disappears_from_a_resource_list() -> None:
    application = read(
        ROLE
        + """
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: '2012-10-17'
            Statement: {Effect: Allow, Action: 's3:*', Resource: ['arn:aws:s3:::a', !Ref AWS::NoValue]}
"""
    )
    (statement,) = who(application, "R").policies[0].statements
    assert [str(one) for one in statement.resources.patterns] == ["arn:aws:s3:::a"]


def test_a_statement_knows_its_line_and_its_resource() -> None:
    application = read(ROLE + f"      Policies: [{{PolicyName: p, PolicyDocument: {STATEMENT}}}]\n")
    at = who(application, "R").policies[0].statements[0].at
    assert (at.line, at.path) == (9, "Resources/R/Properties/Policies/0")


@pytest.mark.parametrize(
    ("id", "construct", "framework"),
    [
        ("MetadataUploaderRole", "", "SST"),
        ("CustomResourceHandlerServiceRole", "", "SST"),
        ("BucketNotificationsHandler050a0587b7544547bf325f094a3db834Role", "", "CDK"),
        ("LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8aServiceRole9741ECFB", "", "CDK"),
        ("CustomS3AutoDeleteObjectsCustomResourceProviderRole3B1BD092", "", "CDK"),
        ("CustomCDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756CServiceRole89A01265", "", "CDK"),
        ("CustomAWSCDKOpenIdConnectProviderCustomResourceProviderRole517FED65", "", "CDK"),
        ("MyRole", "Stack/AWS679f53fac002430cb0da5b7982bd2287/Role", "CDK"),
        ("R", "Stack/Custom::S3AutoDeleteObjectsCustomResourceProvider/Role", "CDK"),
        ("ProviderframeworkonEventServiceRole9FF04296", "Stack/Provider/framework-onEvent/ServiceRole", "CDK"),
        ("IamRoleCustomResourcesLambdaExecution", "", "Serverless Framework"),
        ("CodeDeployServiceRole", "", "SAM"),
        ("Own", "", ""),
        ("CustomerRole", "Stack/Customer/Role", ""),
    ],
)
def test_a_role_that_a_framework_made_for_itself_says_which(id: str, construct: str, framework: str) -> None:
    template = f"""
Resources:
  {id}: {{Type: AWS::IAM::Role, Metadata: {{'aws:cdk:path': '{construct}'}}}}
"""
    assert [one.framework for one in read(template).principals] == [framework]


@pytest.mark.parametrize(
    ("id", "path", "framework"),
    [
        ("AWSServiceRoleForX", "/aws-service-role/x.amazonaws.com/", "AWS"),
        ("AWSReservedSSO_Admin", "/aws-reserved/sso.amazonaws.com/eu-west-1/", "AWS"),
        ("AWSServiceRoleForX", "/", ""),
        ("R", "/service-role/", ""),
    ],
)
def test_a_role_under_a_path_that_only_aws_may_use_is_its_own(id: str, path: str, framework: str) -> None:
    template = f"""
Resources:
  R: {{Type: AWS::IAM::Role, Properties: {{RoleName: {id}, Path: {path}}}}}
"""
    assert [one.framework for one in read(template).principals] == [framework]


# ── identity pools ──

POOL = """
Resources:
  Pool: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: true}}
  Auth: {Type: AWS::IAM::Role}
  Guest: {Type: AWS::IAM::Role}
  Admin: {Type: AWS::IAM::Role}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
"""


def test_a_pool_gives_its_roles_to_its_visitors() -> None:
    application = read(
        POOL
        + """
      Roles: {authenticated: !GetAtt Auth.Arn, unauthenticated: !GetAtt Guest.Arn}
      RoleMappings:
        users: {Type: Rules, RulesConfiguration: {Rules: [{RoleARN: !GetAtt Admin.Arn}]}}
"""
    )
    pool = application.pool("Pool")
    assert pool is not None
    assert (pool.authenticated, pool.unauthenticated, pool.mapped) == ("Auth", "Guest", ("Admin",))
    assert (pool.allows_guests, pool.allows_classic_flow) == (True, False)
    assert pool.id_value == text((Unknown("Pool", generated=True),))
    assert [(one.id, one.type, one.pool) for one in application.principals] == [
        ("Auth", PrincipalType.AUTHENTICATED, "Pool"),
        ("Guest", PrincipalType.UNAUTHENTICATED, "Pool"),
        ("Admin", PrincipalType.MAPPED, "Pool"),
    ]


def test_a_role_for_both_kinds_of_visitors_is_the_guests() -> None:
    application = read(
        POOL + "      Roles: {authenticated: !GetAtt Auth.Arn, unauthenticated: !GetAtt Auth.Arn}\n"
    )
    assert who(application, "Auth").type is PrincipalType.UNAUTHENTICATED
    assert codes(application, Level.NOTE) == ["shared-role"]


def test_signed_in_users_win_over_a_function_that_shares_their_role() -> None:
    application = read(
        POOL
        + """
      Roles: {authenticated: !GetAtt Auth.Arn}
  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Auth.Arn}}
"""
    )
    assert who(application, "Auth").type is PrincipalType.AUTHENTICATED
    assert found(application, "F").attributes == {"runs_as": "Auth"}


def test_tokens_that_choose_a_role_are_not_modelled_and_say_whose_they_are() -> None:
    application = read(
        POOL + "      RoleMappings: {google: {Type: Token, IdentityProvider: accounts.google.com}}\n"
    )
    (problem,) = (one for one in application.problems if one.code == "role-mapping")
    assert problem.level is Level.UNMODELLED and "accounts.google.com" in problem.message


def test_a_pool_whose_guest_switch_is_open_says_so() -> None:
    application = read(
        """
Parameters: {Guests: {Type: String}}
Resources:
  Pool: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: !Ref Guests}}
"""
    )
    assert [one.allows_guests for one in application.pools] == [Unknown("parameter Guests")]


# ── resources ──


def test_a_table_has_its_keys_and_indexes() -> None:
    application = read(
        """
Resources:
  T:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      KeySchema: [{AttributeName: noteId, KeyType: HASH}, {AttributeName: userId, KeyType: RANGE}]
      GlobalSecondaryIndexes:
        - {IndexName: byUser, KeySchema: [{AttributeName: userId, KeyType: HASH}]}
"""
    )
    table = found(application, "T")
    assert (table.type, dict(table.attributes)) == (
        "dynamodb:table",
        {"partition_key": "noteId", "sort_key": "userId"},
    )
    assert [(one.name, one.partition_key) for one in table.indexes] == [("byUser", "userId")]


def test_a_bucket_policy_and_a_queue_policy_hang_on_their_resources() -> None:
    document = """{Version: '2012-10-17', Statement:
        {Effect: Allow, Principal: '*', Action: '*', Resource: '*'}}"""
    application = read(
        f"""
Resources:
  B: {{Type: AWS::S3::Bucket}}
  Q: {{Type: AWS::SQS::Queue}}
  BP: {{Type: AWS::S3::BucketPolicy, Properties: {{Bucket: !Ref B, PolicyDocument: {document}}}}}
  QP: {{Type: AWS::SQS::QueuePolicy, Properties: {{Queues: [!Ref Q], PolicyDocument: {document}}}}}
"""
    )
    policies = [found(application, id).policy for id in ("B", "Q")]
    assert [one.name for one in policies if one] == ["BP", "QP"]
    assert dict(application.counted) == {}


def test_permissions_make_up_the_policy_of_a_function() -> None:
    application = read(
        """
Resources:
  F: {Type: AWS::Lambda::Function}
  P:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !GetAtt F.Arn
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: arn:aws:execute-api:us-east-1:111122223333:abc/*
"""
    )
    policy = found(application, "F").policy
    assert policy is not None
    (statement,) = policy.statements
    assert statement.principals is not None
    assert [str(one) for one in statement.principals.members] == ["Service:apigateway.amazonaws.com"]
    assert [one.key for one in statement.conditions] == ["aws:sourcearn"]


def test_the_short_form_of_a_rest_api_policy_is_written_out() -> None:
    application = read(
        """
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Policy:
        Version: '2012-10-17'
        Statement: {Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*'}
""",
        HERE,
    )
    policy = found(application, "Api").policy
    assert policy is not None
    (resource,) = policy.statements[0].resources.patterns
    assert str(resource) == "arn:aws:execute-api:eu-west-1:111122223333:${Api}/*"


def test_what_the_model_does_not_hold_is_counted() -> None:
    application = read("Resources: {Q: {Type: AWS::SQS::Queue}, L: {Type: AWS::Logs::LogGroup}}")
    assert dict(application.counted) == {"AWS::Logs::LogGroup": 1}


def test_a_template_without_anything_for_iam_says_so() -> None:
    application = read("Resources: {L: {Type: AWS::Logs::LogGroup}}")
    assert [one.message for one in application.problems] == ["there is nothing here that IAM decides about"]


# ── the ways in ──

HTTP_API = """
Resources:
  F: {Type: AWS::Lambda::Function}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  I: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationUri: !GetAtt F.Arn}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /notes/{id}
      Target: !Sub integrations/${I}
"""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", Authorizer.NONE),
        ("AuthorizationType: NONE", Authorizer.NONE),
        ("AuthorizationType: AWS_IAM", Authorizer.IAM),
        ("AuthorizationType: JWT", Authorizer.JWT),
        ("AuthorizationType: CUSTOM", Authorizer.LAMBDA),
        ("AuthorizationType: !Ref AWS::StackName", Authorizer.UNKNOWN),
    ],
)
def test_a_route_has_its_authorizer_and_its_function(written: str, meant: Authorizer) -> None:
    (route,) = read(f"{HTTP_API}      {written}\n").entry_points
    assert (route.id, route.type, route.target, route.source, route.authorizer) == (
        "GET /notes/{id}",
        EntryPointType.ROUTE,
        "F",
        "Api",
        meant,
    )


def test_a_route_for_iam_has_an_arn_with_its_stage() -> None:
    template = HTTP_API + "      AuthorizationType: AWS_IAM\n"
    (route,) = read(template, HERE).entry_points
    assert str(route.arn) == "arn:aws:execute-api:eu-west-1:111122223333:${Api}/*/GET/notes/*"
    stage = "  S: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default}}\n"
    (route,) = read(template + stage, HERE).entry_points
    assert str(route.arn) == "arn:aws:execute-api:eu-west-1:111122223333:${Api}/$default/GET/notes/*"


def test_a_rest_method_has_the_path_of_its_parents() -> None:
    (route,) = read(
        """
Resources:
  F: {Type: AWS::Lambda::Function}
  Api: {Type: AWS::ApiGateway::RestApi}
  Notes: {Type: AWS::ApiGateway::Resource, Properties: {ParentId: !GetAtt Api.RootResourceId, PathPart: notes}}
  Note: {Type: AWS::ApiGateway::Resource, Properties: {ParentId: !Ref Notes, PathPart: '{id}'}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Note
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      Integration:
        Uri: !Sub arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations
"""
    ).entry_points
    assert (route.id, route.target, route.authorizer) == ("GET /notes/{id}", "F", Authorizer.USER_POOL)


def test_routes_of_two_apis_with_one_key_keep_apart() -> None:
    template = """
Resources:
  A: {Type: AWS::ApiGatewayV2::Api}
  B: {Type: AWS::ApiGatewayV2::Api}
  RA: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref A, RouteKey: GET /}}
  RB: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref B, RouteKey: GET /}}
"""
    assert [one.id for one in read(template).entry_points] == ["GET / of A", "GET / of B"]


def test_an_alias_leads_to_its_function() -> None:
    (url,) = read(
        """
Resources:
  F: {Type: AWS::Lambda::Function}
  V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref F, Name: live}}
  Url: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !Ref Live, AuthType: NONE}}
"""
    ).entry_points
    assert (url.id, url.type, url.target, url.authorizer) == (
        "URL of F",
        EntryPointType.FUNCTION_URL,
        "F",
        Authorizer.NONE,
    )


def test_events_start_functions() -> None:
    application = read(
        """
Resources:
  F: {Type: AWS::Lambda::Function}
  Users:
    Type: AWS::Cognito::UserPool
    Properties: {LambdaConfig: {PreSignUp: !GetAtt F.Arn, CustomEmailSender: {LambdaArn: !GetAtt F.Arn}}}
  T: {Type: AWS::DynamoDB::Table}
  Topic: {Type: AWS::SNS::Topic}
  B:
    Type: AWS::S3::Bucket
    Properties: {NotificationConfiguration: {LambdaConfigurations: [{Function: !GetAtt F.Arn, Event: x}]}}
  Sub:
    Type: AWS::SNS::Subscription
    Properties: {Protocol: lambda, TopicArn: !Ref Topic, Endpoint: !GetAtt F.Arn}
  Map:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: !Ref F, EventSourceArn: !GetAtt T.StreamArn}
  Cron:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 hour), Targets: [{Id: a, Arn: !GetAtt F.Arn}]}
"""
    )
    assert not application.problems
    assert [(one.type.value, one.source, one.target) for one in application.entry_points] == [
        ("user pool trigger", "Users", "F"),
        ("user pool trigger", "Users", "F"),
        ("subscription", "Topic", "F"),
        ("consumer", "T", "F"),
        ("notification", "B", "F"),
        ("schedule", "Cron", "F"),
    ]


def test_a_subscription_by_mail_is_counted() -> None:
    template = """
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Mail:
    Type: AWS::SNS::Subscription
    Properties: {Protocol: email, TopicArn: !Ref Topic, Endpoint: a@example.com}
"""
    assert dict(read(template).counted) == {"AWS::SNS::Subscription": 1}


# ── input that is wrong ──


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nmae}}, Name: {Type: A::B::C}}",
            "1:64: there is no parameter or resource `Nmae` (did you mean `Name`?)",
        ),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Tags: !GetAtt Qq.Arn}}}",
            "1:59: there is no parameter or resource `Qq` (did you mean `Q`?)",
        ),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Tags: {Fn::Joim: ['', []]}}}}",
            "1:60: there is no function `Fn::Joim` (did you mean `Fn::Join` or `Fn::Or`?)",
        ),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Tags: !Joim ['', []]}}}",
            "1:59: there is no function `Fn::Joim` (did you mean `Fn::Join` or `Fn::Or`?)",
        ),
        (
            "Resources: {Q: {Type: A::B::C, Properties: {Tags: !Sub '${cognito-identity.amazonaws.com:sub}'}}}",
            "1:51: there is no parameter or resource `cognito-identity.amazonaws.com:sub` "
            "(write `${!cognito-identity.amazonaws.com:sub}` for the policy variable)",
        ),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !FindInMap [A, b, c]}}}\n"
            "Mappings: {A: {b: {d: e}}}",
            "1:82: there is no key `c` (known: `d`)",
        ),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Select [2, [a, b]]}}}",
            "1:73: `Fn::Select` has no member 2 among 2",
        ),
        ("Resources: []", "1:12: `Resources` must be an object, not a list"),
        ("Resources: {Q: 3}", "1:16: the resource `Q` must be an object, not a number"),
        ("Resources: {Q: {}}", "1:16: the resource `Q` needs a `Type`"),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: text}}",
            "1:52: Properties of `Q` must be an object, not a string",
        ),
        ("AWSTemplateFormatVersion: '2010-09-09'", "1:1: a template needs `Resources`"),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue, Condition: Prod}}",
            "1:51: there is no condition `Prod`",
        ),
    ],
)
def test_a_mistake_has_one_message_with_its_place(template: str, message: str) -> None:
    (error,) = errors(read(template))
    assert error == f"template.yaml:{message}"


def test_a_statement_that_is_a_number_is_an_error_at_its_place() -> None:
    application = read(
        "Resources: {R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: 3}}}}"
    )
    assert errors(application)[0] == "template.yaml:1:90: a statement must be an object, not a number"
    trust = who(application, "R").trust
    assert trust is not None and trust.unseen


@pytest.mark.parametrize(
    "template",
    [
        "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt B.QueueName}},"
        " B: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${A.QueueName}-b'}}}",
        "Resources: {A: {Type: AWS::SQS::Queue, Condition: X}}\n"
        "Conditions: {X: !Not [!Condition Y], Y: {Condition: X}}",
        "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !ImportValue x}}}\n"
        "Outputs: {X: {Value: !GetAtt A.QueueName, Export: {Name: x}}}",
    ],
    ids=["names", "conditions", "exports"],
)
def test_what_depends_on_itself_is_said_to_with_the_whole_way(template: str) -> None:
    found = [one for one in read(template).problems if one.level is Level.ERROR]
    assert {one.code for one in found} == {"cycle"}
    assert found[0].at.line and "→" in found[0].message


def test_a_long_chain_of_names_is_refused_and_costs_no_stack() -> None:
    queues = "".join(
        f"  Q{at}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !GetAtt Q{at + 1}.QueueName}}}}\n"
        for at in range(400)
    )
    application = read(f"Resources:\n{queues}  Q400: {{Type: AWS::SQS::Queue}}\n")
    assert "depth" in codes(application, Level.ERROR)


def test_names_that_double_at_every_step_are_refused() -> None:
    queues = "".join(
        f"  Q{at}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Join ['', [{parts}]]}}}}\n"
        for at in range(12)
        for parts in [", ".join([f"!GetAtt Q{at + 1}.QueueName"] * 8)]
    )
    last = "  Q12: {Type: AWS::SQS::Queue, Properties: {QueueName: xxxxxxxx}}\n"
    assert "size" in codes(read(f"Resources:\n{queues}{last}"), Level.ERROR)


def test_functions_nested_too_deep_are_refused() -> None:
    nested = '{"Fn::Not": [' * 60 + "true" + "]}" * 60
    resource = '{"Type": "AWS::SQS::Queue", "Condition": "C"}'
    template = f'{{"Resources": {{"Q": {resource}}}, "Conditions": {{"C": {nested}}}}}'
    assert not errors(read(template))
    joined = '{"Fn::Base64": ' * 150 + '"x"' + "}" * 150
    template = f'{{"Resources": {{"Q": {{"Type": "AWS::SQS::Queue", "Properties": {{"QueueName": {joined}}}}}}}}}'
    assert set(codes(read(template), Level.ERROR)) == {"depth"}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Resources: {A: {Type: x}, A: {Type: y}}", "template.yaml:1:27: duplicate key `A`"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n"
                for before, name in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            "expands to more than",
        ),
    ],
    ids=["duplicate key", "alias bomb"],
)
def test_text_that_cannot_be_decoded_is_an_input_error(template: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read(template)
    assert message in raised.value.message


def test_a_template_in_a_transform_may_refer_to_what_the_transform_adds() -> None:
    application = read(
        "Transform: MyMacro\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref MadeByIt}}}"
    )
    assert not errors(application)
    assert codes(application, Level.UNMODELLED) == ["transform"]


def test_reading_twice_gives_the_same_application() -> None:
    once, again = (read(POOL + "      Roles: {authenticated: !GetAtt Auth.Arn}\n") for _ in range(2))
    assert once == again
