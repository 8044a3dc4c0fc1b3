"""Resources of templates: their names and ARNs, what `Ref` gives, and the policies that hang on them."""

from __future__ import annotations

import pytest

from grantgraph.model import PrincipalType, RoleChoice
from grantgraph.policy import PolicyType
from grantgraph.problems import Level
from grantgraph.text import Unknown, text
from tests.templates import HERE, codes, errors, found, named, read, who

# ── names ──


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("/app/token", ":parameter/app/token"),
        ("token", ":parameter/token"),
        ("!Sub '/${R}/x'", ":parameter/${R}/x"),
    ],
)
def test_the_arn_of_a_stored_parameter_has_one_slash(name: str, arn: str) -> None:
    template = f"""
Resources:
  R: {{Type: AWS::SNS::Topic, Properties: {{TopicName: t}}}}
  P: {{Type: AWS::SSM::Parameter, Properties: {{Name: {name.replace("${R}", "${R.TopicName}")}}}}}
"""
    assert str(found(read(template, HERE), "P").arn).endswith(arn.replace("${R}", "t"))


def test_a_policy_on_a_stored_parameter_names_it_in_the_usual_ways() -> None:
    application = read(
        """
Resources:
  P: {Type: AWS::SSM::Parameter, Properties: {Name: /app/token}}
  R:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              Effect: Allow
              Action: ssm:GetParameter
              Resource: !Sub 'arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${P}'
""",
        HERE,
    )
    (resource,) = who(application, "R").policies[0].statements[0].resources.patterns
    assert resource.pattern.literal == found(application, "P").arn


def test_a_stored_parameter_whose_name_is_open_may_begin_with_a_slash() -> None:
    template = """
Parameters: {Name: {Type: String}}
Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Name: !Ref Name}}}
"""
    arn = found(read(template, HERE), "P").arn
    assert arn == text(("arn:aws:ssm:eu-west-1:111122223333:parameter/", Unknown("P without a slash")))


# ── what Ref gives ──


def test_ref_of_an_alias_is_the_arn_of_its_function_with_its_name() -> None:
    rest = """
  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref F, Name: live}}
  One: {Type: AWS::Lambda::Version, Properties: {FunctionName: !GetAtt F.Arn}}
"""
    assert named("!Ref Live", rest, HERE) == "arn:aws:lambda:eu-west-1:111122223333:function:f:live"
    assert str(named("!Ref One", rest, HERE)) == "arn:aws:lambda:eu-west-1:111122223333:function:f:${One.Ref}"


def test_ref_of_what_attaches_a_secret_is_the_secret() -> None:
    rest = """
  Secret: {Type: AWS::SecretsManager::Secret}
  Attached: {Type: AWS::SecretsManager::SecretTargetAttachment, Properties: {SecretId: !Ref Secret}}
"""
    assert named("!Ref Attached", rest, HERE) == named("!Ref Secret", rest, HERE)


def test_ref_of_a_type_that_nobody_knows_may_be_anything_at_all() -> None:
    (unknown,) = named("!Ref Custom").parts  # type: ignore[union-attr]
    assert unknown == Unknown("Custom.Ref") and not unknown.plain


def test_ref_of_an_endpoint_is_one_word() -> None:
    (unknown,) = named("!Ref E", "  E: {Type: AWS::EC2::VPCEndpoint}").parts  # type: ignore[union-attr]
    assert unknown.plain  # type: ignore[union-attr]


# ── policies of resources ──

BUS_POLICY = "AWS::Events::EventBusPolicy, Properties: {EventBusName: !Ref X, StatementId: a"
OPEN = "{Effect: Allow, Principal: '*', Action: '*', Resource: '*'}"
DOCUMENT = f"{{Version: '2012-10-17', Statement: {OPEN}}}"
RESOURCE_POLICY = f"ResourcePolicy: {DOCUMENT}"


