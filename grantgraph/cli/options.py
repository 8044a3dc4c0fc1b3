"""The options that commands share, and what they stand for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantgraph.problems import UsageError

if TYPE_CHECKING:
    from grantgraph.model import Application

Source = Annotated[
    Path,
    typer.Argument(help="A model file, a template, or a cdk.out folder; - is standard input.", show_default=False),
]
Format = Annotated[str, typer.Option("--format", "-f", help="How to print the answer.")]
Outputs = Annotated[
    list[str], typer.Option("--output", "-o", metavar="FORMAT=FILE", help="Also write the answer to a file.")
]
Parameters = Annotated[
    list[str], typer.Option("--param", metavar="KEY=VALUE", help="The value of a template's parameter.")
]
Account = Annotated[str, typer.Option("--account", metavar="ID", help="The account that is deployed to.")]
Region = Annotated[str, typer.Option("--region", metavar="NAME", help="The region that is deployed to.")]
Partition = Annotated[str, typer.Option("--partition", metavar="NAME", help="aws, aws-cn or aws-us-gov.")]


def read_application(path: Path, parameters: list[str], account: str, region: str, partition: str) -> Application:
    """The application at a path, with what the options say about it.

    Raises:
        UsageError: an option cannot be used.
        InputError: the input cannot be read, or there is nothing in it to speak about.
    """
    from grantgraph.problems import InputError, Level
    from grantgraph.sources import ReadOptions, load

    if account and not (account.isdigit() and len(account) == 12):
        raise UsageError(f"`{account}` is not an account", "write its twelve digits")
    options = ReadOptions(_pairs(parameters, "--param"), partition or None, region or None, account or None)
    application = load(path, options)
    errors = [problem for problem in application.problems if problem.level is Level.ERROR]
    if errors:
        raise InputError(f"`{path}` cannot be understood", errors)
    if not application.principals:
        raise InputError(
            f"`{path}` has no role, user or identity pool: there is nothing here that IAM decides about",
            help="name the template, or the cdk.out folder, that holds the application's roles",
        )
    return application


def _pairs(given: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or not key:
            raise UsageError(f"`{option} {one}` must be KEY=VALUE")
        pairs[key] = value
    return pairs


def emit(subject: str, answer: object, format: str, outputs: list[str]) -> None:
    """Print an answer, and write it to the files that were asked for; nothing is left half-written.

    Raises:
        UsageError: there is no such format, or a file cannot be written.
    """
    from grantgraph.reports import find_report

    render = find_report(subject, format)
    files = []
    for one in outputs:
        kind, equals, name = one.partition("=")
        if not equals or not name:
            raise UsageError(f"`--output {one}` must be FORMAT=FILE")
        files.append((find_report(subject, kind)(answer), Path(name)))
    for written, path in files:
        write_whole(path, written)
    sys.stdout.write(render(answer))


def write_whole(path: Path, written: str) -> None:
    """Write a file by way of a neighbour, so that it is there whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    import os
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(written)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        raise UsageError(f"cannot write `{path}`: {error.strerror or error}") from None
