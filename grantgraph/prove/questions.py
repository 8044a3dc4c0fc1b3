"""The questions over all requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import decide
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import Effect, PolicySet, Statement
from grantgraph.prove.actions import ActionIndex, encode_actions
from grantgraph.prove.answers import PLAIN_VALUES, Answer, Proved, Refuted, Undecided
from grantgraph.prove.budget import Budget
from grantgraph.prove.case import DISAGREE, Case, name_all
from grantgraph.prove.cuts import cut
from grantgraph.prove.formula import (
    FALSE,
    TRUE,
    Formula,
)
from grantgraph.prove.groups import Group, alike, patterns_of
from grantgraph.prove.heads import heads_of
from grantgraph.prove.shapes import Shape, shapes_of
from grantgraph.prove.shortcuts import are_plain, beyond, granting, grants_nothing, is_within
from grantgraph.prove.subject import Question, Standing, Target, statements_of
from grantgraph.prove.wholesale import unsettled


@dataclass(frozen=True, slots=True)
class Reach:
    """Actions that some request can use, or may be able to: `witnesses` holds one request for each, in order.

    `doubt` is what an undecided answer hinges on; there are no witnesses then.
    """

    actions: tuple[Action, ...]
    witnesses: tuple[Refuted, ...] = ()
    doubt: str = ""

    @property
    def certain(self) -> bool:
        """Whether requests show it."""
        return bool(self.witnesses)


def never(
    standing: Standing,
    actions: Iterable[Action],
    catalog: Catalog,
    region: Formula = TRUE,
    budget: Budget | None = None,
) -> Answer:
    """No request for any of these actions, in this region or anywhere, is allowed.

    Args:
        region: asks about these requests only (see `at_or_under`).
        budget: what the answer may cost.
    """
    undecided: Undecided | None = None
    for reach in reaches(standing, actions, catalog, region, budget=budget):
        if reach.certain:
            return reach.witnesses[0]
        undecided = undecided or Undecided(reach.doubt)
    return undecided or proved(standing)


def proved(standing: Standing, *others: Standing) -> Answer:
    """The proof, with what it assumes; nothing is proved of policies that may allow more than we were given."""
    able = [*standing.policies.identity_based, *(target.policy for target in standing.targets)]
    unseen = [one for policy in able for one in policy.unseen]
    if unseen:
        return Undecided(f"not known: {name_all(unseen)}")
    return Proved(assumptions([one for subject in (standing, *others) for one in statements_of(subject)]))


def assumptions(statements: Iterable[Statement]) -> frozenset[str]:
    """What a proof over these statements assumes."""
    speaks = any(pattern.variables for one in statements for pattern in patterns_of(one))
    return frozenset({PLAIN_VALUES}) if speaks else frozenset()


def reaches(
    standing: Standing,
    actions: Iterable[Action],
    catalog: Catalog,
    region: Formula = TRUE,
    variables: tuple[str, ...] = (),
    budget: Budget | None = None,
) -> Iterator[Reach]:
    """The actions that some request can use, or may be able to; what is proved to be denied is left out.

    Actions that no pattern tells apart are asked about once, and each is shown by a request of its own.

    Args:
        region: asks about these requests only (see `at_or_under`).
        variables: keys whose values the region speaks of by their stand-ins (see `stand_in`).
        budget: what the answer may cost.
    """
    budget = budget or Budget()
    question = Question(standing, region=region, variables=variables, budget=budget)
    for group in unsettled(question, alike(statements_of(standing), actions, catalog), catalog):
        answer, policies = ask(question, group, catalog)
        if isinstance(answer, Undecided):
            yield Reach(group.actions, doubt=answer.reason)
        elif isinstance(answer, Refuted):
            yield from _shown(group.actions, answer, policies)


def _shown(group: tuple[Action, ...], answer: Refuted, policies: PolicySet) -> Iterator[Reach]:
    """The witness of a group's first action, replayed for each of its actions."""
    shown: list[tuple[Action, Refuted]] = []
    for action in group:
        request = replace(answer.request, action=str(action))
        verdict = decide(request, policies)
        if verdict.allowed:
            shown.append((action, Refuted(request, verdict)))
        else:
            yield Reach((action,), doubt=f"{action}: {DISAGREE}")
    yield Reach(tuple(action for action, _ in shown), tuple(witness for _, witness in shown))


def implies(
    narrower: Standing,
    wider: Standing,
    actions: Iterable[Action] | None,
    catalog: Catalog,
    budget: Budget | None = None,
) -> Answer:
    """Every request that the first allows, the second allows.

    Args:
        actions: asks about these actions only; None for all that the first names.
        budget: what the answer may cost.
    """
    budget = budget or Budget()
    undecided: Undecided | None = None
    left = beyond(narrower, wider)
    own, others = statements_of(left), statements_of(wider)
    able = len(granting(left))
    plain = are_plain(narrower, wider)
    asked = ActionIndex(own).allowed(catalog) if actions is None else actions
    question = Question(left, wider, budget=budget, part_of=Question(narrower, wider))

    def differs(group: Group) -> bool:
        mine = [own[at] for at in group.named if at < able]
        theirs = [others[at - len(own)] for at in group.named if at >= len(own)]
        return not (plain and is_within(mine, theirs))

    groups = filter(differs, alike([*own, *others], asked, catalog))
    for group in unsettled(question, groups, catalog):
        answer, _ = ask(question, group, catalog)
        if isinstance(answer, Refuted):
            return answer
        if isinstance(answer, Undecided):
            undecided = undecided or answer
    return undecided or proved(narrower, wider)


