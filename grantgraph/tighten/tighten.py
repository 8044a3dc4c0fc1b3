"""Today's policies against the needs: what goes, what stays, and the proof of what stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from grantgraph.catalog import Action, Catalog
from grantgraph.infer.decide import ALL
from grantgraph.infer.holdings import Key, bare, key_of
from grantgraph.infer.narrow import Narrowed, narrow
from grantgraph.infer.needs import Judged, infer
from grantgraph.infer.why import Decision, Why
from grantgraph.model import Application, Principal
from grantgraph.policy.arn import ArnPattern, parse_arn
from grantgraph.policy.document import (
    ActionPattern,
    Actions,
    Effect,
    Policy,
    PolicyType,
    Resources,
    Statement,
)
from grantgraph.policy.pattern import Pattern, Wild, parse_pattern
from grantgraph.prove import Gain, Refuted, Things, as_given, gained, reaches
from grantgraph.standing import standing_of
from grantgraph.text import Text
from grantgraph.tighten.beyond import beyond_of, held_of
from grantgraph.tighten.proof import prove_tight
from grantgraph.tighten.result import WORST, Beyond, Rewritten, Stays, Tight, Tightened


def tighten(application: Application, catalog: Catalog, wildcards: str = ALL) -> Tightened:
    """What each role needs as far as the application shows it, and its policies without the rest."""
    judged = infer(application, catalog, wildcards).judged
    return Tightened(application, catalog.date, tuple(Tightening(application, catalog, judged).all()))


@dataclass(slots=True)
class Tightening:
    """Narrows the policies of every role that is judged, one statement for all that share it."""

    application: Application
    catalog: Catalog
    judged: tuple[Judged, ...]
    narrowed: Mapping[Key, Narrowed] = field(init=False)
    sharing: Mapping[Key, list[Decision]] = field(init=False)
    frozen: frozenset[Key] = field(init=False)
    holders: Mapping[Key, int] = field(init=False)
    bare: Application = field(init=False)
    types: Mapping[str, str] = field(init=False)
    _used: dict[tuple[str, str, str], frozenset[Action]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.bare = bare(self.application)
        plain = (one for one in self.application.resources if one.policy is None or one.type != "kms:key")
        self.types = {str(one.arn): one.type for one in plain}
        sharing: dict[Key, list[Decision]] = {}
        holders: dict[Key, int] = {}
        for one in self.judged:
            for decision in one.decisions:
                sharing.setdefault(decision.held.key, []).append(decision)
        left = [one.principal for one in self.judged if one.left]
        self.frozen = frozenset(key for principal in left for key in _keys(principal))
        for one in self.judged:
            for key in set(_keys(one.principal)):
                holders[key] = holders.get(key, 0) + 1
        self.sharing, self.holders = sharing, holders
        self.narrowed = {
            key: Narrowed(ones[0].held.statement, None)
            if key in self.frozen
            else narrow(ones, self.catalog, self.usable)
            for key, ones in sharing.items()
        }

    def usable(self, text: Text, actions: Iterable[Action]) -> frozenset[Action]:
        """Which actions some request uses on what a text names, were they all allowed."""
        arn = parse_arn(text)
        of = arn.service if arn is not None and isinstance(arn.service, str) else ""
        known = frozenset(one for one in actions if not of or of in services_taken(one, self.catalog))
        return frozenset(action for action in known if action in self.used(text, action.service))

    def used(self, text: Text, service: str) -> frozenset[Action]:
        """Which actions of a service some request uses on what a text names; the same for all things of a type."""
        key = (*self.kind_of(text), service)
        if key not in self._used:
            everything = Actions((ActionPattern(f"{service}:*", service, Pattern((Wild.RUN,))),))
            there = Resources((ArnPattern(parse_pattern(text)),))
            policy = Policy(PolicyType.IDENTITY_BASED, (Statement(Effect.ALLOW, everything, there),))
            principal = replace(self.judged[0].principal, boundary=None)
            standing = replace(standing_of(self.bare, principal, (policy,)), things=Things())
            found = reaches(standing, self.catalog.actions(service), self.catalog)
            self._used[key] = frozenset(action for reach in found for action in reach.actions)
        return self._used[key]

    def kind_of(self, text: Text) -> tuple[str, str]:
        """The type of the resource that a text names, and what follows its ARN; "" and the text of any other."""
        spelled = str(text)
        for at in [len(spelled), *(found.start() for found in re.finditer("[/:]", spelled))]:
            type = self.types.get(spelled[:at])
            if type is not None:
                return type, spelled[at:]
        return "", spelled

    def all(self) -> Iterator[Tight]:
        for one in self.judged:
            yield Tight(one.principal, one.left) if one.left else self.tight(one)

    def tight(self, judged: Judged) -> Tight:
        principal, decisions = judged.principal, judged.decisions
        rewritten = tuple(self.rewritten(principal))
        policies = tuple(one.tight for one in rewritten if one.tight.statements)
        proof = prove_tight(self.application, principal, policies, self.staying(principal), self.catalog)
        beyond = tuple(beyond_of(self.application, principal, decisions, self.catalog))
        return Tight(
            principal,
            "",
            held_of(decisions),
            judged.needs,
            (*beyond, *self.partly_beyond(principal, policies, beyond)),
            judged.dead,
            tuple(_stays(decisions, self.frozen)),
            rewritten,
            (),
            policies,
            proof,
            tuple(dict.fromkeys(_doubts(principal, decisions))),
        )

    def staying(self, principal: Principal) -> list[Decision]:
        """What becomes of the statements of a principal, for all who hold them."""
        keys = dict.fromkeys(_keys(principal))
        shared = [own for key in keys for own in self.sharing.get(key, ())]
        return [replace(one, whole=Why.SHARED) if one.held.key in self.frozen else one for one in shared]

    def rewritten(self, principal: Principal) -> Iterator[Rewritten]:
        for policy in principal.policies:
            keys = [key_of(policy, number) for number in range(len(policy.statements))]
            statements = []
            for key, statement in zip(keys, policy.statements, strict=True):
                found = self.narrowed.get(key) if statement.effect is Effect.ALLOW else None
                changed = found is not None and found.pieces is not None
                statements.append(found if found is not None and changed else Narrowed(statement, None))
            yield Rewritten(policy, tuple(statements), any(self.holders.get(key, 0) > 1 for key in keys))

    def partly_beyond(
        self, principal: Principal, policies: tuple[Policy, ...], beyond: tuple[Beyond, ...]
    ) -> Iterator[Beyond]:
        """Actions that stay, and were allowed in more requests than they are needed in."""
        if not any(one is not other for one, other in zip(policies, principal.policies, strict=False)):
            return
        own = self.bare
        today, after = as_given(standing_of(own, principal)), as_given(standing_of(own, principal, policies))
        told = {action for one in beyond for action in (*one.actions, *one.doubtful)}
        kept = {
            action
            for held in self.sharing.values()
            for decision in held
            for row in decision.rows
            for action in row.actions
        }
        asked = sorted(kept - told, key=str)
        for gain in gained(today, after, asked, self.catalog):
            yield self.part(gain)

    def part(self, gain: Gain) -> Beyond:
        """What goes of actions that stay: requests that today's policies allow, and the tight ones do not."""
        service = gain.actions[0].service if gain.actions else ""
        shown = tuple(Refuted(one.request, one.allowed) for one in gain.witnesses[:WORST])
        doubtful = () if gain.certain else gain.actions
        place = self.place_of(shown[0].request.resource) if shown else ""
        return Beyond(place, service, gain.actions if gain.certain else (), shown, (Why.PARTLY,), (), doubtful)

    def place_of(self, resource: Text) -> str:
        """The id of the resource that a request is about, "" where it is none of the application's."""
        spelled = str(resource)
        for one in self.application.resources:
            own = str(one.arn)
            if own and (spelled == own or spelled.startswith((f"{own}/", f"{own}:"))):
                return one.id
        return ""


