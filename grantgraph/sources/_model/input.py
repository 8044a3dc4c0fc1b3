"""The input that a model file stands beside: `from: template.yaml`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from grantgraph.model import Application
from grantgraph.node import Node, expect_str
from grantgraph.problems import InputError, did_you_mean
from grantgraph.sources import MODEL_FILE, ReadOptions, find_source
from grantgraph.sources._model.environment import read_written
from grantgraph.sources._model.file import ModelFile

_ADVICE = "name a template, a cdk.out folder, a Terraform plan, or the saved details of an account"


def read_input(file: ModelFile, path: Path) -> Application | None:
    """The application of the input that a model file names; None, with a problem, where there is none.

    A model file decides what is read, so the input has to lie under the model's folder or the working folder.

    Raises:
        InputError: the input cannot be read; the problems have their places in it.
        UsageError: an option does not fit the input.
    """
    node = file.node.fields["from"]
    named = expect_str(node, "`from`", file.problems)
    target = _place(file, node, named, path) if named is not None else None
    if target is None:
        return None
    try:
        source, found = find_source(target)
    except InputError as error:
        if error.problems:
            raise
        file.problems.error(node.at, "from", error.message, error.help)
        return None
    if source.name == MODEL_FILE:
        message = f"`{named}` is {'this' if _is_same(target, path) else 'another'} model file"
        file.problems.error(node.at, "from", message, _ADVICE)
        return None
    return _where(file, lambda options: source.read(target, found, options))


def _place(file: ModelFile, node: Node, named: str, path: Path) -> Path | None:
    """The path that is named, if it may be read."""
    if not _is_relative(named):
        message = f"`{named[:200]}` is not the path of an input, relative to the model file"
        file.problems.error(node.at, "from", message, _ADVICE)
        return None
    folder = path.parent
    target = folder / named
    try:
        whole = target.resolve()
        allowed = any(whole.is_relative_to(one.resolve()) for one in (folder, file.options.root))
        there = whole.exists()
        plain = Path(os.path.normpath(target))
        target = plain if plain.resolve() == whole else target  # `models/../template.json` is read as it is called
    except (OSError, ValueError, RuntimeError):
        allowed, there = True, False
    if not allowed:
        message = f"`{named[:200]}` lies outside the model's folder and the working folder, and is not read"
        file.problems.error(node.at, "from", message, "put the model file beside its input")
        return None
    if not there:
        near = did_you_mean(target.name, _names_in(target.parent))
        help = near if near.startswith("did you") else ""
        file.problems.error(node.at, "from", f"there is no `{target}`", help)
        return None
    return target


def _is_relative(named: str) -> bool:
    return (
        bool(named.strip())
        and "://" not in named
        and not named.startswith(("/", "\\", "~", "arn:"))
        and named != "-"
        and not any(one in named for one in "\n\r\0")
    )


def _names_in(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir()][:2000]
    except OSError:
        return []


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _where(file: ModelFile, read: Callable[[ReadOptions], Application]) -> Application:
    """The input where it is deployed, as far as an option, the input itself, or else the model says."""
    base = read(file.options)
    known = base.environment
    missing: dict[str, str] = {}
    node = file.node.get("environment")
    for part, value in read_written(file).items():
        own = getattr(known, part)
        if not isinstance(own, str):
            missing[part] = value
        elif own != value and getattr(file.options, part) is None and node is not None:
            message = f"the {part} is `{value}` here, and `{own}` in `{base.source}`"
            file.problems.error(node.fields[part].at, "contradiction", message)
    if not missing:
        return base
    options = file.options
    return read(
        replace(
            options,
            partition=missing.get("partition", options.partition),
            region=missing.get("region", options.region),
            account=missing.get("account", options.account),
        )
    )
