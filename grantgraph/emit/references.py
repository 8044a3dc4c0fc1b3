"""Texts cut into what is known and what is referred to: a resource, a role, a name left open, the environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from grantgraph.model import Resource
from grantgraph.problems import UsageError
from grantgraph.synthesize import Synthesized
from grantgraph.text import Text, Unknown, parts_of, text


class Kind(StrEnum):
    """What a reference gives."""

    ARN = "arn"
    NAME = "name"
    ROLE_ARN = "role arn"
    ROLE_NAME = "role name"
    ROLE_THERE = "name of a role that is there"
    OPEN = "open"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Reference:
    """Something of a thing: of a resource or role by its id, of the environment, or a name that is left open."""

    kind: Kind
    of: str


Piece: TypeAlias = str | Reference
LOGICAL_ID = "[A-Za-z][A-Za-z0-9]*"
ADDRESS = r"(?!module\.|data\.)[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*(\[[^\]]*\])?"
"""An address of Terraform that is in the root module, where code can refer to it."""

_MARK = re.compile("\ufdd0([^\ufdd1]*)\ufdd1")
"""Two characters that no text holds, around the name of what is not known."""


@dataclass(slots=True)
class References:
    """What the texts of a synthesis refer to.

    Attributes:
        arns: what stands for an ARN, spelled with marks.
        names: what stands for a name that is not known.
        there: the roles that the code has already.
        opened: names that were left open by the texts so far, and what each is.
    """

    arns: Mapping[str, Reference]
    names: Mapping[str, Reference]
    there: frozenset[str] = frozenset()
    opened: dict[str, str] = field(default_factory=dict)

    def pieces(self, value: Text) -> tuple[Piece, ...]:
        """A text in order: literal runs, and references."""
        marked = _marked(value)
        reasons = {part.name: part.reason for part in parts_of(value) if isinstance(part, Unknown)}
        for end in _ends(marked):
            found = self.arns.get(marked[:end])
            if found is not None:
                return (found, *self._rest(marked[end:], reasons))
        return tuple(self._rest(marked, reasons))

    def pieces_of_names(self, value: Text) -> tuple[Piece, ...]:
        """A text in order, an ARN in it spelled out."""
        return tuple(self._rest(_marked(value), {}))

    def _rest(self, marked: str, reasons: Mapping[str, str]) -> Iterator[Piece]:
        pieces = _MARK.split(marked)  # literal, name, literal, name, ..., literal
        for at, piece in enumerate(pieces):
            if at % 2 == 0:
                if piece:
                    yield piece
                continue
            if piece.startswith("AWS::"):
                yield Reference(Kind.ENVIRONMENT, piece)
                continue
            found = self.names.get(piece, Reference(Kind.OPEN, piece))
            if found.kind is Kind.OPEN:
                reason = reasons.get(piece, "").removesuffix(" is not in the model")
                self.opened.setdefault(piece, (reason[:1].upper() + reason[1:]) or piece)
            yield found


def _marked(value: Text) -> str:
    return "".join(part if isinstance(part, str) else f"\ufdd0{part.name}\ufdd1" for part in parts_of(value))


def _ends(marked: str) -> Iterator[int]:
    """Where an ARN can end in a text, the furthest first: at its end, or before what lies below it."""
    if marked.startswith("arn:"):
        yield len(marked)
        yield from (at for at in range(len(marked) - 1, 4, -1) if marked[at] in ":/")


def references_of(
    synthesized: Synthesized, by_id: Iterable[Resource], there: frozenset[str] = frozenset()
) -> References:
    """What can be referred to: roles, made here or there already, and resources that are known by their ids."""
    arns: dict[str, Reference] = {}
    names: dict[str, Reference] = {}
    for one in synthesized.syntheses:
        if one.trust is not None:
            arns[_marked(one.principal.arn)] = Reference(Kind.ROLE_ARN, one.principal.id)
            for unknown in _own_name(one.principal.arn):
                names[unknown] = Reference(Kind.ROLE_NAME, one.principal.id)
        elif one.principal.id in there:
            for unknown in _own_name(one.principal.arn):
                names[unknown] = Reference(Kind.ROLE_THERE, one.principal.id)
    for resource in by_id:
        arns[_marked(resource.arn)] = Reference(Kind.ARN, resource.id)
        for unknown in _own_name(resource.arn):
            names[unknown] = Reference(Kind.NAME, resource.id)
    return References(arns, names, there)


def references_to(resources: Iterable[Resource]) -> References:
    """What can be referred to by ids alone: resources of the code that texts go into."""
    known = tuple(resources)
    return References(
        {_marked(one.arn): Reference(Kind.ARN, one.id) for one in known},
        {unknown: Reference(Kind.NAME, one.id) for one in known for unknown in _own_name(one.arn)},
    )


def referable(synthesized: Synthesized, spelled: str = LOGICAL_ID) -> tuple[Resource, ...]:
    """The resources that the code which this goes into has: the application's own, as far as it makes them.

    Beside an input, those that are written in the file that all of the roles are written in.

    Args:
        spelled: how an id is spelled that a reference can hold.

    Raises:
        UsageError: one of them has a name that no code can have.
    """
    application = synthesized.application
    if application.binding is not None:
        file = _common_file(synthesized)
        return tuple(
            one
            for one in application.resources
            if not one.existing and one.at.file == file and re.fullmatch(spelled, one.id)
        )
    here = [one for one in application.resources if not one.existing]
    own = tuple(one for one in here if one.account == application.environment.account)
    for one in own:
        if not re.fullmatch(LOGICAL_ID, one.id):
            raise UsageError(f"`{one.id}` cannot be the id of a resource", "use letters and digits only")
    return own


def roles_there(synthesized: Synthesized, spelled: str = LOGICAL_ID) -> frozenset[str]:
    """The roles that the code which this goes into has already."""
    if synthesized.application.binding is None or not _common_file(synthesized):
        return frozenset()
    return frozenset(one.principal.id for one in synthesized.syntheses if re.fullmatch(spelled, one.principal.id))


def _common_file(synthesized: Synthesized) -> str:
    """The file that all roles are written in; "" where they are in several."""
    files = {one.principal.at.file for one in synthesized.syntheses}
    return files.pop() if len(files) == 1 else ""


def check_boundary(synthesized: Synthesized, references: References) -> None:
    """A boundary that names a function which takes a role which takes the boundary can never be deployed.

    Raises:
        UsageError: it does.
    """
    functions = {one.id for one in synthesized.application.resources if one.type == "lambda:function"}
    for statement in synthesized.boundary.statements if synthesized.boundary is not None else ():
        texts = [one.pattern.text for one in statement.resources.patterns]
        texts += [value for condition in statement.conditions for value in condition.spelled_values]
        for piece in (piece for one in texts for piece in references.pieces(one)):
            if isinstance(piece, Reference) and piece.kind in (Kind.ARN, Kind.NAME) and piece.of in functions:
                raise UsageError(
                    f"the boundary names the function `{piece.of}`, whose role takes the boundary: a circle",
                    f"give `{piece.of}` a `name` in the model",
                )


def _own_name(arn: Text) -> Iterator[str]:
    """The name in an ARN, where it is not known."""
    return (part.name for part in parts_of(arn) if isinstance(part, Unknown) and part.generated)


def name_of(resource: Resource) -> Text:
    """The name of a resource, as the last part of its ARN says it."""
    tail: list[str | Unknown] = []
    for part in reversed(parts_of(resource.arn)):
        if isinstance(part, str) and re.search("[:/]", part):
            tail.append(re.split("[:/]", part)[-1])
            break
        tail.append(part)
    return text(reversed(tail))
