"""The commands: each reads, asks one question, prints, and ends with its exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantgraph.cli import app, completing, prove
from grantgraph.cli.exits import Exit
from grantgraph.cli.options import (
    HERE,
    Account,
    Document,
    Format,
    Outputs,
    Parameters,
    Partition,
    Region,
    Source,
    emit,
    read_application,
    read_input,
    read_sides,
    say,
)
from grantgraph.cli.sides import FailOn, said, sides_of

if TYPE_CHECKING:
    from grantgraph.claim import Claim


def _version(wanted: bool) -> None:
    if wanted:
        from grantgraph import __version__

        typer.echo(f"grantgraph {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


@app.command()
def diff(
    base: Annotated[
        Path,
        typer.Argument(
            metavar="BASE", help="What was: a path, REVISION:PATH, - or /dev/null.", show_default=False
        ),
    ] = HERE,
    head: Annotated[
        Path | None,
        typer.Argument(metavar="[HEAD]", help="What is; left out, the working tree's file of BASE."),
    ] = None,
    since: Annotated[
        str, typer.Option("--since", metavar="REVISION", help="Compare the path at a revision with the path now.")
    ] = "",
    merge_base: Annotated[
        bool, typer.Option("--merge-base", help="With --since: from where the histories parted.")
    ] = False,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            help="End with 1 on `widen` (more access) or `any` change.",
            autocompletion=completing.words("widen", "any"),
        ),
    ] = "",
    format: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="text, json or markdown.",
            autocompletion=completing.formats,
        ),
    ] = "text",
    output: Outputs = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """Access added, removed and narrowed between two inputs, in words, each with a request that shows it."""
    from dataclasses import replace

    from grantgraph.catalog import load_catalog
    from grantgraph.diff import compare

    fails = FailOn.parse(fail_on)
    before, after = sides_of(base, head, since, merge_base)
    one, other = read_sides(before, after, param, account, region, partition)
    found = replace(compare(one, other, load_catalog()), options=said(param, account, region, partition))
    emit("diff", found, format, output)
    if (fails is FailOn.WIDEN and found.widens) or (fails is FailOn.ANY and found.differs):
        raise typer.Exit(Exit.NO)
    if found.may_widen or (fails is not FailOn.WIDEN and any(found.all_doubts())):
        raise typer.Exit(Exit.UNDECIDED)


def _answer(claim: Claim, format: str, output: list[str]) -> None:
    """Print a claim, and end with the exit code of its answer."""
    from grantgraph.prove import Refuted, Undecided

    emit("prove", claim, format, output)
    if isinstance(claim.answer, Refuted):
        raise typer.Exit(Exit.NO)
    if isinstance(claim.answer, Undecided):
        raise typer.Exit(Exit.UNDECIDED)


def _compare(relation: str, one: Path, other: Path, format: str, output: list[str]) -> None:
    from grantgraph.catalog import load_catalog
    from grantgraph.claim import Relation, compare

    first, second = (read_input(path, [], "", "", "") for path in (one, other))
    _answer(compare(Relation(relation), first, second, load_catalog()), format, output)


@prove.command()
def implies(narrower: Document, wider: Document, format: Format = "text", output: Outputs = []) -> None:
    """Every request that the first policy allows, the second allows, too: no new access."""
    _compare("implies", narrower, wider, format, output)


@prove.command()
def equivalent(one: Document, other: Document, format: Format = "text", output: Outputs = []) -> None:
    """Both policies allow the same requests."""
    _compare("equivalent", one, other, format, output)


@prove.command()
def disjoint(one: Document, other: Document, format: Format = "text", output: Outputs = []) -> None:
    """No request is allowed by both policies."""
    _compare("disjoint", one, other, format, output)


@prove.command()
def never(
    path: Source,
    principal: Annotated[
        str, typer.Option("--principal", metavar="WHO", help="Its id, name, or `authenticated`.")
    ],
    access: Annotated[
        list[str],
        typer.Option("--access", metavar="WORD", help="An access level (write, ...) or an action."),
    ],
    on: Annotated[str, typer.Option("--on", metavar="RESOURCE", help="Only on this resource.")] = "",
    format: Format = "text",
    output: Outputs = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """A principal can never use some access."""
    from grantgraph.catalog import load_catalog
    from grantgraph.claim import claim_never
    from grantgraph.explain import find_principal

    application = read_application(path, param, account, region, partition)
    who = find_principal(application, principal)
    _answer(claim_never(application, who, tuple(access), on, load_catalog()), format, output)


@prove.command()
def summary(
    path: Source = HERE,
    principal: Annotated[
        str, typer.Option("--principal", metavar="WHO", help="Its id, name, or `authenticated`.")
    ] = "",
    format: Format = "text",
    output: Outputs = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """Everything that a principal is allowed, as a short list."""
    from grantgraph.catalog import load_catalog
    from grantgraph.claim import summarize
    from grantgraph.explain import find_principal, only_principal

    application = read_application(path, param, account, region, partition)
    who = find_principal(application, principal) if principal else only_principal(application)
    emit("summary", summarize(application, who, load_catalog()), format, output)


@app.command()
def test(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A file of decision cases, or a folder.", show_default=False)
    ],
    format: Format = "text",
    output: Outputs = [],
) -> None:
    """Run decision cases: requests, the policies around them, and the answers that are expected."""
    from grantgraph.cases import load_cases, run_case

    results = tuple(run_case(case) for case in load_cases(path))
    emit("test", results, format, output)
    if not all(one.passed for one in results):
        raise typer.Exit(Exit.NO)


@app.command()
def graph(
    path: Source = HERE,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="text, dot, graphml, mermaid or json.",
            autocompletion=completing.formats,
        ),
    ] = "text",
    output: Outputs = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """Print the permission graph: who may use what, and what runs as whom."""
    from grantgraph.catalog import load_catalog
    from grantgraph.graph import build

    application = read_application(path, param, account, region, partition)
    emit("graph", build(application, load_catalog()), format, output)


@app.command()
def rule(
    id: Annotated[
        str,
        typer.Argument(metavar="ID", help="The rule's id; without it, the list.", autocompletion=completing.rules),
    ] = "",
) -> None:
    """Show the page of a rule, or list the rules."""
    from grantgraph.problems import UsageError, did_you_mean
    from grantgraph.rules import load_rules

    found = {one.id: one for one in load_rules()}
    if not id:
        say("".join(f"{one.id}  {one.severity.ljust(6)}  {one.title}\n" for one in found.values()))
    elif id.upper() in found:
        say(f"{id.upper()}: {found[id.upper()].page}\n")
    else:
        raise UsageError(f"there is no rule `{id}`", did_you_mean(id, found))


@app.command()
def catalog() -> None:
    """Show the date, the sources and the counts of the action data."""
    from grantgraph.catalog import load_catalog

    data = load_catalog()
    lines = [
        f"action catalog of {data.date}",
        *(f"  {number:>7,}  {name.replace('_', ' ')}" for name, number in data.counts.items()),
        "made from",
        *(f"  {source.name} {source.version}" for source in data.provenance),
        "its sources disagree on",
        *(f"  {number:>7,}  {kind.replace('_', ' ')}" for kind, number in data.disagreements.items()),
    ]
    say("\n".join(lines) + "\n")
