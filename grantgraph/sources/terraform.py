"""A Terraform plan or state, as `terraform show -json` writes it."""

from __future__ import annotations

from pathlib import Path

from grantgraph.model import Application
from grantgraph.node import Node
from grantgraph.problems import UsageError, bug
from grantgraph.sources import STANDARD_INPUT, ReadOptions, Source


def recognises(path: Path, node: Node | None) -> bool:
    """Whether this is JSON of Terraform's, be it of a format that is not read."""
    fields = node.fields if node is not None else {}
    return "format_version" in fields or {"lineage", "serial", "terraform_version"} <= set(fields)


def read(path: Path, node: Node | None, options: ReadOptions) -> Application:
    """The application that there is once the plan is applied; for a state, the one that there is.

    Raises:
        InputError: the file is of another format or has the wrong shape.
        UsageError: parameters are given, whose values a plan holds already; or an option contradicts the plan.
    """
    from grantgraph.sources._terraform import read_terraform

    if node is None:
        bug("a folder is no plan")
    if options.parameters:
        raise UsageError(f"`--param` is about templates, and `{path}` holds the values of its variables")
    return read_terraform(node, _name(path), str(path), options)


def _name(path: Path) -> str:
    """What to call an application: its file, or the folder of a file that is only called what it is."""
    if path == STANDARD_INPUT:
        return "standard input"
    name = path.name.split(".")[0]
    return path.parent.name or name if name in ("plan", "state", "tfplan") else name


SOURCE = Source("a Terraform plan or state", recognises, read)
