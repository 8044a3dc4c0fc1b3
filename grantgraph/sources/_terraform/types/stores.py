"""What holds data: DynamoDB tables, S3 buckets, Secrets Manager secrets, KMS keys."""

from __future__ import annotations

from grantgraph.node import Node, node_of
from grantgraph.policy.arn import parse_arn
from grantgraph.sources._terraform.document import Instance
from grantgraph.sources._terraform.environments import known_text
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import Properties, TerraformType
from grantgraph.sources._terraform.types._policies import (
    attach_policy,
    own_policy,
    policy_resource,
    with_own_policy,
)
from grantgraph.sources._terraform.types.lambda_ import FUNCTIONS
from grantgraph.text import Text, Unknown, split_text, text

TABLE, BUCKET, SECRET, KEY = "aws_dynamodb_table", "aws_s3_bucket", "aws_secretsmanager_secret", "aws_kms_key"
# block of a notification → the list, the key of the target, its argument, and the types that it may be
_NOTIFICATIONS = {
    "lambda_function": ("LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda_function_arn", FUNCTIONS),
    "queue": ("QueueConfigurations", "QueueArn", "queue_arn", ("aws_sqs_queue",)),
    "topic": ("TopicConfigurations", "TopicArn", "topic_arn", ("aws_sns_topic",)),
}

# ── tables ──


def _table(reader: Reader, one: Instance) -> Properties:
    hash_key = reader.text(one, "hash_key")
    return {
        "KeySchema": _schema(one, hash_key, reader.text(one, "range_key")),
        "GlobalSecondaryIndexes": _indexes(reader, one, "global_secondary_index", None),
        "LocalSecondaryIndexes": _indexes(reader, one, "local_secondary_index", hash_key),
        "StreamSpecification": _stream(reader, one),
        "SSESpecification": _encrypted(
            one, "KMSMasterKeyId", reader.hint(one, "server_side_encryption", 0, "kms_key_arn", to=(KEY,))
        ),
    }


def _encrypted(one: Instance, key: str, value: Node | None) -> Node | None:
    return Node({key: value}, one.at) if value is not None else None


def _stream(reader: Reader, one: Instance) -> Node | None:
    enabled, view = reader.value(one, "stream_enabled"), reader.value(one, "stream_view_type")
    if enabled is None or enabled.value is not True:
        return None
    return Node({"StreamViewType": view} if view is not None and view.as_str() else {}, one.at)


def _schema(one: Instance, hash_key: Node | None, range_key: Node | None) -> Node:
    keys = [(hash_key, "HASH"), (range_key, "RANGE")]
    members = [{"AttributeName": key.as_text(), "KeyType": kind} for key, kind in keys if key is not None]
    return node_of(members, one.at)


def _indexes(reader: Reader, one: Instance, block: str, hash_key: Node | None) -> Node:
    found = []
    for at in reader.blocks(one, block):
        name = reader.text(one, block, at, "name")
        own = hash_key or reader.text(one, block, at, "hash_key")
        schema = _schema(one, own, reader.text(one, block, at, "range_key"))
        members = {"KeySchema": schema} if name is None else {"IndexName": name, "KeySchema": schema}
        found.append(Node(members, one.at))
    return Node(tuple(found), one.at)


def _table_policy(reader: Reader, one: Instance) -> None:
    """A policy of a table; that of a stream of a table is not the table's."""
    arn = known_text(one, "resource_arn")
    link = reader.link(one, "resource_arn", to=(TABLE,))
    made = reader.configuration.made_of(one, ("resource_arn",)) if link is not None and arn is None else None
    of_stream = (
        "/stream/" in arn
        if arn is not None
        else any("stream_arn" in target.path for target in (made.targets if made else ()))
    )
    if of_stream:
        message = f"`{one.address}` is the policy of a stream, which is no part of the model"
        reader.problems.unmodelled(one.at, "stream-policy", message)
    else:
        attach_policy(reader, one, link, TABLE)


# ── buckets ──


def _notification(reader: Reader, one: Instance) -> Properties:
    bucket = reader.link(one, "bucket", to=(BUCKET,))
    lists: dict[str, Node] = {}
    for block, (key, target, argument, types) in _NOTIFICATIONS.items():
        links = [reader.link(one, block, at, argument, to=types) for at in reader.blocks(one, block)]
        members = tuple(Node({target: link.value}, link.value.at) for link in links if link is not None)
        lists[key] = Node(members, one.at)
    return {"BucketName": bucket.value if bucket else None, "NotificationConfiguration": Node(lists, one.at)}


