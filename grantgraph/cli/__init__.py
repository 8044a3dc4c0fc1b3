"""The face: parse arguments, call one function, render, choose the exit code.

Commands import what they need inside their bodies: `--help` must not pay for networkx.
"""

from __future__ import annotations

import gc
import sys

import typer

from grantgraph.cli.exits import Exit
from grantgraph.problems import Bug, GrantgraphError, InputError
from grantgraph.text import visible

app = typer.Typer(
    name="grantgraph",
    help="Least-privilege IAM policies from what an application needs, and proofs of what its policies allow.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
explain = typer.Typer(
    no_args_is_help=True, help="What a role can do, and how one thing reaches another.", rich_markup_mode=None
)
app.add_typer(explain, name="explain")
prove = typer.Typer(
    no_args_is_help=True, help="Prove a statement over all requests, or refute it by one.", rich_markup_mode=None
)
app.add_typer(prove, name="prove")
baseline = typer.Typer(
    no_args_is_help=True, help="Findings that were there before, and do not count.", rich_markup_mode=None
)
app.add_typer(baseline, name="baseline")


def main() -> None:
    """Run the command line; the process ends with one of the exit codes of `exits`."""
    import grantgraph.cli.starting  # isort: skip
    import grantgraph.cli.synthesizing  # isort: skip
    import grantgraph.cli.checking  # isort: skip
    import grantgraph.cli.asking  # isort: skip
    import grantgraph.cli.commands
    import grantgraph.cli.fetching  # noqa: F401 - the commands hang themselves on `app`, in the order of `--help`

    gc.set_threshold(100_000, 50, 100)  # a short life among long-lived values: looking for garbage finds little
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="grantgraph")
    except GrantgraphError as error:
        show_error(error)
        sys.exit(Exit.INPUT)
    except KeyboardInterrupt:
        sys.exit(130)
    except Bug as error:
        show_bug(str(error))
        sys.exit(Exit.BUG)
    except Exception as error:  # noqa: BLE001 - the one place: no traceback reaches a user
        show_bug(f"{type(error).__name__}: {error}")
        sys.exit(Exit.BUG)


def show_error(error: GrantgraphError) -> None:
    """What is wrong, where, and what to do."""
    problems = error.problems if isinstance(error, InputError) else ()
    if not problems:
        _complain(f"error: {error.message}")
        _show_help(error.help)
    for problem in problems[:20]:
        where = f"{problem.at}: " if problem.at.file else ""
        _complain(f"error: {where}{problem.message}")
        _show_help(problem.help)
    if len(problems) > 20:
        _complain(f"and {len(problems) - 20} more")


def _show_help(help: str) -> None:
    lines = help.split("\n") if help else []
    for line in lines:
        _complain(f"  - {line}" if len(lines) > 1 else f"  {line}")


def _complain(line: str) -> None:
    typer.echo(visible(line), err=True)


def show_bug(message: str) -> None:
    """One line that asks for a report; the traceback only where it is wanted."""
    import os
    import traceback

    if os.environ.get("GRANTGRAPH_TRACEBACK"):
        traceback.print_exc()
    _complain(f"bug: {message}: this is an error of grantgraph; please report it, with the input if you can")
