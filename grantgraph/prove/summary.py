"""What a caller is allowed, as a short list: each entry is as wide as it can be, and none lies within another.

Every Allow statement that some request can use is looked at by itself, under all that limits it. What another one
covers is left out. Of what remains, conditions that every request keeps anyway, denies that take nothing away and
layers that let everything pass are left out, too; each of these is a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.catalog import Action, Catalog
from grantgraph.policy.document import Condition, Effect, Policy, PolicyType, Resources, Statement
from grantgraph.prove.answers import Proved, Undecided
from grantgraph.prove.budget import Budget
from grantgraph.prove.groups import alike
from grantgraph.prove.questions import allowed_actions, implies, never
from grantgraph.prove.subject import Standing, Target, statements_of


@dataclass(frozen=True, slots=True)
class Allowed:
    """Requests that one statement allows.

    Attributes:
        actions: by name.
        statement: what grants them, without the conditions that every such request keeps.
        excepting: the Deny statements that take something away from it.
        within: the policies that limit it besides, such as a boundary.
        standing: the policies that are left: for these actions they allow exactly these requests.
        doubt: what it hinges on, "" when a request shows it.
    """

    actions: tuple[Action, ...]
    statement: Statement
    excepting: tuple[Statement, ...]
    within: tuple[Policy, ...]
    standing: Standing
    doubt: str = ""

    @property
    def resources(self) -> Resources:
        """Where."""
        return self.statement.resources

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Under which conditions besides."""
        return self.statement.conditions


def summary(
    standing: Standing, catalog: Catalog, actions: Iterable[Action] | None = None, budget: Budget | None = None
) -> tuple[Allowed, ...]:
    """Everything that a caller is allowed, in entries none of which lies within another.

    Args:
        actions: asks about these actions only; None for all that are named.
        budget: what it may cost; what is not proved within it stays in the list.
    """
    budget = budget or Budget()
    statements = statements_of(standing)
    asked = allowed_actions(statements, catalog) if actions is None else tuple(actions)
    parts = tuple(_parts(standing))
    found: list[Allowed] = []
    for group in alike(statements, asked, catalog):
        for entry in _entries(parts, group.actions, catalog, budget):
            at = next((at for at, one in enumerate(found) if replace(entry, actions=one.actions) == one), None)
            if at is None:
                found.append(entry)
            else:
                found[at] = replace(entry, actions=(*found[at].actions, *group.actions))
    return tuple(replace(one, actions=tuple(sorted(one.actions, key=str))) for one in found)


# ── one Allow statement by itself ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Part:
    """One Allow statement, and a standing in which nothing else grants."""

    statement: Statement
    standing: Standing

    def exchange(self, old: Statement, new: Statement | None) -> _Part:
        """The same with another statement in the place of one, or none."""

        def changed(policy: Policy) -> Policy:
            own = (new if one is old else one for one in policy.statements)
            return replace(policy, statements=tuple(one for one in own if one is not None))

        identity = tuple(changed(one) for one in self.standing.policies.identity_based)
        targets = tuple(replace(one, policy=changed(one.policy)) for one in self.standing.targets)
        standing = replace(_with(self.standing, identity_based=identity), targets=targets)
        return _Part(new if old is self.statement and new is not None else self.statement, standing)

    def denies(self) -> Iterator[Statement]:
        """The Deny statements of identity and resource policies; another layer stands or falls as a whole."""
        policies = (*self.standing.policies.identity_based, *(one.policy for one in self.standing.targets))
        return (one for policy in policies for one in policy.statements if one.effect is Effect.DENY)


