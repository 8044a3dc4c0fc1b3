"""The questions over all requests, and their answers. Only here does the prover meet the evaluator: to replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import Decision, Request, Verdict, decide
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import Condition, Effect, Policy, PolicySet, Statement
from grantgraph.policy.pattern import Pattern, parse_pattern
from grantgraph.problems import bug
from grantgraph.prove.actions import ActionIndex, encode_actions
from grantgraph.prove.encode import Frame, encode_allowed
from grantgraph.prove.formula import (
    FALSE,
    RESOURCE,
    TRUE,
    And,
    Every,
    Formula,
    Free,
    Holds,
    Literal,
    Present,
    conjunction,
    disjunction,
    negation,
)
from grantgraph.prove.glob import Exhausted, Glob, Run, glob_of, literal_glob, seal
from grantgraph.prove.search import Model, Search
from grantgraph.prove.shapes import EXAMPLE_ENVIRONMENT, Session, Shape, dimension_of, shapes_of
from grantgraph.prove.spaces import Dimension
from grantgraph.text import Symbolic, Text, Unknown, text, unknowns_in

MAX_INSTANCES = 8
"""How many of the values that policies spell are tried in the place of one policy variable."""


MAX_SPELLINGS = 5
"""How many values are tried where a witness only says that a variable has a value of its own."""

DISAGREE = "the prover and the evaluator read the policies differently; please report this"


@dataclass(frozen=True, slots=True)
class Proved:
    """It holds for every well-formed request, under the assumptions named."""

    assuming: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refuted:
    """A request shows that it does not hold; the verdict is the evaluator's own, on this very request."""

    request: Request
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Undecided:
    """Neither a proof nor a request that refutes, and why."""

    reason: str


Answer: TypeAlias = Proved | Refuted | Undecided


@dataclass(frozen=True, slots=True)
class Target:
    """A resource with a policy of its own: its ARN, what lies under it, and the account that owns it."""

    arn: Text
    policy: Policy
    account: Text = ""

    @property
    def region(self) -> Formula:
        """The resources that its policy decides about."""
        return at_or_under(self.arn)


def matching(pattern: Text) -> Formula:
    """The resources that a pattern with `*` and `?` matches."""
    return Literal(Holds(RESOURCE, seal(glob_of(parse_pattern(pattern, variables=False).parts))))


def at_or_under(arn: Text) -> Formula:
    """The resource of an ARN, and what lies under it: objects, indexes, versions."""
    own = literal_glob(arn)
    return disjunction(Literal(Holds(RESOURCE, glob)) for glob in (own, (*own, "/", Run()), (*own, ":", Run())))


@dataclass(frozen=True, slots=True)
class Standing:
    """What one caller can do: its session, every policy around it, and the resources with policies of their own.

    `things` are ARNs that exist, which witnesses prefer to invented ones.
    """

    session: Session
    policies: PolicySet
    targets: tuple[Target, ...] = ()
    things: tuple[Text, ...] = ()
    environment: Mapping[str, Text] = field(default_factory=lambda: EXAMPLE_ENVIRONMENT)

    def policies_at(self, target: Target | None) -> PolicySet:
        """The policies that decide about one target, or about a resource without a policy of its own."""
        return self.policies if target is None else replace(self.policies, resource_based=target.policy)


@dataclass(frozen=True, slots=True)
class Reach:
    """Actions that some request can use, or may be able to: `witnesses` holds one request for each, in order.

    `doubt` is what an undecided answer hinges on; there are no witnesses then.
    """

    actions: tuple[Action, ...]
    witnesses: tuple[Refuted, ...] = ()
    doubt: str = ""

    @property
    def certain(self) -> bool:
        """Whether requests show it."""
        return bool(self.witnesses)


def never(standing: Standing, actions: Iterable[Action], catalog: Catalog, region: Formula = TRUE) -> Answer:
    """No request for any of these actions, in this region or anywhere, is allowed."""
    undecided: Undecided | None = None
    for reach in reaches(standing, actions, catalog, region):
        if reach.certain:
            return reach.witnesses[0]
        undecided = undecided or Undecided(reach.doubt)
    return undecided or _unless_unseen(standing)


