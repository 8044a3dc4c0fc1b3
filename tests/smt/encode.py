"""The question "is there a request that one policy set allows and the other does not" as SMT-LIB 2.

An encoding of its own, to check the prover against. It shares with it the parsed policies, the catalog, and which
requests are well formed (`shapes_of`, `dimension_of`, the keys of a session): both have to answer the same
question. What statements, patterns, conditions and policy sets mean is written anew, in the theories of strings,
integers and reals, after docs/semantics.md.

A question is cut into cases, one for each action that the policies tell apart and each type of its resources, and
the resource into the fields of its ARN: both solvers are many times faster so than on one formula for all, or on
one text for the whole ARN. Nothing is left out because the statements look alike: that is for the solver to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import CallerKind
from grantgraph.policy.document import Actions, Condition, Effect, Policy, PolicySet, Statement
from grantgraph.policy.pattern import Pattern, Wild
from grantgraph.prove import Session, Standing
from grantgraph.prove.shapes import Shape, always_carried, dimension_of, shapes_of
from grantgraph.prove.things import NOTHING_THERE
from tests.smt.conditions import encode_condition
from tests.smt.keys import Key, key_of
from tests.smt.resources import (
    OWN_POLICY_DECIDES,
    RESOURCE,
    Form,
    are_there_any,
    encode_resources,
    form_of,
    rules_of,
)
from tests.smt.terms import FALSE, Refused, Term, all_of, any_of, negation


@dataclass(frozen=True, slots=True)
class Case:
    """One formula: it is satisfiable exactly when there is such a request for this action and resource type."""

    about: str
    declarations: tuple[str, ...]
    assertions: tuple[str, ...]

    @property
    def script(self) -> str:
        """The formula as a file, up to the question itself."""
        lines = ["(set-logic ALL)", *self.declarations, *(f"(assert {one})" for one in self.assertions)]
        return "\n".join(lines) + "\n"


def cases_of(
    narrower: Standing,
    wider: Standing,
    catalog: Catalog,
    reading: bool = False,
    actions: Iterable[Action] | None = None,
) -> Iterator[Case]:
    """The formulas of a question; it is answered with yes when one of them is satisfiable.

    Args:
        actions: asks about these only; about all of the catalog, where it is left out.
        reading: what is contested reads as yes, or as no.

    Raises:
        Refused: the question holds something that is not encoded.
    """
    encoder = _Encoder(narrower, wider, catalog, reading)
    return encoder.cases(encoder.allowed_actions() if actions is None else actions)


@dataclass(frozen=True, slots=True)
class _Side:
    """A policy set as what must allow, layer by layer, and what may deny: numbers of statements."""

    layers: tuple[tuple[int, ...], ...]
    denies: tuple[int, ...]

    def about(self, named: frozenset[int]) -> _Side:
        """Only the statements that name an action."""
        return _Side(
            tuple(tuple(one for one in layer if one in named) for layer in self.layers),
            tuple(one for one in self.denies if one in named),
        )


class _Encoder:
    def __init__(self, narrower: Standing, wider: Standing, catalog: Catalog, reading: bool) -> None:
        if narrower.targets or wider.targets:
            raise Refused("a resource with a policy of its own")
        self.session: Session = narrower.session
        self.catalog, self.reading = catalog, reading
        self.statements: list[Statement] = []
        self.numbers: dict[tuple[object, ...], int] = {}
        self.narrower, self.wider = self.side(narrower.policies), self.side(wider.policies)
        self.conditions = [one for statement in self.statements for one in statement.conditions]
        self.variables = {
            variable.key
            for statement in self.statements
            for one in _patterns(statement)
            for variable in one.variables
        }
        self.keys: dict[str, Key] = {}
        self.known: dict[tuple[int, Form], Term] = {}
        self.said: dict[Condition, Term] = {}

    def side(self, policies: PolicySet) -> _Side:
        given = (policies.resource_based, policies.vpc_endpoint)
        if any(one is not None for one in given) or policies.rcps:
            raise Refused("a policy that names principals")
        caller = self.session.caller
        if caller.kind not in (CallerKind.ROLE, CallerKind.USER) or caller.service_linked:
            raise Refused("a caller who is no user and no role")
        layers: list[tuple[Policy, ...]] = [policies.identity_based, *policies.scps]
        if policies.permissions_boundary is not None:
            layers.append((policies.permissions_boundary,))
        if policies.session is not None:
            layers.append(policies.session)
        numbered = [tuple(self.number(one) for policy in layer for one in self.of(policy)) for layer in layers]
        allows = tuple(
            tuple(one for one in layer if self.statements[one].effect is Effect.ALLOW) for layer in numbered
        )
        denies = [one for layer in numbered for one in layer if self.statements[one].effect is Effect.DENY]
        return _Side(allows, tuple(dict.fromkeys(denies)))

    def of(self, policy: Policy) -> tuple[Statement, ...]:
        if policy.unseen:
            raise Refused("a policy of which a part is not known")
        return policy.statements

    def number(self, statement: Statement) -> int:
        """Statements that say the same have one number, whatever they are called."""
        said = (statement.effect, statement.actions, statement.resources, statement.conditions)
        if said not in self.numbers:
            self.numbers[said] = len(self.statements)
            self.statements.append(statement)
        return self.numbers[said]

    # ── cases ──

    def cases(self, actions: Iterable[Action]) -> Iterator[Case]:
        seen: set[tuple[tuple[str, ...], ...]] = set()
        for action, narrower, wider in self.groups(actions):
            for shape in shapes_of(action, self.catalog, NOTHING_THERE, {}):
                found = self.case(narrower, wider, shape)
                if found is not None and (found.declarations, found.assertions) not in seen:
                    seen.add((found.declarations, found.assertions))
                    yield found

    def groups(self, actions: Iterable[Action]) -> Iterator[tuple[Action, _Side, _Side]]:
        """One action for all that the same statements name and that are asked in the same way."""
        seen: set[tuple[object, ...]] = set()
        names = [_Names(one.actions) for one in self.statements]
        for action in actions:
            named = frozenset(at for at, one in enumerate(names) if one.cover(action))
            narrower = self.narrower.about(named)
            if not all(narrower.layers) or str(action).lower() == "sts:getcalleridentity":
                continue  # which is allowed to everyone who signs (121)
            keys = frozenset(self.asked_keys(named))
            types = (None, *action.resource_types)
            carried = tuple(frozenset(map(str.lower, self.catalog.keys_of(action, one))) & keys for one in types)
            always = always_carried(action) & keys
            trust = str(action).lower() in OWN_POLICY_DECIDES
            group = (named, action.service, types, action.may_use_star, carried, always, trust)
            if group not in seen:
                seen.add(group)
                yield action, narrower, self.wider.about(named)

    def allowed_actions(self) -> Iterator[Action]:
        """The actions that some Allow statement of the narrower set may name."""
        allows = [self.statements[at].actions for layer in self.narrower.layers[:1] for at in layer]
        wide = any(one.negated or any(own.service is None for own in one.patterns) for one in allows)
        named = {own.service or "" for one in allows for own in one.patterns}
        for service in self.catalog.services():
            if wide or service in named:
                yield from self.catalog.actions(service)

    def asked_keys(self, named: Iterable[int]) -> Iterator[str]:
        for at in named:
            yield from (one.key for one in self.statements[at].conditions)
            yield from (variable.key for one in _patterns(self.statements[at]) for variable in one.variables)

    def case(self, narrower: _Side, wider: _Side, shape: Shape) -> Case | None:
        """The whole formula of a case; None where nothing is left to ask."""
        for name in self.asked_keys({*sum(narrower.layers, narrower.denies), *sum(wider.layers, wider.denies)}):
            self.key(name, shape)
        form = form_of(shape)
        asked = all_of([self.allowed(narrower, form), negation(self.allowed(wider, form))])
        rules: list[str] = []
        lines: list[str] = []
        if not form.star and (RESOURCE in asked.keys or not are_there_any(shape)):
            there = rules_of(shape, form, str(self.session.caller.account))
            asked = FALSE if there == FALSE else asked
            rules.append(there.text)
            lines += form.declarations()
        if asked == FALSE:
            return None
        for key in (self.keys[one] for one in sorted(asked.keys - {RESOURCE})):
            lines += key.declarations()
            dimension = dimension_of(key.name, shape, self.session, self.catalog, self.conditions)
            rules += key.rules(dimension)
        return Case(f"{shape.action} on {shape.service_type or '*'}", tuple(lines), (*rules, asked.text))

    def key(self, name: str, shape: Shape) -> Key:
        if name not in self.keys:
            about = [one for one in self.conditions if one.key == name]
            dimension = dimension_of(name, shape, self.session, self.catalog, self.conditions)
            self.keys[name] = key_of(len(self.keys), dimension, about, name in self.variables)
        return self.keys[name]

    # ── what policies say ──

    def allowed(self, side: _Side, form: Form) -> Term:
        """Every layer allows, and nothing denies (104 to 118)."""
        layers = [any_of(self.statement(one, form) for one in layer) for layer in side.layers]
        return all_of([*layers, *(negation(self.statement(one, form)) for one in side.denies)])

    def statement(self, number: int, form: Form) -> Term:
        if (number, form) not in self.known:
            one = self.statements[number]
            resources = encode_resources(one.resources, form, self.keys, self.reading)
            self.known[number, form] = all_of([resources, *map(self.condition, one.conditions)])
        return self.known[number, form]

    def condition(self, condition: Condition) -> Term:
        if condition not in self.said:
            self.said[condition] = encode_condition(condition, self.keys, self.reading)
        return self.said[condition]


def _patterns(statement: Statement) -> Iterator[Pattern]:
    for one in statement.resources.patterns:
        yield one.pattern
    for condition in statement.conditions:
        for value in condition.values:
            own = getattr(value, "pattern", value)
            if isinstance(own, Pattern):
                yield own


class _Names:
    """What Action, or NotAction, names (18 to 22)."""

    def __init__(self, actions: Actions) -> None:
        self.negated = actions.negated
        self.everything = any(one.service is None for one in actions.patterns)
        spelled: dict[str, list[str]] = {}
        for one in actions.patterns:
            spelled.setdefault(one.service or "", []).append(_spell(one.name))
        self.services = {service: re.compile("|".join(names)) for service, names in spelled.items()}

    def cover(self, action: Action) -> bool:
        own = self.services.get(action.service)
        found = self.everything or (own is not None and own.fullmatch(action.name.lower()) is not None)
        return found is not self.negated


def _spell(own: Pattern) -> str:
    found = ""
    for part in own.parts:
        if not isinstance(part, str | Wild):
            raise Refused("an action that is not known")
        found += re.escape(part) if isinstance(part, str) else ".*" if part is Wild.RUN else "."
    return f"(?:{found})"
