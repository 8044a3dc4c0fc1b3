"""Questions about an application: what a role can do, one request, who can, and how one thing reaches another."""

from __future__ import annotations

from typing import Annotated

import typer

from grantgraph.cli import app, explain
from grantgraph.cli.exits import Exit
from grantgraph.cli.options import (
    HERE,
    Account,
    Format,
    Outputs,
    Parameters,
    Partition,
    Region,
    Source,
    emit,
    read_application,
)


@explain.command("role")
def explain_role(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Its logical id, its name, or `authenticated`.", show_default=False),
    ],
    path: Source = HERE,
    format: Format = "text",
    output: Outputs = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """What a role can do, why, from where, under which conditions, and who can assume it."""
    from grantgraph import explain as explaining
    from grantgraph.catalog import load_catalog

    application = read_application(path, param, account, region, partition)
    principal = explaining.find_principal(application, name)
    emit("explain", explaining.explain_role(application, principal, load_catalog()), format, output)


@app.command()
def can(
    who: Annotated[
        str,
        typer.Argument(metavar="WHO", help="A principal (id or ARN), a service, anonymous.", show_default=False),
    ],
    action: Annotated[str, typer.Argument(metavar="ACTION", help="service:Action", show_default=False)],
    resource: Annotated[
        str, typer.Argument(metavar="RESOURCE", help="An ARN, or a resource: Uploads/a.txt.", show_default=False)
    ],
    path: Source = HERE,
    context: Annotated[
        list[str],
        typer.Option("--context", "-c", metavar="KEY=VALUE", help="What it carries; KEY=? is not known."),
    ] = [],
    format: Format = "text",
    output: Outputs = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """Decide one request: allowed, denied and by which layer, or what it depends on."""
    from grantgraph.ask import ask
    from grantgraph.catalog import load_catalog
    from grantgraph.evaluate import Decision

    application = read_application(path, param, account, region, partition)
    asked = ask(application, who, action, resource, context, load_catalog())
    emit("can", asked, format, output)
    if asked.verdict.decision is Decision.UNKNOWN:
        raise typer.Exit(Exit.UNDECIDED)
    if not asked.verdict.allowed:
        raise typer.Exit(Exit.NO)


@app.command("who-can")
def who_can(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="service:Action", show_default=False)],
    resource: Annotated[
        str,
        typer.Argument(
            metavar="RESOURCE", help="A resource: Uploads/a.txt; or an ARN, with *.", show_default=False
        ),
    ],
    path: Source = HERE,
    format: Format = "text",
    output: Outputs = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """Everybody who can do one thing: by rights of their own, and by having code run that can."""
    from grantgraph import who
    from grantgraph.catalog import load_catalog

    application = read_application(path, param, account, region, partition)
    found = who.who_can(application, action, resource, load_catalog())
    emit("who_can", found, format, output)
    if found.undecided:
        raise typer.Exit(Exit.UNDECIDED)


@explain.command("path")
def explain_path(
    start: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="A caller (anyone, guests), a principal, a route.", show_default=False
        ),
    ],
    end: Annotated[
        str, typer.Argument(metavar="TO", help="A resource, a principal or a route.", show_default=False)
    ],
    path: Source = HERE,
    format: Format = "text",
    output: Outputs = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """The shortest ways from one thing to another, step by step; 1 where there is none."""
    from grantgraph import paths
    from grantgraph.catalog import load_catalog

    application = read_application(path, param, account, region, partition)
    explained = paths.explain_path(application, start, end, load_catalog())
    emit("path", explained, format, output)
    if not any(one.certain for one in explained.paths):
        raise typer.Exit(Exit.UNDECIDED if explained.open else Exit.NO)
