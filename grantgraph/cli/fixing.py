"""`check --fix`: repair what the gate finds in the input itself, and say what stays and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from grantgraph.cli.patching import aside, make, refuse_unchangeable, show
from grantgraph.problems import UsageError

if TYPE_CHECKING:
    from grantgraph.model import Application
    from grantgraph.repair import Repair
    from grantgraph.rules import Checked


def fix(path: Path, read: Callable[[], Application], judge: Callable[[], Checked], *, diff: bool) -> Checked:
    """Make the policies tight that findings are about, or print the patch that does; what is found afterwards.

    Raises:
        UsageError: the input cannot be changed.
    """
    from grantgraph.catalog import load_catalog
    from grantgraph.repair import repair
    from grantgraph.tighten import tighten_input

    application = read()
    if application.unwritten:
        raise UsageError(
            f"`--fix` changes policies that are there, and the model `{path}` stands for itself",
            "change its needs, or say `from: <a template>` in it",
        )
    refuse_unchangeable(application, path, writing=not diff)
    checked = judge()
    tightened = tighten_input(application, load_catalog())
    found = repair(checked, tightened, read, judge, load_catalog())
    if diff:
        show(found.plan, found.tightened, path)
        aside(_told(found, "would repair"))
        return checked
    changed = make(found.plan)
    aside([*_told(found, "repaired"), *([f"changed {changed}"] if changed else [])])
    return found.after


def _told(found: Repair, verb: str) -> list[str]:
    number, of = len(found.repaired), len(found.repaired) + len(found.left)
    if not of:
        return ["nothing to repair"]
    stays = [f"stays: {one.rule} {one.message}: {why}" for one, why in found.left]
    model = [] if found.tightened.from_model or not stays else [_MODEL]
    return [f"{verb} {number} of {of} finding{'s' if of != 1 else ''}", *stays, *model]


_MODEL = "a model can say that less is needed: `grantgraph init` begins one"
