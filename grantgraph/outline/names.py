"""What a model calls the things of its input, and where they are, seen from the model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grantgraph.model import Application, Principal, PrincipalType
from grantgraph.problems import Location

FUNCTION = "lambda:function"
_KINDS = (PrincipalType.AUTHENTICATED, PrincipalType.UNAUTHENTICATED)


@dataclass(slots=True)
class Names:
    """The name of each principal: its kind where it is the only visitor of it, that of its function, or its id."""

    application: Application
    folder: Path
    of: Mapping[str, str] = field(init=False)
    functions: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        functions: dict[str, list[str]] = {}
        for one in self.application.resources:
            if one.type == FUNCTION:
                functions.setdefault(str(one.attributes.get("runs_as", "")), []).append(one.id)
        self.functions = {role: tuple(ones) for role, ones in functions.items()}
        self.of = {one.id: self._name(one) for one in self.application.principals}

    def _name(self, principal: Principal) -> str:
        taken = {one.id for one in self.application.principals if one is not principal}
        own = [one for one in self.application.principals if one.type is principal.type]
        word = principal.type.value.rpartition(":")[2]
        if principal.type in _KINDS and len(own) == 1 and word not in taken:
            return word
        runs = self.functions.get(principal.id, ())
        if len(runs) == 1 and runs[0] not in taken:
            return runs[0]
        return principal.id

    def place(self, at: Location) -> str:
        """Where something is, as the model's folder sees it."""
        if not at.file:
            return ""
        file = Path(os.path.relpath(Path(at.file).resolve(), self.folder.resolve())).as_posix()
        return f"{file}:{at.line}" if at.line else file
