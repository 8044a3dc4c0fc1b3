"""What a model file has named so far, so that what refers to it can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grantgraph.model import EntryPoint, Principal, PrincipalType, Resource
from grantgraph.node import Node
from grantgraph.problems import did_you_mean
from grantgraph.sources._model.file import ModelFile


@dataclass(frozen=True, slots=True)
class Known:
    """The parts of a model by their names in the file; None where one could not be read."""

    principals: Mapping[str, Principal | None]
    resources: Mapping[str, Resource | None]
    routes: Mapping[str, EntryPoint | None]
    functions: Mapping[str, Principal]
    roles: Mapping[str, Principal]


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
    """The principal that a need or a promise is about."""
    who = file.required(node, "who", what)
    if who is not None and who not in known.principals:
        place = node.fields["who"].at
        help = did_you_mean(who, known.principals)
        file.problems.error(place, "unknown-principal", f"there is no principal `{who}`", help)
        return None
    return who
