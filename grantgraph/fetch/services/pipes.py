"""EventBridge Pipes: what they read, what they start, and as whom."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, part

PIPE = "AWS::Pipes::Pipe"
_KEPT = ("Source", "Enrichment", "Target", "RoleArn")


def _items(aws: Asking) -> Iterator[str]:
    for one in aws.every("list_pipes", "Pipes"):
        yield one["Name"]


def _read(aws: Asking, name: str) -> Iterator[Read]:
    pipe = aws.ask("describe_pipe", Name=name, absent=("NotFoundException",))
    if pipe is not None:
        yield Found(PIPE, name, {"Name": name, **{key: part(pipe, key) for key in _KEPT}})


KINDS = (
    Kind(
        "pipes",
        "pipes",
        (PIPE,),
        {"list_pipes": "pipes:ListPipes", "describe_pipe": "pipes:DescribePipe"},
        _items,
        _read,
    ),
)