def services_taken(action: Action, catalog: Catalog) -> frozenset[str]:
    """The services in whose ARNs an action takes its resources."""
    known = (catalog.resource_type(action.service, name) for name in action.resource_types)
    return frozenset(arn.split(":")[2] for one in known if one is not None for arn in one.arns)


def _stays(decisions: Iterable[Decision], frozen: frozenset[Key]) -> Iterator[Stays]:
    for decision in decisions:
        held = decision.held
        whole = decision.whole or (Why.SHARED if held.key in frozen else None)
        if whole is not None:
            yield Stays(f"`{held.policy.name}`", whole, held.statement.at)
        if whole is Why.SHARED:
            continue
        for pattern, why in decision.patterns:
            yield Stays(f"`{pattern.spelled}`", why, pattern.at if pattern.at.file else held.statement.at)
        by_why: dict[Why, set[str]] = {}
        for row in decision.rows:
            if row.why is not Why.NEED:
                by_why.setdefault(row.why, set()).update(map(str, row.actions))
        for why, actions in by_why.items():
            yield Stays(", ".join(f"`{one}`" for one in sorted(actions)), why, held.statement.at)


def _doubts(principal: Principal, decisions: Iterable[Decision]) -> Iterator[str]:
    for policy in principal.policies:
        for one in policy.unseen:
            yield f"`{policy.name}`: {one.reason or one}"
    for decision in decisions:
        if decision.whole is Why.OPEN:
            yield f"what the statement at {decision.held.statement.at} names is decided at deployment"


def _keys(principal: Principal) -> list[Key]:
    return [key_of(policy, number) for policy in principal.policies for number in range(len(policy.statements))]