@pytest.mark.parametrize(
    ("type", "properties", "policy"),
    [
        (
            "AWS::S3::Bucket",
            "",
            f"AWS::S3::BucketPolicy, Properties: {{Bucket: !Ref X, PolicyDocument: {DOCUMENT}}}",
        ),
        (
            "AWS::SQS::Queue",
            "",
            f"AWS::SQS::QueuePolicy, Properties: {{Queues: [!Ref X], PolicyDocument: {DOCUMENT}}}",
        ),
        (
            "AWS::SQS::Queue",
            "",
            f"AWS::SQS::QueueInlinePolicy, Properties: {{Queue: !Ref X, PolicyDocument: {DOCUMENT}}}",
        ),
        (
            "AWS::SNS::Topic",
            "",
            f"AWS::SNS::TopicPolicy, Properties: {{Topics: [!Ref X], PolicyDocument: {DOCUMENT}}}",
        ),
        (
            "AWS::SNS::Topic",
            "",
            f"AWS::SNS::TopicInlinePolicy, Properties: {{TopicArn: !Ref X, PolicyDocument: {DOCUMENT}}}",
        ),
        (
            "AWS::SecretsManager::Secret",
            "",
            f"AWS::SecretsManager::ResourcePolicy, Properties: {{SecretId: !Ref X, ResourcePolicy: {DOCUMENT}}}",
        ),
        (
            "AWS::Kinesis::Stream",
            "",
            f"AWS::Kinesis::ResourcePolicy, Properties: {{ResourceArn: !GetAtt X.Arn, {RESOURCE_POLICY}}}",
        ),
        ("AWS::DynamoDB::Table", f"ResourcePolicy: {{PolicyDocument: {DOCUMENT}}}", ""),
        ("AWS::DynamoDB::GlobalTable", f"Replicas: [{{ResourcePolicy: {{PolicyDocument: {DOCUMENT}}}}}]", ""),
        ("AWS::KMS::Key", f"KeyPolicy: {DOCUMENT}", ""),
        ("AWS::KMS::ReplicaKey", f"KeyPolicy: {DOCUMENT}", ""),
        ("AWS::Events::EventBus", f"Policy: {DOCUMENT}", ""),
        (
            "AWS::Events::EventBus",
            "",
            f"{BUS_POLICY}, Statement: {OPEN}}}",
        ),
    ],
)
def test_a_resource_has_its_policy(type: str, properties: str, policy: str) -> None:
    hung = f"  P: {{Type: {policy}}}\n" if policy else ""
    application = read(f"Resources:\n  X: {{Type: {type}, Properties: {{{properties}}}}}\n{hung}")
    assert not application.problems
    own = found(application, "X").policy
    assert own is not None and own.type is PolicyType.RESOURCE_BASED
    (statement,) = own.statements
    assert statement.principals is not None
    assert not application.counted


def test_the_statements_of_a_bus_add_up() -> None:
    application = read(
        """
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: bus}}
  Org:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: !Ref Bus
      StatementId: org
      Action: events:PutEvents
      Principal: '*'
      Condition: {Type: StringEquals, Key: aws:PrincipalOrgID, Value: o-1234567890}
  Account:
    Type: AWS::Events::EventBusPolicy
    Properties: {EventBusName: bus, StatementId: other, Action: events:PutEvents, Principal: '444455556666'}
""",
        HERE,
    )
    assert not application.problems
    policy = found(application, "Bus").policy
    assert policy is not None
    assert [[str(one) for one in statement.conditions] for statement in policy.statements] == [
        ["StringEquals aws:PrincipalOrgID o-1234567890"],
        [],
    ]
    assert {str(one) for statement in policy.statements for one in statement.resources.patterns} == {
        "arn:aws:events:eu-west-1:111122223333:event-bus/bus"
    }


def test_a_key_without_a_policy_has_the_one_that_aws_gives_it() -> None:
    policy = found(read("Resources: {K: {Type: AWS::KMS::Key}}", HERE), "K").policy
    assert policy is not None
    (statement,) = policy.statements
    assert statement.principals is not None
    assert [str(one) for one in statement.principals.members] == ["AWS:arn:aws:iam::111122223333:root"]
    assert [one.spelled for one in statement.actions.patterns] == ["kms:*"]


