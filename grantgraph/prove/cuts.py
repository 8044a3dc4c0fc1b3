"""A question over very many statements, cut into small ones: by the Allow statement that grants, and by where.

What identity policies allow, one of their Allow statements allows, whatever the others say. And where that
statement names resources, only statements matter that can be about one of these: every other one spells something
else before any wildcard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from grantgraph.catalog import Action
from grantgraph.evaluate.request import CallerKind
from grantgraph.policy.document import Effect, Policy, PolicySet, Resources, Statement
from grantgraph.prove.actions import encode_actions
from grantgraph.prove.encode import has_rules_of_its_own
from grantgraph.prove.formula import FALSE
from grantgraph.prove.groups import Group
from grantgraph.prove.heads import Heads, heads_of
from grantgraph.prove.subject import Question

MANY = 12
"""Allow statements that list so many resources between them are asked about resource by resource."""


def cut(question: Question, group: Group) -> Iterator[Question]:
    """Questions that together ask the same about a group of actions: a request for one is a request for all."""
    own = question.standing.policies
    granting = [one for policy in own.identity_based for one in policy.statements if one.effect is Effect.ALLOW]
    action = group.actions[0]
    about = [one for one in granting if encode_actions(one.actions, str(action)) != FALSE]
    if sum(len(one.resources.patterns) for one in about) < MANY or not _grant_alone(question, action):
        yield question
        return
    mine, theirs = _Near(own), _Near(question.other.policies) if question.other is not None else None
    for statement in about:
        for resources in _pieces(statement.resources):
            alone = replace(statement, resources=resources)
            standing = replace(question.standing, policies=mine.to(resources, alone))
            other = question.other
            if other is not None and theirs is not None:
                other = replace(other, policies=theirs.to(resources))
            yield replace(question, standing=standing, other=other, part_of=question.part_of or question)


def _grant_alone(question: Question, action: Action) -> bool:
    """Whether nothing but the statements of identity policies can grant, each by itself."""
    policies = question.standing.policies
    others = question.targets or policies.resource_based or action.service == "kms"
    unseen = any(policy.unseen for policy in policies.identity_based)
    root = question.standing.session.caller.kind is CallerKind.ROOT
    return not (others or unseen or root or has_rules_of_its_own(str(action)))


def _pieces(resources: Resources) -> tuple[Resources, ...]:
    return tuple(Resources((one,)) for one in resources.patterns) if heads_of(resources) else (resources,)


class _Near:
    """What the statements of a policy set say of some resources, found by what theirs begin with."""

    def __init__(self, policies: PolicySet) -> None:
        self.policies = policies
        self.statements: list[Statement] = []
        self.first: dict[int, int] = {}  # of each policy, the place of its first statement
        for policy in policies.all():
            self.first[id(policy)] = len(self.statements)
            self.statements += policy.statements
        self.heads = Heads(_entries(self.statements))

    def to(self, resources: Resources, alone: Statement | None = None) -> PolicySet:
        """The policies without what cannot be about the resources; `alone` in the place of all that identity
        policies allow."""
        found: dict[int, list[int]] = {}
        for at, entry in self.heads.near(heads_of(resources)):
            found.setdefault(at, []).append(entry)
        kept = {at: _only(self.statements[at], entries) for at, entries in sorted(found.items())}

        def near(policy: Policy, denials: bool = False) -> Policy:
            first = self.first[id(policy)]
            own = (one for at, one in kept.items() if first <= at < first + len(policy.statements))
            return replace(
                policy, statements=tuple(one for one in own if not (denials and one.effect is Effect.ALLOW))
            )

        own = self.policies
        identity = tuple(near(one, alone is not None) for one in own.identity_based)
        if alone is not None:
            identity = (replace(identity[0], statements=(alone, *identity[0].statements)), *identity[1:])
        return replace(
            own,
            identity_based=identity,
            permissions_boundary=near(own.permissions_boundary) if own.permissions_boundary else None,
            session=tuple(map(near, own.session)) if own.session is not None else None,
            scps=tuple(tuple(map(near, level)) for level in own.scps),
            rcps=tuple(tuple(map(near, level)) for level in own.rcps),
        )


def _entries(statements: Iterable[Statement]) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    """Every resource of every statement by its head; a statement with another kind of Resource is one entry."""
    for at, one in enumerate(statements):
        heads = heads_of(one.resources)
        if heads:
            yield from (((head,), (at, number)) for number, head in enumerate(heads))
        else:
            yield (), (at, WHOLE)


WHOLE = -1
"""The entry of a statement that may be about anything."""


def _only(statement: Statement, entries: list[int]) -> Statement:
    """The statement with these of its resources."""
    if entries == [WHOLE] or len(entries) == len(statement.resources.patterns):
        return statement
    kept = Resources(tuple(statement.resources.patterns[at] for at in sorted(entries)))
    return replace(statement, resources=kept)
