"""A template to an account that a server plays: each resource is made by boto3, as CloudFormation would make it.

Only what the fixtures use is understood: `Ref`, `Fn::GetAtt`, `Fn::Sub`, and the types listed here. What a type
needs that no template says, such as the code of a function, is made up.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from grantgraph.decode import decode, read_text
from grantgraph.node import plain
from grantgraph.sources._cloudformation.template import long_form

REGION = "eu-west-1"
ACCOUNT = "123456789012"
Properties: TypeAlias = "dict[str, Any]"
Client: TypeAlias = Callable[[str], Any]


def deploy(template: Path, client: Client) -> Deployed:
    """Make everything that a template declares."""
    written: Any = plain(decode(read_text(template), str(template), long_form))
    deployed = Deployed(client, written["Resources"])
    for name in deployed.written:
        deployed.make(name)
    for last in deployed.afterwards:
        last()
    return deployed


@dataclass
class Deployed:
    """What was made: logical id → what `Ref` gives, and what each attribute is."""

    client: Client
    written: Mapping[str, Any]
    refs: dict[str, str] = field(default_factory=dict)
    attributes: dict[tuple[str, str], str] = field(default_factory=dict)
    afterwards: list[Callable[[], object]] = field(default_factory=list)

    def make(self, name: str) -> None:
        if name in self.refs:
            return
        resource = self.written[name]
        properties = self.value(resource.get("Properties", {}))
        ref, attributes = _MAKERS[resource["Type"]](self, properties)
        self.refs[name] = ref
        self.attributes.update({(name, key): one for key, one in attributes.items()})

    def value(self, written: Any) -> Any:
        """A value with its functions carried out."""
        if isinstance(written, list):
            return [self.value(one) for one in written]
        if not isinstance(written, dict):
            return written
        match next(iter(written.items()), ("", None)):
            case "Ref", str(name):
                return self.ref(name)
            case "Fn::GetAtt", str(path):
                return self.attribute(*path.split(".", 1))
            case "Fn::GetAtt", [name, attribute]:
                return self.attribute(name, attribute)
            case "Fn::Sub", str(text):
                return re.sub(r"\$\{(!?)([^}]+)\}", self._filled, text)
        return {key: self.value(one) for key, one in written.items()}

    def _filled(self, found: re.Match[str]) -> str:
        escaped, name = found.groups()
        if escaped:
            return "${" + name + "}"
        return self.attribute(*name.split(".", 1)) if "." in name else self.ref(name)

    def ref(self, name: str) -> str:
        pseudo = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws"}
        if name not in pseudo:
            self.make(name)
        return pseudo.get(name) or self.refs[name]

    def attribute(self, name: str, attribute: str) -> str:
        self.make(name)
        return self.attributes[name, attribute]


Made: TypeAlias = "tuple[str, Mapping[str, str]]"


def _arn(service: str, resource: str, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


# ── identities ──


def _role(to: Deployed, given: Properties) -> Made:
    iam, name = to.client("iam"), given["RoleName"]
    more = {"PermissionsBoundary": given["PermissionsBoundary"]} if "PermissionsBoundary" in given else {}
    trust = json.dumps(given["AssumeRolePolicyDocument"])
    made = iam.create_role(RoleName=name, Path=given.get("Path", "/"), AssumeRolePolicyDocument=trust, **more)
    for one in given.get("Policies", ()):
        document = json.dumps(one["PolicyDocument"])
        iam.put_role_policy(RoleName=name, PolicyName=one["PolicyName"], PolicyDocument=document)
    for arn in given.get("ManagedPolicyArns", ()):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return name, {"Arn": made["Role"]["Arn"]}


def _policy(to: Deployed, given: Properties) -> Made:
    document = json.dumps(given["PolicyDocument"])
    for role in given["Roles"]:
        to.client("iam").put_role_policy(RoleName=role, PolicyName=given["PolicyName"], PolicyDocument=document)
    return given["PolicyName"], {}


def _user(to: Deployed, given: Properties) -> Made:
    iam, name = to.client("iam"), given["UserName"]
    made = iam.create_user(UserName=name, Path=given.get("Path", "/"))
    for one in given.get("Policies", ()):
        document = json.dumps(one["PolicyDocument"])
        iam.put_user_policy(UserName=name, PolicyName=one["PolicyName"], PolicyDocument=document)
    for group in given.get("Groups", ()):
        iam.add_user_to_group(UserName=name, GroupName=group)
    return name, {"Arn": made["User"]["Arn"]}


def _group(to: Deployed, given: Properties) -> Made:
    iam, name = to.client("iam"), given["GroupName"]
    iam.create_group(GroupName=name)
    for one in given.get("Policies", ()):
        document = json.dumps(one["PolicyDocument"])
        iam.put_group_policy(GroupName=name, PolicyName=one["PolicyName"], PolicyDocument=document)
    for arn in given.get("ManagedPolicyArns", ()):
        iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    return name, {}


def _managed_policy(to: Deployed, given: Properties) -> Made:
    iam = to.client("iam")
    document = json.dumps(given["PolicyDocument"])
    made = iam.create_policy(
        PolicyName=given["ManagedPolicyName"], Path=given.get("Path", "/"), PolicyDocument=document
    )
    arn = made["Policy"]["Arn"]
    for role in given.get("Roles", ()):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    return arn, {"PolicyArn": arn}


def _instance_profile(to: Deployed, given: Properties) -> Made:
    iam, name = to.client("iam"), given["InstanceProfileName"]
    iam.create_instance_profile(InstanceProfileName=name)
    for role in given["Roles"]:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    return name, {}


# ── stores ──


def _table(to: Deployed, given: Properties) -> Made:
    dynamodb, name = to.client("dynamodb"), given["TableName"]
    stream = given.pop("StreamSpecification", None)
    policy = given.pop("ResourcePolicy", None)
    more = {"StreamSpecification": {"StreamEnabled": True, **stream}} if stream else {}
    made = dynamodb.create_table(**given, **more)["TableDescription"]
    if policy:
        document = json.dumps(policy["PolicyDocument"])
        dynamodb.put_resource_policy(ResourceArn=made["TableArn"], Policy=document)
    return name, {"Arn": made["TableArn"], "StreamArn": made.get("LatestStreamArn", "")}


def _bucket(to: Deployed, given: Properties) -> Made:
    s3, name = to.client("s3"), given["BucketName"]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    notified = given.get("NotificationConfiguration")
    if notified:
        lists = {
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": one["Function"], "Events": ["s3:ObjectCreated:*"]}
                for one in notified.get("LambdaConfigurations", ())
            ],
            "QueueConfigurations": [
                {"QueueArn": one["Queue"], "Events": ["s3:ObjectCreated:*"]}
                for one in notified.get("QueueConfigurations", ())
            ],
        }
        to.afterwards.append(
            lambda: s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=lists)
        )
    block = given.get("PublicAccessBlockConfiguration")
    if block:
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    return name, {"Arn": f"arn:aws:s3:::{name}"}


def _bucket_policy(to: Deployed, given: Properties) -> Made:
    to.client("s3").put_bucket_policy(Bucket=given["Bucket"], Policy=json.dumps(given["PolicyDocument"]))
    return "", {}


def _secret(to: Deployed, given: Properties) -> Made:
    made = to.client("secretsmanager").create_secret(Name=given["Name"], SecretString="a secret that stays here")
    return made["ARN"], {"Id": made["ARN"]}


def _secret_policy(to: Deployed, given: Properties) -> Made:
    document = json.dumps(given["ResourcePolicy"])
    to.client("secretsmanager").put_resource_policy(SecretId=given["SecretId"], ResourcePolicy=document)
    return "", {}


def _parameter(to: Deployed, given: Properties) -> Made:
    to.client("ssm").put_parameter(Name=given["Name"], Value=given["Value"], Type=given["Type"])
    return given["Name"], {}


def _key(to: Deployed, given: Properties) -> Made:
    made = to.client("kms").create_key(Policy=json.dumps(given["KeyPolicy"]))["KeyMetadata"]
    return made["KeyId"], {"Arn": made["Arn"]}


# ── messages ──


def _queue(to: Deployed, given: Properties) -> Made:
    made = to.client("sqs").create_queue(QueueName=given["QueueName"])
    return made["QueueUrl"], {"Arn": _arn("sqs", given["QueueName"])}


def _queue_policy(to: Deployed, given: Properties) -> Made:
    for url in given["Queues"]:
        attributes = {"Policy": json.dumps(given["PolicyDocument"])}
        to.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return "", {}


def _topic(to: Deployed, given: Properties) -> Made:
    arn = to.client("sns").create_topic(Name=given["TopicName"])["TopicArn"]
    return arn, {"TopicArn": arn}


def _topic_policy(to: Deployed, given: Properties) -> Made:
    for arn in given["Topics"]:
        document = json.dumps(given["PolicyDocument"])
        to.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
    return "", {}


def _subscription(to: Deployed, given: Properties) -> Made:
    made = to.client("sns").subscribe(**given)
    return made["SubscriptionArn"], {}


def _stream(to: Deployed, given: Properties) -> Made:
    to.client("kinesis").create_stream(StreamName=given["Name"], ShardCount=1)
    return given["Name"], {"Arn": _arn("kinesis", f"stream/{given['Name']}")}


def _stream_policy(to: Deployed, given: Properties) -> Made:
    document = json.dumps(given["ResourcePolicy"])
    to.client("kinesis").put_resource_policy(ResourceARN=given["ResourceArn"], Policy=document)
    return "", {}


def _bus(to: Deployed, given: Properties) -> Made:
    made = to.client("events").create_event_bus(Name=given["Name"])
    return given["Name"], {"Arn": made["EventBusArn"], "Name": given["Name"]}


def _bus_policy(to: Deployed, given: Properties) -> Made:
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Sid": given["StatementId"], **given["Statement"]}]}
    )
    to.client("events").put_permission(EventBusName=given["EventBusName"], Policy=document)
    return "", {}


def _rule(to: Deployed, given: Properties) -> Made:
    events, name = to.client("events"), given["Name"]
    bus = {"EventBusName": given["EventBusName"]} if "EventBusName" in given else {}
    when = {key: given[key] for key in ("ScheduleExpression",) if key in given}
    pattern = {"EventPattern": json.dumps(given["EventPattern"])} if "EventPattern" in given else {}
    events.put_rule(Name=name, **bus, **when, **pattern)
    events.put_targets(Rule=name, Targets=given["Targets"], **bus)
    return name, {}


def _schedule(to: Deployed, given: Properties) -> Made:
    to.client("scheduler").create_schedule(**given)
    return given["Name"], {}


def _pipe(to: Deployed, given: Properties) -> Made:
    to.client("pipes").create_pipe(**given)
    return given["Name"], {}


def _state_machine(to: Deployed, given: Properties) -> Made:
    states = to.client("stepfunctions")
    definition = json.dumps({"StartAt": "end", "States": {"end": {"Type": "Succeed"}}})
    name = given["StateMachineName"]
    arn = states.create_state_machine(name=name, definition=definition, roleArn=given["RoleArn"])[
        "stateMachineArn"
    ]
    return arn, {"Arn": arn, "Name": name}


# ── code ──


def _function(to: Deployed, given: Properties) -> Made:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.js", "exports.handler = async () => []")
    made = to.client("lambda").create_function(
        FunctionName=given["FunctionName"],
        Role=given["Role"],
        Runtime=given["Runtime"],
        Handler=given["Handler"],
        Code={"ZipFile": code.getvalue()},
        Environment=given.get("Environment", {}),
    )
    return given["FunctionName"], {"Arn": made["FunctionArn"]}


def _permission(to: Deployed, given: Properties) -> Made:
    known = ("Action", "Principal", "SourceArn", "SourceAccount", "PrincipalOrgID", "FunctionUrlAuthType")
    to.client("lambda").add_permission(
        FunctionName=given["FunctionName"],
        StatementId=f"statement{len(to.refs)}",
        **{key: given[key] for key in known if key in given},
    )
    return f"permission{len(to.refs)}", {}


def _url(to: Deployed, given: Properties) -> Made:
    made = to.client("lambda").create_function_url_config(
        FunctionName=given["TargetFunctionArn"], AuthType=given["AuthType"]
    )
    return made["FunctionArn"], {}


def _consumer(to: Deployed, given: Properties) -> Made:
    made = to.client("lambda").create_event_source_mapping(**given)
    return made["UUID"], {}


# ── APIs ──


def _api(to: Deployed, given: Properties) -> Made:
    id = to.client("apigatewayv2").create_api(**given)["ApiId"]
    return id, {"ApiId": id}


def _part_of_api(operation: str, id: str) -> Callable[[Deployed, Properties], Made]:
    def make(to: Deployed, given: Properties) -> Made:
        return getattr(to.client("apigatewayv2"), operation)(**given)[id], {}

    return make


def _rest_api(to: Deployed, given: Properties) -> Made:
    gateway = to.client("apigateway")
    policy = {"policy": json.dumps(given["Policy"])} if "Policy" in given else {}
    id = gateway.create_rest_api(name=given["Name"], **policy)["id"]
    root = next(one["id"] for one in gateway.get_resources(restApiId=id)["items"] if one["path"] == "/")
    return id, {"RootResourceId": root, "RestApiId": id}


def _path(to: Deployed, given: Properties) -> Made:
    made = to.client("apigateway").create_resource(
        restApiId=given["RestApiId"], parentId=given["ParentId"], pathPart=given["PathPart"]
    )
    return made["id"], {}


def _method(to: Deployed, given: Properties) -> Made:
    gateway = to.client("apigateway")
    place = {
        "restApiId": given["RestApiId"],
        "resourceId": given["ResourceId"],
        "httpMethod": given["HttpMethod"],
    }
    gateway.put_method(**place, authorizationType=given["AuthorizationType"])
    integration = given["Integration"]
    gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=integration["Uri"])
    return f"method{len(to.refs)}", {}


def _authorizer(to: Deployed, given: Properties) -> Made:
    made = to.client("apigateway").create_authorizer(
        restApiId=given["RestApiId"],
        name=given["Name"],
        type=given["Type"],
        authorizerUri=given["AuthorizerUri"],
        identitySource="method.request.header.Authorization",
    )
    return made["id"], {}


def _rest_stage(to: Deployed, given: Properties) -> Made:
    gateway, id = to.client("apigateway"), given["RestApiId"]

    def make() -> None:
        deployment = gateway.create_deployment(restApiId=id)["id"]
        gateway.create_stage(restApiId=id, stageName=given["StageName"], deploymentId=deployment)

    to.afterwards.append(make)
    return given["StageName"], {}


# ── Cognito ──


def _user_pool(to: Deployed, given: Properties) -> Made:
    triggers = given.get("LambdaConfig", {})
    made = to.client("cognito-idp").create_user_pool(PoolName=given["UserPoolName"], LambdaConfig=triggers)
    id = made["UserPool"]["Id"]
    name = f"cognito-idp.{REGION}.amazonaws.com/{id}"
    return id, {"Arn": _arn("cognito-idp", f"userpool/{id}"), "UserPoolId": id, "ProviderName": name}


def _client(to: Deployed, given: Properties) -> Made:
    made = to.client("cognito-idp").create_user_pool_client(**given)["UserPoolClient"]
    return made["ClientId"], {"ClientId": made["ClientId"]}


def _pool_group(to: Deployed, given: Properties) -> Made:
    to.client("cognito-idp").create_group(**given)
    return given["GroupName"], {}


def _identity_pool(to: Deployed, given: Properties) -> Made:
    made = to.client("cognito-identity").create_identity_pool(**given)
    return made["IdentityPoolId"], {"Id": made["IdentityPoolId"]}


def _pool_roles(to: Deployed, given: Properties) -> Made:
    mappings = {
        one["IdentityProvider"]: {key: value for key, value in one.items() if key != "IdentityProvider"}
        for one in given.get("RoleMappings", {}).values()
    }
    more = {"RoleMappings": mappings} if mappings else {}
    to.client("cognito-identity").set_identity_pool_roles(
        IdentityPoolId=given["IdentityPoolId"], Roles=given["Roles"], **more
    )
    return "", {}


_MAKERS: Mapping[str, Callable[[Deployed, Properties], Made]] = {
    "AWS::ApiGateway::Authorizer": _authorizer,
    "AWS::ApiGateway::Method": _method,
    "AWS::ApiGateway::Resource": _path,
    "AWS::ApiGateway::RestApi": _rest_api,
    "AWS::ApiGateway::Stage": _rest_stage,
    "AWS::ApiGatewayV2::Api": _api,
    "AWS::ApiGatewayV2::Integration": _part_of_api("create_integration", "IntegrationId"),
    "AWS::ApiGatewayV2::Route": _part_of_api("create_route", "RouteId"),
    "AWS::ApiGatewayV2::Stage": _part_of_api("create_stage", "StageName"),
    "AWS::Cognito::IdentityPool": _identity_pool,
    "AWS::Cognito::IdentityPoolRoleAttachment": _pool_roles,
    "AWS::Cognito::UserPool": _user_pool,
    "AWS::Cognito::UserPoolClient": _client,
    "AWS::Cognito::UserPoolGroup": _pool_group,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _bus,
    "AWS::Events::EventBusPolicy": _bus_policy,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Group": _group,
    "AWS::IAM::InstanceProfile": _instance_profile,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Policy": _policy,
    "AWS::IAM::Role": _role,
    "AWS::IAM::User": _user,
    "AWS::KMS::Key": _key,
    "AWS::Kinesis::ResourcePolicy": _stream_policy,
    "AWS::Kinesis::Stream": _stream,
    "AWS::Lambda::EventSourceMapping": _consumer,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::Lambda::Url": _url,
    "AWS::Pipes::Pipe": _pipe,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SSM::Parameter": _parameter,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::SecretsManager::ResourcePolicy": _secret_policy,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