@pytest.mark.parametrize(
    ("principal", "kind"),
    [
        ("sns.amazonaws.com", "Service"),
        ("!Sub 'logs.${AWS::Region}.amazonaws.com'", "Service"),
        ("!Sub 'sns.${AWS::URLSuffix}'", "Service"),
        ("'444455556666'", "AWS"),
        ("arn:aws:iam::444455556666:role/a.b", "AWS"),
        ("!Sub 'arn:aws:iam::${AWS::AccountId}:root'", "AWS"),
    ],
)
def test_the_principal_of_a_permission_is_a_service_or_an_account(principal: str, kind: str) -> None:
    application = read(
        f"""
Resources:
  F: {{Type: AWS::Lambda::Function}}
  P:
    Type: AWS::Lambda::Permission
    Properties: {{FunctionName: !Ref F, Action: 'lambda:InvokeFunction', Principal: {principal}}}
"""
    )
    policy = found(application, "F").policy
    assert policy is not None and policy.statements[0].principals is not None
    assert [one.kind.value for one in policy.statements[0].principals.members] == [kind]


@pytest.mark.parametrize(
    ("given", "said"), [("PublicRead", True), ("!Ref AWS::StackName", True), ("Private", False)]
)
def test_an_access_control_list_that_may_open_a_bucket_is_said_to_be_left_out(given: str, said: bool) -> None:
    application = read(f"Resources: {{B: {{Type: AWS::S3::Bucket, Properties: {{AccessControl: {given}}}}}}}")
    assert codes(application, Level.UNMODELLED) == (["access-list"] if said else [])


# ── identity pools ──

POOL = """
Resources:
  Users: {Type: AWS::Cognito::UserPool}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Users}}
  Pool: {Type: AWS::Cognito::IdentityPool}
  Auth: {Type: AWS::IAM::Role}
  Admin: {Type: AWS::IAM::Role}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      Roles: {authenticated: !GetAtt Auth.Arn}
      RoleMappings:
        users:
          IdentityProvider: !Sub '${Users.ProviderName}:${Client}'
"""


def test_a_rule_says_which_claim_chooses_a_role() -> None:
    application = read(
        POOL
        + """
          Type: Rules
          AmbiguousRoleResolution: Deny
          RulesConfiguration:
            Rules: [{Claim: 'custom:paid', MatchType: Equals, Value: 'yes', RoleARN: !GetAtt Admin.Arn}]
""",
        HERE,
    )
    pool = application.pool("Pool")
    assert pool is not None and pool.mapped == ("Admin",)
    provider = str(pool.choices[0].provider)
    assert provider == "cognito-idp.eu-west-1.amazonaws.com/${Users}:${Client.Ref}"
    assert pool.choices == (RoleChoice(pool.choices[0].provider, "Admin", "custom:paid", "Equals", "yes", "Deny"),)


def test_the_groups_of_a_user_pool_name_the_roles_in_its_tokens() -> None:
    application = read(
        POOL
        + """
          Type: Token
          AmbiguousRoleResolution: AuthenticatedRole
  Admins:
    Type: AWS::Cognito::UserPoolGroup
    Properties: {GroupName: admins, UserPoolId: !Ref Users, RoleArn: !GetAtt Admin.Arn}
  Readers: {Type: AWS::Cognito::UserPoolGroup, Properties: {GroupName: readers, UserPoolId: !Ref Users}}
"""
    )
    pool = application.pool("Pool")
    assert pool is not None and pool.mapped == ("Admin",)
    assert who(application, "Admin").type is PrincipalType.MAPPED
    assert codes(application, Level.UNMODELLED) == []
    assert codes(application, Level.NOTE) == ["user-pool-groups"]


def test_a_pool_has_its_principal_tags() -> None:
    application = read(
        POOL.partition("      RoleMappings")[0]
        + """
  Tags:
    Type: AWS::Cognito::IdentityPoolPrincipalTag
    Properties:
      IdentityPoolId: !Ref Pool
      IdentityProviderName: !GetAtt Users.ProviderName
      PrincipalTags: {tenant: 'custom:tenant'}
"""
    )
    pool = application.pool("Pool")
    assert pool is not None and dict(pool.tags) == {"tenant": "custom:tenant"}
    assert not [one for one in errors(application) if "policy document" not in one]
