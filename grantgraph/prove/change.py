"""What one standing allows that another does not: the actions, each with a request that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import Decision, Request, Verdict, decide
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import Effect, Policy, PolicySet, PolicyType, Statement
from grantgraph.prove.answers import Refuted, Undecided
from grantgraph.prove.case import DISAGREE, name_all
from grantgraph.prove.formula import TRUE, Formula
from grantgraph.prove.groups import alike
from grantgraph.prove.questions import ask
from grantgraph.prove.subject import Question, Standing, Target
from grantgraph.text import Text, Unknown


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that one standing allows and another refuses; both verdicts are the evaluator's."""

    request: Request
    allowed: Verdict
    refused: Verdict


@dataclass(frozen=True, slots=True)
class Gain:
    """Actions that the newer standing allows in some request that the older does not allow.

    `witnesses` holds one request for each action, in order; none where it is not decided, and `doubt` says why.
    `unless` names policies that were not given: the requests are new as far as these do not decide.
    """

    actions: tuple[Action, ...]
    witnesses: tuple[Witness, ...] = ()
    unless: str = ""
    doubt: str = ""

    @property
    def certain(self) -> bool:
        """Whether requests show it."""
        return bool(self.witnesses)


def gained(
    newer: Standing, older: Standing, actions: Iterable[Action], catalog: Catalog, region: Formula = TRUE
) -> Iterator[Gain]:
    """The actions for which the newer standing allows a request that the older does not, or may do so.

    What is left out is proved to be no news. Both are taken for the same caller: the newer's session.

    Args:
        region: asks about these requests only (see `at_or_under`).
    """
    newer, older = aligned(newer, older)
    rest = _own_unseen(newer) ^ _own_unseen(older)
    if rest:
        yield Gain((), doubt=f"not known: {name_all(one for _, one in rest)}")
    layers, half = [*_layers(newer), *_layers(older)], sum(1 for _ in _layers(newer))
    for one in alike([one for _, one in layers], actions, catalog):
        group = one.actions
        mine = [layers[at] for at in one.named if at < half]
        theirs = [layers[at] for at in one.named if at >= half]
        doubt = ""
        if not rest:
            if _is_within(newer, older, mine, theirs, group[0].service):
                continue
            answer, policies = ask(Question(newer, older, region=region), one, catalog)
            if isinstance(answer, Refuted):
                yield from _shown(group, answer, newer, older, policies)
            if not isinstance(answer, Undecided):
                continue
            doubt = answer.reason
        hidden = _unseen_about(newer, group[0].service) | _unseen_about(older, group[0].service)
        if hidden:
            given, before = as_given(newer), as_given(older)
            answer, policies = ask(Question(given, before, region=region), one, catalog)
            if isinstance(answer, Refuted):
                for gain in _shown(group, answer, given, before, policies):
                    yield replace(gain, unless=name_all(hidden))
                continue
            doubt = answer.reason if isinstance(answer, Undecided) else doubt
        if doubt:
            yield Gain(group, doubt=doubt)


def _shown(
    group: tuple[Action, ...], answer: Refuted, newer: Standing, older: Standing, policies: PolicySet
) -> Iterator[Gain]:
    """The witness of a group's first action, replayed on both sides for each of its actions."""
    target = next((one for one in newer.targets if one.policy is policies.resource_based), None)
    shown: list[tuple[Action, Witness]] = []
    for action in group:
        request = replace(answer.request, action=str(action))
        verdict, before = decide(request, policies), decide(request, older.policies_at(target))
        if verdict.allowed and before.decision in (Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY):
            shown.append((action, Witness(request, verdict, before)))
        else:
            yield Gain((action,), doubt=f"{action}: {DISAGREE}")
    if shown:
        yield Gain(tuple(action for action, _ in shown), tuple(witness for _, witness in shown))


# ── two standings side by side ───────────────────────────────────────────────────────────────────────────


