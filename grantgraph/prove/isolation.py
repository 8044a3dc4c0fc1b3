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
from grantgraph.evaluate import ContextValue, decide
from grantgraph.policy.pattern import Pattern, Variable, Wild
from grantgraph.prove.answers import Answer, Refuted, Undecided
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
from grantgraph.prove.glob import Run, literal_glob
from grantgraph.prove.questions import proved, reaches
from grantgraph.prove.subject import Standing, at_or_under
from grantgraph.text import Letter, Symbolic, Text, parts_of, text

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
        other = _by_another(one, identity, standing, arn)
        if other is not None:
            return Shared(one, other)
        undecided = undecided or Undecided(f"{one.request.action}: whether two identities meet is not known")
    return undecided or proved(standing)


def own_part(arn: Text, identity: str, folders: Iterable[Text]) -> Formula:
    """The requests that touch only what the identity of the request owns."""
    letter = stand_in(identity)
    rows = conjunction(
        [Literal(Present(LEADING_KEYS)), Literal(Every(LEADING_KEYS, frozenset({(letter,)}), False))]
    )
    parts = [rows]
    for folder in folders:
        under = (*literal_glob(folder), letter, "/", Run())
        parts.append(Literal(Holds(RESOURCE, (*literal_glob(arn), "/", *under))))
        listed = conjunction([Literal(Holds(RESOURCE, literal_glob(arn))), Literal(Holds(PREFIX, under))])
        parts.append(listed)
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
            separated = isinstance(following, str) and following.startswith("/")
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


def _by_another(one: Refuted, identity: str, standing: Standing, arn: Text) -> Refuted | None:
    """The same request, made by a second identity, if that is allowed, too."""
    value = one.request.context.get(identity)
    if not isinstance(value, str):
        return None
    second = value[:-1] + ("1" if value[-1] != "1" else "2")

    def exchange(given: ContextValue) -> ContextValue:
        if isinstance(given, tuple):
            return tuple(_exchange(member, value, second) for member in given)
        return _exchange(given, value, second) if isinstance(given, str | Symbolic) else given

    context = {key: exchange(given) for key, given in one.request.context.items()}
    if LEADING_KEYS in context and not _touch_the_same(one.request.context[LEADING_KEYS], context[LEADING_KEYS]):
        return None
    if value in str(one.request.resource) or value in str(one.request.context.get(PREFIX, "")):
        return None  # each identity has its own
    request = replace(one.request, context=context)
    target = next((one for one in standing.targets if one.arn == arn), None)
    verdict = decide(request, standing.policies_at(target))
    return Refuted(request, verdict) if verdict.allowed else None


def _exchange(given: Text, value: str, second: str) -> Text:
    return text(part.replace(value, second) if isinstance(part, str) else part for part in parts_of(given))


def _touch_the_same(one: ContextValue, other: ContextValue) -> bool:
    """Whether two sets of leading keys have a row in common."""
    return isinstance(one, tuple) and isinstance(other, tuple) and bool({*one} & {*other})