def _unless_unseen(standing: Standing) -> Answer:
    """Nothing is proved of policies that may allow more than we were given."""
    able = [*standing.policies.identity_based, *(target.policy for target in standing.targets)]
    unseen = [one for policy in able for one in policy.unseen]
    return Undecided(f"it hinges on {_name_all(unseen)}") if unseen else Proved()


def reaches(
    standing: Standing,
    actions: Iterable[Action],
    catalog: Catalog,
    region: Formula = TRUE,
    variables: tuple[str, ...] = (),
) -> Iterator[Reach]:
    """The actions that some request can use, or may be able to; what is proved to be denied is left out.

    Actions that no pattern tells apart are asked about once, and each is shown by a request of its own.

    Args:
        region: asks about these requests only (see `at_or_under`).
        variables: keys whose values the region speaks of by their stand-ins (see `stand_in`).
    """
    for _, group in alike(_statements(standing), actions, catalog):
        answer, policies = _ask(standing, None, group[0], catalog, region, variables)
        if isinstance(answer, Undecided):
            yield Reach(group, doubt=answer.reason)
        elif isinstance(answer, Refuted):
            yield from _shown(group, answer, policies)


def _shown(group: tuple[Action, ...], answer: Refuted, policies: PolicySet) -> Iterator[Reach]:
    """The witness of a group's first action, replayed for each of its actions."""
    shown: list[tuple[Action, Refuted]] = []
    for action in group:
        request = replace(answer.request, action=str(action))
        verdict = decide(request, policies)
        if verdict.allowed:
            shown.append((action, Refuted(request, verdict)))
        else:
            yield Reach((action,), doubt=f"{action}: {DISAGREE}")
    yield Reach(tuple(action for action, _ in shown), tuple(witness for _, witness in shown))


def implies(narrower: Standing, wider: Standing, actions: Iterable[Action], catalog: Catalog) -> Answer:
    """Every request that the first allows, the second allows."""
    undecided: Undecided | None = None
    own, others = _statements(narrower), _statements(wider)
    plain = _is_plain(narrower) and _is_plain(wider)
    for named, group in alike([*own, *others], actions, catalog):
        mine = [own[at] for at in named if at < len(own)]
        theirs = [others[at - len(own)] for at in named if at >= len(own)]
        if plain and _is_within(mine, theirs):
            continue
        answer, _ = _ask(narrower, wider, group[0], catalog)
        if isinstance(answer, Refuted):
            return answer
        if isinstance(answer, Undecided):
            undecided = undecided or answer
    return undecided or _unless_unseen(narrower)


def _is_plain(standing: Standing) -> bool:
    """Whether identity policies alone decide, and all that they name is known."""
    rest = replace(standing.policies, identity_based=())
    unknown = any(
        isinstance(part, Unknown)
        for statement in _statements(standing)
        for pattern in statement.actions.patterns
        for part in pattern.name.parts
    )
    unseen = any(policy.unseen for policy in standing.policies.identity_based)
    return rest == PolicySet() and not standing.targets and not unknown and not unseen


def _is_within(narrower: list[Statement], wider: list[Statement]) -> bool:
    """Whether each Allow of the first is one of the second, and each Deny of the second one of the first.

    The statements are those that name one action; what they say of other actions does not matter.
    """

    def about(statements: list[Statement], effect: Effect) -> set[object]:
        return {(one.resources, one.conditions) for one in statements if one.effect is effect}

    allowed = about(narrower, Effect.ALLOW) <= about(wider, Effect.ALLOW)
    return allowed and about(wider, Effect.DENY) <= about(narrower, Effect.DENY)


def allowed_exactly(standing: Standing, needed: Standing, actions: Iterable[Action], catalog: Catalog) -> Answer:
    """What is needed is allowed, and nothing beyond it."""
    known = tuple(actions)
    missing = implies(needed, standing, known, catalog)
    return missing if not isinstance(missing, Proved) else implies(standing, needed, known, catalog)


# ── actions ──────────────────────────────────────────────────────────────────────────────────────────────


def actions_of(standing: Standing, catalog: Catalog) -> tuple[Action, ...]:
    """Every action of the catalog that some Allow statement around the caller names."""
    return allowed_actions(_statements(standing), catalog)