def aligned(one: Standing, other: Standing) -> tuple[Standing, Standing]:
    """Two standings over the same targets; what has no policy on one side has an empty one there."""
    return _with_targets_of(one, other), _with_targets_of(other, one)


def _with_targets_of(one: Standing, other: Standing) -> Standing:
    own = {target.arn for target in one.targets}
    missing = (target for target in other.targets if target.arn not in own)
    empty = (replace(target, policy=Policy(PolicyType.RESOURCE_BASED, ())) for target in missing)
    return replace(one, targets=(*one.targets, *empty))


def _own_unseen(standing: Standing) -> frozenset[tuple[PolicyType, Unknown]]:
    """What may hold statements of the caller's own policies that were not given."""
    return frozenset((policy.type, one) for policy in standing.policies.all() for one in policy.unseen)


def _unseen_about(standing: Standing, service: str) -> frozenset[Unknown]:
    """What was not given and may decide about the actions of a service."""
    own = frozenset(one for _, one in _own_unseen(standing))
    return own | {one for _, unseen in _unseen_at_targets(standing, service) for one in unseen}


def _unseen_at_targets(standing: Standing, service: str) -> frozenset[tuple[Text, tuple[Unknown, ...]]]:
    return frozenset(
        (target.arn, target.policy.unseen)
        for target in standing.targets
        if target.policy.unseen and service_at(target.arn) in (service, "")
    )


def service_at(arn: Text) -> str:
    """The service that an ARN names, "" where that is not known."""
    parsed = parse_arn(arn)
    return parsed.service if parsed is not None and isinstance(parsed.service, str) else ""


def as_given(standing: Standing) -> Standing:
    """The standing as if what was not given decided nothing: no policy allows or denies, no boundary limits."""

    def told(policy: Policy) -> Policy:
        return replace(policy, unseen=()) if policy.unseen else policy

    boundary = standing.policies.permissions_boundary
    policies = replace(
        standing.policies,
        identity_based=tuple(map(told, standing.policies.identity_based)),
        permissions_boundary=None if boundary is None or boundary.unseen else boundary,
    )
    targets = tuple(Target(one.arn, told(one.policy), one.account) for one in standing.targets)
    return replace(standing, policies=policies, targets=targets)


Layer: TypeAlias = tuple[object, Statement]
"""A statement, and what it hangs on: a kind of policy, or the ARN of a target."""


def _layers(standing: Standing) -> Iterator[Layer]:
    """Every statement around a caller, in the order of `statements_of`."""
    for policy in standing.policies.all():
        for statement in policy.statements:
            yield policy.type, statement
    for target in standing.targets:
        for statement in target.policy.statements:
            yield target.arn, statement


def _is_within(newer: Standing, older: Standing, mine: list[Layer], theirs: list[Layer], service: str) -> bool:
    """Whether, layer by layer, each Allow of the newer is one of the older, and each Deny the other way round.

    The statements are those that name one action of a service. More Allow statements never take access away, and
    more Deny statements never give any; so no question has to be asked.
    """
    same_walls = (newer.policies.permissions_boundary is None) is (older.policies.permissions_boundary is None)
    if not same_walls or _names_unknown_actions(mine) or _names_unknown_actions(theirs):
        return False
    if _unseen_at_targets(newer, service) != _unseen_at_targets(older, service):
        return False
    kept = replace(newer.policies, identity_based=(), permissions_boundary=None)
    if kept != PolicySet() or kept != replace(older.policies, identity_based=(), permissions_boundary=None):
        return False
    allows = _about(mine, Effect.ALLOW) <= _about(theirs, Effect.ALLOW)
    return allows and _about(theirs, Effect.DENY) <= _about(mine, Effect.DENY)


def _about(layers: list[Layer], effect: Effect) -> set[object]:
    return {
        (layer, one.principals, one.resources, one.conditions) for layer, one in layers if one.effect is effect
    }


def _names_unknown_actions(layers: list[Layer]) -> bool:
    return any(one.actions.is_open for _, one in layers)
