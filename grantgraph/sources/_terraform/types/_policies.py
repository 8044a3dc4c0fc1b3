"""Policies of resources: those that a resource holds itself, and those that are resources of their own."""

from __future__ import annotations

from collections.abc import Mapping

from grantgraph.node import Node
from grantgraph.sources._terraform.document import Instance
from grantgraph.sources._terraform.links import Link
from grantgraph.sources._terraform.policies import policy_document
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import Properties, TerraformType, Writer
from grantgraph.text import Unknown

# type → CloudFormation's type of its policy, the property that names it, and the one with the document
_APART: Mapping[str, tuple[str, str, str]] = {
    "aws_s3_bucket": ("AWS::S3::BucketPolicy", "Bucket", "PolicyDocument"),
    "aws_sqs_queue": ("AWS::SQS::QueuePolicy", "Queues", "PolicyDocument"),
    "aws_sns_topic": ("AWS::SNS::TopicPolicy", "Topics", "PolicyDocument"),
    "aws_secretsmanager_secret": ("AWS::SecretsManager::ResourcePolicy", "SecretId", "ResourcePolicy"),
    "aws_kinesis_stream": ("AWS::Kinesis::ResourcePolicy", "ResourceArn", "ResourcePolicy"),
}
# type → the property of its own that holds its policy
_INSIDE: Mapping[str, str] = {
    "aws_dynamodb_table": "ResourcePolicy",
    "aws_kms_key": "KeyPolicy",
    "aws_cloudwatch_event_bus": "Policy",
    "aws_api_gateway_rest_api": "Policy",
}


def own_policy(reader: Reader, one: Instance, separate: str, attribute: str) -> Node | None:
    """The policy in a resource's own `policy`, unless a resource of its own holds it.

    Where the configuration does not set it, Terraform repeats what it found on the resource.
    """
    if not reader.configures(one, "policy"):
        node = reader.value(one, "policy")
        if node is None or reader.is_left_to_aws(one, "policy"):
            return None
        if one.address in reader.linked_by(separate, attribute, one.type):
            return None
    return policy_document(reader, one, "policy")


def with_own_policy(separate: str, attribute: str, key: tuple[str, str] = ("", "")) -> Writer:
    """Write a resource that may hold its policy itself; `separate` is the type that may hold it instead.

    Args:
        key: the property that says which key encrypts it, and the attribute.
    """

    def write(reader: Reader, one: Instance) -> Properties:
        document = own_policy(reader, one, separate, attribute)
        if document is not None:
            give_policy(reader, one, document, f"{one.address}.policy", one)
        return {key[0]: reader.hint(one, key[1], to=("aws_kms_key",))} if key[0] else {}

    return write


def policy_resource(name: str, attribute: str, target: str) -> TerraformType:
    """The type of a policy that is a resource of its own."""

    def write(reader: Reader, one: Instance) -> Properties | None:
        link = reader.link(one, attribute, to=(target,))
        attach_policy(reader, one, link, target)
        return None

    return TerraformType(name, "", write)


def attach_policy(reader: Reader, one: Instance, link: Link | None, of: str) -> None:
    """Give a resource its policy; where it is not known whose it is, let nobody's be known."""
    document = policy_document(reader, one, "policy") or Node({}, one.at)
    if link is not None and link.found is not None:
        give_policy(reader, link.found, document, one.address, one)
        return
    message = f"`{one.address}` is the policy of a resource that is not in the input"
    if link is not None and link.is_open:
        reason = f"`{one.address}` may be its policy, which is known only after the plan is applied"
        for target in link.may_be if link.may_be is not None else reader.instances(of):
            if target.address not in reader.doubted:  # one doubt about a policy is as good as many
                reader.doubted.add(target.address)
                unknown = Node(Unknown(one.address, reason), one.at)
                give_policy(reader, target, unknown, f"{one.address} of {target.address}", one)
        message = f"whose policy `{one.address}` is, is known only after the plan is applied"
    reader.problems.unmodelled(one.at, "outside-resource", message)


def give_policy(reader: Reader, target: Instance, document: Node, id: str, by: Instance) -> None:
    """Say in CloudFormation's words that a document is a resource's policy."""
    if target.type in _INSIDE:
        reader.put(target, _INSIDE[target.type], document)
    elif target.type in _APART:
        type, property, key = _APART[target.type]
        named = Node(reader.reference(target), by.at)
        value = Node((named,), by.at) if property.endswith("s") else named
        reader.also(id, by, type, {property: value, key: document})
