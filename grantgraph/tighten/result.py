"""What tightening gives back: each role's needs, what its policies allow beyond them, what stays, and proofs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from grantgraph.binding import Binding
from grantgraph.catalog import AccessLevel, Action
from grantgraph.grants import by_level
from grantgraph.infer.alone import ALONE
from grantgraph.infer.dead import Dead
from grantgraph.infer.evidence import InferredNeed
from grantgraph.infer.narrow import Narrowed
from grantgraph.infer.why import Why
from grantgraph.model import INCOMPLETE, Application, Principal
from grantgraph.policy.document import Policy, Statement
from grantgraph.problems import Location
from grantgraph.prove import Answer, Refuted, Undecided
from grantgraph.synthesize import Synthesis, Synthesized
from grantgraph.tighten.attach import attached

_GAPS = frozenset({ALONE, INCOMPLETE, "incomplete-plan", "role-attachment", "transform"})
WORST = 3
"""How many of the worst actions are shown by requests."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """What today's policies allow at one place beyond the needs.

    Attributes:
        place: the id of a resource or a route, "" for everything else.
        service: the service prefix of the actions; "" for those of many services.
        actions: all of them; `asked` is whether each was shown by a request, and not only named by a policy.
        worst: the worst of them, each with a request that today's policies allow.
        why: why they are not needed.
        notes: what else there is to say of that.
        doubtful: actions that may be allowed; that hinges on something unknown.
        at: where a policy allows them.
    """

    place: str
    service: str
    actions: tuple[Action, ...]
    worst: tuple[Refuted, ...]
    why: tuple[Why, ...]
    notes: tuple[str, ...] = ()
    doubtful: tuple[Action, ...] = ()
    asked: bool = True
    at: tuple[Location, ...] = ()

    def levels(self) -> Mapping[AccessLevel, tuple[Action, ...]]:
        """The actions by access level, the most dangerous first."""
        return by_level(self.actions)


@dataclass(frozen=True, slots=True)
class Held:
    """What today's policies allow at one place, and how much of it is needed."""

    place: str
    service: str
    allowed: tuple[Action, ...]
    needed: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Stays:
    """A part of a statement of which nothing is inferred, and why."""

    words: str
    why: Why
    at: Location


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A policy, and what is left of its statements."""

    policy: Policy
    statements: tuple[Narrowed, ...]
    shared: bool = False

    @property
    def changes(self) -> bool:
        return any(one.pieces is not None for one in self.statements)

    @property
    def tight(self) -> Policy:
        """The policy with what is left of its statements; there may be none."""
        return replace(self.policy, statements=tuple(own for one in self.statements for own in one.statements))


@dataclass(frozen=True, slots=True)
class Tight:
    """One role: today, its needs, and the policies that allow these and no more.

    Attributes:
        left: why nothing is inferred of it; everything else is empty then.
        held: what is allowed today, place by place.
        stays: parts of statements that stay, because nothing can be said of them.
        rewritten: what is left of each of its policies; `added` are statements that it lacks.
        policies: the tight policies.
        proof: that they allow exactly what today's policies allow of the needs.
        doubts: what keeps the answer open.
    """

    principal: Principal
    left: str = ""
    held: tuple[Held, ...] = ()
    needs: tuple[InferredNeed, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    dead: tuple[Dead, ...] = ()
    stays: tuple[Stays, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    added: tuple[Statement, ...] = ()
    policies: tuple[Policy, ...] = ()
    proof: Answer | None = None
    doubts: tuple[str, ...] = ()

    @property
    def goes_beyond(self) -> bool:
        """Whether a request shows that today's policies allow more than the needs."""
        return any(one.worst for one in self.beyond)

    @property
    def is_open(self) -> bool:
        """Whether it is not known if today's policies allow more than the needs."""
        return bool(self.doubts) or any(one.doubtful for one in self.beyond)

    @property
    def changes(self) -> bool:
        return bool(self.added) or any(one.changes for one in self.rewritten)


@dataclass(frozen=True, slots=True)
class Tightened:
    """An application with the tight policies of its roles."""

    application: Application
    catalog: str
    roles: tuple[Tight, ...]
    from_model: bool = False

    @property
    def gaps(self) -> tuple[str, ...]:
        """What reading left open of who has which policies: what nobody saw may go beyond the needs."""
        return tuple(dict.fromkeys(one.message for one in self.application.problems if one.code in _GAPS))

    def documents(self) -> Mapping[str, Policy]:
        """Every tight policy by its own name: `worker.policy`, `worker.policy-2`."""
        return {
            f"{one.principal.id}.policy" + (f"-{number}" if number > 1 else ""): policy
            for one in self.judged()
            for number, policy in enumerate(one.policies, 1)
        }

    def synthesized(self) -> Synthesized:
        """The tight policies as code is made of them: every name in them is one of the input."""
        found = tuple(
            Synthesis(
                one.principal,
                attached(one.principal.id, one.policies),
                None,
                (),
                one.proof if one.proof is not None else Undecided("it was not asked"),
            )
            for one in self.judged()
        )
        binding = self.application.binding or Binding(self.application.source)
        return Synthesized(replace(self.application, binding=binding), self.catalog, found)

    def judged(self) -> Iterable[Tight]:
        """The roles of which something is inferred."""
        return (one for one in self.roles if not one.left)
