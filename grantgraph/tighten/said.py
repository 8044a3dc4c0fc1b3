"""Today's policies against the needs that a model says: what of them is needed, and what they lack.

A statement that lies within the needs stays in its author's words. What the needs take besides is added, as
synthesis writes it. What a model cannot speak of stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from grantgraph.catalog import Action, Catalog
from grantgraph.infer.decide import ALL, Decider, touching
from grantgraph.infer.entries import cover, is_within, within
from grantgraph.infer.evidence import Confidence, Evidence, InferredNeed
from grantgraph.infer.holdings import ELSEWHERE, Entry, Held, Holdings, Key, bare
from grantgraph.infer.needs import Judged, wanted_of
from grantgraph.infer.uses import STREAM
from grantgraph.infer.why import Decision, Why
from grantgraph.model import Application, Need, Principal, PrincipalType, Resource
from grantgraph.policy.document import (
    ActionPattern,
    Actions,
    Effect,
    Policy,
    PolicyType,
    Resources,
    Statement,
)
from grantgraph.policy.pattern import Match, parse_pattern
from grantgraph.prove import Answer, Proved, Standing, allowed_actions, allowed_exactly, as_given, gained, implies
from grantgraph.resources import resource_types
from grantgraph.standing import standing_of
from grantgraph.synthesize import Synthesis, Synthesized
from grantgraph.text import Text
from grantgraph.tighten.proof import needed_policy
from grantgraph.tighten.result import Tight, Tightened
from grantgraph.tighten.tighten import Tightening

SILENT = "the model says nothing of it"


def tighten_said(synthesized: Synthesized, catalog: Catalog) -> Tightened:
    """The policies of a model's input against the needs that the model says, role by role."""
    application = synthesized.application
    by_id = {one.principal.id: _by_own_streams(one) for one in synthesized.syntheses}
    judging = _Judging(application, catalog, by_id)
    judged = tuple(judging.judge(one) for one in application.principals)
    roles = tuple(_Said(application, catalog, judged, by_id).all())
    return Tightened(application, synthesized.catalog, roles, from_model=True)


def _by_own_streams(synthesis: Synthesis) -> Synthesis:
    """The needed policies with the streams that today's policies name, where needs say only whose they are.

    A table has one stream at a time, and its label is a time: a template knows it by a name, a model by none.
    """
    own = [one for policy in synthesis.principal.policies for one in policy.statements]

    def named(statement: Statement) -> Statement:
        patterns = statement.resources.patterns
        if not _spelled(statement) <= STREAM or len(patterns) != 1:
            return statement
        below = str(patterns[0]).removesuffix("*")
        asked = {one.lower() for one in _spelled(statement)}
        for other in own:
            streams = tuple(one for one in other.resources.patterns if str(one).startswith(below))
            plain = other.effect is Effect.ALLOW and not other.actions.negated and not other.conditions
            if plain and streams and asked <= {one.spelled.lower() for one in other.actions.patterns}:
                return replace(statement, resources=Resources(streams))
        return statement

    attached = tuple(
        replace(one, policy=replace(one.policy, statements=tuple(map(named, one.policy.statements))))
        for one in synthesis.attached
    )
    return replace(synthesis, attached=attached)


# ── what is needed of today's policies ──


@dataclass(slots=True)
class SaidDecider(Decider):
    """Decides by what a model says: `needed` are the policies that its needs give."""

    needed: tuple[Policy, ...] = ()
    catalog: Catalog | None = None
    bare: Application | None = None
    _needed_of: dict[tuple[Key, int], frozenset[Action]] = field(default_factory=dict)

    def why(self, held: Held, entry: Entry, place: str, action: Action, unnamed: bool) -> tuple[Why, str]:
        if place == ELSEWHERE:
            return self.why_elsewhere(held, entry, action, unnamed), ""
        if is_within(entry, self.arn_of(place)):
            return (Why.NEED if action in self.needed_of(held, entry) else Why.UNNEEDED), ""
        return (Why.NEED if self.named(entry, place, action) else Why.UNNEEDED), ""

    def targets(self, entry: Entry, place: str, action: Action) -> tuple[Text | None, ...]:
        if place == ELSEWHERE or is_within(entry, self.arn_of(place)):
            return (None,)
        return self.named(entry, place, action)

    def named(self, entry: Entry, place: str, action: Action) -> tuple[Text, ...]:
        """What the needs name of a place, for an action, without a condition, and an entry takes in."""
        arn = str(self.arn_of(place))
        found: dict[Text, None] = {}
        for statement in self.statements():
            if statement.conditions or str(action) not in _spelled(statement):
                continue
            for pattern in statement.resources.patterns:
                text = pattern.pattern.text
                near = str(text) == arn or str(text).startswith((f"{arn}/", f"{arn}:"))
                text = within(entry.pattern, text)
                if near and cover(entry.pattern, text) is Match.YES:
                    found[text] = None
        return tuple(found)

    def statements(self) -> Iterator[Statement]:
        return (one for policy in self.needed for one in policy.statements)

    def needed_of(self, held: Held, entry: Entry) -> frozenset[Action]:
        """The actions of which all that a statement allows on one of its resources is needed."""
        key = (held.key, entry.number)
        if key not in self._needed_of:
            self._needed_of[key] = frozenset(self.ask_needed(held, entry))
        return self._needed_of[key]

    def ask_needed(self, held: Held, entry: Entry) -> Iterator[Action]:
        assert self.catalog is not None and self.bare is not None and entry.pattern is not None
        spelled = frozenset().union(*map(_spelled, self.statements()))
        actions = [one for one in sorted(entry.actions(), key=str) if str(one) in spelled]
        alone = replace(held.statement, resources=Resources((entry.pattern,)))
        policy = Policy(PolicyType.IDENTITY_BASED, (alone,))
        wanted, needed = (
            standing_of(self.bare, replace(self.principal, boundary=None), policies)
            for policies in ((policy,), self.needed)
        )
        beyond = {one for gain in gained(wanted, needed, actions, self.catalog) for one in gain.actions}
        return (one for one in actions if one not in beyond)


