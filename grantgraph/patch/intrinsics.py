"""Texts as a template writes them: what is known as it is, the rest as references to what the template has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grantgraph.emit.cloudformation import inside_sub
from grantgraph.emit.references import LOGICAL_ID, Kind, Piece, References, references_to
from grantgraph.model import Resource
from grantgraph.patch.writing import Call, Value
from grantgraph.text import Text

PARAMETER = "parameter "


class Unspellable(Exception):
    """A text holds something that the template has no name for; `why` says what."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(slots=True)
class Intrinsics:
    """Spells texts for one template, by the resources that it has."""

    resources: Mapping[str, Resource]
    references: References

    def spell(self, value: Text) -> Value:
        """A text as a string, or as the function that gives it.

        Raises:
            Unspellable: a part of it is not known, and is no name in the template.
        """
        pieces = self.references.pieces(value)
        if all(isinstance(piece, str) for piece in pieces):
            return "".join(piece for piece in pieces if isinstance(piece, str))
        inside = [self.in_sub(piece) for piece in pieces]
        only = re.fullmatch(r"\$\{([^}!]+)\}", inside[0]) if len(inside) == 1 else None
        if only is None:
            return Call("Sub", "".join(inside))
        name, dot, attribute = only[1].partition(".")
        return Call("GetAtt", (name, attribute)) if dot else Call("Ref", name)

    def in_sub(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece.replace("${", "${!")
        match piece.kind:
            case Kind.ENVIRONMENT:
                return f"${{{piece.of}}}"
            case Kind.ARN | Kind.NAME:
                resource = self.resources[piece.of]
                known = inside_sub(resource, piece.kind)
                return known or "".join(map(self.in_sub, self.references.pieces_of_names(resource.arn)))
            case _ if re.fullmatch(f"{PARAMETER}[A-Za-z0-9]+", piece.of):
                return f"${{{piece.of.removeprefix(PARAMETER)}}}"
            case _:
                raise Unspellable(f"`{piece.of}` has no name in the template")


def intrinsics_of(resources: Iterable[Resource], file: str) -> Intrinsics:
    """What texts can refer to in a template: the resources that are written in it."""
    own = [one for one in resources if one.at.file == file and re.fullmatch(LOGICAL_ID, one.id)]
    return Intrinsics({one.id: one for one in own}, references_to(own))
