"""Policies made ready for many requests: the statements of each layer, found by action."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from grantgraph.evaluate.principal import Named
from grantgraph.evaluate.request import Request
from grantgraph.evaluate.statement import Entry, Reason, compile_statement, match_actions
from grantgraph.evaluate.variable import MAYBE, NO, YES
from grantgraph.policy.document import Policy, PolicySet, PolicyType
from grantgraph.policy.pattern import Match
from grantgraph.text import Unknown

KEPT_ACTIONS = 4_096
KEPT_POLICIES = 4_096
KEPT_SETS = 1_024


@dataclass(slots=True)
class Reading:
    """What one layer says about one request: the most that allows, the most that denies, and who said so.

    `named` splits what allows by how a Principal element names the caller; layers without one have SELF only.
    """

    name: str
    allow: Match = NO
    deny: Match = NO
    allowing: list[tuple[Match, Entry]] = field(default_factory=list)
    denying: list[tuple[Match, Entry]] = field(default_factory=list)
    named: dict[Named, Match] = field(default_factory=dict)
    ways: dict[int, dict[Named, Match]] = field(default_factory=dict)
    unseen: tuple[Unknown, ...] = ()

    def by_name(self, how: Named) -> Match:
        return self.named.get(how, NO)

    def reasons(self, least: Match, *hows: Named) -> tuple[Reason, ...]:
        """The statements that allow at least so surely, and name the caller in one of the ways."""
        return tuple(
            entry.reason
            for found, entry in self.allowing
            if found >= least and (not hows or self._names(entry, least, hows))
        )

    def _names(self, entry: Entry, least: Match, hows: tuple[Named, ...]) -> bool:
        return any(self.ways[id(entry)].get(how, NO) >= least for how in hows)


class Layer:
    """The policies at one place, taken together: any Allow allows, any Deny denies."""

    __slots__ = ("entries", "memo", "name", "principals", "unseen")

    def __init__(self, name: str, policies: Iterable[Policy]) -> None:
        self.name = name
        self.entries: list[Entry] = []
        unseen: list[Unknown] = []
        for policy in policies:
            self.entries += _entries(policy)
            unseen += policy.unseen
        self.unseen = tuple(unseen)
        self.principals = any(entry.principals is not None for entry in self.entries)
        self.memo: dict[str, tuple[tuple[Entry, Match], ...]] = {}

    def about(self, action: str) -> tuple[tuple[Entry, Match], ...]:
        """The statements that cover an action, or may."""
        found = self.memo.get(action)
        if found is None:
            if len(self.memo) >= KEPT_ACTIONS:
                self.memo.clear()
            matches = [(entry, match_actions(entry.reason.statement.actions, action)) for entry in self.entries]
            found = self.memo[action] = tuple((entry, match) for entry, match in matches if match is not NO)
        return found

    def read(self, request: Request, bounded: bool) -> Reading:
        """What this layer says about a request; `bounded` is whether the caller has a boundary (61)."""
        reading = Reading(self.name)
        for entry, match in self.about(request.action):
            ways = None
            if entry.principals is not None:
                ways = entry.match_caller(request, bounded)
                if not ways:
                    continue
                match = min(match, max(ways.values()))
            found = entry.match(request)
            if found is NO:
                continue
            if match is MAYBE:
                found = MAYBE
            if not entry.allows:
                reading.denying.append((found, entry))
                if found > reading.deny:
                    reading.deny = found
                continue
            reading.allowing.append((found, entry))
            if found > reading.allow:
                reading.allow = found
            if ways is not None:
                reading.ways[id(entry)] = ways = {how: min(found, who) for how, who in ways.items()}
                for how, who in ways.items():
                    if who > reading.named.get(how, NO):
                        reading.named[how] = who
        if self.unseen:
            self._may_hold_more(reading)
        return reading

    def _may_hold_more(self, reading: Reading) -> None:
        """Statements that nobody showed us may allow, and may deny."""
        reading.unseen = self.unseen
        reading.allow = max(reading.allow, MAYBE)
        reading.deny = max(reading.deny, MAYBE)
        reading.named[Named.SELF] = max(reading.by_name(Named.SELF), MAYBE)


@dataclass(slots=True)
class Compiled:
    """A set of policies made ready for many requests; made by `compile_policies`."""

    policies: PolicySet
    identity: Layer
    boundary: Layer | None
    session: Layer | None
    resource: Layer | None
    endpoint: Layer | None
    scps: tuple[Layer, ...]
    rcps: tuple[Layer, ...]
    by_action: dict[str, tuple[tuple[Entry, ...], tuple[Entry, ...]] | None] = field(default_factory=dict)
    answers: dict[tuple[int, ...], object] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether identity policies alone decide, and all of them were given."""
        others = (self.boundary, self.session, self.resource, self.endpoint)
        return all(one is None for one in others) and not (self.scps or self.rcps or self.identity.unseen)

    def split(self, action: str) -> tuple[tuple[Entry, ...], tuple[Entry, ...]] | None:
        """The Deny and the Allow statements that surely cover an action; None where one only may."""
        about = self.identity.about(action)
        if any(match is not YES for _, match in about):
            return None
        denies = tuple(entry for entry, _ in about if not entry.allows)
        return denies, tuple(entry for entry, _ in about if entry.allows)


def compile_policies(policies: PolicySet) -> Compiled:
    """Make a set of policies ready; the same set (the very object) is made ready once."""
    kept = _SETS.get(id(policies))
    if kept is not None:
        return kept
    while len(_SETS) >= KEPT_SETS:
        _SETS.pop(next(iter(_SETS)))
    compiled = Compiled(
        policies,
        Layer(PolicyType.IDENTITY_BASED, policies.identity_based),
        _one(PolicyType.PERMISSIONS_BOUNDARY, policies.permissions_boundary),
        None if policies.session is None else Layer(PolicyType.SESSION, policies.session),
        _one(PolicyType.RESOURCE_BASED, policies.resource_based),
        _one(PolicyType.VPC_ENDPOINT, policies.vpc_endpoint),
        tuple(Layer(PolicyType.SCP, level) for level in policies.scps),
        tuple(Layer(PolicyType.RCP, level) for level in policies.rcps),
    )
    # The set is held by what is kept, so its id stays its own.
    _SETS[id(policies)] = compiled
    return compiled


def _one(name: str, policy: Policy | None) -> Layer | None:
    return None if policy is None else Layer(policy.type if name is PolicyType.RESOURCE_BASED else name, [policy])


def _entries(policy: Policy) -> list[Entry]:
    kept = _POLICIES.get(id(policy))
    if kept is None:
        while len(_POLICIES) >= KEPT_POLICIES:
            _POLICIES.pop(next(iter(_POLICIES)))
        kept = (policy, [compile_statement(policy, statement) for statement in policy.statements])
        _POLICIES[id(policy)] = kept
    return kept[1]


_SETS: dict[int, Compiled] = {}
_POLICIES: dict[int, tuple[Policy, list[Entry]]] = {}

__all__ = ["KEPT_ACTIONS", "YES", "Compiled", "Layer", "Reading", "compile_policies"]
