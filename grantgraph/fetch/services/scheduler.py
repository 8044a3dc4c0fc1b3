"""EventBridge Scheduler: schedules, what they start, and as whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, Unread, members, part

SCHEDULE = "AWS::Scheduler::Schedule"


def _items(aws: Asking) -> Iterator[Mapping[str, Any]]:
    for one in aws.every("list_schedules", "Schedules"):
        yield members(one, "Name", "GroupName")


def _read(aws: Asking, one: Mapping[str, Any]) -> Iterator[Read]:
    schedule = aws.ask("get_schedule", **one, absent=("ResourceNotFoundException",))
    if schedule is None:
        return
    target = part(schedule, "Target")
    properties = {
        "Name": one["Name"],
        "ScheduleExpression": part(schedule, "ScheduleExpression"),
        "Target": target if isinstance(target, Unread) else members(target, "Arn", "RoleArn"),
    }
    yield Found(SCHEDULE, f"{one['GroupName']}/{one['Name']}", properties)


KINDS = (
    Kind(
        "schedules",
        "scheduler",
        (SCHEDULE,),
        {"list_schedules": "scheduler:ListSchedules", "get_schedule": "scheduler:GetSchedule"},
        _items,
        _read,
    ),
)
