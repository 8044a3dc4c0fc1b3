"""Whether two identities of one role can reach the same thing.

Everything is asked with one letter in the place of the identity. When every allowed request touches only what
that identity owns (rows whose leading key is the identity, objects below a folder of its name), two identities
share nothing: an identity holds no slash, so two folders of two names are apart. Otherwise a request that
touches something else is made again by a second identity; when that is allowed, too, the two are the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import ContextValue, Request, decide
from grantgraph.policy.pattern import Pattern, Variable, Wild
from grantgraph.prove.answers import Answer, Refuted, Undecided
from grantgraph.prove.comparison import Test
from grantgraph.prove.formula import (
    RESOURCE,
    Every,
    Formula,
    Holds,
    Literal,
    Present,
    conjunction,
    disjunction,
    negation,
)
from grantgraph.prove.frame import stand_in
from grantgraph.prove.glob import Glob, Run, literal_glob
from grantgraph.prove.questions import proved, reaches
from grantgraph.prove.subject import Standing, at_or_under
from grantgraph.text import Letter, Symbolic, Text, parts_of, text

SEPARATORS = "/#|.@+~,;=&!%$()"
"""Characters that the id of an identity does not hold (`[\\w-]+:[0-9a-f-]+`): what follows one is not its name."""

LEADING_KEYS = "dynamodb:leadingkeys"
PREFIX = "s3:prefix"


@dataclass(frozen=True, slots=True)
class Shared:
    """Two requests by two identities that reach the same thing."""

    one: Refuted
    other: Refuted


Isolation: TypeAlias = Answer | Shared


def isolated(
    standing: Standing, arn: Text, identity: str, actions: Iterable[Action], catalog: Catalog
) -> Isolation:
    """Two identities of one role never reach each other's rows or objects.

    Args:
        arn: the table or bucket.
        identity: the condition key that holds the identity.
        actions: the actions on data that count.
    """
    known = tuple(actions)
    folders = sorted(set(_folders(standing, arn, identity)), key=str)
    if any(str(one) != str(other) and str(other).startswith(str(one)) for one in folders for other in folders):
        return Undecided("one folder of identities lies within another")
    beyond = conjunction([at_or_under(arn), negation(own_part(arn, identity, folders))])
    undecided: Undecided | None = None
    for reach in reaches(standing, known, catalog, beyond, (identity,)):
        if not reach.certain:
            undecided = undecided or Undecided(reach.doubt)
            continue
        one = reach.witnesses[0]
        shared = _with_another(one, identity, standing, arn) or _with_a_longer(one, identity, standing, arn)
        if shared is not None:
            return shared
        undecided = undecided or Undecided(f"{one.request.action}: whether two identities meet is not known")
    return undecided or proved(standing)


def own_part(arn: Text, identity: str, folders: Iterable[Text]) -> Formula:
    """The requests that touch only what the identity of the request owns."""
    letter = stand_in(identity)
    names: list[Glob] = [(letter,), *((letter, separator, Run()) for separator in SEPARATORS)]
    rows = conjunction(
        [Literal(Present(LEADING_KEYS)), Literal(Every(LEADING_KEYS, frozenset[Test](names), False))]
    )
    parts = [rows]
    for folder in folders:
        for name in names:
            under = (*literal_glob(folder), *name)
            parts.append(Literal(Holds(RESOURCE, (*literal_glob(arn), "/", *under))))
            if name != (letter,):
                bucket = Literal(Holds(RESOURCE, literal_glob(arn)))
                parts.append(conjunction([bucket, Literal(Holds(PREFIX, under))]))
    return conjunction([Literal(Present(identity)), disjunction(parts)])


def _folders(standing: Standing, arn: Text, identity: str) -> Iterator[Text]:
    """What stands before the identity in patterns of a bucket's keys, where a slash follows it."""
    start = str(arn) + "/"
    for policy in standing.policies.all():
        for statement in policy.statements:
            for one in statement.resources.patterns:
                before = _before(one.pattern, identity)
                if before is not None and str(before).startswith(start):
                    yield _without(before, arn)


def _before(pattern: Pattern, identity: str) -> Text | None:
    found: list[Letter] = []
    for part, following in zip(pattern.parts, (*pattern.parts[1:], ""), strict=True):
        if isinstance(part, Variable):
            separated = isinstance(following, str) and following[:1] in SEPARATORS
            return text(found) if part.key == identity and separated else None
        if isinstance(part, Wild):
            return None
        found.append(part)
    return None


def _without(before: Text, arn: Text) -> Text:
    """A text without the ARN and the slash that it begins with."""
    own = parts_of(arn)
    rest = parts_of(before)[len(own) - 1 :] if isinstance(own[-1], str) else parts_of(before)[len(own) :]
    first, *more = rest
    skip = len(own[-1]) + 1 if isinstance(own[-1], str) else 1
    assert isinstance(first, str)
    return text([first[skip:], *more])


def _with_another(one: Refuted, identity: str, standing: Standing, arn: Text) -> Shared | None:
    """The same request, made by a second identity, if that is allowed, too."""
    value = one.request.context.get(identity)
    if value is None:  # who asks is not said, so this is the request of either
        return Shared(one, one)
    if not isinstance(value, str):
        return None
    second = value[:-1] + ("1" if value[-1] != "1" else "2")
    context = {key: _exchanged(given, value, second) for key, given in one.request.context.items()}
    if LEADING_KEYS in context and not _touch_the_same(one.request.context[LEADING_KEYS], context[LEADING_KEYS]):
        return None
    if value in str(one.request.resource) or value in str(one.request.context.get(PREFIX, "")):
        return None  # each identity has its own
    other = _allowed(replace(one.request, context=context), standing, arn)
    return Shared(one, other) if other is not None else None


def _with_a_longer(one: Refuted, identity: str, standing: Standing, arn: Text) -> Shared | None:
    """What begins with the name of an identity, touched by it and by another whose name is one letter longer.

    AWS gives the letters of an identity's id, and no length (`[\\w-]+:[0-9a-f-]+`).
    """
    value = one.request.context.get(identity)
    if not isinstance(value, str):
        return None
    longer = value + "0"
    resource = _exchange(one.request.resource, value, longer)
    touched = {
        key: _exchanged(given, value, longer) for key, given in one.request.context.items() if key != identity
    }
    places = (PREFIX, LEADING_KEYS)
    moved = resource != one.request.resource or any(
        touched.get(key) != one.request.context.get(key) for key in places
    )
    if not moved:
        return None
    first, second = (
        _allowed(replace(one.request, resource=resource, context={**touched, identity: who}), standing, arn)
        for who in (value, longer)
    )
    return Shared(first, second) if first is not None and second is not None else None


def _allowed(request: Request, standing: Standing, arn: Text) -> Refuted | None:
    """A request with its verdict, if it is allowed."""
    target = next((one for one in standing.targets if one.arn == arn), None)
    verdict = decide(request, standing.policies_at(target))
    return Refuted(request, verdict) if verdict.allowed else None


def _exchanged(given: ContextValue, old: str, new: str) -> ContextValue:
    if isinstance(given, tuple):
        return tuple(_exchange(member, old, new) for member in given)
    return _exchange(given, old, new) if isinstance(given, str | Symbolic) else given


def _exchange(given: Text, value: str, second: str) -> Text:
    return text(part.replace(value, second) if isinstance(part, str) else part for part in parts_of(given))


def _touch_the_same(one: ContextValue, other: ContextValue) -> bool:
    """Whether two sets of leading keys have a row in common."""
    return isinstance(one, tuple) and isinstance(other, tuple) and bool({*one} & {*other})
