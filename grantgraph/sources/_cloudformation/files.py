"""Files that a template names: a template of a nested stack, a part to include, an OpenAPI document."""

from __future__ import annotations

from pathlib import Path

from grantgraph.decode import decode, read_text
from grantgraph.node import Node
from grantgraph.problems import InputError, Location, Problems
from grantgraph.sources._cloudformation.template import long_form


def names_a_file(named: str) -> bool:
    """Whether a text is the relative path of a file, and no address."""
    return (
        bool(named) and "://" not in named and not named.startswith(("/", "\\", "arn:", "~")) and "\n" not in named
    )


def read_beside(named: str, at: Location, problems: Problems) -> Node | None:
    """A file that a template names relative to its own folder; None, and a problem, when it cannot be read.

    A template decides what is read, so it has to lie under the template's folder or under the working folder.
    """
    folder = Path(at.file).parent
    path = folder / named
    try:
        whole = path.resolve()
        allowed = any(whole.is_relative_to(one.resolve()) for one in (folder, Path()))
    except (OSError, ValueError, RuntimeError):
        allowed = False
    if not allowed:
        message = f"`{named[:200]}` lies outside the template's folder and the working folder, and is not read"
        problems.unmodelled(at, "outside-file", message)
        return None
    if not path.is_file():
        problems.unmodelled(at, "missing-file", f"there is no file `{path}`, which is named here")
        return None
    try:
        return decode(read_text(path), str(path), long_form)
    except InputError as error:
        problems.found.extend(error.problems)
        if not error.problems:
            problems.error(at, "file", error.message, error.help)
        return None