def allowed_actions(statements: Iterable[Statement], catalog: Catalog) -> tuple[Action, ...]:
    """Every action of the catalog that some of the Allow statements covers, by service."""
    return tuple(ActionIndex(tuple(statements)).allowed(catalog))


def _statements(standing: Standing) -> list[Statement]:
    found = [statement for policy in standing.policies.all() for statement in policy.statements]
    return found + [statement for target in standing.targets for statement in target.policy.statements]


def alike(
    statements: Sequence[Statement], actions: Iterable[Action], catalog: Catalog
) -> Iterator[tuple[tuple[int, ...], tuple[Action, ...]]]:
    """Group actions that the same statements name and whose requests have the same shapes.

    Actions that no Allow statement names are left out: nothing allows them.

    Yields:
        which statements name the actions of a group, and the actions.
    """
    index = ActionIndex(statements)
    keys = {condition.key for one in statements for condition in one.conditions} | {
        variable.key for one in statements for pattern in _patterns(one) for variable in pattern.variables
    }
    allowing = {at for at, one in enumerate(statements) if one.effect is Effect.ALLOW}
    groups: dict[tuple[tuple[int, ...], tuple[object, ...]], list[Action]] = {}
    for action in actions:
        named = index.naming(action)
        if allowing.isdisjoint(named):
            continue
        carried = (
            tuple(
                frozenset(key.lower() for key in catalog.keys_of(action, one)) & keys
                for one in (*action.resource_types, None)
            )
            if keys
            else ()
        )
        shape = (action.service, action.resource_types, action.may_use_star, carried)
        groups.setdefault((named, shape), []).append(action)
    for (named, _), group in groups.items():
        yield named, tuple(group)


def _patterns(statement: Statement) -> Iterator[Pattern]:
    for one in statement.resources.patterns:
        yield one.pattern
    for condition in statement.conditions:
        for value in condition.values:
            own = getattr(value, "pattern", value)
            if isinstance(own, Pattern):
                yield own


# ── one question: some request allowed by the first, and not by the second ───────────────────────────────


def _ask(
    standing: Standing,
    beyond: Standing | None,
    action: Action,
    catalog: Catalog,
    region: Formula = TRUE,
    variables: tuple[str, ...] = (),
) -> tuple[Answer, PolicySet]:
    """Whether some request for an action is allowed by `standing`, and not by `beyond` when it is given.

    Returns:
        Proved when there is none, or Refuted by it; and the policies that decide about the witness.
    """
    undecided: Undecided | None = None
    wanted = _services_of_resources(standing, action)
    for shape in shapes_of(action, catalog, standing.things, standing.environment):
        if wanted is not None and shape.services is not None and wanted.isdisjoint(shape.services):
            continue
        for target in (None, *_targets_of(standing, shape)):
            answer = _Case(standing, beyond, shape, target, catalog, region, variables).answer()
            if isinstance(answer, Refuted):
                return answer, standing.policies_at(target)
            if isinstance(answer, Undecided):
                undecided = undecided or answer
    return undecided or Proved(), standing.policies


def _services_of_resources(standing: Standing, action: Action) -> frozenset[str] | None:
    """The services in whose ARNs some Allow for the action can lie; None where that is no short list.

    Only a quick look at what patterns spell: it spares the search for resources that are out of the question.
    """
    if standing.targets:
        return None
    found: set[str] = set()
    for statement in _statements(standing):
        if statement.effect is not Effect.ALLOW or encode_actions(statement.actions, str(action)) == FALSE:
            continue
        for pattern in statement.resources.patterns:
            service = pattern.fields[2].literal if len(pattern.fields) == 6 else None
            if statement.resources.negated or not isinstance(service, str):
                return None
            found.add(service)
    return frozenset(found)


def _targets_of(standing: Standing, shape: Shape) -> Iterator[Target]:
    """The targets whose service is the shape's: nothing else of theirs can be asked for."""
    if shape.resource_type is None:
        return
    for target in standing.targets:
        arn = parse_arn(target.arn)
        if arn is None or any(
            template.split(":")[2] == arn.service or not isinstance(arn.service, str)
            for template in shape.resource_type.arns
        ):
            yield target