def _spelled(statement: Statement) -> frozenset[str]:
    return frozenset(one.spelled for one in statement.actions.patterns)


@dataclass(slots=True)
class _Judging:
    application: Application
    catalog: Catalog
    by_id: Mapping[str, Synthesis]

    def judge(self, principal: Principal) -> Judged:
        synthesis = self.by_id.get(principal.id)
        if synthesis is None or principal.type is PrincipalType.ACCOUNT:
            return Judged(principal, SILENT)
        own = bare(self.application)
        resources: dict[str, Resource] = {one.id: one for one in self.application.resources}
        routes = (one.id for one in self.application.entry_points if one.arn != "")
        held = tuple(Holdings(own, self.catalog).of(principal, wanted_of(self.application, principal)))
        decider = SaidDecider(
            self.application,
            principal,
            {},
            frozenset(),
            touching(held),
            resources,
            (*resources, *routes),
            ALL,
            False,
            synthesis.policies,
            self.catalog,
            own,
        )
        needs = tuple(self.said(one) for one in self.application.needs if one.who == principal.id)
        return Judged(principal, "", tuple(map(decider.decide, held)), needs)

    def said(self, need: Need) -> InferredNeed:
        resource = self.application.resource(need.to)
        actions: set[str] = set()
        for word in need.access:
            if ":" in word:
                actions.add(word)
            elif resource is None:
                actions.add("execute-api:Invoke")
            else:
                actions |= {
                    name for on in resource_types()[resource.type].access.get(word, ()) for name in on.actions
                }
        return InferredNeed(
            need, tuple(sorted(actions)), Confidence.SAID, (Evidence("the model says so", need.at),)
        )


# ── what they lack ──


@dataclass(slots=True)
class _Said(Tightening):
    by_id: Mapping[str, Synthesis]

    def tight(self, judged: Judged) -> Tight:
        found = Tightening.tight(self, judged)
        synthesis = self.by_id[judged.principal.id]
        added = tuple(self.lacking(judged.principal, synthesis, found.policies))
        policies = found.policies
        if added:
            policies = (*policies, Policy(PolicyType.IDENTITY_BASED, added, "needs"))
        proof = self.prove(judged, synthesis, policies)
        return replace(found, added=added, policies=policies, proof=proof)

    def lacking(
        self, principal: Principal, synthesis: Synthesis, policies: tuple[Policy, ...]
    ) -> Iterator[Statement]:
        """The needed statements that the policies do not allow already."""
        own = bare(self.application)
        has = as_given(standing_of(own, principal, policies))
        for policy in synthesis.policies:
            for statement in policy.statements:
                alone = standing_of(own, principal, (replace(policy, statements=(statement,)),))
                asked = allowed_actions([statement], self.catalog)
                if not isinstance(implies(as_given(alone), has, asked, self.catalog), Proved):
                    yield statement

    def prove(self, judged: Judged, synthesis: Synthesis, policies: tuple[Policy, ...]) -> Answer:
        """That the policies allow the needs, and what a model cannot speak of, and nothing beyond."""
        principal = judged.principal
        others = [one for one in self.staying(principal) if not any(one is own for own in judged.decisions)]
        stays = (
            *(statement for one in judged.decisions for statement in _kept(one)),
            *needed_policy(others).statements,
        )
        rest = (Policy(PolicyType.IDENTITY_BASED, stays),) if stays else ()
        denies = _denying(principal)
        own = bare(self.application)
        after = as_given(standing_of(own, principal, policies))
        needed = as_given(standing_of(own, principal, (*synthesis.policies, *rest, *denies)))
        asked = allowed_actions([*_statements(after), *_statements(needed)], self.catalog)
        return allowed_exactly(after, needed, asked, self.catalog)


def _kept(decision: Decision) -> Iterable[Statement]:
    """What stays of a statement without a need."""
    own = decision.held.statement
    if decision.whole is not None:
        yield own
        return
    if decision.patterns:
        yield replace(own, actions=Actions(tuple(pattern for pattern, _ in decision.patterns)))
    for row in decision.rows:
        if row.why is not Why.NEED:
            one = own.resources
            resources = one if one.negated else Resources((one.patterns[row.number],))
            names = tuple(
                ActionPattern(str(one), one.service, parse_pattern(one.name.lower(), variables=False))
                for one in sorted(row.actions, key=str)
            )
            yield replace(own, actions=Actions(names), resources=resources)


def _denying(principal: Principal) -> tuple[Policy, ...]:
    found = (
        replace(one, statements=tuple(own for own in one.statements if own.effect is Effect.DENY), unseen=())
        for one in principal.policies
    )
    return tuple(one for one in found if one.statements)


def _statements(standing: Standing) -> list[Statement]:
    return [one for policy in standing.policies.identity_based for one in policy.statements]
