"""The options that commands share, and what they stand for."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantgraph.cli import completing
from grantgraph.problems import UsageError, did_you_mean

if TYPE_CHECKING:
    from grantgraph.model import Application
    from grantgraph.settings import Settings
    from grantgraph.sources import ReadOptions

Source = Annotated[
    Path,
    typer.Argument(
        metavar="PATH",
        help="A model file, a template, a cdk.out folder, an account as `fetch` writes it, or the JSON of a "
        "Terraform plan or state; this folder if left out; - is standard input.",
        show_default=False,
    ),
]
HERE = Path(".")
"""What is read when no PATH is given: a `cdk.out` here, or `grantgraph.yaml`."""
Document = Annotated[Path, typer.Argument(metavar="POLICY", help="A policy document.", show_default=False)]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="How to print the answer: text or json.",
        autocompletion=completing.formats,
    ),
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


NOTHING = Path("/dev/null")
"""An input that holds nothing, as git spells what is not there."""


def read_application(path: Path, parameters: list[str], account: str, region: str, partition: str) -> Application:
    """The application at a path, ready to be asked about: a model comes with the policies that its needs give."""
    return _judged(read_input(path, parameters, account, region, partition))


def read_cases(
    path: Path, parameters: list[str], account: str, region: str, partition: str
) -> tuple[Application, tuple[Application, ...]]:
    """The application at a path, ready to be judged, and the same in every case that its conditions leave open."""
    options = options_of(parameters, account, region, partition)
    if ":" in str(path):  # what reads git's objects takes a while to import
        from grantgraph.revisions import load_cases
    else:
        from grantgraph.sources import load_cases
    application, cases = load_cases(path, options)
    for one in (application, *cases):
        _refuse(one, to_judge=True)
        _check_somebody(path, one)
    return _judged(application), cases


def read_document(
    text: str, parameters: list[str], account: str, region: str, partition: str, name: str = "template"
) -> Application:
    """The application that a text holds, ready to be judged; `name` stands for its path.

    Raises:
        UsageError, InputError: as `read_input` does.
    """
    from grantgraph.sources import load_text

    application = load_text(text, name, options_of(parameters, account, region, partition))
    _refuse(application, to_judge=True)
    _check_somebody(Path(name), application)
    return _judged(application)


def _judged(application: Application) -> Application:
    if application.unwritten:
        from grantgraph.catalog import load_catalog
        from grantgraph.synthesize import synthesize, with_policies

        return with_policies(application, synthesize(application, load_catalog()))
    return application


def read_input(
    path: Path, parameters: list[str], account: str, region: str, partition: str, portable: bool = False
) -> Application:
    """The application at a path, with what the options say about it.

    Args:
        portable: leaves open where it is deployed, though the input may say it.

    Raises:
        UsageError: an option cannot be used.
        InputError: the input cannot be read, or there is nothing in it to speak about.
    """
    application = _load(path, options_of(parameters, account, region, partition, portable))
    _refuse(application)
    _check_somebody(path, application)
    return application


def _check_somebody(path: Path, application: Application) -> None:
    from grantgraph.problems import InputError

    if not application.principals and not any(one.policy for one in application.resources):
        raise InputError(
            f"`{path}` has no role, user or identity pool, and no resource has a policy: there is nothing here "
            "that IAM decides about",
            help="name the template, or the cdk.out folder, that holds the application's roles",
        )


def read_sides(
    base: Path, head: Path, parameters: list[str], account: str, region: str, partition: str
) -> tuple[Application, Application]:
    """Two applications to be compared; each may be empty, and know parameters that the other does not.

    Raises:
        UsageError: an option cannot be used.
        InputError: an input cannot be read.
    """
    from grantgraph.model import Application

    if str(base) == str(head) == "-":
        raise UsageError("standard input can be one of the two sides only", "name a file for the other")
    options = options_of(parameters, account, region, partition)
    sides = [Application("nothing", str(one)) if one == NOTHING else _load(one, options) for one in (base, head)]
    told = [{one.message for one in side.problems if one.code == _UNKNOWN_PARAMETER} for side in sides]
    for side in sides:
        _refuse(side, frozenset(told[0] ^ told[1]))
    return _judged(sides[0]), _judged(sides[1])


def _load(path: Path, options: ReadOptions) -> Application:
    if ":" in str(path):  # what reads git's objects takes a while to import
        from grantgraph.revisions import load
    else:
        from grantgraph.sources import load

    return load(path, options)


_UNKNOWN_PARAMETER = "unknown-parameter"


def settings() -> Settings:
    """What is settled for the folder that the command runs in.

    Raises:
        InputError: the settings cannot be understood.
    """
    from grantgraph.settings import find_settings

    return find_settings(Path.cwd())


def options_of(
    parameters: list[str], account: str, region: str, partition: str, portable: bool = False
) -> ReadOptions:
    """What the options say of where an input is deployed.

    Raises:
        UsageError: one of them cannot be so.
    """
    from grantgraph.sources import ReadOptions

    own = settings()
    account, region, partition = account or own.account, region or own.region, partition or own.partition
    if account and not re.fullmatch("[0-9]{12}", account):
        raise UsageError(f"`{account}` is not an account", "write its twelve digits")
    for option, value in (("--region", region), ("--partition", partition)):
        if value and not re.fullmatch("[a-z0-9-]+", value):
            raise UsageError(f"`{option} {value}` is not a name", "write it as AWS does: `us-east-1`, `aws-cn`")
    given = {**own.params, **_pairs(parameters, "--param")}
    return ReadOptions(given, partition or None, region or None, account or None, portable)


def _refuse(application: Application, harmless: frozenset[str] = frozenset(), *, to_judge: bool = False) -> None:
    """Refuse an application that was not understood; to be judged, it may hold policies that AWS would refuse."""
    from grantgraph.problems import InputError, Level

    refused = (Level.ERROR,) if to_judge else (Level.ERROR, Level.INVALID)
    errors = [one for one in application.problems if one.level in refused and one.message not in harmless]
    if errors:
        raise InputError(f"`{application.source}` cannot be understood", errors)


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
    _emit(lambda: render(answer), subject, answer, outputs)


def _emit(render: Callable[[], str], subject: str, answer: object, outputs: list[str]) -> None:
    from grantgraph.reports import find_report

    files = [(find_report(subject, kind)(answer), path) for kind, path in _files(outputs)]
    answered = render()
    for written, path in files:
        write_whole(path, written)
    say(answered)


def check_formats(subject: str, format: str, outputs: list[str]) -> None:
    """Refuse formats that there are not, before anything is changed.

    Raises:
        UsageError: there is no such format.
    """
    from grantgraph.reports import find_report

    for kind in (*([format] if format else []), *(kind for kind, _ in _files(outputs))):
        find_report(subject, kind)


def _files(outputs: list[str]) -> Iterator[tuple[str, Path]]:
    for one in outputs:
        kind, equals, name = one.partition("=")
        if not equals or not name:
            raise UsageError(f"`--output {one}` must be FORMAT=FILE")
        yield kind, Path(name)


def emit_styled(
    subject: str, answer: object, printed: object, format: str, outputs: list[str], color: str
) -> None:
    """The same, for a subject that people read in short or in full, and in color; files are in full, and plain.

    Args:
        printed: what of the answer is printed.

    Raises:
        UsageError: as `emit` does.
    """
    from grantgraph.reports import find_report
    from grantgraph.reports._style import colored

    terminal = sys.stdout.isatty()
    wanted = wants_color(color, terminal)
    render = find_report(subject, format or ("text" if terminal else "concise"))

    def styled() -> str:
        with colored(wanted):
            return render(printed)

    _emit(styled, subject, answer, outputs)


def wants_color(when: str, terminal: bool) -> bool:
    """Whether to print in color (https://no-color.org).

    Raises:
        UsageError: `when` is no word that is known.
    """
    import os

    if when not in ("auto", "always", "never"):
        raise UsageError(f"`--color {when}` is not known", did_you_mean(when, ["auto", "always", "never"]))
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (terminal and os.environ.get("TERM") != "dumb")


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
