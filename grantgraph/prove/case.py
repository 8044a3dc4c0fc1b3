"""One shape of request at one resource: a formula, a search, and the witness back through the evaluator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from grantgraph.catalog import Catalog
from grantgraph.evaluate import Decision, Request, decide
from grantgraph.policy.document import Effect, Statement
from grantgraph.problems import bug
from grantgraph.prove.answers import Answer, Proved, Refuted, Undecided
from grantgraph.prove.automaton import accepts
from grantgraph.prove.budget import Exhausted
from grantgraph.prove.comparison import Test
from grantgraph.prove.encode import encode_allowed
from grantgraph.prove.formula import (
    FALSE,
    RESOURCE,
    And,
    Every,
    Formula,
    Free,
    Holds,
    Literal,
    Present,
    conjunction,
    holds_at,
    negation,
)
from grantgraph.prove.frame import Frame
from grantgraph.prove.glob import Glob, GlobToken, caseless, glob_of, literal_glob, spelled_by
from grantgraph.prove.search import Model, Search
from grantgraph.prove.shapes import Shape, dimension_of
from grantgraph.prove.spaces import Dimension
from grantgraph.prove.subject import Question, Target
from grantgraph.text import Symbolic, Text, Unknown, text, unknowns_in

MAX_INSTANCES = 8
"""How many of the values that policies spell are tried in the place of one policy variable."""


MAX_SPELLINGS = 5
"""How many values are tried where a witness only says that a variable has a value of its own."""

MAX_GUESSES = 4
"""How many resources that exist, and how many that statements spell, are tried before anything is searched."""

DISAGREE = "the prover and the evaluator read the policies differently; please report this"


class Case:
    """One shape of request at one target, or at none."""

    def __init__(self, question: Question, shape: Shape, target: Target | None, catalog: Catalog) -> None:
        self.question, self.shape, self.target, self.catalog = question, shape, target, catalog
        self.standing, self.other = question.standing, question.other
        self.known: dict[str, Dimension] = {
            RESOURCE: Dimension(RESOURCE, may_be_absent=False, domain=shape.resources, preferred=shape.pleasant)
        }
        self.action = str(shape.action)
        self.frame = Frame(
            self.standing.session.caller,
            self.action,
            self.dimension,
            target.account if target is not None else "",
            shape.action.service == "kms"
            and shape.resource_type is not None
            and shape.resource_type.name == "key",
        )
        for key in question.variables:
            self.frame.stand_in(key)
            self.dimension(key)
        for atom in _atoms(question.region):
            if not isinstance(atom, Free):
                self.dimension(atom.dimension)

    def dimension(self, key: str) -> Dimension:
        if key not in self.known:
            self.known[key] = dimension_of(
                key, self.shape, self.standing.session, self.catalog, self.question.conditions
            )
        return self.known[key]

    def formula(self) -> Formula:
        parts = [encode_allowed(self.standing.policies_at(self.target), self.frame)]
        if parts[0] == FALSE:
            return FALSE
        if self.other is not None:
            theirs = encode_allowed(self.other.policies_at(self.target), self.frame)
            parts.append(theirs if self.question.both else negation(theirs))
        return conjunction([*parts, self.where()])

    def beyond(self, formula: Formula, spent: str) -> Answer:
        """What is said where our own search gave up."""
        from grantgraph.prove.fallback import ask_cvc5

        found = ask_cvc5(formula, self.known, self.question.budget) if not self.frame.stand_ins else True
        if found is False:
            return Proved()
        answer = self.replay(found) if isinstance(found, Model) else Undecided(spent)
        return answer if isinstance(answer, Refuted) else Undecided(spent)

    def search(self, values: Mapping[str, Glob]) -> Search:
        """A search in which each policy variable takes its stand-in, or a value that is tried."""
        dimensions = dict(self.known)
        for key, letter in self.frame.stand_ins.items():
            dimensions[key] = replace(dimensions[key], domain=(values.get(key, (letter,)),))
        return Search(dimensions, budget=self.question.budget)

    def loose_search(self) -> Search:
        """A search that overlooks nothing, whatever the unknown parts and the variables are."""
        return Search(self.known, True, self.question.budget, self.frame.stand_ins)

    def guess(self, about: tuple[Statement, ...]) -> Refuted | None:
        """A request that people would think of first, if it happens to be one that is looked for.

        Only where no statement about the action speaks of a key: nothing hangs on what a request carries then.
        """
        if self.question.other is not None or self.question.variables or any(map(_speaks_of_keys, about)):
            return None
        for resource in self.likely(about):
            point = {RESOURCE: resource}
            if holds_at(self.where(), point) and any(accepts(glob, resource) for glob in self.shape.resources):
                answer = self.decided(self.request(Model(point, {}), 0))
                if isinstance(answer, Refuted):
                    return answer
        return None

    def likely(self, about: tuple[Statement, ...]) -> Iterator[Text]:
        """Resources of the shape that exist or read like it, then those that the Allow statements spell."""
        if self.shape.resource_type is None:
            yield "*"
            return
        yield from (spelled_by(glob, "") for glob in islice(self.shape.pleasant(), MAX_GUESSES))
        patterns = [
            one.pattern
            for statement in about
            if statement.effect is Effect.ALLOW and not statement.resources.negated
            for one in statement.resources.patterns
        ]
        yield from (spelled_by(glob_of(pattern.parts), "x") for pattern in patterns[:MAX_GUESSES])

    def where(self) -> Formula:
        """The resources that the case is about, among those of its shape."""
        parts = [self.question.region]
        if self.target is not None:
            parts.append(self.target.region)
        elif self.shape.resource_type is not None or self.shape.any_type:
            parts += [negation(one.region) for one in self.question.targets]
        return conjunction(parts)

    def answer(self) -> Answer:
        """Proved when no request of this shape makes the formula true, or Refuted by one."""
        doubt = ""
        loosely = None
        formula = self.formula()
        if formula == FALSE:
            return Proved()
        try:
            if self.speaks_of_unknowns(formula):
                loosely = self.loose_search().solve(formula)
                if loosely is None:
                    return Proved()
            for values in self.instances(formula, loosely):
                model = self.search(values).solve(_fill(formula, values, self.frame.stand_ins))
                if model is not None:
                    answer = self.replay(model)
                    if isinstance(answer, Refuted):
                        return answer
                    doubt = doubt or answer.reason
        except Exhausted as spent:
            return self.beyond(formula, f"{self.action}: {spent}")
        if loosely is None and not doubt:
            return Proved()
        return Undecided(doubt or self.hinge(loosely))

    def is_impossible(self) -> bool:
        """Whether it is plain that no request of this shape makes the formula true; that is all that is asked."""
        formula = self.formula()
        if formula == FALSE:
            return True
        search = self.loose_search() if self.speaks_of_unknowns(formula) else self.search({})
        try:
            return search.solve(formula) is None
        except Exhausted:
            return False

    def speaks_of_unknowns(self, formula: Formula) -> bool:
        """Whether anything asked of a dimension holds a part that is not known: only then two readings differ."""
        if self.frame.stand_ins:
            return True
        globs = [
            glob
            for one in self.known.values()
            for glob in (*one.domain, *one.apart_from, *map(literal_glob, one.members))
        ]
        for atom in _atoms(formula):
            if isinstance(atom, Holds):
                globs.append(atom.test) if isinstance(atom.test, tuple) else None
            elif isinstance(atom, Every):
                globs += [test for test in atom.tests if isinstance(test, tuple)]
        return any(isinstance(token, Unknown) for glob in globs for token in glob)

    def instances(self, formula: Formula, loosely: Model | None) -> Iterator[Mapping[str, Glob]]:
        """What to put in the place of policy variables: nothing that anything else spells; then what the search
        that overlooks nothing came upon; then what others spell, texts or other variables."""
        yield {}
        if not self.frame.stand_ins:
            return
        found = {
            key: literal_glob(value)
            for key, value in (loosely.values if loosely else {}).items()
            if key in self.frame.stand_ins and isinstance(value, str)
        }
        if found:
            yield found
        for key in self.frame.stand_ins:
            tried = {
                atom.test
                for atom in _atoms(formula)
                if isinstance(atom, Holds) and atom.dimension == key and isinstance(atom.test, tuple)
                if atom.test and all(isinstance(token, str | Unknown) for token in atom.test)
            }
            for value in sorted(tried, key=str)[:MAX_INSTANCES]:
                yield {key: value}
                if any(isinstance(token, str) for token in value) and len(found) > 1:
                    yield {**found, key: value}

    def hinge(self, model: Model | None) -> str:
        """What an undecided answer hinges on."""
        found = sorted({str(one.reason or one.name) for one in model.free} if model else set())
        names = sorted(
            {str(one) for value in model.values.values() for one in _unknowns(value)} if model else set()
        )
        if found:
            return f"{self.action}: not known: {'; '.join(found)}"
        what = f"what {', '.join(names)} will be" if names else "values not known here"
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
        whole = self.question.whole
        verdict = decide(request, whole.standing.policies_at(self.target))
        if verdict.decision is Decision.UNKNOWN:
            return Undecided(f"{self.action}: not known: {name_all(verdict.unknowns)}")
        theirs = decide(request, whole.other.policies_at(self.target)) if whole.other is not None else None
        if theirs is not None and theirs.decision is Decision.UNKNOWN:
            return Undecided(f"{self.action}: not known: {name_all(theirs.unknowns)}")
        if not verdict.allowed or (theirs is not None and theirs.allowed is not self.question.both):
            keys = ", ".join(sorted(self.frame.stand_ins))
            why = f"it hinges on the value of {keys}" if keys else DISAGREE
            return Undecided(f"{self.action}: {why}")
        return Refuted(request, verdict)

    def request(self, model: Model, number: int) -> Request:
        letters = {letter: spell_value(key, number) for key, letter in self.frame.stand_ins.items()}
        letters.update({caseless(letter): value for letter, value in letters.items()})
        context = {key: _put(value, letters) for key, value in sorted(model.values.items()) if key != RESOURCE}
        resource = _put(model.values[RESOURCE], letters)
        owner = self.target.account if self.target is not None else ""
        if isinstance(resource, tuple):
            bug("a resource is one text")
        return Request(self.standing.session.caller, self.action, resource, context, owner or None)


def _speaks_of_keys(statement: Statement) -> bool:
    return bool(statement.conditions) or any(one.pattern.variables for one in statement.resources.patterns)


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
    replaced: dict[GlobToken, Glob] = {stand_ins[key]: value for key, value in values.items()}

    def fill_test(test: Test) -> Test:
        if not isinstance(test, tuple):
            return test
        return tuple(piece for token in test for piece in replaced.get(token, (token,)))

    def walk(part: Formula) -> Formula:
        if isinstance(part, Literal):
            match part.atom:
                case Holds(dimension, test):
                    return Literal(Holds(dimension, fill_test(test)), part.positive)
                case Every(dimension, tests, negated):
                    filled = frozenset(fill_test(test) for test in tests)
                    return Literal(Every(dimension, filled, negated), part.positive)
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


def name_all(unknowns: Iterable[Unknown]) -> str:
    return "; ".join(sorted(one.reason or str(one) for one in unknowns)) or "values not known here"


def spell_value(key: str, number: int) -> str:
    """A value for the key of a policy variable: first one that reads like a real one, then ever odder ones."""
    if key in ("cognito-identity.amazonaws.com:sub", "cognito-identity-us-gov.amazonaws.com:sub"):
        return f"us-east-1:7f3c1d2e-0000-4000-8000-0a1b2c3d4e5{'f0123'[number]}"
    if key == "aws:userid":
        return f"AROAEXAMPLEID:session-{number}"
    word = key.rpartition(":")[2].rpartition("/")[2]
    return (f"{word}-7f3c", "7", "QQ", "zz-zz", f"{word}.{word}")[number]