class _Case:
    """One shape of request at one target, or at none."""

    def __init__(
        self,
        standing: Standing,
        beyond: Standing | None,
        shape: Shape,
        target: Target | None,
        catalog: Catalog,
        region: Formula,
        variables: tuple[str, ...],
    ) -> None:
        self.standing, self.beyond, self.shape, self.target, self.region = standing, beyond, shape, target, region
        self.catalog = catalog
        self.conditions: list[Condition] = [
            condition
            for one in (standing, beyond)
            if one is not None
            for statement in _statements(one)
            for condition in statement.conditions
        ]
        self.known: dict[str, Dimension] = {
            RESOURCE: Dimension(RESOURCE, may_be_absent=False, domain=shape.resources, preferred=shape.pleasant)
        }
        self.action = str(shape.action)
        self.frame = Frame(
            standing.session.caller,
            self.action,
            self.dimension,
            target.account if target is not None else "",
            shape.action.service == "kms"
            and shape.resource_type is not None
            and shape.resource_type.name == "key",
        )
        for key in variables:
            self.frame.stand_in(key)
            self.dimension(key)
        for atom in _atoms(region):
            if not isinstance(atom, Free):
                self.dimension(atom.dimension)

    def dimension(self, key: str) -> Dimension:
        if key not in self.known:
            self.known[key] = dimension_of(key, self.shape, self.standing.session, self.catalog, self.conditions)
        return self.known[key]

    def formula(self) -> Formula:
        parts = [encode_allowed(self.standing.policies_at(self.target), self.frame)]
        if parts[0] == FALSE:
            return FALSE
        if self.beyond is not None:
            parts.append(negation(encode_allowed(self.beyond.policies_at(self.target), self.frame)))
        if self.target is not None:
            parts.append(self.target.region)
        elif self.shape.resource_type is not None:
            parts += [negation(one.region) for one in self.standing.targets]
        parts.append(self.region)
        return conjunction(parts)

    def dimensions(self, values: Mapping[str, Glob]) -> dict[str, Dimension]:
        """The dimensions in play; a policy variable takes its stand-in, or a value that is tried."""
        found = dict(self.known)
        for key, letter in self.frame.stand_ins.items():
            found[key] = replace(found[key], domain=(values.get(key, (letter,)),))
        return found

    def answer(self) -> Answer:
        try:
            formula = self.formula()
            if formula == FALSE:
                return Proved()
            doubt = ""
            for values in self.instances(formula):
                filled = _fill(formula, values, self.frame.stand_ins)
                model = Search(self.dimensions(values)).solve(filled)
                if model is None:
                    continue
                answer = self.replay(model)
                if isinstance(answer, Refuted):
                    return answer
                doubt = doubt or answer.reason
            loosely = Search(self.dimensions({}), loose=True).solve(formula)
        except Exhausted as spent:
            return Undecided(f"{self.action}: {spent}")
        if loosely is None and not doubt:
            return Proved()
        return Undecided(doubt or self.hinge(loosely))

    def instances(self, formula: Formula) -> Iterator[Mapping[str, Glob]]:
        """What to put in the place of policy variables: nothing that anything else spells, then what others do."""
        yield {}
        for key in self.frame.stand_ins:
            tried = {
                test
                for atom in _atoms(formula)
                if isinstance(atom, Holds) and atom.dimension == key and isinstance(atom.test, tuple)
                for test in [atom.test]
                if test and all(isinstance(token, str) for token in test)
            }
            for value in sorted(tried)[:MAX_INSTANCES]:
                yield {key: value}

    def hinge(self, model: Model | None) -> str:
        """What an undecided answer hinges on."""
        found = sorted({str(one.reason or one.name) for one in model.free} if model else set())
        names = sorted(
            {str(one) for value in model.values.values() for one in _unknowns(value)} if model else set()
        )
        what = "; ".join(found) or (f"what {', '.join(names)} will be" if names else "values not known here")
        return f"{self.action}: it hinges on {what}"

    # ── from a model to a request, and back through the evaluator ──

    def replay(self, model: Model) -> Refuted | Undecided:
        """The request that a model describes, decided by the evaluator."""
        doubt = ""
        for number in range(MAX_SPELLINGS if self.frame.stand_ins else 1):
            answer = self.decided(self.request(model, number))
            if isinstance(answer, Refuted):
                return answer
            doubt = doubt or answer.reason
        return Undecided(doubt)

    def decided(self, request: Request) -> Refuted | Undecided:
        """The evaluator's word on a witness; where it differs from ours, nothing is decided."""
        verdict = decide(request, self.standing.policies_at(self.target))
        if verdict.decision is Decision.UNKNOWN:
            return Undecided(f"{self.action}: it hinges on {_name_all(verdict.unknowns)}")
        wider = Verdict(Decision.IMPLICIT_DENY)
        if self.beyond is not None:
            wider = decide(request, self.beyond.policies_at(self.target))
        if wider.decision is Decision.UNKNOWN:
            return Undecided(f"{self.action}: it hinges on {_name_all(wider.unknowns)}")
        if not verdict.allowed or wider.allowed:
            keys = ", ".join(sorted(self.frame.stand_ins))
            why = f"it hinges on the value of {keys}" if keys else DISAGREE
            return Undecided(f"{self.action}: {why}")
        return Refuted(request, verdict)

    def request(self, model: Model, number: int) -> Request:
        letters = {letter: spell_value(key, number) for key, letter in self.frame.stand_ins.items()}
        context = {key: _put(value, letters) for key, value in sorted(model.values.items()) if key != RESOURCE}
        resource = _put(model.values[RESOURCE], letters)
        owner = self.target.account if self.target is not None else ""
        if isinstance(resource, tuple):
            bug("a resource is one text")
        return Request(self.standing.session.caller, self.action, resource, context, owner or None)


