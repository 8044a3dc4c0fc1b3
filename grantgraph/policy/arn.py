"""Amazon Resource Names, and the patterns that policies write for them.

What a `*` does at a colon is decided here and nowhere else (rules 28 to 36, 43, 44).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from grantgraph.policy.pattern import Match, Part, Pattern, Variable, Wild, accepts, pattern, tokens_of
from grantgraph.text import Text, Unknown, split_text, text, unknowns_in

COLON_RULE = Unknown("rule 31", "AWS's pages disagree on whether a `*` that ends an ARN segment crosses the colon")
SHORT_ARN_RULE = Unknown("rule 34", "AWS does not say what a resource pattern of fewer than six fields matches")
CASE_RULE = Unknown("rule 35", "AWS does not say whether case matters before the resource part of an ARN")
SHORT_CONDITION_RULE = Unknown("rule 44", "AWS does not say how an ARN operator compares what is not a whole ARN")


@dataclass(frozen=True, slots=True)
class Arn:
    """`arn:partition:service:region:account:resource`; the resource may hold more colons (rule 29)."""

    partition: Text
    service: Text
    region: Text
    account: Text
    resource: Text

    @property
    def text(self) -> Text:
        """The ARN as it is written."""
        spelled: list[Text] = ["arn"]
        for part in (self.partition, self.service, self.region, self.account, self.resource):
            spelled += [":", part]
        return text(spelled)

    def __str__(self) -> str:
        return str(self.text)


def parse_arn(value: Text) -> Arn | None:
    """The six fields of an ARN; None when it is not one."""
    fields = split_text(value, ":", 5)
    if len(fields) != 6 or fields[0] != "arn":
        return None
    return Arn(*fields[1:])


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """A pattern of a Resource element, or of an ARN condition."""

    pattern: Pattern
    _fields: tuple[Pattern, ...] | None = field(default=None, init=False, compare=False, repr=False)

    @property
    def fields(self) -> tuple[Pattern, ...]:
        """The pattern cut at its first five colons."""
        if self._fields is None:
            object.__setattr__(self, "_fields", _cut(self.pattern.parts))
        fields = self._fields
        assert fields is not None
        return fields

    def match_segments(self, value: Text) -> Match:
        """Segment by segment, as ArnLike compares: no wildcard crosses one of the first five colons (43)."""
        fields = self.fields
        given: Sequence[Text] = value.split(":", 5) if isinstance(value, str) else split_text(value, ":", 5)
        if len(fields) == 6 and len(given) == 6:
            result = Match.YES
            for own, other in zip(fields, given, strict=True):
                found = own.match(other)
                if found is Match.NO:
                    result = Match.NO
                    break
                if found is Match.MAYBE:
                    result = Match.MAYBE
        else:
            result = Match.NO
        if result is Match.NO and (
            _may_hold_colons(self.pattern.unknowns) or _may_hold_colons(unknowns_in(value))
        ):
            return Match.MAYBE if self.pattern.match(value) is not Match.NO else Match.NO
        return result

    def match_arn(self, value: Text) -> Match:
        """As ArnLike: MAYBE where a pattern of fewer than six fields would match as plain text (44)."""
        found = self.match_segments(value)
        if found is Match.NO and len(self.fields) < 6 and len(split_text(value, ":", 5)) == 6:
            return Match.MAYBE if self.pattern.match(value) is not Match.NO else Match.NO
        return found

    def match_resource(self, value: Text) -> Match:
        """As a Resource element: MAYBE where the answer hinges on a contested rule (31, 34, 35)."""
        if self.pattern.is_star:
            return Match.YES
        found = self.match_segments(value)
        if found is not Match.NO or value == "*":
            return found
        return Match.MAYBE if self.contested_by(value) else Match.NO

    def contested_by(self, value: Text) -> Unknown | None:
        """The contested rule under which this would match after all."""
        fields = self.fields
        if len(fields) < 6:
            if not str(value).startswith("arn:"):
                return None
            if isinstance(value, str) and not self.pattern.unknowns:
                tokens = tuple(tokens_of(self.pattern.parts))
                if accepts(tokens, tuple(value), _sealed(tokens)):
                    return COLON_RULE
            padded = pattern([*self.pattern.parts, ":", Wild.RUN])
            meets = max(self.pattern.match(value), padded.match(value)) is not Match.NO
            return SHORT_ARN_RULE if meets else None
        if any(one.parts[-1:] == (Wild.RUN,) for one in fields[:5]) and self.pattern.match(value) is not Match.NO:
            tokens = tuple(tokens_of(self.pattern.parts))
            # Unknown parts on either side leave it open; known text is run through the wide reading.
            if (
                self.pattern.unknowns
                or not isinstance(value, str)
                or accepts(tokens, tuple(value), _sealed(tokens))
            ):
                return COLON_RULE
        if any(_has_upper(one) for one in fields[:5]):
            parts: list[Part] = []
            for one in fields[:5]:
                parts += [*one.lower().parts, ":"]
            lowered = ArnPattern(pattern([*parts, *fields[5].parts]))
            if lowered.match_segments(value) is not Match.NO:
                return CASE_RULE
        return None

    def substitute(self, value_of: Callable[[Variable], Text | None]) -> ArnPattern | None:
        """The pattern with every variable replaced; None when one has no value."""
        replaced = self.pattern.substitute(value_of)
        return ArnPattern(replaced) if replaced is not None else None

    def __str__(self) -> str:
        return str(self.pattern)


def _may_hold_colons(unknowns: frozenset[Unknown]) -> bool:
    """Whether an unknown part could be more than one word, and so move the fields of an ARN."""
    return any(not one.plain for one in unknowns)


def _has_upper(one: Pattern) -> bool:
    return any(isinstance(part, str) and part != part.lower() for part in one.parts)


def _cut(parts: tuple[Part, ...]) -> tuple[Pattern, ...]:
    fields: list[list[Part]] = [[]]
    for part in parts:
        if not isinstance(part, str):
            fields[-1].append(part)
            continue
        first, *rest = part.split(":", 6 - len(fields)) if len(fields) < 6 else [part]
        fields[-1].append(first)
        fields.extend([piece] for piece in rest)
    return tuple(pattern(one) for one in fields)


def _sealed(tokens: tuple[object, ...]) -> frozenset[int]:
    """The wildcards before the fifth colon that do not end their segment."""
    colons, sealed = 0, set()
    for at, token in enumerate(tokens):
        if token == ":":
            colons += 1
        elif (
            colons < 5
            and isinstance(token, Wild)
            and not (token is Wild.RUN and tokens[at + 1 : at + 2] == (":",))
        ):
            sealed.add(at)
    return frozenset(sealed)
