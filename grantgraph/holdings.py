"""What principals hold, remembered: every access level of a principal is asked about once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from grantgraph.catalog import AccessLevel, Action
from grantgraph.grants import Grant, Grants
from grantgraph.model import Principal
from grantgraph.policy.document import Statement
from grantgraph.prove import Reach


@dataclass(slots=True)
class Holdings:
    """The grants of an application's principals; what was asked once is not asked again."""

    grants: Grants
    _levels: dict[str, frozenset[AccessLevel]] = field(default_factory=dict)
    _found: dict[str, tuple[Grant, ...]] = field(default_factory=dict)
    _told: dict[tuple[str, frozenset[AccessLevel]], tuple[Grant, ...]] = field(default_factory=dict)

    def of(self, principal: Principal, levels: frozenset[AccessLevel]) -> tuple[Grant, ...]:
        """What a principal holds at some access levels."""
        asked = (principal.id, levels)
        if asked not in self._told:
            known = self._levels.get(principal.id, frozenset())
            missing = levels - known
            if missing:
                more = self.grants.of(principal, lambda action: action.access_level in missing)
                self._found[principal.id] = _joined((*self._found.get(principal.id, ()), *more), principal)
                self._levels[principal.id] = known | missing
            found = self._found[principal.id]
            self._told[asked] = found if levels == known | missing else tuple(_at_levels(found, levels))
        return self._told[asked]

    def shown(self, principal: Principal, statement: Statement) -> frozenset[Action]:
        """The actions that a statement is known to give a principal, from what was asked so far."""
        found = (one for one in self._found.get(principal.id, ()) if one.statement is statement)
        return frozenset(action for one in found for reach in one.reaches for action in reach.actions)


def _joined(grants: Iterable[Grant], principal: Principal) -> tuple[Grant, ...]:
    """Grants by one statement on one place as one, in the order of the statements."""
    found: dict[tuple[int, str, str], Grant] = {}
    for one in grants:
        key = (id(one.statement), one.service, one.resource)
        known = found.get(key)
        found[key] = one if known is None else replace(known, reaches=(*known.reaches, *one.reaches))
    own = [id(statement) for policy in principal.policies for statement in policy.statements]
    order = {statement: at for at, statement in enumerate(own)}
    return tuple(sorted(found.values(), key=lambda one: order.get(id(one.statement), len(order))))


def _at_levels(grants: Iterable[Grant], levels: frozenset[AccessLevel]) -> Iterable[Grant]:
    for one in grants:
        reaches = tuple(kept for reach in one.reaches if (kept := _of_levels(reach, levels)).actions)
        if reaches:
            yield replace(one, reaches=reaches)


def _of_levels(reach: Reach, levels: frozenset[AccessLevel]) -> Reach:
    wanted = [at for at, action in enumerate(reach.actions) if action.access_level in levels]
    if len(wanted) == len(reach.actions):
        return reach
    witnesses = tuple(reach.witnesses[at] for at in wanted) if reach.certain else ()
    return replace(reach, actions=tuple(reach.actions[at] for at in wanted), witnesses=witnesses)