def _public_access(reader: Reader, one: Instance) -> None:
    """What shuts others out of a bucket, which CloudFormation keeps in the bucket."""
    bucket = reader.link(one, "bucket", to=(BUCKET,))
    flag = reader.value(one, "restrict_public_buckets")
    if bucket is not None and bucket.found is not None and flag is not None:
        reader.put(bucket.found, "PublicAccessBlockConfiguration", Node({"RestrictPublicBuckets": flag}, one.at))


def _bucket_encryption(reader: Reader, one: Instance) -> None:
    """Which key encrypts a bucket, which CloudFormation keeps in the bucket."""
    bucket = reader.link(one, "bucket", to=(BUCKET,), telling=False)
    path = ("rule", 0, "apply_server_side_encryption_by_default", 0, "kms_master_key_id")
    by = _encrypted(one, "KMSMasterKeyID", reader.hint(one, *path, to=(KEY,)))
    rule = _encrypted(one, "ServerSideEncryptionByDefault", by)
    if bucket is not None and bucket.found is not None and rule is not None:
        rules = Node({"ServerSideEncryptionConfiguration": Node((rule,), one.at)}, one.at)
        reader.put(bucket.found, "BucketEncryption", rules)


# ── secrets ──


def _secret_name(reader: Reader, one: Instance) -> Text:
    """The end of a secret's ARN: its name and six letters of AWS's own."""
    arn = parse_arn(known_text(one, "arn") or "")
    if arn is not None:
        return split_text(arn.resource, ":", 1)[-1]
    suffix = Unknown(f"{one.address}.Suffix", "six letters that AWS adds", generated=True)
    return text((reader.given_name(one, _SECRET_TYPE), "-", suffix))


# ── keys ──


def _key(reader: Reader, one: Instance) -> Properties:
    document = own_policy(reader, one, "aws_kms_key_policy", "key_id")
    if (
        document is None
        and one.is_new
        and one.address not in reader.linked_by("aws_kms_key_policy", "key_id", KEY)
    ):
        document = _default_key_policy(reader, one)
    return {"KeyPolicy": document}


def _default_key_policy(reader: Reader, one: Instance) -> Node:
    """The policy of a key that is made without one: the account's own policies decide.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    environment = reader.environments.of(one)
    root = text(("arn:", environment.partition, ":iam::", environment.account, ":root"))
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    return node_of({"Version": "2012-10-17", "Statement": [statement]}, one.at)


def _parameter(reader: Reader, one: Instance) -> Properties:
    return {}


_SECRET_TYPE = TerraformType(
    SECRET,
    "AWS::SecretsManager::Secret",
    with_own_policy("aws_secretsmanager_secret_policy", "secret_arn", ("KmsKeyId", "kms_key_id")),
    "name",
    "name_prefix",
    name_of=_secret_name,
    slashes=True,
)

TERRAFORM_TYPES = (
    TerraformType(TABLE, "AWS::DynamoDB::Table", _table, "name", known_by=("id", "arn", "stream_arn")),
    TerraformType("aws_dynamodb_resource_policy", "", _table_policy),
    TerraformType(
        BUCKET, "AWS::S3::Bucket", with_own_policy("aws_s3_bucket_policy", "bucket"), "bucket", "bucket_prefix"
    ),
    policy_resource("aws_s3_bucket_policy", "bucket", BUCKET),
    TerraformType("aws_s3_bucket_server_side_encryption_configuration", "", _bucket_encryption),
    TerraformType("aws_s3_bucket_notification", "Custom::S3BucketNotifications", _notification),
    TerraformType("aws_s3_bucket_public_access_block", "", _public_access),
    _SECRET_TYPE,
    policy_resource("aws_secretsmanager_secret_policy", "secret_arn", SECRET),
    TerraformType(KEY, "AWS::KMS::Key", _key, "key_id"),
    TerraformType("aws_ssm_parameter", "AWS::SSM::Parameter", _parameter, "name", slashes=True),
    policy_resource("aws_kms_key_policy", "key_id", KEY),
)
