"""Which file of a folder holds the application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grantgraph.problems import GrantgraphError, InputError, UsageError
from grantgraph.sources import MODEL_FILE, STANDARD_INPUT, find_source

ASSEMBLY = "cdk.out"
MOST_FILES = 500
"""How many files of a folder are looked at."""
_ENDINGS = (".yaml", ".yml", ".json", ".template")
_NO_APPLICATION = frozenset({MODEL_FILE, "a policy document"})


def find_input(path: Path) -> Path:
    """The input at a path: itself, or for a folder the one in it.

    Raises:
        UsageError: it is a model, standard input, or nothing that a model can name.
        InputError: there is none, or more than one.
    """
    if path == STANDARD_INPUT or ":" in str(path):
        raise UsageError(f"a model cannot stand beside `{path}`", "name a file, or a folder")
    if not path.is_dir() or (_kind(path) == "a CDK assembly" and (path / "manifest.json").is_file()):
        return _one(path)
    found = list(_candidates(path))
    if len(found) == 1:
        return found[0][0]
    if found:
        listed = "\n".join(f"`grantgraph init {one}`: {kind}" for one, kind in found)
        raise InputError(f"`{path}` holds {len(found)} applications, so say which", help=listed)
    raise InputError(
        f"`{path}` holds no application: no template, cdk.out folder, or JSON of a Terraform plan",
        help="run `cdk synth`, or `terraform show -json tfplan > plan.json`, or name the template",
    )


def _one(path: Path) -> Path:
    kind = find_source(path)[0].name
    if kind == MODEL_FILE:
        raise UsageError(f"`{path}` is a model already", "name the template, or the folder, that it is for")
    if kind in _NO_APPLICATION:
        raise UsageError(f"`{path}` is {kind}, and no application", "name a template, a cdk.out folder or a plan")
    return path


def _candidates(folder: Path) -> Iterator[tuple[Path, str]]:
    """What may be meant in a folder, with what it is, in the order of names."""
    try:
        names = sorted(one.name for one in folder.iterdir())
    except OSError as error:
        raise InputError(f"cannot read `{folder}`: {error.strerror or error}") from None
    files = [name for name in names if name.endswith(_ENDINGS)][:MOST_FILES]
    for name in ([ASSEMBLY] if ASSEMBLY in names else []) + files:
        kind = _kind(folder / name)
        if kind is not None and kind not in _NO_APPLICATION:
            yield folder / name, kind


def _kind(path: Path) -> str | None:
    try:
        return find_source(path)[0].name
    except GrantgraphError:
        return None
