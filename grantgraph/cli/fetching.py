"""`fetch`: a live account to a file that every other command reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantgraph.cli import app
from grantgraph.cli.exits import Exit
from grantgraph.cli.options import say, write_whole
from grantgraph.text import visible

if TYPE_CHECKING:
    from grantgraph.fetch import Account

_STANDARD_OUTPUT = Path("-")
_MOST_TOLD = 20


@app.command()
def fetch(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; - is standard output.")
    ] = _STANDARD_OUTPUT,
    region: Annotated[
        list[str], typer.Option("--region", metavar="NAME", help="A region to read; the session's if left out.")
    ] = [],
    all_regions: Annotated[
        bool, typer.Option("--all-regions", help="Read every region that the account has enabled.")
    ] = False,
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="A profile of AWS's own files.")] = "",
    endpoint: Annotated[
        str, typer.Option("--endpoint-url", metavar="URL", help="Where to ask instead of at AWS.")
    ] = "",
    policy: Annotated[
        bool, typer.Option("--policy", help="Print the policy that allows what this command asks, and stop.")
    ] = False,
) -> None:
    """Read a live account into a file, changing nothing; 3 where some of it could not be read."""
    import json

    from grantgraph.cli.progress import Progress
    from grantgraph.fetch import Options, Session, read_account, read_only_policy, render_account

    if policy:
        say(json.dumps(read_only_policy(), indent=2) + "\n")
        return
    progress = Progress()
    session = Session(Options(profile, endpoint, tuple(region), all_regions))
    try:
        account = read_account(session, progress)
    finally:
        progress.done()
    text = render_account(account)
    if output == _STANDARD_OUTPUT:
        say(text)
    else:
        write_whole(output, text)
    if _tell(account, output):
        raise typer.Exit(Exit.UNDECIDED)


def _tell(account: Account, output: Path) -> bool:
    """Say what was read, and what was not; whether anything is missing that an answer may hinge on."""
    from grantgraph.fetch import grouped
    from grantgraph.fetch.kinds import Found, Identity

    identities = sum(isinstance(one, Identity) and one.section != "Policies" for _, one in account.read)
    resources = sum(isinstance(one, Found) for _, one in account.read)
    where = "" if output == _STANDARD_OUTPUT else f", written to {output}"
    regions = ", ".join(account.regions) if len(account.regions) < 4 else f"{len(account.regions)} regions"
    _complain(
        f"account {account.account}: {identities} users, groups and roles, {resources} resources "
        f"of {regions}{where}"
    )
    gaps = [one for one in grouped(account.gaps) if one.matters]
    if gaps:
        _complain(f"PARTIAL: {len(gaps)} {'call' if len(gaps) == 1 else 'calls'} gave no answer")
    for gap in gaps[:_MOST_TOLD]:
        _complain(f"  {gap}" + (f": {gap.message}" if gap.message else ""))
    if len(gaps) > _MOST_TOLD:
        _complain(f"  and {len(gaps) - _MOST_TOLD} more, all of them in the file")
    return bool(gaps)


def _complain(line: str) -> None:
    typer.echo(visible(line), err=True)
