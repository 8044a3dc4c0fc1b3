"""SNS: topics with their policies, and who is subscribed.

Addresses of people are left out: only functions and queues are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, Unread, document, last

TOPIC, SUBSCRIPTION = "AWS::SNS::Topic", "AWS::SNS::Subscription"
_GONE = ("NotFound", "NotFoundException")
_OURS = ("lambda", "sqs")


def _topics(aws: Asking) -> Iterator[str]:
    for topic in aws.every("list_topics", "Topics"):
        yield topic["TopicArn"]


def _topic(aws: Asking, arn: str) -> Iterator[Read]:
    attributes = aws.ask("get_topic_attributes", "Attributes", TopicArn=arn, absent=_GONE)
    if attributes is None:
        return
    yield Found(TOPIC, last(arn), {"TopicName": last(arn)})
    policy = attributes if isinstance(attributes, Unread) else attributes.get("Policy")
    if policy:
        yield Found("AWS::SNS::TopicPolicy", last(arn), {"Topics": [arn], "PolicyDocument": document(policy)})


def _subscriptions(aws: Asking) -> Iterator[Mapping[str, Any]]:
    yield from aws.every("list_subscriptions", "Subscriptions")


def _subscription(aws: Asking, one: Mapping[str, Any]) -> Iterator[Read]:
    arn, protocol = one["SubscriptionArn"], one["Protocol"]
    if arn.startswith("arn:"):  # others wait for somebody to confirm them, or are gone
        properties = {"Protocol": protocol, "TopicArn": one["TopicArn"]}
        endpoint = {"Endpoint": one["Endpoint"]} if protocol in _OURS else {}
        yield Found(SUBSCRIPTION, arn.split(":", 5)[5], {**properties, **endpoint})


KINDS = (
    Kind(
        "topics",
        "sns",
        (TOPIC,),
        {"list_topics": "sns:ListTopics", "get_topic_attributes": "sns:GetTopicAttributes"},
        _topics,
        _topic,
    ),
    Kind(
        "subscriptions",
        "sns",
        (SUBSCRIPTION,),
        {"list_subscriptions": "sns:ListSubscriptions"},
        _subscriptions,
        _subscription,
    ),
)
