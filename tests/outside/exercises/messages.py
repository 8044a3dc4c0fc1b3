"""Queues, topics, event buses and streams."""

from __future__ import annotations

from json import dumps
from typing import Any

from grantgraph.model import Resource
from tests.outside.aws import Aws, Call, Context
from tests.outside.exercises import Around, Calls, Exercise, name_of

# ── queues ──


def url_of(admin: Aws, queue: Resource) -> str:
    return f"{admin.endpoint}/{str(queue.arn).split(':')[4]}/{name_of(queue)}"


def make_queue(admin: Aws, queue: Resource) -> str:
    admin.client("sqs").create_queue(QueueName=name_of(queue), Attributes={"VisibilityTimeout": "0"})
    return ""


def share_queue(admin: Aws, queue: Resource, policy: dict[str, Any]) -> None:
    attributes = {"Policy": dumps(policy)}
    admin.client("sqs").set_queue_attributes(QueueUrl=url_of(admin, queue), Attributes=attributes)


def call_queue(queue: Resource, around: Around) -> Calls:
    at, sqs = {"QueueUrl": url_of(around.admin, queue)}, around.admin.client("sqs")

    def received(_: Aws) -> dict[str, Any]:
        sqs.send_message(**at, MessageBody="x")
        message = sqs.receive_message(**at, MaxNumberOfMessages=1)["Messages"][0]
        return {"ReceiptHandle": message["ReceiptHandle"]}

    def batch(_: Aws) -> dict[str, Any]:
        return {"Entries": [{"Id": "1", **received(_)}]}

    def call(action: str, operation: str, prepare: Any = None, **more: Any) -> Call:
        return Call(f"sqs:{action}", str(queue.arn), "sqs", operation, {**at, **more}, {}, prepare)

    one = [{"Id": "1", "ReceiptHandle": "x"}]
    yield call("SendMessage", "send_message", MessageBody="x")
    yield call("SendMessage", "send_message_batch", Entries=[{"Id": "1", "MessageBody": "x"}])
    yield call("ReceiveMessage", "receive_message")
    yield call("DeleteMessage", "delete_message", received, ReceiptHandle="x")
    yield call("DeleteMessage", "delete_message_batch", batch, Entries=one)
    yield call(
        "ChangeMessageVisibility", "change_message_visibility", received, ReceiptHandle="x", VisibilityTimeout=0
    )
    yield call("GetQueueAttributes", "get_queue_attributes", AttributeNames=["All"])
    yield call("PurgeQueue", "purge_queue")
    yield call("SetQueueAttributes", "set_queue_attributes", Attributes={"VisibilityTimeout": "0"})
    yield call("DeleteQueue", "delete_queue")


# ── topics ──


def make_topic(admin: Aws, topic: Resource) -> str:
    admin.client("sns").create_topic(Name=name_of(topic))
    return ""


def share_topic(admin: Aws, topic: Resource, policy: dict[str, Any]) -> None:
    given = {"AttributeName": "Policy", "AttributeValue": dumps(policy)}
    admin.client("sns").set_topic_attributes(TopicArn=str(topic.arn), **given)


def call_topic(topic: Resource, around: Around) -> Calls:
    arn = str(topic.arn)

    def call(action: str, operation: str, context: dict[str, str] | None = None, **more: Any) -> Call:
        return Call(f"sns:{action}", arn, "sns", operation, {"TopicArn": arn, **more}, context or {})

    yield call("Publish", "publish", Message="x")
    yield call("Publish", "publish_batch", PublishBatchRequestEntries=[{"Id": "1", "Message": "x"}])
    for protocol, endpoint in {"sqs": arn.replace(":sns:", ":sqs:"), "email": "somebody@example.com"}.items():
        said = {"sns:Protocol": protocol, "sns:Endpoint": endpoint}
        yield call("Subscribe", "subscribe", said, Protocol=protocol, Endpoint=endpoint)
    yield call("GetTopicAttributes", "get_topic_attributes")
    yield call("DeleteTopic", "delete_topic")


# ── event buses ──


def make_bus(admin: Aws, bus: Resource) -> str:
    admin.client("events").create_event_bus(Name=name_of(bus))
    return ""


def call_bus(bus: Resource, around: Around) -> Calls:
    arn, name = str(bus.arn), name_of(bus)
    for source in (*around.scoped("sources"), "somewhere"):
        entry = {"Source": source, "DetailType": "changed", "Detail": "{}", "EventBusName": name}
        said: Context = {
            "events:source": (source,),
            "events:detail-type": ("changed",),
            "events:eventBusInvocation": "false",
        }
        yield Call("events:PutEvents", arn, "events", "put_events", {"Entries": [entry]}, said)
    yield Call("events:DeleteEventBus", arn, "events", "delete_event_bus", {"Name": name})


# ── streams ──


def make_stream(admin: Aws, stream: Resource) -> str:
    admin.client("kinesis").create_stream(StreamName=name_of(stream), ShardCount=1)
    return ""


def share_stream(admin: Aws, stream: Resource, policy: dict[str, Any]) -> None:
    admin.client("kinesis").put_resource_policy(ResourceARN=str(stream.arn), Policy=dumps(policy))


def call_stream(stream: Resource, around: Around) -> Calls:
    arn, kinesis = str(stream.arn), around.admin.client("kinesis")
    shard = kinesis.list_shards(StreamARN=arn)["Shards"][0]["ShardId"]
    start = {"ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(StreamARN=arn, **start)["ShardIterator"]

    def call(action: str, operation: str, **more: Any) -> Call:
        return Call(f"kinesis:{action}", arn, "kinesis", operation, {"StreamARN": arn, **more})

    yield call("PutRecord", "put_record", Data=b"x", PartitionKey="x")
    yield call("PutRecords", "put_records", Records=[{"Data": b"x", "PartitionKey": "x"}])
    yield call("DescribeStreamSummary", "describe_stream_summary")
    yield call("DescribeStream", "describe_stream")
    yield call("ListShards", "list_shards")
    yield call("GetShardIterator", "get_shard_iterator", **start)
    yield call("GetRecords", "get_records", ShardIterator=iterator)
    yield call("DeleteStream", "delete_stream")


EXERCISES = {
    "sqs:queue": Exercise(make_queue, call_queue, share_queue),
    "sns:topic": Exercise(make_topic, call_topic, share_topic),
    "events:event-bus": Exercise(make_bus, call_bus),
    "kinesis:stream": Exercise(make_stream, call_stream, share_stream),
}