def _atoms(formula: Formula) -> Iterator[Present | Holds | Every | Free]:
    if isinstance(formula, Literal):
        yield formula.atom
    else:
        for part in formula.parts:
            yield from _atoms(part)


def _fill(formula: Formula, values: Mapping[str, Glob], stand_ins: Mapping[str, Unknown]) -> Formula:
    """The formula with the stand-ins of some variables replaced by known text."""
    if not values:
        return formula
    replaced: dict[object, Glob] = {stand_ins[key]: value for key, value in values.items()}

    def fill_test(test: object) -> object:
        if not isinstance(test, tuple):
            return test
        return tuple(piece for token in test for piece in replaced.get(token, (token,)))

    def walk(part: Formula) -> Formula:
        if isinstance(part, Literal):
            match part.atom:
                case Holds(dimension, test):
                    return Literal(Holds(dimension, fill_test(test)), part.positive)  # type: ignore[arg-type]
                case Every(dimension, tests, negated):
                    filled = frozenset(fill_test(test) for test in tests)
                    return Literal(Every(dimension, filled, negated), part.positive)  # type: ignore[arg-type]
                case _:
                    return part
        pieces = tuple(walk(piece) for piece in part.parts)
        return And(pieces) if isinstance(part, And) else type(part)(pieces)

    return walk(formula)


def _put(value: Text | tuple[Text, ...], letters: Mapping[Unknown, str]) -> Text | tuple[Text, ...]:
    if isinstance(value, tuple):
        return tuple(_put_text(one, letters) for one in value)
    return _put_text(value, letters)


def _put_text(value: Text, letters: Mapping[Unknown, str]) -> Text:
    if not isinstance(value, Symbolic):
        return value
    return text(letters.get(part, part) if isinstance(part, Unknown) else part for part in value.parts)


def _unknowns(value: Text | tuple[Text, ...]) -> frozenset[Unknown]:
    if isinstance(value, tuple):
        return frozenset(one for member in value for one in unknowns_in(member))
    return unknowns_in(value)


def _name_all(unknowns: Iterable[Unknown]) -> str:
    return "; ".join(sorted(one.reason or str(one) for one in unknowns)) or "values not known here"


def spell_value(key: str, number: int) -> str:
    """A value for the key of a policy variable: first one that reads like a real one, then ever odder ones."""
    if key in ("cognito-identity.amazonaws.com:sub", "cognito-identity-us-gov.amazonaws.com:sub"):
        return f"us-east-1:7f3c1d2e-0000-4000-8000-0a1b2c3d4e5{'f0123'[number]}"
    if key == "aws:userid":
        return f"AROAEXAMPLEID:session-{number}"
    word = key.rpartition(":")[2].rpartition("/")[2]
    return (f"{word}-7f3c", "7", "QQ", "zz-zz", f"{word}.{word}")[number]
