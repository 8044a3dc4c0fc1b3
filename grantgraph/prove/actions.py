"""Which statements name which actions: looked up by name, and matched only where there is a wildcard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from grantgraph.catalog import Action, Catalog
from grantgraph.policy.document import ActionPattern, Actions, Effect, Statement
from grantgraph.policy.pattern import Wild
from grantgraph.prove.automaton import accepts
from grantgraph.prove.formula import FALSE, TRUE, Formula, Free, Literal, disjunction, negation
from grantgraph.prove.glob import glob_of
from grantgraph.text import Unknown


def encode_actions(actions: Actions, action: str) -> Formula:
    """Whether Action or NotAction covers an action: TRUE, FALSE, or a thing that nobody told us."""
    service, _, name = action.lower().partition(":")
    found: list[Formula] = []
    for one in actions.about(service):
        covers = covers_name(one, name)
        if covers == TRUE:
            return FALSE if actions.negated else TRUE
        found.append(covers)
    result = disjunction(found)
    return negation(result) if actions.negated else result


def covers_name(pattern: ActionPattern, name: str) -> Formula:
    """Whether a pattern of the right service covers an action's name, in lower case."""
    parts = pattern.name.parts
    if len(parts) == 1 and not isinstance(parts[0], Unknown):
        return TRUE if parts[0] is Wild.RUN or parts[0] == name else FALSE
    if len(parts) == 2 and isinstance(parts[0], str) and parts[1] is Wild.RUN:
        return TRUE if name.startswith(parts[0]) else FALSE
    unknown = next((part for part in parts if isinstance(part, Unknown)), None)
    if unknown is not None:
        widest = glob_of(Wild.RUN if isinstance(part, Unknown) else part for part in parts)
        about = Unknown(f"action {pattern.spelled}", unknown.reason)
        return Literal(Free(about)) if accepts(widest, name) else FALSE
    return TRUE if accepts(glob_of(parts), name) else FALSE


@dataclass(frozen=True, slots=True)
class Named:
    """The statements that are about actions of one service: by the action's name, and those to be matched.

    `whole` are all of them, where none tells the actions of the service apart.
    """

    by_name: dict[str, dict[int, None]]
    maybe: tuple[int, ...]
    whole: tuple[int, ...] | None


class ActionIndex:
    """The statements of a question, by the actions that they may be about; a service is looked up when asked."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.allowing = frozenset(at for at, one in enumerate(statements) if one.effect is Effect.ALLOW)
        self.services: dict[str, Named] = {}

    def of(self, service: str) -> Named:
        """What the statements say of one service."""
        found = self.services.get(service)
        if found is None:
            by_name: dict[str, dict[int, None]] = {}
            maybe: dict[int, None] = {}
            whole: list[int] | None = []
            for at, statement in enumerate(self.statements):
                about = statement.actions.about(service)
                if any(one.name.is_star for one in about) or not about:
                    if statement.actions.negated is not bool(about):
                        maybe[at] = None
                        if whole is not None:
                            whole.append(at)
                    continue
                whole = None
                if statement.actions.negated:
                    maybe[at] = None
                    continue
                for one in about:
                    literal = one.name.literal
                    if one.service is not None and isinstance(literal, str):
                        by_name.setdefault(literal, {})[at] = None
                    else:
                        maybe[at] = None
            found = Named(by_name, tuple(maybe), tuple(whole) if whole is not None else None)
            self.services[service] = found
        return found

    def naming(self, action: Action) -> tuple[int, ...]:
        """The statements that are, or may be, about an action, in order."""
        named = self.of(action.service)
        if named.whole is not None:
            return named.whole
        sure = named.by_name.get(action.name.lower(), {})
        if not named.maybe:
            return tuple(sorted(sure))
        name = str(action)
        more = (at for at in named.maybe if at not in sure)
        found = [at for at in more if encode_actions(self.statements[at].actions, name) != FALSE]
        return tuple(sorted([*sure, *found]))

    def allowed(self, catalog: Catalog) -> Iterator[Action]:
        """Every action of the catalog that some Allow statement names, service by service."""
        for service in self._services(catalog):
            named = self.of(service)
            if named.whole is not None and self.allowing.isdisjoint(named.whole):
                continue
            if not self.allowing.isdisjoint(named.maybe):
                found = catalog.actions(service)
            else:
                listed = (catalog.action(f"{service}:{name}") for name in named.by_name)
                found = tuple(sorted((one for one in listed if one is not None), key=lambda one: one.name))
            for action in found:
                if not self.allowing.isdisjoint(self.naming(action)):
                    yield action

    def _services(self, catalog: Catalog) -> Iterable[str]:
        allowing = [self.statements[at].actions for at in sorted(self.allowing)]
        if any(one.negated or "*" in one.by_service for one in allowing):
            return catalog.services()
        return sorted({service for one in allowing for service in one.by_service})
