"""`check`, the gate, and `baseline`, the findings that were there before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantgraph.cli import app, baseline, completing, fixing
from grantgraph.cli.exits import Exit
from grantgraph.cli.options import (
    HERE,
    Account,
    Outputs,
    Parameters,
    Partition,
    Region,
    Source,
    check_formats,
    emit_styled,
    read_cases,
    read_input,
    settings,
    wants_color,
    write_whole,
)
from grantgraph.problems import UsageError, did_you_mean

if TYPE_CHECKING:
    from grantgraph.rules import Checked, Rule, Severity

Rules = Annotated[
    list[Path], typer.Option("--rules", metavar="DIR", help="Also ask the rules of a folder. Rules are code.")
]
Select = Annotated[
    list[str],
    typer.Option(
        "--select",
        metavar="RULE",
        help="Ask only these rules: an id, or how ids begin.",
        autocompletion=completing.rules,
    ),
]
Ignored = Annotated[
    list[str],
    typer.Option("--ignore", metavar="RULE", help="Do not ask these rules.", autocompletion=completing.rules),
]
_BASELINE = Path("grantgraph.baseline.json")


@app.command()
def check(
    path: Source = HERE,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="text, concise, json, sarif, junit, github, gitlab, markdown or html; text on a terminal, "
            "concise elsewhere.",
            autocompletion=completing.formats,
        ),
    ] = "",
    output: Outputs = [],
    rules: Rules = [],
    select: Select = [],
    ignore: Ignored = [],
    severity: Annotated[
        str,
        typer.Option(
            "--severity",
            metavar="LEVEL",
            help="The least that fails: low, medium or high.",
            autocompletion=completing.words("low", "medium", "high"),
        ),
    ] = "",
    unknown: Annotated[
        str,
        typer.Option(
            "--unknown",
            metavar="WHAT",
            help="What an undecided question does: fail, warn or allow.",
            autocompletion=completing.words("fail", "warn", "allow"),
        ),
    ] = "",
    known: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Findings that were there before.")
    ] = None,
    since: Annotated[
        str, typer.Option("--since", metavar="REVISION", help="Count only what was not there at a git revision.")
    ] = "",
    merge_base: Annotated[
        bool, typer.Option("--merge-base", help="With --since: from where the histories parted.")
    ] = False,
    no_ignores: Annotated[
        bool, typer.Option("--no-ignores", help="Count accepted findings, and those of the baseline, too.")
    ] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="End with 0 whatever is found.")] = False,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Make the policies tight that findings are about, in the template itself."),
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="With --fix: print the patch, and change nothing.")] = False,
    color: Annotated[
        str,
        typer.Option(
            "--color",
            metavar="WHEN",
            help="auto, always or never.",
            autocompletion=completing.words("auto", "always", "never"),
        ),
    ] = "auto",
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the verdict alone; files are in full.")
    ] = False,
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """The gate: ask every rule and every promise; fail on a finding, and on a question left open."""
    from dataclasses import replace
    from datetime import date

    from grantgraph.review import NO_BASELINE, load_baseline, review
    from grantgraph.rules import Outcome

    own = settings()
    asked = _rules(rules, [*select] or [*own.select], [*ignore, *own.ignore])
    before = NO_BASELINE
    if since:
        from grantgraph import revisions
        from grantgraph.review import baseline_of

        then = Path(revisions.since(since, path, merge_base))
        before = baseline_of(_judge(then, asked, param, account, region, partition).findings)
    elif known is not None or own.baseline:
        before = load_baseline(known if known is not None else own.home / own.baseline)
    least, undecided = _severity(severity or own.severity), _unknown(unknown or own.unknown)

    def judged() -> Checked:
        found = _judge(path, asked, param, account, region, partition)
        if not no_ignores:
            found = review(found, before, (*own.ignores, *found.application.ignores), date.today())
        return replace(found, severity=least, unknown=undecided)

    if fix or diff:
        _refuse_with_diff(fix, diff, format, output, color)
        checked = fixing.fix(path, lambda: read_input(path, param, account, region, partition), judged, diff=diff)
    else:
        checked = judged()
    if not diff:
        emit_styled("check", checked, replace(checked, quiet=quiet), format, output, color)
    if exit_zero:
        return
    code = {Outcome.FAILED: Exit.NO, Outcome.UNDECIDED: Exit.UNDECIDED}.get(checked.outcome)
    if code is not None:
        raise typer.Exit(code)


def _refuse_with_diff(fix: bool, diff: bool, format: str, output: list[str], color: str) -> None:
    """Refuse a patch that nobody asked a repair for, and a report where the patch is what is printed.

    Raises:
        UsageError: so it is asked; or there is no such report, before anything is changed.
    """
    if diff and not fix:
        raise UsageError("`--diff` is about what `--fix` changes", "say `--fix --diff`")
    if diff and (format or output):
        raise UsageError(
            f"`--diff` does not go with `{'--format' if format else '--output'}`", "it prints the patch"
        )
    check_formats("check", format, output)
    wants_color(color, terminal=False)


@baseline.command("write")
def baseline_write(
    path: Source = HERE,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")] = _BASELINE,
    rules: Rules = [],
    select: Select = [],
    ignore: Ignored = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """Write today's findings down: `check --baseline FILE` counts only those that come after."""
    from grantgraph.review import render_baseline

    own = settings()
    asked = _rules(rules, [*select] or [*own.select], [*ignore, *own.ignore])
    checked = _judge(path, asked, param, account, region, partition)
    write_whole(output, render_baseline(checked.findings))
    typer.echo(f"{len(checked.findings)} findings in {output}", err=True)


