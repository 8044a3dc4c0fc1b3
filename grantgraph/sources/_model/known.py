"""What a model file may speak of, by the names that it can use, so that what refers to it can be checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grantgraph.model import EntryPoint, Principal, PrincipalType, Resource
from grantgraph.node import Node
from grantgraph.problems import did_you_mean
from grantgraph.sources._model.file import ModelFile

MOST_LISTED = 20
"""How many things a help names, at most."""


@dataclass(frozen=True, slots=True)
class Known:
    """What there is, by name; None where it could not be read.

    Attributes:
        functions: the principals that are functions, where a function and its role have one name.
        roles: the principals that can be passed to a service.
        unclear: names that may mean more than one principal, and all that each may mean.
        listed: whether a help lists what there is, which the file itself does not show.
        absent: what the input has, and does not have now, because a condition does not hold: it is left out.
    """

    principals: Mapping[str, Principal | None]
    resources: Mapping[str, Resource | None]
    routes: Mapping[str, EntryPoint | None]
    functions: Mapping[str, Principal]
    roles: Mapping[str, Principal]
    unclear: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    listed: bool = False
    absent: frozenset[str] = frozenset()

    def help(self, word: str, *sections: Iterable[str]) -> str:
        """What a word that names nothing may mean."""
        names = [name for section in sections for name in section]
        near = did_you_mean(word, names)
        if not self.listed or near.startswith("known:"):
            return near
        return "\n".join(one for one in (near, list_of(names)) if one)


def list_of(names: Iterable[str]) -> str:
    """Some names as a help lists them; the first ones, where they are many."""
    found = sorted(set(names))
    shown = ", ".join(f"`{one}`" for one in found[:MOST_LISTED])
    more = f" and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
    return f"there are: {shown}{more}" if found else "there are none"


def known_of(
    principals: Mapping[str, Principal | None],
    resources: Mapping[str, Resource | None],
    routes: Mapping[str, EntryPoint | None],
) -> Known:
    """Everything that was read, with the principals that are functions, and those that are roles at all."""
    functions = functions_of(principals)
    roles = {key: one for key, one in principals.items() if one and one.type is PrincipalType.ROLE}
    return Known(principals, resources, routes, functions, {**functions, **roles})


def functions_of(principals: Mapping[str, Principal | None]) -> dict[str, Principal]:
    """The principals that are functions."""
    return {key: one for key, one in principals.items() if one and one.type is PrincipalType.FUNCTION}


def read_who(file: ModelFile, node: Node, what: str, known: Known) -> str | None:
    """The id of the principal that a need or a promise is about; None where there is none, or it is not there."""
    who = file.required(node, "who", what)
    if who is None:
        return None
    if who in known.principals:
        found = known.principals[who]
        return found.id if found is not None else who
    place = node.fields["who"].at
    if who in known.unclear:
        message = f"`{who}` may be any of {len(known.unclear[who])} principals"
        file.problems.error(place, "unknown-principal", message, f"name one: {list_of(known.unclear[who])}")
    elif who not in known.absent:
        help = known.help(who, known.principals)
        file.problems.error(place, "unknown-principal", f"there is no principal `{who}`", help)
    return None
