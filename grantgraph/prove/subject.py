"""Whom and what a question is about: one caller with everything that decides for it, and some resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from grantgraph.policy.document import Condition, Policy, PolicySet, Statement
from grantgraph.policy.pattern import parse_pattern
from grantgraph.prove.budget import Budget
from grantgraph.prove.formula import (
    RESOURCE,
    TRUE,
    Formula,
    Holds,
    Literal,
    Present,
    conjunction,
    disjunction,
)
from grantgraph.prove.glob import Glob, Run, glob_of, literal_glob, seal
from grantgraph.prove.shapes import EXAMPLE_ENVIRONMENT, Session
from grantgraph.prove.things import NOTHING_THERE, Things
from grantgraph.text import Text


@dataclass(frozen=True, slots=True)
class Target:
    """A resource with a policy of its own: its ARN, what lies under it, and the account that owns it."""

    arn: Text
    policy: Policy
    account: Text = ""

    @property
    def region(self) -> Formula:
        """The resources that its policy decides about."""
        return at_or_under(self.arn)


def matching(pattern: Text) -> Formula:
    """The resources that a pattern with `*` and `?` matches."""
    return resource_matches(seal(glob_of(parse_pattern(pattern, variables=False).parts)))


def resource_matches(glob: Glob) -> Formula:
    """The resources that a glob matches."""
    return Literal(Holds(RESOURCE, glob))


def at_or_under(arn: Text) -> Formula:
    """The resource of an ARN, and what lies under it: objects, indexes, versions."""
    own = literal_glob(arn)
    return disjunction(Literal(Holds(RESOURCE, glob)) for glob in (own, (*own, "/", Run()), (*own, ":", Run())))


def equal_to(key: str, value: Text) -> Formula:
    """The requests that carry one value for a key."""
    return Literal(Holds(key, literal_glob(value)))


def both(*regions: Formula) -> Formula:
    """The requests that lie in all of these regions."""
    return conjunction(regions)


def either(*regions: Formula) -> Formula:
    """The requests that lie in one of these regions."""
    return disjunction(regions)


def carried(key: str) -> Formula:
    """The requests that carry a key."""
    return Literal(Present(key))


@dataclass(frozen=True, slots=True)
class Standing:
    """What one caller can do: its session, every policy around it, and the resources with policies of their own.

    `things` exist, and witnesses prefer them to invented ones.
    """

    session: Session
    policies: PolicySet
    targets: tuple[Target, ...] = ()
    things: Things = NOTHING_THERE
    environment: Mapping[str, Text] = field(default_factory=lambda: EXAMPLE_ENVIRONMENT)

    def policies_at(self, target: Target | None) -> PolicySet:
        """The policies that decide about one target, or about a resource without a policy of its own.

        A target is known by its ARN: what decides there is the policy that this standing has for it.
        """
        own = next((one for one in self.targets if target is not None and one.arn == target.arn), None)
        return self.policies if own is None else replace(self.policies, resource_based=own.policy)


def statements_of(standing: Standing) -> list[Statement]:
    """Every statement around a caller: its own policies', then those of the targets."""
    found = [statement for policy in standing.policies.all() for statement in policy.statements]
    return found + [statement for target in standing.targets for statement in target.policy.statements]


@dataclass(frozen=True, slots=True)
class Question:
    """Is there a request that `standing` allows, and `other` does not (or, with `both`, allows as well)?

    Attributes:
        region: asks about these requests only (see `at_or_under`).
        variables: keys whose values the region speaks of by their stand-ins (see `stand_in`).
        budget: what the answer may cost.
        part_of: the question that this is a part of, which has the last word on a witness.
    """

    standing: Standing
    other: Standing | None = None
    both: bool = False
    region: Formula = TRUE
    variables: tuple[str, ...] = ()
    budget: Budget = field(default_factory=Budget, compare=False)
    part_of: Question | None = None

    @property
    def whole(self) -> Question:
        """The question itself, or the one that it is a part of."""
        return self.part_of or self

    @property
    def conditions(self) -> Iterator[Condition]:
        """Every condition that the whole question speaks of."""
        for side in (self.whole.standing, self.whole.other):
            for statement in statements_of(side) if side is not None else ():
                yield from statement.conditions

    @property
    def targets(self) -> tuple[Target, ...]:
        """The resources that either of the two has a policy for."""
        theirs = self.other.targets if self.other is not None else ()
        known = {one.arn for one in self.standing.targets}
        return (*self.standing.targets, *(one for one in theirs if one.arn not in known))
