"""`init`: begin a model file for an application that is there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from grantgraph.cli import app
from grantgraph.cli.changing import NOT_OVER, write_new
from grantgraph.cli.options import (
    HERE,
    Account,
    Parameters,
    Partition,
    Region,
    options_of,
    read_input,
    say,
)
from grantgraph.problems import UsageError

Started = Annotated[
    Path,
    typer.Argument(
        metavar="PATH",
        help="A template, a cdk.out folder, the JSON of a Terraform plan, an account as `fetch` writes it, or a "
        "folder with one of them; this folder if left out.",
        show_default=False,
    ),
]


@app.command()
def init(
    path: Started = HERE,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write it; - prints it. Left out: beside the input."
        ),
    ] = "",
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """Begin a model file beside an application: what it has, what it seems to need, what it can promise."""
    from grantgraph.catalog import load_catalog
    from grantgraph.outline import find_input, outline
    from grantgraph.sources import MODEL
    from grantgraph.tighten import tighten

    source = find_input(path)
    beside = source.resolve().parent if source.resolve() == Path.cwd() else source.parent
    file = beside / MODEL if output in ("", "-") else Path(output)
    if output != "-":
        _refuse_there(file)
    application = read_input(source, param, account, region, partition)
    options = options_of(param, account, region, partition)
    tightened = tighten(application, load_catalog())
    found = outline(tightened, source, file, options, _said(param, account, region, partition))
    if output == "-":
        say(found.text)
        return
    write_new(file, found.text)
    say(f"wrote `{file}`: {_counted(found.standing)}\n")
    left = {key: number for key, number in found.out.items() if number}
    if left:
        say(f"commented out, each with the reason: {_counted(left)}\n")


def _refuse_there(file: Path) -> None:
    import os

    if os.path.lexists(file):
        raise UsageError(f"`{file}` is there already, and is not written over", NOT_OVER)


def _said(param: list[str], account: str, region: str, partition: str) -> str:
    """The options as they are written on the command line."""
    named = [("--param", one) for one in param]
    named += [("--account", account), ("--region", region), ("--partition", partition)]
    return " ".join(f"{option} {shlex.quote(value)}" for option, value in named if value)


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {key if number != 1 else key[:-1]}" for key, number in numbers.items())
