"""Which statements name which actions: looked up by name, and matched only where there is a wildcard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from grantgraph.catalog import Action, Catalog
from grantgraph.policy.document import ActionPattern, Actions, Effect, Statement
from grantgraph.policy.pattern import Wild
from grantgraph.prove.formula import FALSE, TRUE, Formula, Free, Literal, disjunction, negation
from grantgraph.prove.glob import accepts, glob_of
from grantgraph.text import Unknown


def encode_actions(actions: Actions, action: str) -> Formula:
    """Whether Action or NotAction covers an action: TRUE, FALSE, or a thing that nobody told us."""
    service, _, name = action.lower().partition(":")
    found: list[Formula] = []
    for one in actions.patterns:
        if one.service is None or one.service == service:
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
        return Literal(Free(Unknown(f"action {pattern.spelled}", unknown.reason)))
    return TRUE if accepts(glob_of(parts), name) else FALSE


class ActionIndex:
    """The statements of a question, by the actions that they may be about."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.everywhere: list[int] = []
        self.by_name: dict[str, dict[str, list[int]]] = {}
        self.by_service: dict[str, list[int]] = {}
        for at, statement in enumerate(statements):
            self._add(at, statement.actions)

    def _add(self, at: int, actions: Actions) -> None:
        if actions.negated or any(one.service is None for one in actions.patterns):
            self.everywhere.append(at)
            return
        for one in actions.patterns:
            service = one.service or ""
            literal = one.name.literal
            if isinstance(literal, str):
                self.by_name.setdefault(service, {}).setdefault(literal, []).append(at)
            else:
                self.by_service.setdefault(service, []).append(at)

    def naming(self, action: Action) -> tuple[int, ...]:
        """The statements that are, or may be, about an action, in order."""
        name = action.name.lower()
        found = set(self.by_name.get(action.service, {}).get(name, ()))
        maybe = {*self.everywhere, *self.by_service.get(action.service, ())} - found
        found |= {at for at in maybe if encode_actions(self.statements[at].actions, str(action)) != FALSE}
        return tuple(sorted(found))

    def allowed(self, catalog: Catalog) -> Iterator[Action]:
        """Every action of the catalog that some Allow statement names, service by service."""
        allowing = {at for at, one in enumerate(self.statements) if one.effect is Effect.ALLOW}
        everywhere = any(at in allowing for at in self.everywhere)
        services: Iterable[str] = {*self.by_name, *self.by_service}
        for service in catalog.services() if everywhere else sorted(services):
            wide = everywhere or any(at in allowing for at in self.by_service.get(service, ()))
            named = self.by_name.get(service, {})
            for action in catalog.actions(service):
                if (wide or action.name.lower() in named) and not allowing.isdisjoint(self.naming(action)):
                    yield action
