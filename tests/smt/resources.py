"""Resources as six fields, each a text of its own: no pattern but a contested one looks across the colons between.

What all resources of a type have in common (`s3`, an empty region) is put in where it can be, so that a pattern
for another service is false at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from grantgraph.policy.document import Resources
from grantgraph.policy.pattern import Pattern, Variable, Wild
from grantgraph.prove.glob import Glob, GlobToken
from grantgraph.prove.shapes import Shape
from tests.smt.keys import Key, expression
from tests.smt.patterns import (
    Parts,
    colons,
    expression_of,
    fields_of,
    follow,
    lowered,
    matches_field,
    put_in,
    sealed,
)
from tests.smt.terms import FALSE, TRUE, Refused, Term, all_of, any_of, either, fact, negation, quote, within

RESOURCE = "resource"
"""What terms about the resource name in place of a key."""
FIELDS = tuple(f"arn{at}" for at in range(6))
OWN_POLICY_DECIDES = frozenset(
    {"sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml", "sts:setsourceidentity"}
)


@dataclass(frozen=True, slots=True)
class Form:
    """What is common to the resources of a shape: the fields that are known, or the star of no resource at all."""

    star: bool
    known: tuple[str | None, ...] = ()

    def subject(self, at: int) -> str:
        """The term for one field."""
        value = self.known[at]
        return FIELDS[at] if value is None else quote(value)

    @property
    def whole(self) -> str:
        """The term for the whole ARN."""
        joined = ' ":" '.join(map(self.subject, range(6)))
        return f"(str.++ {joined})"

    def declarations(self) -> Iterator[str]:
        for field, value in zip(FIELDS, self.known, strict=True):
            if value is None:
                yield f"(declare-const {field} String)"


def form_of(shape: Shape) -> Form:
    """The form of a shape's resources."""
    if shape.resource_type is None:
        return Form(True)
    columns = zip(*map(_cut, shape.resources), strict=True)
    return Form(False, tuple(_literal(column[0]) if len({*column}) == 1 else None for column in columns))


def rules_of(shape: Shape, form: Form, account: str) -> Term:
    """That a resource is one of its type; and of the caller's account, beyond which identity policies do not reach
    (111, 112): whose it is an empty field does not say.
    """
    types: list[Term] = []
    for template in shape.resources:
        cut = _cut(template)
        types.append(all_of(_has_form(at, glob) for at, glob in enumerate(cut) if form.known[at] is None))
    owners = (account, "", "aws", "*")
    owner = form.known[4]
    if resource_decides(shape):
        own = TRUE
    elif owner is None:
        own = any_of(fact(f"(= {FIELDS[4]} {quote(one)})", RESOURCE) for one in owners)
    else:
        own = TRUE if owner in owners else FALSE
    return all_of([any_of(types), own])


def are_there_any(shape: Shape) -> bool:
    """Whether a type surely has resources in the caller's account."""
    fields = [_cut(template)[4] for template in shape.resources]
    return any(_literal(one) in ("", "aws") or not isinstance(one[0], str) for one in fields)


def resource_decides(shape: Shape) -> bool:
    """Whether the resource's own policy has to allow, which is not given and read as if it did (113, 119, 123)."""
    kind = shape.resource_type
    key = kind is not None and (kind.service, kind.name) == ("kms", "key") and shape.action.service == "kms"
    return key or str(shape.action).lower() in OWN_POLICY_DECIDES


def _cut(template: Glob) -> tuple[Glob, ...]:
    """The ARNs of a type, field by field."""
    fields: list[list[GlobToken]] = [[]]
    for token in template:
        if token == ":" and len(fields) < 6:
            fields.append([])
        else:
            fields[-1].append(token)
    if len(fields) < 6:
        raise Refused("a type of resource whose ARNs have fewer than six fields")
    return tuple(map(tuple, fields))


def _literal(glob: Glob) -> str | None:
    letters = [token for token in glob if isinstance(token, str)]
    return "".join(letters) if len(letters) == len(glob) else None


def _has_form(at: int, glob: Glob) -> Term:
    literal = _literal(glob)
    own = within(FIELDS[at], expression(glob)) if literal is None else f"(= {FIELDS[at]} {quote(literal)})"
    return fact(own, RESOURCE)


# ── Resource and NotResource ─────────────────────────────────────────────────────────────────────────────


def encode_resources(resources: Resources, form: Form, keys: Mapping[str, Key], reading: bool) -> Term:
    """Resource names the resource, or NotResource does not (28)."""
    found = any_of(_entry(one.pattern, form, keys, reading) for one in resources.patterns)
    return negation(found) if resources.negated else found


def _entry(own: Pattern, form: Form, keys: Mapping[str, Key], reading: bool) -> Term:
    """One entry against an ARN, or against the star of an action without resources (29 to 38)."""
    if own.is_star:
        return TRUE
    if form.star:
        return FALSE
    found: list[Term] = []
    for when, parts in put_in(own, keys):
        if colons(parts) >= 5:
            fields = fields_of(parts)
            found.append(all_of([when, _matches(fields, form, keys)]))
            if reading:
                found += [all_of([when, one]) for one in _contested(parts, fields, form, keys)]
        elif any(isinstance(part, Variable) for part in parts):
            raise Refused("a short resource with a variable")
        elif reading:  # 34
            wide = (expression_of(parts), expression_of((*parts, ":", Wild.RUN)))
            found.append(all_of([when, fact(within(form.whole, either(wide)), RESOURCE)]))
    return any_of(found)


def _contested(parts: Parts, fields: tuple[Parts, ...], form: Form, keys: Mapping[str, Key]) -> Iterator[Term]:
    """What else a pattern matches when every contested rule reads as yes (31, 35)."""
    head = fields[:5]
    names = {part.key for part in parts if isinstance(part, Variable)}
    if any(field[-1:] == (Wild.RUN,) for field in head):
        if not names:
            yield fact(within(form.whole, sealed(fields, crossing=True)), RESOURCE)
        elif any(isinstance(part, Wild) for field in head for part in field[:-1]) or any(
            field[-1:] == (Wild.ONE,) for field in head
        ):
            raise Refused("a contested resource with a variable")
        else:  # no wildcard stays in its field
            yield fact(follow(parts, form.whole, keys), RESOURCE, *names)
    if lowered(fields) != fields:
        yield _matches(lowered(fields), form, keys)


def _matches(fields: Iterable[Parts], form: Form, keys: Mapping[str, Key]) -> Term:
    """Each field of the resource is what the pattern has for it; variables have values."""
    found: list[Term] = []
    for at, parts in enumerate(fields):
        known = form.known[at]
        if known is None or any(isinstance(part, Variable) for part in parts):
            found.append(matches_field(parts, form.subject(at), keys, RESOURCE))
        else:
            found.append(TRUE if re.fullmatch(_python(parts), known, re.DOTALL) else FALSE)
    return all_of(found)


def _python(parts: Parts) -> str:
    wild = {Wild.RUN: ".*", Wild.ONE: "."}
    return "".join(wild[part] if isinstance(part, Wild) else re.escape(str(part)) for part in parts)
