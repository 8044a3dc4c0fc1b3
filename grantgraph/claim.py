"""A question over all requests as its askers put it, and the answer: what `prove` is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from grantgraph.catalog import LEVELS_BY_WORD, Action, Catalog
from grantgraph.explain import find_resource
from grantgraph.model import Application, Principal
from grantgraph.policy.document import PolicySet
from grantgraph.problems import UsageError, did_you_mean
from grantgraph.prove import (
    EVERYWHERE,
    Allowed,
    Answer,
    Proved,
    Standing,
    Undecided,
    actions_of,
    at_or_under,
    disjoint,
    equivalent,
    implies,
    never,
    summary,
)
from grantgraph.standing import anybody, standing_of


class Relation(StrEnum):
    """What can be asked of two policies."""

    IMPLIES = "implies"  # every request that the first allows, the second allows
    EQUIVALENT = "equivalent"
    DISJOINT = "disjoint"


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement over all requests, in words, and whether it holds."""

    words: str
    answer: Answer
    catalog: str


def compare(relation: Relation, one: Application, other: Application, catalog: Catalog) -> Claim:
    """Whether two policies, each the only one of its input, stand in a relation."""
    first, second = _only_policy(one), _only_policy(other)
    asked: Mapping[Relation, tuple[str, Callable[[], Answer]]] = {
        Relation.IMPLIES: (
            f"every request that {one.source} allows, {other.source} allows",
            lambda: implies(first, second, None, catalog),
        ),
        Relation.EQUIVALENT: (
            f"{one.source} and {other.source} allow the same requests",
            lambda: equivalent(first, second, catalog),
        ),
        Relation.DISJOINT: (
            f"no request is allowed by both {one.source} and {other.source}",
            lambda: disjoint(first, second, None, catalog),
        ),
    }
    words, answer = asked[relation]
    return Claim(words, answer(), catalog.date)


def _only_policy(application: Application) -> Standing:
    if len(application.principals) != 1:
        raise UsageError(
            f"`{application.source}` is not one policy", "name a policy document; `diff` compares applications"
        )
    policies = application.principals[0].policies
    return Standing(anybody(), PolicySet(identity_based=policies))


def claim_never(
    application: Application, principal: Principal, access: tuple[str, ...], on: str, catalog: Catalog
) -> Claim:
    """That a principal can never use some access, anywhere or on one resource.

    Args:
        access: access levels in lower case with dashes, or actions.
        on: the id of a resource, "" for anywhere.

    Raises:
        UsageError: an access level, an action or the resource does not exist.
    """
    standing = standing_of(application, principal)
    resource = find_resource(application, on) if on else None
    wanted = [one for one in actions_of(standing, catalog) if _is_meant(one, access)]
    for word in access:
        if word not in LEVELS_BY_WORD and catalog.action(word) is None:
            raise UsageError(f"there is no access level or action `{word}`", did_you_mean(word, LEVELS_BY_WORD))
    where = f" on {on}" if on else ""
    words = f"{principal.id} never has {', '.join(access)} access{where}"
    region = at_or_under(resource.arn) if resource is not None else EVERYWHERE
    answer = never(standing, wanted, catalog, region)
    if isinstance(answer, Proved):
        answer = _as_far_as_seen(answer, application, access, resource is None, catalog)
    return Claim(words, answer, catalog.date)


def _as_far_as_seen(
    proved: Proved, application: Application, access: tuple[str, ...], anywhere: bool, catalog: Catalog
) -> Answer:
    """A proof with what it rests on; none, where a policy that was not seen may allow it."""
    for hidden in application.hidden if anywhere else ():
        if any(_is_meant(one, access) for one in catalog.actions(hidden.service)):
            return Undecided(hidden.reason)
    return replace(proved, assuming=proved.assuming | set(application.assuming))


@dataclass(frozen=True, slots=True)
class Summarized:
    """What a principal is allowed, as a short list."""

    principal: str
    entries: tuple[Allowed, ...]
    catalog: str
    caveats: tuple[str, ...] = ()


def summarize(application: Application, principal: Principal, catalog: Catalog) -> Summarized:
    """Everything that a principal is allowed, in entries none of which lies within another."""
    standing = standing_of(application, principal)
    return Summarized(principal.id, summary(standing, catalog), catalog.date, application.caveats)


def _is_meant(action: Action, access: tuple[str, ...]) -> bool:
    names = {word.lower() for word in access}
    return any(LEVELS_BY_WORD.get(word) is action.access_level for word in access) or str(action).lower() in names