def disjoint(
    one: Standing,
    other: Standing,
    actions: Iterable[Action] | None,
    catalog: Catalog,
    budget: Budget | None = None,
) -> Answer:
    """No request is allowed by both; `actions` and `budget` as in `implies`."""
    budget = budget or Budget()
    undecided: Undecided | None = None
    asked = actions_of(one, catalog) if actions is None else actions
    question = Question(one, other, both=True, budget=budget)
    groups = alike([*statements_of(one), *statements_of(other)], asked, catalog)
    for group in unsettled(question, groups, catalog):
        answer, _ = ask(question, group, catalog)
        if isinstance(answer, Refuted):
            return answer
        if isinstance(answer, Undecided):
            undecided = undecided or answer
    return undecided or proved(one, other)


def equivalent(one: Standing, other: Standing, catalog: Catalog, budget: Budget | None = None) -> Answer:
    """Both allow the same requests; `budget` as in `implies`."""
    budget = budget or Budget()
    forward = implies(one, other, None, catalog, budget)
    return forward if isinstance(forward, Refuted) else _worse(forward, implies(other, one, None, catalog, budget))


def _worse(one: Answer, other: Answer) -> Answer:
    """The answer to two questions at once: a refutation, else a doubt, else the proof."""
    if isinstance(other, Refuted) or isinstance(one, Proved):
        return other
    return one


def allowed_exactly(standing: Standing, needed: Standing, actions: Iterable[Action], catalog: Catalog) -> Answer:
    """What is needed is allowed, and nothing beyond it."""
    known = tuple(actions)
    missing = implies(needed, standing, known, catalog)
    return missing if not isinstance(missing, Proved) else implies(standing, needed, known, catalog)


# ── actions ──────────────────────────────────────────────────────────────────────────────────────────────


def actions_of(standing: Standing, catalog: Catalog) -> tuple[Action, ...]:
    """Every action of the catalog that some Allow statement around the caller names."""
    return allowed_actions(statements_of(standing), catalog)


def allowed_actions(statements: Iterable[Statement], catalog: Catalog) -> tuple[Action, ...]:
    """Every action of the catalog that some of the Allow statements covers, by service."""
    return tuple(ActionIndex(tuple(statements)).allowed(catalog))


# ── one question: some request allowed by the first, and not by the second ───────────────────────────────


def ask(question: Question, group: Group, catalog: Catalog) -> tuple[Answer, PolicySet]:
    """A question about a group of actions, put about its first one.

    Returns:
        Proved when there is no such request, or Refuted by it; and the policies that decide about the witness.
    """
    undecided: Undecided | None = None
    if grants_nothing(question.standing, str(group.actions[0])):
        return Proved(), question.whole.standing.policies
    for part in cut(question, group):
        answer, target = _ask(part, group, catalog)
        if isinstance(answer, Refuted):
            return answer, question.whole.standing.policies_at(target)
        if isinstance(answer, Undecided):
            undecided = undecided or answer
    return undecided or Proved(), question.whole.standing.policies


def _ask(question: Question, group: Group, catalog: Catalog) -> tuple[Answer, Target | None]:
    """The same, with the target of the witness, if it has one."""
    undecided: Undecided | None = None
    standing, action = question.standing, group.actions[0]
    nearby = _services_of_resources(standing, action) if not question.targets else None

    def wanted(name: str | None, services: frozenset[str] | None) -> bool:
        apart = nearby is not None and services is not None and nearby.isdisjoint(services)
        return name not in group.settled and not apart

    for shape in shapes_of(action, catalog, standing.things, standing.environment, wanted):
        for target in (None, *_targets_of(question.targets, shape)):
            case = Case(question, shape, target, catalog)
            answer = case.guess(group.about) or case.answer()
            if isinstance(answer, Refuted):
                return answer, target
            if isinstance(answer, Undecided):
                undecided = undecided or answer
    return undecided or Proved(), None


def _services_of_resources(standing: Standing, action: Action) -> frozenset[str] | None:
    """The services in whose ARNs some Allow for the action can lie; None where that is no short list.

    Only a quick look at what patterns spell: it spares the search for resources that are out of the question.
    """
    found: set[str] = set()
    for statement in statements_of(standing):
        if statement.effect is not Effect.ALLOW or encode_actions(statement.actions, str(action)) == FALSE:
            continue
        fields = [head.split(":", 3) for head in heads_of(statement.resources)]
        if not fields or any(len(one) < 4 for one in fields):
            return None
        found |= {one[2] for one in fields}
    return frozenset(found)


def _targets_of(targets: tuple[Target, ...], shape: Shape) -> Iterator[Target]:
    """The targets whose service is the shape's: nothing else of theirs can be asked for."""
    if shape.resource_type is None:
        return
    for target in targets:
        arn = parse_arn(target.arn)
        if arn is None or any(
            template.split(":")[2] == arn.service or not isinstance(arn.service, str)
            for template in shape.resource_type.arns
        ):
            yield target
