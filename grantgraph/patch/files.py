"""Which files of an input can be changed, and the changes of all of them, read again before anybody sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grantgraph.catalog import Catalog
from grantgraph.decode import read_text, reading_instead
from grantgraph.model import Application
from grantgraph.patch.spans import read_source
from grantgraph.patch.template import Patched, Unpatched, patch_template
from grantgraph.patch.verify import differences
from grantgraph.problems import InputError, bug
from grantgraph.tighten import Tightened

Read = Callable[[], Application]
"""Reads an input again, as it was read before."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes of an input: file by file, and what could not be changed."""

    files: tuple[Patched, ...]
    unpatched: tuple[Unpatched, ...]

    @property
    def texts(self) -> Mapping[Path, str]:
        """The changed files, as they are to be."""
        return {Path(one.file): one.after for one in self.files}


def plan(tightened: Tightened, read: Read, catalog: Catalog) -> Plan:
    """The changes that make the policies of an input tight.

    The changed input is read before anybody sees it: its policies are the tight ones, and no other has changed.

    Raises:
        Bug: they are not.
    """
    files = tuple(_patched(tightened, file) for file in _files(tightened))
    unpatched = tuple(dict.fromkeys(one for file in files for one in file.unpatched))
    changed = tuple(one for one in files if one.before != one.after)
    if changed:
        _verify(tightened, changed, unpatched, read, catalog)
    return Plan(changed, unpatched)


def _patched(tightened: Tightened, file: str) -> Patched:
    return patch_template(tightened, read_source(read_text(Path(file)), file))


def _files(tightened: Tightened) -> Iterable[str]:
    """The files that hold a statement which changes, or a role that lacks one."""
    found: dict[str, None] = {}
    for role in tightened.judged():
        for rewritten in role.rewritten:
            if rewritten.changes:
                found.update(dict.fromkeys(one.statement.at.file for one in rewritten.statements))
        if role.added:
            found[role.principal.at.file] = None
    return [file for file in found if Path(file).is_file()]


def _verify(
    tightened: Tightened,
    changed: tuple[Patched, ...],
    unpatched: tuple[Unpatched, ...],
    read: Read,
    catalog: Catalog,
) -> None:
    """Read the input with the changes in it, and hold it against what it should be."""
    with reading_instead({Path(one.file): one.after for one in changed}):
        try:
            after = read()
        except InputError as error:
            bug(f"the changed template cannot be read: {error.message}")
    wrong = list(differences(tightened, after, unpatched, catalog))
    if wrong:
        bug(f"the changed template is not as it should be: {wrong[0]}")
