"""Kinesis: data streams with their policies."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, document

STREAM = "AWS::Kinesis::Stream"
_GONE = ("ResourceNotFoundException",)


def _items(aws: Asking) -> Iterator[str]:
    yield from aws.every("list_streams", "StreamNames")


def _read(aws: Asking, name: str) -> Iterator[Read]:
    yield Found(STREAM, name, {"Name": name})
    arn = aws.arn("kinesis", f"stream/{name}")
    policy = document(aws.ask("get_resource_policy", "Policy", ResourceARN=arn, absent=_GONE))
    if policy:  # a stream without one has an empty one
        yield Found("AWS::Kinesis::ResourcePolicy", name, {"ResourceArn": arn, "ResourcePolicy": policy})


KINDS = (
    Kind(
        "streams",
        "kinesis",
        (STREAM,),
        {"list_streams": "kinesis:ListStreams", "get_resource_policy": "kinesis:GetResourcePolicy"},
        _items,
        _read,
    ),
)
