"""EventBridge: buses with their policies, and rules with what they start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, Unread, document, members

BUS, RULE = "AWS::Events::EventBus", "AWS::Events::Rule"
_GONE = ("ResourceNotFoundException",)
_DEFAULT = "default"


def _buses(aws: Asking) -> Iterator[Mapping[str, Any]]:
    for one in aws.every("list_event_buses", "EventBuses"):
        yield members(one, "Name", "Arn", "Policy")


def _bus(aws: Asking, one: Mapping[str, Any]) -> Iterator[Read]:
    policy = document(one.get("Policy"))
    if one["Name"] != _DEFAULT or policy is not None:  # every region has a default bus, most of them unused
        yield Found(BUS, one["Name"], {"Name": one["Name"], "Policy": policy})


def _rules(aws: Asking) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for bus in aws.every("list_event_buses", "EventBuses"):
        for one in aws.every("list_rules", "Rules", EventBusName=bus["Name"], absent=_GONE):
            yield bus["Arn"], members(one, "Name", "ScheduleExpression", "EventPattern")


def _rule(aws: Asking, item: tuple[str, Mapping[str, Any]]) -> Iterator[Read]:
    bus, one = item
    name = bus.partition("event-bus/")[2] or bus
    targets = aws.all("list_targets_by_rule", "Targets", Rule=one["Name"], EventBusName=name, absent=_GONE)
    yield Found(
        RULE,
        f"{name}/{one['Name']}",
        {
            **one,
            "EventBusName": bus,
            "Targets": targets
            if isinstance(targets, Unread)
            else [members(target, "Arn", "RoleArn") for target in targets],
        },
    )


KINDS = (
    Kind("event buses", "events", (BUS,), {"list_event_buses": "events:ListEventBuses"}, _buses, _bus),
    Kind(
        "rules",
        "events",
        (RULE,),
        {
            "list_event_buses": "events:ListEventBuses",
            "list_rules": "events:ListRules",
            "list_targets_by_rule": "events:ListTargetsByRule",
        },
        _rules,
        _rule,
    ),
)
