"""What two applications differ in: the words of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from grantgraph.catalog import Action
from grantgraph.model import Application
from grantgraph.policy.document import Policy, Statement
from grantgraph.problems import NOWHERE, Location
from grantgraph.prove import Witness


class Kind(StrEnum):
    """What happened to some access."""

    ADDED = "added"  # nothing of it was allowed before
    WIDENED = "widened"  # more requests are allowed than before
    CHANGED = "changed"  # some requests are allowed that were not, and some no longer are
    NARROWED = "narrowed"  # fewer requests are allowed than before
    REMOVED = "removed"  # nothing of it is allowed any more

    @property
    def widens(self) -> bool:
        return self in (Kind.ADDED, Kind.WIDENED, Kind.CHANGED)


class About(StrEnum):
    """Which requests a subject is compared by."""

    ACCESS = "access"  # those that a principal of the application signs
    TRUST = "trust"  # those to become a role of the application
    RESOURCE_POLICY = "resource policy"  # those of others, which the resource's own policy lets in


class Presence(StrEnum):
    """On which side a subject is."""

    BOTH = "both"
    BASE = "base"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Terms:
    """A statement that gives access: on what, under which conditions; `resources` in the application's names."""

    policy: Policy
    statement: Statement
    resources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Some actions on some places, and what happened to them.

    Attributes:
        places: ids of resources or routes of the application; "" is everything besides.
        actions: all of one service.
        was, now: the statements that gave it and that give it.
        gain: a request that is allowed now and was not; None where there is none.
        loss: a request that was allowed and is not now; None where there is none.
        unless: policies that were not given, and may decide otherwise.
    """

    kind: Kind
    service: str
    places: tuple[str, ...]
    actions: tuple[Action, ...]
    was: tuple[Terms, ...]
    now: tuple[Terms, ...]
    gain: Witness | None
    loss: Witness | None
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question that is not decided; `may_widen` says whether its answer could be that access was added."""

    reason: str
    may_widen: bool
    actions: tuple[Action, ...] = ()
    place: str = ""
    at: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whose access is compared, and what came of it.

    Attributes:
        id: a principal of the application, or an ARN, a service, `anonymous`.
        words: who that is, in words; "" where the id says it.
        on: the role or the resource whose policy lets others in; "" for a principal's own requests.
        was_id: what the base calls it, where that is another name.
        who: how `grantgraph can` names it; "" where `can` knows too little of it.
    """

    id: str
    about: About
    presence: Presence
    words: str = ""
    on: str = ""
    was_id: str = ""
    who: str = ""
    changes: tuple[Change, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    assuming: frozenset[str] = frozenset()
    at: Location = NOWHERE

    @property
    def is_same(self) -> bool:
        """Whether the text changed, and the access is proved to be the same."""
        return not self.changes and not self.doubts and self.presence is Presence.BOTH


@dataclass(frozen=True, slots=True)
class Path:
    """A way to access through code or through a pool, that was opened or closed.

    `leads_to` says what the role at its end holds: places with counts by access level.
    """

    words: str
    at: Location
    entry: str = ""
    caller: str = ""
    role: str = ""
    leads_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Renamed:
    """A thing that is taken for the same on both sides, though its name differs."""

    what: str
    base: str
    head: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs between two applications, in the names of the second.

    Attributes:
        subjects: whoever's policies differ in their text.
        unchanged: how many principals have policies of the same text.
        doubts: what could not be compared at all.
        left_out: what is in the inputs and was not compared, in words.
        renamed: which names were taken for one.
        options: what was said on the command line about the inputs, for commands that ask again.
    """

    base: Application
    head: Application
    catalog: str
    subjects: tuple[Subject, ...] = ()
    unchanged: int = 0
    opened: tuple[Path, ...] = ()
    closed: tuple[Path, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    left_out: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    options: tuple[str, ...] = ()

    def changes(self) -> Iterator[tuple[Subject, Change]]:
        """Every change, with whom it is about."""
        return ((subject, change) for subject in self.subjects for change in subject.changes)

    def all_doubts(self) -> Iterator[tuple[Subject | None, Doubt]]:
        """Every question that is not decided."""
        yield from ((None, doubt) for doubt in self.doubts)
        yield from ((subject, doubt) for subject in self.subjects for doubt in subject.doubts)

    @property
    def differs(self) -> bool:
        """Whether some request is decided otherwise, or a way is another."""
        return any(self.changes()) or bool(self.opened or self.closed)

    @property
    def widens(self) -> bool:
        """Whether access was added, or a path opened."""
        return bool(self.opened) or any(change.kind.widens for _, change in self.changes())

    @property
    def may_widen(self) -> bool:
        """Whether it is open that access was added."""
        return any(doubt.may_widen for _, doubt in self.all_doubts())
