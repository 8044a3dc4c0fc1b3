"""Findings that somebody accepts: which, why, by whom, and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from grantgraph.problems import NOWHERE, Location, did_you_mean


@dataclass(frozen=True, slots=True)
class Ignore:
    """A finding that is accepted: which, why, by whom, and until when.

    `fingerprint` is that of the finding, as reports show it: when the access widens it is another one, and the
    finding comes back.
    """

    fingerprint: str
    reason: str = ""
    owner: str = ""
    until: date | None = None
    at: Location = field(default=NOWHERE, compare=False)


_KEYS = tuple(one.name for one in fields(Ignore) if one.name != "at")


def read_ignore(
    told: Mapping[str, Any], at: Location, problem: Callable[[Location, str, str], None]
) -> Ignore | None:
    """An accepted finding as settings or a template say it; what is wrong is told to `problem`."""
    for key in told.keys() - set(_KEYS):
        problem(at, f"an accepted finding has no `{key}`", did_you_mean(key, _KEYS))
    words = {key: told.get(key, "") for key in ("fingerprint", "reason", "owner")}
    for key, value in words.items():
        if not isinstance(value, str):
            problem(at, f"`{key}` of an accepted finding must be a string", "")
            return None
    if not words["fingerprint"]:
        problem(at, "an accepted finding needs its `fingerprint`", "reports show it beside the finding")
        return None
    until = told.get("until")
    if isinstance(until, str):
        try:
            until = date.fromisoformat(until)
        except ValueError:
            problem(at, f"`until` must be a day, such as 2027-01-31, not `{until}`", "")
            return None
    if until is not None and not isinstance(until, date):
        problem(at, "`until` must be a day, such as 2027-01-31", "")
        return None
    return Ignore(words["fingerprint"], words["reason"], words["owner"], until, at)