def _parts(standing: Standing) -> Iterator[_Part]:
    policies = standing.policies.identity_based
    bare = tuple(one if _needs_both(one, standing) else _denying(one) for one in standing.targets)
    for policy in policies:
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW:
                alone = tuple(_only(one, statement) for one in policies)
                yield _Part(statement, replace(_with(standing, identity_based=alone), targets=bare))
    silent = _with(standing, identity_based=tuple(_only(one, None) for one in policies))
    for at, target in enumerate(standing.targets):
        own = standing if _needs_both(target, standing) else silent
        for statement in target.policy.statements:
            if statement.effect is Effect.ALLOW:
                alone_here = replace(target, policy=_only(target.policy, statement))
                others = tuple(
                    alone_here if at == place else _denying(one) for place, one in enumerate(standing.targets)
                )
                yield _Part(statement, replace(own, targets=others))


def _only(policy: Policy, statement: Statement | None) -> Policy:
    """A policy with one of its Allow statements, or none, and all that it denies."""
    kept = tuple(one for one in policy.statements if one is statement or one.effect is Effect.DENY)
    return replace(policy, statements=kept)


def _denying(target: Target) -> Target:
    return replace(target, policy=_only(target.policy, None))


def _needs_both(target: Target, standing: Standing) -> bool:
    """Whether a resource's policy and the caller's may have to allow at once: then neither is looked at alone.

    So it is in another account, for keys, and for roles that are to be assumed (rules 111, 112, 123).
    """
    whole = target.policy.type is PolicyType.TRUST or ":kms:" in str(target.arn)
    return whole or target.account not in ("", standing.session.caller.account)


def _with(standing: Standing, **changes: object) -> Standing:
    return replace(standing, policies=replace(standing.policies, **changes))  # type: ignore[arg-type]


# ── what remains of it ───────────────────────────────────────────────────────────────────────────────────


def _entries(
    parts: tuple[_Part, ...], group: tuple[Action, ...], catalog: Catalog, budget: Budget
) -> Iterator[Allowed]:
    """The widest of the parts that allow some request for a group of actions that nothing tells apart."""

    def within(one: _Part, other: _Part) -> bool:
        return isinstance(implies(one.standing, other.standing, group, catalog, budget), Proved)

    usable: list[tuple[_Part, str]] = []
    for part in parts:
        answer = never(part.standing, group, catalog, budget=budget)
        if not isinstance(answer, Proved):
            usable.append((part, answer.reason if isinstance(answer, Undecided) else ""))
    widest: list[tuple[_Part, str]] = []
    for part, doubt in usable:
        if not any(within(part, other) for other, _ in widest):
            widest = [(other, why) for other, why in widest if not within(other, part)]
            widest.append((part, doubt))
    for part, doubt in widest:
        yield _reduced(part, doubt, group, within)


def _reduced(
    part: _Part, doubt: str, group: tuple[Action, ...], within: Callable[[_Part, _Part], bool]
) -> Allowed:
    """A part without what makes no difference to it."""
    excepting: list[Statement] = []
    for deny in tuple(part.denies()):
        looser = part.exchange(deny, None)
        if within(looser, part):
            part = looser
        else:
            excepting.append(deny)
    limits: list[Policy] = []
    for layer, nothing in _LAYERS.items():
        policies = _policies(getattr(part.standing.policies, layer))
        if policies:
            looser = replace(part, standing=_with(part.standing, **{layer: nothing}))
            if within(looser, part):
                part = looser
            else:
                limits += policies
    for condition in part.statement.conditions:
        others = tuple(one for one in part.statement.conditions if one is not condition)
        looser = part.exchange(part.statement, replace(part.statement, conditions=others))
        if within(looser, part):
            part = looser
    return Allowed(group, part.statement, tuple(excepting), tuple(limits), part.standing, doubt)


_LAYERS: Mapping[str, object] = {
    "permissions_boundary": None,
    "session": None,
    "scps": (),
    "rcps": (),
    "vpc_endpoint": None,
}
"""The policies that limit, and what stands for their absence."""


def _policies(layer: object) -> list[Policy]:
    if isinstance(layer, Policy):
        return [layer]
    return [found for one in layer for found in _policies(one)] if isinstance(layer, tuple) else []
