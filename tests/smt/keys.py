"""What a request may carry for each condition key, as constants of the solver.

A key is present or not. A single value is one constant of a sort that fits how the policies compare it. A set is
as many members as there are quantified conditions on its key: each such condition needs one member at most to
show what it says, so a set that satisfies a formula can be cut down to these members, and repeating a member
changes nothing. So nothing is lost by the bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Condition, Family, Operator
from grantgraph.policy.pattern import Pattern
from grantgraph.prove.glob import AnyCase, Glob, One, Run
from grantgraph.prove.spaces import Dimension
from tests.smt.terms import (
    Refused,
    Term,
    all_of,
    either,
    fact,
    in_a_row,
    letter_but,
    negation,
    quote,
    run_of,
    spelled,
    within,
)

MAX_MEMBERS = 8
TEXT = frozenset({Family.STRING, Family.ARN})
SORTS = {
    Family.STRING: "String",
    Family.NUMERIC: "Real",
    Family.DATE: "Int",
    Family.BOOL: "Bool",
    Family.BINARY: "Int",
    Family.IP_ADDRESS: "Int",
}
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """A moment as a whole number."""
    gap = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


@dataclass(frozen=True, slots=True)
class Key:
    """One condition key of a question.

    `kind` is how its values are compared (STRING for all text); `wild` says that a request may also carry a
    value that cannot be compared so.
    """

    number: int
    dimension: Dimension
    kind: Family
    wild: bool
    members: int

    @property
    def name(self) -> str:
        return self.dimension.name

    @property
    def present(self) -> Term:
        return fact(f"p{self.number}", self.name)

    @property
    def values(self) -> tuple[str, ...]:
        """The constants of its values."""
        return tuple(f"v{self.number}_{at}" for at in range(self.members))

    def usable(self, value: str) -> Term:
        """That a value is of the kind that is compared."""
        return fact(f"u{value}", self.name) if self.wild else Term("true")

    @property
    def empty(self) -> Term:
        """That the request carries the key with the empty text for a value (rules 70, 97)."""
        if self.dimension.multivalued or self.dimension.family not in TEXT:
            return Term("false")
        (value,) = self.values
        return fact(f'(= {value} "")' if self.kind is Family.STRING else f"e{value}", self.name)

    @property
    def filled(self) -> Term:
        """That there is a value, and it is not empty."""
        return all_of([self.present, negation(self.empty)])

    @property
    def constant(self) -> str | None:
        """The one value that every request carries, where there is one."""
        one = self.dimension
        if one.may_be_absent or one.multivalued or len(one.domain) != 1:
            return None
        (glob,) = one.domain
        letters = [token for token in glob if isinstance(token, str)]
        return "".join(letters) if len(letters) == len(glob) else None

    def declarations(self) -> Iterator[str]:
        yield f"(declare-const p{self.number} Bool)"
        for value in self.values:
            yield f"(declare-const {value} {SORTS[self.kind]})"
            if self.kind is Family.IP_ADDRESS:
                yield f"(declare-const six{value} Bool)"
            if self.wild:
                yield f"(declare-const u{value} Bool)"
                yield f"(declare-const e{value} Bool)"

    def rules(self, dimension: Dimension) -> Iterator[str]:
        """What holds in every well-formed request of one shape."""
        if not dimension.may_be_absent and not dimension.may_be_present:
            yield "false"
        elif not dimension.may_be_absent:
            yield f"p{self.number}"
        elif not dimension.may_be_present:
            yield f"(not p{self.number})"
        for value in self.values:
            yield from self._bounds(value)
            if self.wild:
                yield f"(=> e{value} (not u{value}))"

    def _bounds(self, value: str) -> Iterator[str]:
        match self.kind:
            case Family.STRING if self.dimension.family is Family.BOOL:
                yield f'(or (= {value} "true") (= {value} "false"))'
            case Family.STRING if self.constant is not None:
                yield f"(= {value} {quote(self.constant)})"
            case Family.STRING if self.dimension.domain:
                yield within(value, either(map(expression, self.dimension.domain)))
            case Family.DATE:
                yield f"(<= (- {-microseconds(FIRST)}) {value} {microseconds(LAST)})"
            case Family.IP_ADDRESS:
                yield f"(<= 0 {value} (ite six{value} {2**128 - 1} {2**32 - 1}))"


def expression(glob: Glob) -> str:
    """A glob of the catalog, or of a session, as a regular expression."""
    found: list[str] = []
    word = ""
    for token in glob:
        if isinstance(token, str):
            word += token
            continue
        found += [spelled(word)] if word else []
        word = ""
        match token:
            case One(excluded):
                found.append(letter_but(excluded))
            case Run(excluded):
                found.append(run_of(letter_but(excluded)))
            case AnyCase():
                raise Refused("a domain without case")
            case _:
                raise Refused("a name that is not known yet")
    return in_a_row([*found, *([spelled(word)] if word or not found else [])])


def key_of(number: int, dimension: Dimension, conditions: Iterable[Condition], is_variable: bool) -> Key:
    """How a question sees one key.

    Args:
        conditions: every condition on the key, of both policy sets.
        is_variable: whether some pattern uses its value.

    Raises:
        Refused: it is compared in two ways that have no common sort.
    """
    asked = list(dict.fromkeys(conditions))
    families = {one.operator.family for one in asked if isinstance(one.operator, Operator)} - {Family.NULL}
    textual = bool(families & TEXT) or is_variable
    typed = families - TEXT
    if dimension.members:
        raise Refused("a set with fixed members")
    if textual or dimension.domain:
        _check_text(dimension, typed, asked, is_variable)
        kind = Family.STRING
    elif len(typed) > 1:
        raise Refused(f"`{dimension.name}` is compared in more than one way")
    else:
        kind = next(iter(typed), dimension.family if dimension.family in SORTS else Family.STRING)
    quantified = sum(one.quantifier is not None for one in asked) if dimension.multivalued else 1
    if quantified > MAX_MEMBERS:
        raise Refused(f"more than {MAX_MEMBERS} conditions on the set `{dimension.name}`")
    wild = kind is not Family.STRING and dimension.family is not kind
    return Key(number, dimension, kind, wild, max(1, quantified))


def _check_text(dimension: Dimension, typed: set[Family], asked: list[Condition], is_variable: bool) -> None:
    if typed - {Family.BOOL}:
        raise Refused(f"`{dimension.name}` is compared as text and as something else")
    values = [value.pattern if isinstance(value, ArnPattern) else value for one in asked for value in one.values]
    literals = {one.literal for one in values if isinstance(one, Pattern)}
    if dimension.family is Family.BOOL and (is_variable or not literals <= {"true", "false"}):
        raise Refused(f"the Boolean `{dimension.name}` is compared with other words")
    if dimension.family not in TEXT and "" in literals:
        raise Refused(f"`{dimension.name}` is no text and compared with the empty text")
