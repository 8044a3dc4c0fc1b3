"""What today's policies allow beyond the needs, place by place, the worst of it shown by requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from grantgraph.catalog import AccessLevel, Action, Catalog
from grantgraph.infer.entries import names
from grantgraph.infer.holdings import bare
from grantgraph.infer.why import Decision, Dropped, Why
from grantgraph.model import Application, Principal
from grantgraph.policy.document import Effect, Statement
from grantgraph.problems import Location
from grantgraph.prove import Refuted, allowed_actions, as_given, reaches
from grantgraph.standing import standing_of
from grantgraph.tighten.result import WORST, Beyond, Held

_LEVELS = (
    AccessLevel.PERMISSIONS_MANAGEMENT,
    AccessLevel.WRITE,
    AccessLevel.TAGGING,
    AccessLevel.READ,
    AccessLevel.LIST,
)
_WORST_SERVICES = ("iam", "sts", "organizations", "kms", "s3", "lambda", "ec2")
_WORST_VERBS = ("Delete", "Put", "Update", "Create", "Attach", "Add")


def held_of(decisions: Iterable[Decision]) -> tuple[Held, ...]:
    """What statements allow at each place of the application, and how much of it stays."""
    allowed: dict[tuple[str, str], set[Action]] = {}
    needed: dict[tuple[str, str], set[Action]] = {}
    for decision in decisions:
        for entry in decision.held.entries:
            for given in entry.given:
                if given.witnesses:
                    allowed.setdefault((given.place, given.actions[0].service), set()).update(given.actions)
        for row in decision.rows:
            service = next(iter(row.actions)).service
            needed.setdefault((row.place, service), set()).update(row.actions)
    return tuple(
        Held(place, service, _sorted(ones), _sorted(needed.get((place, service), set()) & ones))
        for (place, service), ones in sorted(allowed.items(), key=lambda one: (one[0][0] == "", one[0]))
    )


def _sorted(actions: Iterable[Action]) -> tuple[Action, ...]:
    return tuple(sorted(actions, key=str))


def beyond_of(
    application: Application, principal: Principal, decisions: tuple[Decision, ...], catalog: Catalog
) -> Iterator[Beyond]:
    """Everything that goes with what is not needed, the places of the application first."""
    stays = {(row.place, action) for one in decisions for row in one.rows for action in row.actions}
    found: dict[tuple[str, str], _Gathered] = {}
    for decision in decisions:
        for dropped in decision.dropped:
            if (dropped.place, dropped.action) not in stays:
                key = (dropped.place, dropped.action.service)
                found.setdefault(key, _Gathered()).take(dropped, decision.held.statement)
    for (place, service), gathered in sorted(found.items(), key=lambda one: (one[0][0] == "", one[0])):
        yield gathered.beyond(place, service)
    yield from _unasked(application, principal, decisions, catalog)


@dataclass(slots=True)
class _Gathered:
    shown: dict[Action, Refuted] = field(default_factory=dict)
    doubtful: dict[Action, None] = field(default_factory=dict)
    why: dict[Why, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    at: dict[Location, None] = field(default_factory=dict)

    def take(self, dropped: Dropped, statement: Statement) -> None:
        if dropped.witness is not None:
            self.shown.setdefault(dropped.action, dropped.witness)
        else:
            self.doubtful[dropped.action] = None
        self.why[dropped.why] = None
        if dropped.note:
            self.notes[dropped.note] = None
        self.at[_place(statement, dropped.action)] = None

    def beyond(self, place: str, service: str) -> Beyond:
        worst = sorted(self.shown, key=_mildness)[:WORST]
        doubtful = [one for one in self.doubtful if one not in self.shown]
        return Beyond(
            place,
            service,
            _sorted(self.shown),
            tuple(self.shown[one] for one in worst),
            tuple(self.why),
            tuple(self.notes),
            _sorted(doubtful),
            at=tuple(self.at),
        )


def _place(statement: Statement, action: Action) -> Location:
    """Where a statement names an action."""
    for one in statement.actions.patterns if not statement.actions.negated else ():
        if one.at.file and names(one, action):
            return one.at
    return statement.at


def _mildness(action: Action) -> tuple[int, int, int, str]:
    services = _WORST_SERVICES
    return (
        _LEVELS.index(action.access_level),
        services.index(action.service) if action.service in services else len(services),
        next((at for at, verb in enumerate(_WORST_VERBS) if action.name.startswith(verb)), len(_WORST_VERBS)),
        str(action),
    )


def _unasked(
    application: Application, principal: Principal, decisions: tuple[Decision, ...], catalog: Catalog
) -> Iterator[Beyond]:
    """Actions of services that the application has nothing of, which a wildcard over all services names."""
    for decision in decisions:
        held = decision.held
        if decision.whole is not None or not _is_unnamed(held.statement):
            continue
        asked = {action.service for entry in held.entries for action in entry.actions()}
        named = allowed_actions([held.statement], catalog)
        rest = [one for one in named if one.service not in asked and not _is_named(held.statement, one)]
        if not rest:
            continue
        candidates = sorted(rest, key=_mildness)[: 4 * WORST]
        denies = tuple(one for own in principal.policies for one in own.statements if one.effect is Effect.DENY)
        alone = (replace(held.policy, statements=(held.statement, *denies), unseen=()),)
        standing = as_given(standing_of(bare(application), principal, alone))
        shown = [witness for reach in reaches(standing, candidates, catalog) for witness in reach.witnesses][
            :WORST
        ]
        yield Beyond("", "", _sorted(rest), tuple(shown), (Why.UNNAMED,), asked=False, at=(held.statement.at,))


def _is_unnamed(statement: Statement) -> bool:
    return statement.actions.negated or any(one.service is None for one in statement.actions.patterns)


def _is_named(statement: Statement, action: Action) -> bool:
    return not statement.actions.negated and any(
        one.service is not None and names(one, action) for one in statement.actions.patterns
    )
