"""SQS: queues with their policies."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, Unread, document, last

QUEUE = "AWS::SQS::Queue"
_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_MOST = 1_000
"""Without a size of pages SQS hands out one page, and says of none that follows."""


def _items(aws: Asking) -> Iterator[str]:
    yield from aws.every("list_queues", "QueueUrls", MaxResults=_MOST)


def _read(aws: Asking, url: str) -> Iterator[Read]:
    attributes = aws.ask("get_queue_attributes", QueueUrl=url, AttributeNames=["Policy"], absent=_GONE)
    if attributes is None:
        return
    name = last(url, "/")
    yield Found(QUEUE, name, {"QueueName": name})
    policy = attributes if isinstance(attributes, Unread) else attributes.get("Attributes", {}).get("Policy")
    if policy:
        queues = [aws.arn("sqs", name)]
        yield Found("AWS::SQS::QueuePolicy", name, {"Queues": queues, "PolicyDocument": document(policy)})


KINDS = (
    Kind(
        "queues",
        "sqs",
        (QUEUE,),
        {"list_queues": "sqs:ListQueues", "get_queue_attributes": "sqs:GetQueueAttributes"},
        _items,
        _read,
    ),
)
