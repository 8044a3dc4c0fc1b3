"""S3: buckets with their policies, what they notify, and what opens or closes them to the world.

Every bucket of the account is read, wherever it is: a policy about S3 knows no regions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, Unread, document, members

BUCKET = "AWS::S3::Bucket"
_GONE = ("NoSuchBucket",)
# a list of a notification configuration → the member that names the target
_NOTIFICATIONS = {
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
    "QueueConfigurations": "QueueArn",
    "TopicConfigurations": "TopicArn",
}
_GROUPS = "http://acs.amazonaws.com/groups/global/"
_CHANGING = ("FULL_CONTROL", "WRITE", "WRITE_ACP")


def _items(aws: Asking) -> Iterator[str]:
    for bucket in aws.every("list_buckets", "Buckets"):
        yield bucket["Name"]


def _read(aws: Asking, name: str) -> Iterator[Read]:
    location = aws.ask("get_bucket_location", Bucket=name, absent=_GONE)
    if location is None:
        return
    region = _region(location)
    block = aws.ask(
        "get_public_access_block",
        "PublicAccessBlockConfiguration",
        Bucket=name,
        absent=("NoSuchPublicAccessBlockConfiguration", *_GONE),
    )
    ignored = isinstance(block, dict) and block.get("IgnorePublicAcls")
    grants = None if ignored else aws.ask("get_bucket_acl", "Grants", Bucket=name, absent=_GONE)
    yield Found(
        BUCKET,
        name,
        {
            "BucketName": name,
            "AccessControl": _access_list(grants),
            "NotificationConfiguration": _notifications(
                aws.ask("get_bucket_notification_configuration", Bucket=name, absent=_GONE)
            ),
            "PublicAccessBlockConfiguration": block,
        },
        region,
    )
    policy = aws.ask("get_bucket_policy", "Policy", Bucket=name, absent=("NoSuchBucketPolicy", *_GONE))
    if policy is not None:
        properties = {"Bucket": name, "PolicyDocument": document(policy)}
        yield Found("AWS::S3::BucketPolicy", name, properties, region)


def _region(location: Any) -> str:
    """The region of a bucket; "" for the one that is asked, where nobody says."""
    if isinstance(location, Unread):
        return ""
    spelled = location.get("LocationConstraint") or "us-east-1"
    return "eu-west-1" if spelled == "EU" else str(spelled)


def _notifications(answer: Any) -> Any:
    if answer is None or isinstance(answer, Unread):
        return answer
    lists = {
        key: [members(one, target) for one in answer.get(key) or ()] for key, target in _NOTIFICATIONS.items()
    }
    return {key: ones for key, ones in lists.items() if ones} or None


def _access_list(grants: Any) -> Any:
    """The canned access control list that grants as much to the world as this one does."""
    if grants is None or isinstance(grants, Unread):
        return grants
    granted: Mapping[str, set[str]] = {"AllUsers": set(), "AuthenticatedUsers": set()}
    for grant in grants:
        group = str(grant.get("Grantee", {}).get("URI", "")).removeprefix(_GROUPS)
        if group in granted:
            granted[group].add(str(grant.get("Permission")))
    if granted["AllUsers"]:
        return "PublicReadWrite" if granted["AllUsers"] & set(_CHANGING) else "PublicRead"
    if granted["AuthenticatedUsers"] & set(_CHANGING):
        return "PublicReadWrite"
    return "AuthenticatedRead" if granted["AuthenticatedUsers"] else None


KINDS = (
    Kind(
        "buckets",
        "s3",
        (BUCKET,),
        {
            "list_buckets": "s3:ListAllMyBuckets",
            "get_bucket_location": "s3:GetBucketLocation",
            "get_bucket_acl": "s3:GetBucketAcl",
            "get_bucket_notification_configuration": "s3:GetBucketNotification",
            "get_public_access_block": "s3:GetBucketPublicAccessBlock",
            "get_bucket_policy": "s3:GetBucketPolicy",
        },
        _items,
        _read,
        everywhere=True,
    ),
)
