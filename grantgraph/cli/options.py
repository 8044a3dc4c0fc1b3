"""The options that commands share, and what they stand for."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantgraph.problems import UsageError

if TYPE_CHECKING:
    from grantgraph.model import Application
    from grantgraph.sources import ReadOptions

Source = Annotated[
    Path,
    typer.Argument(
        metavar="PATH",
        help="A model file, a template, or a cdk.out folder; this folder if left out; - is standard input.",
        show_default=False,
    ),
]
HERE = Path(".")
"""What is read when no PATH is given: a `cdk.out` here, or `grantgraph.yaml`."""
Document = Annotated[Path, typer.Argument(metavar="POLICY", help="A policy document.", show_default=False)]
Format = Annotated[
    str, typer.Option("--format", "-f", metavar="FORMAT", help="How to print the answer: text or json.")
]
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
    """The application at a path, ready to be judged: a model comes with the policies that its needs give."""
    return _with_policies(read_input(path, parameters, account, region, partition))


def read_cases(
    path: Path, parameters: list[str], account: str, region: str, partition: str
) -> tuple[Application, tuple[Application, ...]]:
    """The application at a path, ready to be judged, and the same in every case that its conditions leave open."""
    from grantgraph.sources import load_cases

    application, cases = load_cases(path, _read_options(parameters, account, region, partition))
    for one in (application, *cases):
        _check_readable(path, one)
    return _with_policies(application), cases


def _with_policies(application: Application) -> Application:
    if application.needs and not any(one.policies for one in application.principals):
        from grantgraph.catalog import load_catalog
        from grantgraph.synthesize import synthesize, with_policies

        return with_policies(application, synthesize(application, load_catalog()))
    return application


def read_input(path: Path, parameters: list[str], account: str, region: str, partition: str) -> Application:
    """The application at a path, with what the options say about it.

    Raises:
        UsageError: an option cannot be used.
        InputError: the input cannot be read, or there is nothing in it to speak about.
    """
    from grantgraph.sources import load

    application = load(path, _read_options(parameters, account, region, partition))
    _check_readable(path, application)
    return application


def _read_options(parameters: list[str], account: str, region: str, partition: str) -> ReadOptions:
    from grantgraph.sources import ReadOptions

    if account and not re.fullmatch("[0-9]{12}", account):
        raise UsageError(f"`{account}` is not an account", "write its twelve digits")
    for option, value in (("--region", region), ("--partition", partition)):
        if value and not re.fullmatch("[a-z0-9-]+", value):
            raise UsageError(f"`{option} {value}` is not a name", "write it as AWS does: `us-east-1`, `aws-cn`")
    return ReadOptions(_pairs(parameters, "--param"), partition or None, region or None, account or None)


def _check_readable(path: Path, application: Application) -> None:
    """Refuse an application that has errors, or nobody to judge."""
    from grantgraph.problems import InputError, Level

    errors = [problem for problem in application.problems if problem.level is Level.ERROR]
    if errors:
        raise InputError(f"`{path}` cannot be understood", errors)
    if not application.principals:
        raise InputError(
            f"`{path}` has no role, user or identity pool: there is nothing here that IAM decides about",
            help="name the template, or the cdk.out folder, that holds the application's roles",
        )


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
    answered = render(answer)
    for written, path in files:
        write_whole(path, written)
    say(answered)


def say(words: str) -> None:
    """Print to standard output; that its reader has gone does not change the answer.

    Raises:
        UsageError: it cannot be written, such as to a full disk.
    """
    import os

    try:
        sys.stdout.write(words)
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer has to go somewhere when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise UsageError(f"cannot write to standard output: {error.strerror or error}") from None


def write_whole(path: Path, written: str) -> None:
    """Write a file by way of a neighbour, so that it is there whole or not at all; a device is written to.

    Raises:
        UsageError: it cannot be written.
    """
    import os
    import secrets

    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_text(written, encoding="utf-8")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.resolve()
        beside = target.with_name(f".grantgraph-{secrets.token_hex(8)}")
        try:
            with beside.open("x", encoding="utf-8") as stream:
                stream.write(written)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write `{path}`: {error.strerror or error}") from None
