"""Inputs changed in place: which can be, the patch printed, and the files written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grantgraph.cli.changing import replace_texts
from grantgraph.cli.options import say
from grantgraph.problems import UsageError
from grantgraph.text import visible

if TYPE_CHECKING:
    from grantgraph.model import Application
    from grantgraph.patch import Plan
    from grantgraph.tighten import Tightened

_GENERATED = {
    "a CDK assembly": "`cdk synth` writes these files anew: change the constructs",
}
_UNCHANGEABLE = {
    "an account": "change what made it; `grantgraph synth --write DIR` and `--emit` give the policies",
    "a Terraform plan or state": "it is made from configuration: put there what "
    "`grantgraph synth --emit terraform` prints",
}


def refuse_unchangeable(application: Application, path: Path, *, writing: bool) -> None:
    """Refuse an input that is no file which can be changed; what is generated can be shown, and not written.

    Raises:
        UsageError: it cannot be.
    """
    kind = _kind(application, path)
    if kind in _UNCHANGEABLE:
        raise UsageError(f"`{_changed(application, path)}` cannot be changed in place", _UNCHANGEABLE[kind])
    if kind in _GENERATED and writing:
        raise UsageError(f"`{path}` is generated, and is not changed", f"{_GENERATED[kind]}; `--diff` shows what")


def show(plan: Plan, tightened: Tightened, path: Path) -> None:
    """Print a patch; above that of generated files, what to change instead."""
    from grantgraph.patch import unified

    kind = _kind(tightened.application, path)
    if kind in _GENERATED and plan.files:
        say("".join(f"# {line}\n" for line in _where(tightened, _GENERATED[kind])))
    say("".join(unified(one.file, one.before, one.after) for one in plan.files))


def make(plan: Plan) -> str:
    """Write the changed files, all of them or none; which they are."""
    replace_texts({Path(one.file): (one.before, one.after) for one in plan.files})
    return ", ".join(f"`{one.file}`" for one in plan.files)


def aside(lines: Iterable[str]) -> None:
    """Say something beside the answer."""
    for line in lines:
        typer.echo(visible(line), err=True)


def _changed(application: Application, path: Path) -> Path:
    """The input that is changed: the one that a model is bound to."""
    return Path(application.binding.path) if application.binding is not None else path


def _kind(application: Application, path: Path) -> str:
    from grantgraph.sources import STANDARD_INPUT, find_source

    own = _changed(application, path)
    if ":" in str(own) or own == STANDARD_INPUT:
        raise UsageError(f"`{own}` is no file that can be changed", "name the template itself")
    return find_source(own)[0].name


def _where(tightened: Tightened, advice: str) -> Iterator[str]:
    """What to change in the source of generated files: the constructs, and the author's own lines."""
    yield f"generated: {advice}"
    for role in tightened.judged():
        for rewritten in role.rewritten:
            if rewritten.changes:
                at = rewritten.statements[0].statement.at
                made = f", made by {at.origin}" if at.origin else ""
                yield visible(f"{at.path or rewritten.policy.name}{made}")