@baseline.command("prune")
def baseline_prune(
    path: Source = HERE,
    file: Annotated[
        Path, typer.Option("--baseline", metavar="FILE", help="The baseline, which is written anew.")
    ] = _BASELINE,
    rules: Rules = [],
    select: Select = [],
    ignore: Ignored = [],
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """Take out of a baseline what is not found any more, so that it cannot come back unseen."""
    from grantgraph.review import load_baseline, prune

    own = settings()
    before = load_baseline(file)
    asked = _rules(rules, [*select] or [*own.select], [*ignore, *own.ignore])
    checked = _judge(path, asked, param, account, region, partition)
    written, left = prune(before, checked.findings)
    write_whole(file, written)
    typer.echo(f"{left} of {before.counts.total()} findings are left in {file}", err=True)


def _judge(
    path: Path, asked: tuple[Rule, ...], param: list[str], account: str, region: str, partition: str
) -> Checked:
    from grantgraph.catalog import load_catalog
    from grantgraph.judge import judge

    application, cases = read_cases(path, param, account, region, partition)
    return judge(application, cases, load_catalog(), asked)


def _rules(folders: list[Path], select: list[str], ignore: list[str]) -> tuple[Rule, ...]:
    """The rules to be asked.

    Raises:
        UsageError: there is no rule of an id.
    """
    from grantgraph import rules as rulebook

    known = rulebook.load_rules(rulebook.rules_folder(), *folders)
    for spelled in (*select, *ignore):
        if not any(one.id.startswith(spelled.upper()) for one in known):
            raise UsageError(f"there is no rule `{spelled}`", did_you_mean(spelled, [one.id for one in known]))

    def named(rule: Rule, words: list[str]) -> bool:
        return any(rule.id.startswith(word.upper()) for word in words)

    return tuple(one for one in known if (not select or named(one, select)) and not named(one, ignore))


def _severity(spelled: str) -> Severity:
    from grantgraph.rules import Severity

    words = [one.value for one in Severity if one.counts]
    if spelled and spelled not in words:
        raise UsageError(f"`--severity {spelled}` is not known", did_you_mean(spelled, words))
    return Severity(spelled) if spelled else Severity.LOW


def _unknown(spelled: str) -> str:
    from grantgraph.settings import CHOICES

    words = CHOICES["unknown"]
    if spelled and spelled not in words:
        raise UsageError(f"`--unknown {spelled}` is not known", did_you_mean(spelled, words))
    return spelled or "fail"
