"""Where access is: the places of an application that statements speak of, and how their patterns read there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.model import Application
from grantgraph.places import places_of
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Statement
from grantgraph.policy.pattern import Pattern, Variable, Wild, parse_pattern, pattern
from grantgraph.prove import Formula, Target, conjunction, negation
from grantgraph.prove.budget import Exhausted
from grantgraph.prove.glob import Glob, Run, glob_of, literal_glob, seal
from grantgraph.prove.meet import find
from grantgraph.text import Text

MAX_SHOWN = 6
"""How many patterns of a statement are told; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A resource or a route of the application, or, with the id "", everything besides.

    `around` are globs for the ARNs that it holds; for the rest, for those that it does not hold.
    """

    id: str
    region: Formula
    arn: Text
    around: tuple[Glob, ...]

    def meets(self, target: Target) -> bool:
        """Whether the resource of a target may be here."""
        return not self.id or "*" in str(self.arn) or _nested(self.arn, target.arn)


def _nested(one: Text, other: Text) -> bool:
    """Whether one ARN is the other, or lies under it."""
    short, long = sorted((str(one), str(other)), key=len)
    return long == short or long.startswith((f"{short}/", f"{short}:"))


def world_of(base: Application, head: Application) -> Application:
    """The head, with what only the base has."""
    ids = {one.id for one in head.resources}
    routes = {(one.type, one.id) for one in head.entry_points}
    return replace(
        head,
        resources=(*head.resources, *(one for one in base.resources if one.id not in ids)),
        entry_points=(
            *head.entry_points,
            *(one for one in base.entry_points if (one.type, one.id) not in routes),
        ),
    )


def read_places(world: Application, service: str) -> tuple[Place, ...]:
    """The places of a service, and everything besides."""
    routes = {one.id: one.arn for one in world.entry_points if one.arn != ""}
    resources = {one.id: one.arn for one in world.resources}
    found = []
    for place in places_of(world, service):
        id, region = place.id, place.region
        arn = routes.get(id) or resources[id]
        around = (glob_of(parse_pattern(arn, variables=False).parts),) if id in routes else _at_or_under(arn)
        found.append(Place(id, region, arn, around))
    rest = conjunction(negation(one.region) for one in found)
    return (*found, Place("", rest, "", tuple(glob for one in found for glob in one.around)))


def _at_or_under(arn: Text) -> tuple[Glob, ...]:
    own = literal_glob(arn)
    return own, (*own, "/", Run()), (*own, ":", Run())


# ── patterns ─────────────────────────────────────────────────────────────────────────────────────────────


def resources_at(statement: Statement, place: Place, names: Mapping[str, str]) -> tuple[str, ...]:
    """What a statement says of a place, each pattern in the application's own names.

    Args:
        names: ARN → id, for everything of the application.
    """
    patterns = statement.resources.patterns
    own = [one for one in patterns if _reaches(one, place)] or list(patterns)
    shown = list(dict.fromkeys(in_names(str(one), names) for one in own))
    if statement.resources.negated:
        if not shown:
            return ("*",)
        return (f"everything but {', '.join(_cut(shown))}",)
    return tuple(_cut(shown))


def _cut(shown: list[str]) -> Iterator[str]:
    yield from shown[:MAX_SHOWN]
    if len(shown) > MAX_SHOWN:
        yield f"{len(shown) - MAX_SHOWN} more"


def in_names(spelled: str, names: Mapping[str, str]) -> str:
    """An ARN, or a pattern for one, that begins with the application's own resource by its id: `Uploads/*`."""
    at = len(spelled)
    while at > 0:
        if spelled[:at] in names and spelled[at : at + 1] in ("", "/", ":"):
            return names[spelled[:at]] + spelled[at:]
        at = max(spelled.rfind("/", 0, at), spelled.rfind(":", 0, at))
    return spelled


def names_of(world: Application) -> Mapping[str, str]:
    """ARN → id, for everything of an application."""
    found = {str(one.arn): one.id for one in world.resources if one.arn != ""}
    return found | {str(one.arn): one.id for one in world.principals if one.arn != ""}


def _reaches(one: ArnPattern, place: Place) -> bool:
    """Whether a pattern matches something at a place; True where that is not easily told."""
    glob = seal(_glob(one.pattern)) if len(one.fields) == 6 else _glob(one.pattern)
    try:
        if place.id:
            return any(find((glob, piece), (), loose=True) is not None for piece in place.around)
        return find((glob,), place.around, loose=True) is not None
    except Exhausted:
        return True


def _glob(one: Pattern) -> Glob:
    return glob_of(pattern(Wild.RUN if isinstance(part, Variable) else part for part in one.parts).parts)
