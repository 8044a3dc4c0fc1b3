"""What synthesis works with and gives back: wishes, and policies with the reasons behind them and their proofs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from grantgraph.catalog import Catalog
from grantgraph.model import Application, Authorizer, EntryPoint, Need, Principal, Resource
from grantgraph.policy.document import Policy
from grantgraph.problems import NOWHERE, Location, Problem, Problems
from grantgraph.prove import Answer, Heads
from grantgraph.text import Text

Conditions: TypeAlias = tuple[tuple[str, str, tuple[Text, ...]], ...]
"""(operator, key, values) of one statement."""


@dataclass(slots=True)
class Draft:
    """An application while its policies are written: what it has, by name, and the problems met so far.

    `needed` holds, for each principal, the names of what it needs; `ways_in`, for each target, what leads to it;
    `run_by`, for each principal, the functions that act as it; `routes`, by their paths, those that IAM guards.
    """

    application: Application
    catalog: Catalog
    problems: Problems = field(default_factory=Problems)
    principals: Mapping[str, Principal] = field(default_factory=dict)
    resources: Mapping[str, Resource] = field(default_factory=dict)
    entry_points: Mapping[str, EntryPoint] = field(default_factory=dict)
    needed: Mapping[str, set[str]] = field(default_factory=dict)
    ways_in: Mapping[str, list[EntryPoint]] = field(default_factory=dict)
    run_by: Mapping[str, list[Resource]] = field(default_factory=dict)
    routes: Heads[EntryPoint] = field(default_factory=lambda: Heads(()))


def path_of(route: EntryPoint) -> str:
    """The path of a route, without its method."""
    return route.id.partition(" ")[2]


def draft_of(application: Application, catalog: Catalog) -> Draft:
    """A draft in which nothing is written yet."""
    needed: dict[str, set[str]] = {}
    for need in application.needs:
        needed.setdefault(need.who, set()).add(need.to)
    ways_in: dict[str, list[EntryPoint]] = {}
    for entry in application.entry_points:
        ways_in.setdefault(entry.target, []).append(entry)
    run_by: dict[str, list[Resource]] = {}
    for one in application.resources:
        if one.type == "lambda:function":
            run_by.setdefault(str(one.attributes.get("runs_as", "")), []).append(one)
    return Draft(
        application,
        catalog,
        principals={one.id: one for one in application.principals},
        resources={one.id: one for one in application.resources},
        entry_points={one.id: one for one in application.entry_points},
        needed=needed,
        ways_in=ways_in,
        run_by=run_by,
        routes=Heads(
            ((path_of(one),), one) for one in application.entry_points if one.authorizer is Authorizer.IAM
        ),
    )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a statement is there: a need, or what follows from how the application is wired."""

    words: str
    at: Location = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return self.words


def reason_of(need: Need) -> Reason:
    """A need as the reason for a statement."""
    return Reason(str(need), need.at)


@dataclass(frozen=True, slots=True)
class Wish:
    """What has to be allowed to one principal: actions on resources, under conditions.

    `subject` and `purpose` name the statement: what is used, and for what. `lets_in` is whom a resource lets in by
    a policy of its own, as (`Service` or `AWS`, name); None for what an identity policy says.
    """

    who: str
    subject: str
    purpose: str
    actions: tuple[str, ...]
    resources: tuple[Text, ...]
    conditions: Conditions
    reason: Reason
    lets_in: tuple[str, Text] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A statement of a synthesized policy, by its Sid, and the reasons for it."""

    sid: str
    reasons: tuple[Reason, ...]


class Attachment(StrEnum):
    """How a policy hangs on a role."""

    INLINE = "inline"
    MANAGED = "managed"


@dataclass(frozen=True, slots=True)
class Attached:
    """One policy of a role."""

    attachment: Attachment
    policy: Policy


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The policies of one principal; none when it needs nothing. `trust` is None where the model does not say."""

    principal: Principal
    attached: tuple[Attached, ...]
    trust: Policy | None
    why: tuple[Written, ...]
    proof: Answer

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Its identity policies, however they are attached."""
        return tuple(one.policy for one in self.attached)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A resource's own policy: who is let in. `elsewhere` is the account that owns it, where that is another."""

    resource: Resource
    policy: Policy
    why: tuple[Written, ...]
    proof: Answer
    elsewhere: Text = ""


@dataclass(frozen=True, slots=True)
class Synthesized:
    """The policies of all principals and resources, and what their reader should know.

    `boundary` is the permissions boundary of all its roles, where one was asked for. `to_fill_in` names what the
    model leaves open; the policies hold it as `${name}`.
    """

    application: Application
    catalog: str
    syntheses: tuple[Synthesis, ...]
    entrances: tuple[Entrance, ...] = ()
    boundary: Policy | None = None
    notes: tuple[Problem, ...] = ()
    to_fill_in: tuple[str, ...] = ()

    def documents(self) -> Mapping[str, Policy]:
        """Every policy by its own name: `worker.policy`, `worker.policy-2`, `worker.trust`, `Jobs.resource`."""
        found: dict[str, Policy] = {}
        for one in self.syntheses:
            for number, policy in enumerate(one.policies, 1):
                found[f"{one.principal.id}.policy" + (f"-{number}" if number > 1 else "")] = policy
            if one.trust is not None:
                found[f"{one.principal.id}.trust"] = one.trust
        for entrance in self.entrances:
            found[f"{entrance.resource.id}.resource"] = entrance.policy
        return found | ({"boundary": self.boundary} if self.boundary is not None else {})

    def proofs(self) -> Mapping[str, Answer]:
        """Every proof by the name of what it is about."""
        return {one.principal.id: one.proof for one in self.syntheses} | {
            f"{one.resource.id} (its own policy)": one.proof for one in self.entrances
        }
