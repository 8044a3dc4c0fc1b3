"""Systems Manager: the names of parameters; what they hold is never asked for."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read

PARAMETER = "AWS::SSM::Parameter"


def _items(aws: Asking) -> Iterator[str]:
    for one in aws.every("describe_parameters", "Parameters"):
        yield one["Name"]


def _read(aws: Asking, name: str) -> Iterator[Read]:
    yield Found(PARAMETER, name, {"Name": name})


KINDS = (
    Kind("parameters", "ssm", (PARAMETER,), {"describe_parameters": "ssm:DescribeParameters"}, _items, _read),
)
