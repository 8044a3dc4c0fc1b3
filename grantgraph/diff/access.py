"""What happened to one caller's access: which actions, where, and by which statements before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from grantgraph.catalog import AccessLevel, Action, Catalog
from grantgraph.diff.difference import Change, Doubt, Kind, Terms
from grantgraph.diff.places import Place, names_of, read_places, resources_at
from grantgraph.model import Application
from grantgraph.policy.document import Effect, Policy, Statement
from grantgraph.prove import (
    EVERYWHERE,
    Formula,
    Gain,
    Standing,
    Witness,
    actions_of,
    aligned,
    as_given,
    conjunction,
    gained,
    reaches,
)
from grantgraph.prove.actions import ActionIndex


@dataclass(slots=True)
class Comparison:
    """Two standings of one caller, compared place by place.

    Attributes:
        base, head: what decided before, and what decides now.
        world: the application with the places of both sides.
        region: only requests in it are compared.
        actions: only these are compared; all that are allowed, where it is None.
    """

    base: Standing
    head: Standing
    world: Application
    catalog: Catalog
    region: Formula = EVERYWHERE
    actions: tuple[Action, ...] | None = None
    _places: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    _giving: dict[tuple[str, str, str], _Giving] = field(default_factory=dict)

    def answer(self) -> tuple[tuple[Change, ...], tuple[Doubt, ...]]:
        """Every change, the most telling first, and every question without an answer."""
        self.base, self.head = aligned(self.base, self.head)
        ups = self.shown(self.head, self.base, True)
        downs = self.shown(self.base, self.head, False)
        doubts = (*ups.doubts, *downs.doubts)
        return tuple(_merged(self.changes(ups, downs))), tuple(dict.fromkeys(doubts))

    def shown(self, newer: Standing, older: Standing, may_widen: bool) -> _Shown:
        """What the one allows and the other does not, by place and action."""
        found = _Shown()
        actions = actions_of(newer, self.catalog) if self.actions is None else self.actions
        for first in gained(newer, older, actions, self.catalog, self.region):
            if not first.actions:
                found.doubts.append(Doubt(first.doubt, may_widen))
                continue
            places = self.places(first.actions[0].service)
            for place in places:
                if len(places) == 1:
                    gains: Iterable[Gain] = [first]
                else:
                    here = _at(newer, place), _at(older, place)
                    region = conjunction([self.region, place.region])
                    gains = gained(*here, first.actions, self.catalog, region)
                for gain in gains:
                    found.take(place, gain, may_widen)
        return found

    def places(self, service: str) -> tuple[Place, ...]:
        if service not in self._places:
            self._places[service] = read_places(self.world, service)
        return self._places[service]

    def changes(self, ups: _Shown, downs: _Shown) -> Iterator[Change]:
        """One change for each action at each place."""
        groups: dict[tuple[str, str], list[Action]] = {}
        for place_id, action in {**ups.found, **downs.found}:
            groups.setdefault((action.service, place_id), []).append(action)
        for (service, place_id), actions in groups.items():
            place = next(one for one in self.places(service) if one.id == place_id)
            only_up = [one for one in actions if (place_id, one) not in downs.found]
            only_down = [one for one in actions if (place_id, one) not in ups.found]
            before, after = self.used(self.base, only_up, place), self.used(self.head, only_down, place)
            for action in actions:
                up, down = ups.found.get((place_id, action)), downs.found.get((place_id, action))
                if up is not None and down is not None:
                    kind = Kind.CHANGED
                elif up is not None:
                    kind = Kind.WIDENED if action in before else Kind.ADDED
                else:
                    kind = Kind.NARROWED if action in after else Kind.REMOVED
                yield Change(
                    kind,
                    service,
                    (place_id,),
                    (action,),
                    self.terms("base", action, place) if kind is not Kind.ADDED else (),
                    self.terms("head", action, place) if kind is not Kind.REMOVED else (),
                    up[0] if up is not None else None,
                    down[0] if down is not None else None,
                    (up or down or (None, ""))[1],
                )

    def used(self, standing: Standing, actions: list[Action], place: Place) -> frozenset[Action]:
        """The actions that some request can use, or may be able to, at a place."""
        here = _at(as_given(standing), place)
        region = conjunction([self.region, place.region])
        return frozenset(
            action for reach in reaches(here, actions, self.catalog, region) for action in reach.actions
        )

    # ── which statements give it ──

    def terms(self, side: str, action: Action, place: Place) -> tuple[Terms, ...]:
        """The Allow statements through which an action can be used at a place, on one side."""
        key = (side, action.service, place.id)
        if key not in self._giving:
            here = _at(as_given(self.base if side == "base" else self.head), place)
            self._giving[key] = _Giving(here, place, names_of(self.world))
        giving = self._giving[key]
        named = giving.naming(action)
        if named not in giving.terms:
            region = conjunction([self.region, place.region])
            used = [
                at
                for at in named
                if len(named) == 1
                or any(reaches(_alone(giving.here, giving.owned[at][1]), [action], self.catalog, region))
            ]
            giving.terms[named] = tuple(map(giving.term, used))
        return giving.terms[named]


class _Giving:
    """The statements that can give access at a place, looked up by action."""

    def __init__(self, here: Standing, place: Place, names: Mapping[str, str]) -> None:
        self.here, self.place, self.names = here, place, names
        self.owned = list(_owned(here))
        self.index = ActionIndex([one for _, one in self.owned])
        self.terms: dict[tuple[int, ...], tuple[Terms, ...]] = {}

    def naming(self, action: Action) -> tuple[int, ...]:
        return tuple(at for at in self.index.naming(action) if self.owned[at][1].effect is Effect.ALLOW)

    def term(self, at: int) -> Terms:
        policy, statement = self.owned[at]
        return Terms(policy, statement, resources_at(statement, self.place, self.names))


@dataclass(slots=True)
class _Shown:
    """(place, action) → the request that shows it and what it rests on; and what is open."""

    found: dict[tuple[str, Action], tuple[Witness, str]] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)

    def take(self, place: Place, gain: Gain, may_widen: bool) -> None:
        for action, witness in zip(gain.actions, gain.witnesses, strict=False):
            self.found[place.id, action] = (witness, gain.unless)
        if not gain.certain:
            self.doubts.append(Doubt(gain.doubt, may_widen, gain.actions, place.id))


def _at(standing: Standing, place: Place) -> Standing:
    """The standing without the targets that have nothing to do with a place."""
    return replace(standing, targets=tuple(one for one in standing.targets if place.meets(one)))


def _owned(standing: Standing) -> Iterator[tuple[Policy, Statement]]:
    """Every statement that can give access, with its policy."""
    for policy in (*standing.policies.identity_based, *(one.policy for one in standing.targets)):
        for statement in policy.statements:
            yield policy, statement


def _alone(standing: Standing, chosen: Statement) -> Standing:
    """The standing with one of its Allow statements; the policies of keys stay whole, for they must allow."""

    def cut(policy: Policy) -> Policy:
        kept = (one for one in policy.statements if one is chosen or one.effect is Effect.DENY)
        return replace(policy, statements=tuple(kept))

    keep_targets = any(one is chosen for policy in standing.policies.identity_based for one in policy.statements)
    targets = tuple(
        one if keep_targets and ":kms:" in str(one.arn) else replace(one, policy=cut(one.policy))
        for one in standing.targets
    )
    identity = tuple(map(cut, standing.policies.identity_based))
    return replace(standing, policies=replace(standing.policies, identity_based=identity), targets=targets)


# ── what belongs together ────────────────────────────────────────────────────────────────────────────────


def _merged(changes: Iterable[Change]) -> list[Change]:
    """Changes of one kind by the same statements: the actions of a place, then the places of the same actions."""
    by_place: dict[tuple[object, ...], list[Change]] = {}
    for one in changes:
        key = (one.kind, one.service, one.places, _statements(one.was), _statements(one.now), one.unless)
        by_place.setdefault(key, []).append(one)
    found: dict[tuple[object, ...], list[Change]] = {}
    for ones in by_place.values():
        ordered = sorted(ones, key=_weight)
        one = replace(ordered[0], actions=tuple(action for each in ordered for action in each.actions))
        same = (one.kind, one.service, one.actions, _statements(one.was), _statements(one.now), one.unless)
        found.setdefault(same, []).append(one)
    merged = [
        replace(
            ones[0],
            places=tuple(place for one in ones for place in one.places),
            was=_united([one.was for one in ones]),
            now=_united([one.now for one in ones]),
        )
        for ones in found.values()
    ]
    order = list(Kind)
    return sorted(merged, key=lambda one: (order.index(one.kind), not any(one.places), _weight(one)[0]))


def _weight(change: Change) -> tuple[int, str]:
    """The most dangerous first."""
    return -max(_LEVELS.index(one.access_level) for one in change.actions), str(change.actions[0])


_LEVELS = (
    AccessLevel.LIST,
    AccessLevel.READ,
    AccessLevel.TAGGING,
    AccessLevel.WRITE,
    AccessLevel.PERMISSIONS_MANAGEMENT,
)


def _statements(terms: tuple[Terms, ...]) -> tuple[int, ...]:
    return tuple(id(one.statement) for one in terms)


def _united(terms: list[tuple[Terms, ...]]) -> tuple[Terms, ...]:
    """The same statements at several places: what they say there, taken together."""
    return tuple(
        replace(same[0], resources=tuple(dict.fromkeys(shown for one in same for shown in one.resources)))
        for same in zip(*terms, strict=True)
    )
