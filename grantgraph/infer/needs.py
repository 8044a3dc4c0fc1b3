"""Every principal's needs, inferred from what the application wires and from what today's policies allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from grantgraph.catalog import Action, Catalog
from grantgraph.infer.alone import is_alone
from grantgraph.infer.dead import Dead, dead_of
from grantgraph.infer.decide import ALL, Decider, touching
from grantgraph.infer.entries import is_chosen, names, takes_in
from grantgraph.infer.evidence import Confidence, Evidence, InferredNeed
from grantgraph.infer.holdings import Held, Holdings, Wanted, bare
from grantgraph.infer.keys import key_wires, keys_of
from grantgraph.infer.scopes import scopes_of
from grantgraph.infer.uses import TABLE, has_words
from grantgraph.infer.why import Decision, Row, Why
from grantgraph.infer.wires import Wired, wired_of
from grantgraph.infer.words import words_for
from grantgraph.model import Application, Need, Principal, PrincipalType, Resource, Scopes
from grantgraph.policy.document import Statement
from grantgraph.prove import at_or_under, reaches
from grantgraph.resources import ActionsOn, resource_types
from grantgraph.standing import VISITORS
from grantgraph.text import Text, split_text, text

FUNCTION = "lambda:function"


@dataclass(frozen=True, slots=True)
class Judged:
    """One principal: what becomes of each of its statements, and what it needs.

    `left` is why nothing is inferred of it: its policies stay as they are.
    """

    principal: Principal
    left: str = ""
    decisions: tuple[Decision, ...] = ()
    needs: tuple[InferredNeed, ...] = ()
    dead: tuple[Dead, ...] = ()


@dataclass(frozen=True, slots=True)
class Inference:
    """An application with what is inferred of each of its principals."""

    application: Application
    judged: tuple[Judged, ...]


def infer(application: Application, catalog: Catalog, wildcards: str = ALL) -> Inference:
    """What each principal of an application needs, as far as the application shows it.

    Args:
        wildcards: the access word that a wildcard over a service is taken to mean; `ALL` for everything that
            uses data.
    """
    return Inference(application, tuple(_Inferring(application, catalog, wildcards).all()))


@dataclass(slots=True)
class _Inferring:
    application: Application
    catalog: Catalog
    wildcards: str
    bare: Application = field(init=False)
    holdings: Holdings = field(init=False)
    resources: Mapping[str, Resource] = field(init=False)
    wired: Mapping[str, list[Wired]] = field(init=False)
    running: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.bare = bare(self.application)
        self.holdings = Holdings(self.bare, self.catalog)
        self.resources = {one.id: one for one in self.application.resources}
        wired: dict[str, list[Wired]] = {}
        for one in wired_of(self.application):
            wired.setdefault(one.who, []).append(one)
        self.wired = wired
        entries = (one.runs_as for one in self.application.entry_points)
        own = (str(one.attributes.get("runs_as", "")) for one in self.application.resources)
        self.running = frozenset((*entries, *own)) - {""}

    def all(self) -> Iterator[Judged]:
        for principal in self.application.principals:
            left = self.why_left(principal)
            yield Judged(principal, left) if left else self.judge(principal)

    def why_left(self, principal: Principal) -> str:
        """Why nothing is inferred of a principal; "" where something may be."""
        if principal.framework:
            return f"{principal.framework} made it for its own purposes"
        if principal.type in (PrincipalType.ACCOUNT, PrincipalType.USER):
            return f"it is {'another account' if principal.type is PrincipalType.ACCOUNT else 'a user'}"
        unknown = principal.id not in self.running and not is_alone(self.application)
        if principal.type is PrincipalType.ROLE and unknown:
            return "nothing in the application acts as it"
        if principal.trust is None and not any(one.statements for one in principal.policies):
            return "it is not in the input"
        return ""

    def judge(self, principal: Principal) -> Judged:
        wired = self.wired.get(principal.id, [])
        routes = (one.id for one in self.application.entry_points if one.arn != "")
        places = (*self.resources, *routes)
        to: dict[str, frozenset[str]] = {}
        for one in wired:
            to[one.to] = to.get(one.to, frozenset()).union(one.actions)
        vague = frozenset(one.to for one in wired if not one.actions)
        for key, taken in keys_of(self.application, to, vague).items():
            to[key] = to.get(key, frozenset()) | taken
            vague |= frozenset() if taken else {key}
        wanted = wanted_of(self.application, principal)
        held = tuple(self.holdings.of(principal, wanted))
        decider = Decider(
            self.application,
            principal,
            to,
            vague,
            touching(held),
            self.resources,
            places,
            self.wildcards,
            is_alone(self.application),
        )
        decisions = tuple(map(decider.decide, held))
        return Judged(
            principal,
            "",
            decisions,
            tuple(self.needs(principal, decisions, wired)),
            tuple(dead_of(principal, decisions, self.holdings, wanted)),
        )

    # ── needs ──

    def needs(
        self, principal: Principal, decisions: Iterable[Decision], wired: list[Wired]
    ) -> Iterator[InferredNeed]:
        by_place: dict[str, list[Wired]] = {}
        for one in wired:
            by_place.setdefault(one.to, []).append(one)
        rows: dict[str, list[tuple[Decision, Row]]] = {}
        for decision in decisions:
            for row in decision.rows if decision.whole is None else self.runtime(decision, by_place):
                if row.why is Why.NEED:
                    rows.setdefault(row.place, []).append((decision, row))
        for one in self.keys(principal, rows):
            by_place.setdefault(one.to, []).append(one)
        for place in dict.fromkeys((*rows, *by_place)):
            yield from self.needs_at(principal, place, rows.get(place, []), by_place.get(place, []))

    def keys(self, principal: Principal, rows: Mapping[str, list[tuple[Decision, Row]]]) -> Iterator[Wired]:
        """What the needs take of the keys that encrypt what they use, but for what the keys' policies allow."""
        used = {place: {str(action) for _, row in ones for action in row.actions} for place, ones in rows.items()}
        for one in key_wires(self.application, principal.id, used):
            had = used.get(one.to, set())
            left = tuple(name for name in one.actions if name in had or not self.may(principal, name, one.to))
            if left:
                yield replace(one, actions=left)

    def may(self, principal: Principal, name: str, key: str) -> bool:
        """Whether some request may use an action on a key today."""
        standing = self.holdings.ground.standing(principal)
        action = self.catalog.action(name)
        known = [action] if action is not None else []
        return any(True for _ in reaches(standing, known, self.catalog, at_or_under(self.resources[key].arn)))

    def runtime(self, decision: Decision, wired: Mapping[str, list[Wired]]) -> Iterator[Row]:
        """What a policy of AWS's for Lambda's runtime, which stays as it is, allows of what the wiring takes."""
        for entry in decision.held.entries if decision.whole is Why.RUNTIME else ():
            for given in entry.given:
                taken = {action for one in wired.get(given.place, ()) for action in one.actions}
                actions = frozenset(action for action in given.actions if str(action) in taken)
                if actions:
                    yield Row(entry.number, self.resources[given.place].arn, given.place, actions, Why.NEED)

    def needs_at(
        self, principal: Principal, place: str, rows: list[tuple[Decision, Row]], wired: list[Wired]
    ) -> Iterator[InferredNeed]:
        resource = self.resources.get(place)
        wires = tuple(dict.fromkeys(one.evidence for one in wired))
        known = {action for one in wired for action in one.actions}
        route = self.application.entry_point(place) if resource is None else None
        if route is not None and rows:
            wires = (Evidence(f"`{route.id}` asks IAM", route.at),)
        granted = {str(action) for _, row in rows for action in row.actions}
        missing = tuple(sorted(known - granted))
        groups: dict[tuple[Scopes, tuple[str, ...]], list[tuple[Decision, Row]]] = {}
        for decision, row in rows:
            groups.setdefault(self.limits(resource, decision, row), []).append((decision, row))
        for (scopes, rest), ones in groups.items():
            actions = sorted({str(action) for _, row in ones for action in row.actions})
            words = self.words(resource, actions, ones) if resource is not None else ("invoke",)
            need = Need(principal.id, words, place, scopes, ones[0][0].held.statement.at)
            confidence = Confidence.BOTH if wires else Confidence.GRANTED
            evidence = (*wires, *_said(ones))
            doubts = tuple(_doubts(ones, rest))
            yield InferredNeed(need, tuple(actions), confidence, evidence, doubts, missing)
            missing = ()
        if not rows and wired:
            yield self.only_wired(principal, place, known, wired)

    def words(self, resource: Resource, actions: list[str], rows: list[tuple[Decision, Row]]) -> tuple[str, ...]:
        """The words for what is used, told apart by where it is used."""
        texts = []
        for decision, row in rows:
            pattern = decision.held.entries[row.number].pattern
            own = pattern.pattern.text if pattern is not None else resource.arn
            texts.append(own if row.narrowed is None else row.narrowed)

        def fits(on: ActionsOn) -> bool:
            where = anywhere(on.under(resource.arn, resource.attributes))
            return all(takes_in(where, one) for one in used)

        def anywhere(arn: Text) -> Text:
            return text(
                ["arn:aws:any:::", split_text(arn, ":", 5)[-1]]
            )  # where it is deployed tells no words apart

        used = dict.fromkeys(map(anywhere, texts))
        return words_for(actions, resource_types()[resource.type], fits)

    def limits(self, resource: Resource | None, decision: Decision, row: Row) -> tuple[Scopes, tuple[str, ...]]:
        """What limits a row, in a model's words, and what these leave unsaid."""
        conditions = decision.held.statement.conditions
        if resource is None:
            return Scopes(), tuple(map(str, conditions))
        entry = decision.held.entries[row.number]
        spelled = entry.pattern.pattern.text if entry.pattern is not None else None
        if row.narrowed is not None:
            spelled = row.narrowed if resource.type in (TABLE, FUNCTION) else None
        return scopes_of(resource, spelled, conditions, map(str, row.actions))

    def only_wired(self, principal: Principal, place: str, known: set[str], wires: list[Wired]) -> InferredNeed:
        """Something is used, and no policy allows it."""
        resource = self.resources[place]
        words = words_for(known, resource_types()[resource.type])
        doubt = "" if known else "the wiring does not say how it is used"
        return InferredNeed(
            Need(principal.id, words, place, at=wires[0].evidence.at),
            tuple(sorted(known)),
            Confidence.WIRED,
            tuple(dict.fromkeys(one.evidence for one in wires)),
            tuple(one for one in ("nothing that uses its data is allowed", doubt) if one),
            tuple(sorted(known)),
            all(one.by_service for one in wires),
        )


