"""Whose data is whose: what a policy gives to one identity by its name, and whether another reaches it.

Everything is asked of two identities that are made up. What belongs to the first is what the statements name
once its name stands in the place of the policy variable: its folder of a bucket, its rows of a table. Whatever
the second may do there is a request that shows it, and the same request, made by the first, shows whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import decide
from grantgraph.model import Resource
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Condition, Operator, Statement
from grantgraph.policy.pattern import Pattern, Variable
from grantgraph.prove import (
    EVERYWHERE,
    Formula,
    Refuted,
    Standing,
    Target,
    at_or_under,
    carried,
    conjunction,
    disjunction,
    equal_to,
    negation,
    reaches,
    resource_matches,
)
from grantgraph.prove.formula import Every, Holds, Literal
from grantgraph.prove.glob import Glob, glob_of, literal_glob, seal
from grantgraph.prove.isolation import LEADING_KEYS, PREFIX
from grantgraph.standing import IDENTITY
from grantgraph.text import Text, text

TAG = "aws:principaltag/"
ONE = {IDENTITY: "us-east-1:7f3c1d2e-0000-4000-8000-0a1b2c3d4e5f"}
ANOTHER = {IDENTITY: "us-east-1:b96a0c41-0000-4000-8000-6e7f8a9b0c1d"}
"""The names of two identities, as witnesses show them; those of tags are plain words."""

IDENTITY_NAMES = ("userid", "identityid", "ownerid", "cognitoid", "sub", "user", "owner", "identity")
"""Attribute names that, without another word, are taken for the caller's identity."""


def identity_attribute(resource: Resource) -> str:
    """The attribute of a table that holds the caller's identity: said outright, or told by its name; or ""."""
    said = resource.attributes.get("identity")
    if isinstance(said, str):
        return said
    keys = [str(resource.attributes.get(word, "")) for word in ("partition_key", "sort_key")]
    keys += [key for index in resource.indexes for key in (index.partition_key, index.sort_key)]
    plain = {re.sub(r"[^a-z]", "", key.lower()): key for key in reversed(keys) if key}
    return next((plain[name] for name in IDENTITY_NAMES if name in plain), "")


def is_identity(key: str) -> bool:
    """Whether a condition key tells one caller of a role from another: its identity, or a tag of its session."""
    return key == IDENTITY or key.startswith(TAG)


# ── what belongs to one identity ─────────────────────────────────────────────────────────────────────────


def keys_on_rows(statements: Iterable[Statement]) -> tuple[str, ...]:
    """The identities that statements compare the leading keys of a table with."""
    found = (
        variable.key
        for one in statements
        for condition in one.conditions
        if condition.key == LEADING_KEYS
        for pattern in _patterns(condition)
        for variable in pattern.variables
    )
    return tuple(dict.fromkeys(key for key in found if is_identity(key)))


def keys_in_names(statements: Iterable[Statement]) -> tuple[str, ...]:
    """The identities that stand in the names of what statements are about."""
    found = (
        variable.key
        for one in statements
        for pattern in one.resources.patterns
        for variable in pattern.pattern.variables
    )
    return tuple(dict.fromkeys(key for key in found if is_identity(key)))


def own_rows(statements: Iterable[Statement], key: str) -> Formula:
    """The requests whose leading keys are all those that statements give to the first identity."""
    rows = frozenset(
        glob
        for one in statements
        for condition in one.conditions
        if condition.key == LEADING_KEYS and _is_positive(condition)
        for glob in _named_after(_patterns(condition), key)
    )
    return conjunction([carried(LEADING_KEYS), Literal(Every(LEADING_KEYS, rows, False))])


def own_names(statements: Iterable[Statement], key: str) -> Formula:
    """The requests for what statements name after the first identity: what lies in its folder, and its listing."""
    known = tuple(statements)
    names = [glob for one in known for glob in _named_after((at.pattern for at in one.resources.patterns), key)]
    listed = [
        glob
        for one in known
        for condition in one.conditions
        if condition.key == PREFIX and _is_positive(condition)
        for glob in _named_after(_patterns(condition), key)
    ]
    below = [resource_matches(seal(glob)) for glob in names]
    return disjunction([*below, *(Literal(Holds(PREFIX, glob)) for glob in listed)])


def _patterns(condition: Condition) -> Iterator[Pattern]:
    for value in condition.values:
        own = value.pattern if isinstance(value, ArnPattern) else value
        if isinstance(own, Pattern):
            yield own


def _is_positive(condition: Condition) -> bool:
    return isinstance(condition.operator, Operator) and not condition.operator.negated


def _named_after(patterns: Iterable[Pattern], key: str) -> Iterator[Glob]:
    """The patterns that hold the variable, with the name of the first identity in its place."""
    name = first(key)

    def value_of(variable: Variable) -> Text | None:
        return name if variable.key == key else None

    for pattern in patterns:
        named = pattern.substitute(value_of) if key in {at.key for at in pattern.variables} else None
        if named is not None:
            yield glob_of(named.parts)


def first(key: str) -> str:
    """The name of the first identity, for a condition key."""
    return ONE.get(key, "one")


def second(key: str) -> str:
    """The name of the second identity."""
    return ANOTHER.get(key, "another")


# ── who reaches it ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two identities that both use some actions on the same thing, or may: `doubt` says what that hinges on.

    The witnesses are those of the first action: the owner's request, where it is allowed, and the other's.
    """

    actions: tuple[Action, ...]
    witnesses: tuple[Refuted, ...] = ()
    doubt: str = ""


def meetings(
    standing: Standing, arn: Text, key: str, actions: Iterable[Action], catalog: Catalog, own: Formula = EVERYWHERE
) -> Iterator[Meeting]:
    """Where the second identity of a role reaches what is the first one's, on a table or bucket.

    Args:
        key: the condition key that holds the identity.
        own: the requests that touch what is the first one's.
    """
    region = conjunction([at_or_under(arn), own, equal_to(key, second(key))])
    for reach in reaches(standing, tuple(actions), catalog, region):
        if not reach.certain:
            yield Meeting(reach.actions, doubt=reach.doubt)
            continue
        theirs = reach.witnesses[0]
        mine = _made_by_the_first(theirs, key, standing, arn)
        yield Meeting(reach.actions, (theirs,) if mine is None else (mine, theirs))


def _made_by_the_first(witness: Refuted, key: str, standing: Standing, arn: Text) -> Refuted | None:
    """The same request, made by the first identity, if it is allowed."""
    request = replace(witness.request, context={**witness.request.context, key: first(key)})
    target: Target | None = next((at for at in standing.targets if at.arn == arn), None)
    verdict = decide(request, standing.policies_at(target))
    return Refuted(request, verdict) if verdict.allowed else None


def without_rows() -> Formula:
    """The requests that name no leading key: a scan, a statement of PartiQL without a key, a stream."""
    return negation(carried(LEADING_KEYS))


def compared_rows(table: Resource, index: str, key: str) -> Formula:
    """The requests on a table, or on one of its indexes, whose leading key is the second identity itself."""
    place = text((table.arn, f"/index/{index}" if index else ""))
    name = literal_glob(second(key))
    compared = conjunction([carried(LEADING_KEYS), Literal(Every(LEADING_KEYS, frozenset({name}), False))])
    return conjunction([resource_matches(literal_glob(place)), equal_to(key, second(key)), compared])
