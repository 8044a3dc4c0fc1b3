"""Where ways in lead: what the role behind one may do, as the evidence of a finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grantgraph.catalog import AccessLevel, Action
from grantgraph.findings import Doubt, Path, Step
from grantgraph.grants import Grant
from grantgraph.model import Principal
from grantgraph.permissions import Permissions
from grantgraph.telling import doubts_of, gather, name_place
from grantgraph.ways import Way

_RUNTIME = ("logs:", "xray:", "cloudwatch:PutMetricData", "ec2:")


def beyond_the_runtime(action: Action) -> bool:
    """Whether an action is more than Lambda itself needs: lines of a log, traces, metrics, network interfaces."""
    return not str(action).startswith(_RUNTIME)


@dataclass(frozen=True, slots=True)
class Lead:
    """A way in leads to actions: of grants of one statement, which the role at its end holds."""

    way: Way
    role: Principal
    grants: tuple[Grant, ...]
    actions: tuple[Action, ...]

    @property
    def place(self) -> str:
        """What the actions are on, in words."""
        return name_place(self.grants)

    @property
    def on(self) -> str:
        """The id of the resource, or the services."""
        return self.grants[0].resource or ", ".join(grant.service for grant in self.grants)

    def path(self, *first: Step, does: str = "may write to") -> Path:
        """The way as evidence: the first steps, then what runs, and the request that the role can make then."""
        if self.way.runs is not None:
            runs = Step(f"it runs `{self.way.runs.id}`, as `{self.role.id}`", self.way.runs.at)
        else:
            runs = Step(f"it acts as `{self.role.id}`", self.role.at)
        holds = Step(f"`{self.role.id}` {does} {self.place}", self.grants[0].place(self.actions))
        return Path((*first, runs, holds), self.role.id, self.grants[0].witness(self.actions[0]))


def led_to(
    rule: str,
    way: Way,
    permissions: Permissions,
    levels: frozenset[AccessLevel],
    about: Callable[[Action], bool] = beyond_the_runtime,
) -> Iterator[Lead | Doubt]:
    """Everything at some access levels that a way in leads to; what resources give to everybody is no news."""
    if way.role is None:
        what = f"as whom `{way.runs.id}` runs" if way.runs is not None else f"what `{way.entry.id}` runs"
        yield Doubt(rule, "", f"{what} is not known here", way.entry.at)
        return
    grants = [one for one in permissions.grants(way.role, levels) if not one.for_everyone]
    yield from doubts_of(rule, way.role, grants, about)
    for together in gather(one for one in grants if any(map(about, one.actions()))):
        actions = tuple(action for grant in together for action in grant.actions() if about(action))
        yield Lead(way, way.role, together, actions)


_SIGNS = re.compile(r"pre-?_?sign|sign(ed)?[-_]?url|(up|down)load[-_]?url", re.IGNORECASE)


def of_objects(action: Action) -> bool:
    """Whether a presigned URL can carry an action: it reads or writes an object."""
    return str(action).startswith(("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipart"))


def signs_urls(lead: Lead) -> bool:
    """Whether code at the end of a way hands out URLs for objects, as the names of route and function say."""
    names = (lead.way.entry.id, lead.way.runs.id if lead.way.runs is not None else "")
    return any(map(_SIGNS.search, names)) and any(map(of_objects, lead.actions))