def wanted_of(application: Application, principal: Principal) -> Wanted:
    """Which actions of statements are asked about: under a wildcard over all services, those of services here.

    Services without access words are asked about where visitors may use them.
    """
    visitor = principal.type in VISITORS
    services = frozenset(resource_types()[one.type].service for one in application.resources)

    def wanted(statement: Statement, action: Action) -> bool:
        if action.service in services:
            return True
        named = not statement.actions.negated and any(
            one.service is not None and names(one, action) for one in statement.actions.patterns
        )
        return named and (has_words(action.service) or visitor) and len(statement.actions.patterns) <= MANY

    return wanted


SHOWN = 3
"""How many actions a piece of evidence names."""
MANY = 50
"""How many entries a list of actions has at most where each of them was chosen: longer ones are AWS's own."""


def _said(rows: list[tuple[Decision, Row]]) -> Iterator[Evidence]:
    """What statements say of actions, one piece of evidence a statement."""
    by_statement: dict[int, tuple[Held, dict[str, None]]] = {}
    for decision, row in rows:
        held = decision.held
        _, spelled = by_statement.setdefault(id(held), (held, {}))
        patterns = held.statement.actions.patterns if not held.statement.actions.negated else ()
        found = [one.spelled for action in row.actions for one in patterns if names(one, action)]
        spelled.update(dict.fromkeys(found or ["everything but what it names"]))
    for held, spelled in by_statement.values():
        shown = f"`{held.policy.name}`" if held.policy.name else "a policy"
        first = ", ".join(f"`{one}`" for one in list(spelled)[:SHOWN])
        more = f" and {len(spelled) - SHOWN} more" if len(spelled) > SHOWN else ""
        yield Evidence(f"{shown} allows {first}{more}", held.statement.at)


def _doubts(rows: list[tuple[Decision, Row]], rest: tuple[str, ...]) -> Iterator[str]:
    wild: dict[str, None] = {}
    for decision, row in rows:
        for action in row.actions:
            if not is_chosen(decision.held, action):
                patterns = decision.held.statement.actions.patterns
                wild.update(dict.fromkeys(one.spelled for one in patterns if names(one, action)))
    if wild:
        shown = ", ".join(f"`{one}`" for one in wild)
        yield f"{shown} says that it is used, and not how"
    for limit in rest:
        yield f"limited further: {limit}"
