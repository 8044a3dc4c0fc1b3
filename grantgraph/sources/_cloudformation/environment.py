"""Where a stack is deployed: what the caller says, then the assembly, then the template's own evidence."""

from __future__ import annotations

import re

from grantgraph.model import Environment
from grantgraph.node import Node
from grantgraph.text import Text

_ASSETS = re.compile(r"cdk-[a-z0-9]+-assets-(\d{12})-([a-z]{2}(?:-[a-z]+)+-\d+)")


def environment_of(
    template: Node,
    partition: str | None = None,
    region: str | None = None,
    account: str | None = None,
) -> Environment:
    """The environment of a stack; what nobody says stays unknown."""
    if account is None and region is None:
        account, region = _evidence(template)
    nowhere = Environment()
    if partition is None and region is not None:
        partition = partition_of(region)
    return Environment(partition or nowhere.partition, region or nowhere.region, account or nowhere.account)


def partition_of(region: str) -> str:
    """The partition that a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def url_suffix(partition: Text) -> str | None:
    """The domain of AWS's endpoints in a partition."""
    return {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}.get(
        str(partition)
    )


def _evidence(template: Node) -> tuple[str | None, str | None]:
    """Account and region, where the template fixes both.

    The code of a function has to lie in its own region, and the bootstrap bucket that holds it carries account
    and region in its name. Other literal ARNs prove nothing: a layer, say, belongs to somebody else. A
    template that uses the pseudo-parameters is meant for more than one place.
    """
    places = set()
    for node in template.walk():
        if isinstance(node.value, str):
            if "${AWS::Region}" in node.value or "${AWS::AccountId}" in node.value:
                return None, None
        elif (ref := node.get("Ref")) and ref.value in ("AWS::Region", "AWS::AccountId"):
            return None, None
        elif bucket := node.get("Properties", "Code", "S3Bucket"):
            found = _ASSETS.fullmatch(bucket.as_str() or "")
            places.add(found.groups() if found else (None, None))
    account, region = places.pop() if len(places) == 1 else (None, None)
    return account, region
