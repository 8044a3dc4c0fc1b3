"""`synth`: policies from a model's needs; and what an input's policies allow beyond its needs, with the patch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grantgraph.cli import app, completing
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
    read_input,
    write_whole,
)
from grantgraph.cli.patching import aside, make, refuse_unchangeable, show
from grantgraph.problems import UsageError

if TYPE_CHECKING:
    from grantgraph.model import Application
    from grantgraph.policy.document import Policy
    from grantgraph.synthesize import Options, Synthesized
    from grantgraph.tighten import Tightened


@app.command()
def synth(
    path: Source = HERE,
    format: Format = "text",
    output: Outputs = [],
    write: Annotated[
        Path | None, typer.Option("--write", metavar="DIR", help="Also write each policy to a file of its own.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="End with 1 where the policies that are there allow more than needed.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print the patch of the template that makes its policies tight.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Change the template in place: whole, or not at all.")
    ] = False,
    wildcards: Annotated[
        str,
        typer.Option(
            "--wildcards",
            metavar="WORD",
            help="What `dynamodb:*` is taken to need: `all`, or a word like `read`.",
            autocompletion=completing.access_words,
        ),
    ] = "all",
    boundary: Annotated[
        bool, typer.Option("--boundary", help="Also write a permissions boundary for all roles.")
    ] = False,
    code: Annotated[
        str,
        typer.Option(
            "--emit",
            metavar="TOOL",
            help="Print code: json, cfn, sam, terraform or cdk.",
            autocompletion=completing.words("json", "cfn", "sam", "terraform", "cdk"),
        ),
    ] = "",
    by_id: Annotated[
        bool, typer.Option("--ids", help="Take the model's names for the ids of the code that this goes into.")
    ] = False,
    shrink: Annotated[
        bool, typer.Option("--shrink", help="Shorten actions by wildcards that match nothing else today.")
    ] = False,
    param: Parameters = [],
    account: Account = "",
    region: Region = "",
    partition: Partition = "",
) -> None:
    """Write least-privilege policies from needs: a model's, or those that an input shows; each with its proof."""
    from grantgraph.synthesize import Options

    def read(portable: bool = False) -> Application:
        return read_input(path, param, account, region, partition, portable=portable)

    application = read()
    what = _Asked(path, format, output, write, code, by_id, check, diff, apply)
    if application.unwritten or (application.binding is None and _is_model(path)):
        _refuse(path, {"--check": check, "--diff": diff, "--apply": apply, "--wildcards": wildcards != "all"})
        _write_needs(read(portable=True) if code else application, what, Options(shrink, boundary))
        return
    _refuse_here(application, boundary, shrink, wildcards)
    _refuse_unprinted(what)
    own = Options(shrink, boundary)
    if application.binding is not None and (write is not None or code or own != Options()):
        _refuse_with(write, code, own, what)
        _write_needs(application, what, own)
        return
    _tighten(application, what, "" if wildcards == "all" else wildcards, read)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for on the command line."""

    path: Path
    format: str
    output: list[str]
    write: Path | None
    code: str
    by_id: bool
    check: bool
    diff: bool
    apply: bool


def _is_model(path: Path) -> bool:
    from grantgraph.sources import MODEL_FILE, STANDARD_INPUT, find_source

    if ":" in str(path) or path == STANDARD_INPUT:
        return False
    return find_source(path)[0].name == MODEL_FILE


def _refuse(path: Path, asked: dict[str, bool]) -> None:
    """Refuse what is about policies that are there, of a model that stands alone."""
    for option, wanted in asked.items():
        if wanted:
            raise UsageError(
                f"`{option}` is about policies that are there, and the model `{path}` stands for itself",
                "say `from: <a template>` in it, or name the template",
            )


def _refuse_here(application: Application, boundary: bool, shrink: bool, wildcards: str) -> None:
    if application.binding is None:
        for option, wanted in (("--boundary", boundary), ("--shrink", shrink)):
            if wanted:
                raise UsageError(
                    f"`{option}` is about policies from a model's needs", "`grantgraph init` begins a model"
                )
    elif wildcards != "all":
        raise UsageError("`--wildcards` is about needs that are inferred, and a model says its own")
    if wildcards != "all":
        from grantgraph.problems import did_you_mean
        from grantgraph.resources import resource_types

        words = {word for one in resource_types().values() for word in one.access}
        if wildcards not in words:
            raise UsageError(f"`--wildcards {wildcards}` is no access word", did_you_mean(wildcards, words))


def _refuse_unprinted(what: _Asked) -> None:
    """Refuse to write a report of which nothing is printed."""
    if what.output and (what.diff or what.apply):
        raise UsageError(
            f"`--output` does not go with `{'--apply' if what.apply else '--diff'}`", "ask for one after the other"
        )


def _refuse_with(write: Path | None, code: str, options: Options, what: _Asked) -> None:
    """Refuse to change a template and to write policies at once."""
    for option, wanted in (("--check", what.check), ("--diff", what.diff), ("--apply", what.apply)):
        if wanted:
            other = "--write" if write is not None else "--emit" if code else "--shrink or --boundary"
            raise UsageError(f"`{option}` does not go with {other}", "ask for one after the other")


# ── from a model's needs ──


def _write_needs(application: Application, what: _Asked, options: Options) -> None:
    from grantgraph.catalog import load_catalog
    from grantgraph.problems import InputError, bug
    from grantgraph.prove import Proved, Undecided
    from grantgraph.synthesize import synthesize

    if not (application.unwritten or application.needs):
        raise InputError(
            f"`{what.path}` says nothing about needs, so there is nothing to write policies from",
            help="write `needs` in it; docs/model.md shows some",
        )
    synthesized = synthesize(application, load_catalog(), options)
    proofs = synthesized.proofs()
    unproved = [name for name, answer in proofs.items() if not isinstance(answer, Proved)]
    if what.write is not None and not unproved:
        _write_policies(what.write, synthesized.documents())
    if what.code and not unproved:
        _emit(synthesized, what)
    else:
        emit("synth", synthesized, what.format, what.output)
    if application.binding is not None and any(isinstance(one, Undecided) for one in proofs.values()):
        raise typer.Exit(Exit.UNDECIDED)
    if unproved:
        bug(f"what was written for {', '.join(unproved)} is not proved to be what is needed")


def _emit(synthesized: Synthesized, what: _Asked) -> None:
    """Print code, and aside what code does not say: how much is proved, and what its reader should know."""
    from grantgraph.emit import Emission
    from grantgraph.reports import find_report

    emit("emit", Emission(synthesized, what.by_id), what.code, what.output)
    summary = find_report("synth", "text")(synthesized).split("\n", 1)[0]
    aside([summary, *(f"note: {one}" for one in synthesized.notes)])


def _write_policies(folder: Path, documents: Mapping[str, Policy]) -> None:
    import json
    from urllib.parse import quote

    from grantgraph.policy.render import render_policy

    for name, policy in documents.items():
        text = json.dumps(render_policy(policy), indent=2, ensure_ascii=False) + "\n"
        write_whole(folder / f"{quote(name, safe=' ')}.json", text)  # no name leads out of the folder


# ── from what is there ──


def _tighten(application: Application, what: _Asked, wildcards: str, read: Callable[[], Application]) -> None:
    from grantgraph.catalog import load_catalog
    from grantgraph.problems import InputError, bug
    from grantgraph.prove import Refuted, Undecided
    from grantgraph.tighten import tighten_input

    tightened = tighten_input(application, load_catalog(), wildcards)
    judged = tuple(tightened.judged())
    if not judged:
        reasons = dict.fromkeys(f"`{one.principal.id}`: {one.left}" for one in tightened.roles)
        raise InputError(
            f"`{what.path}` has no role whose needs can be told", help="\n".join([*list(reasons)[:5], _INIT])
        )
    if any(isinstance(one.proof, Refuted) for one in judged):
        bug("tight policies are not proved to be what is needed")
    if what.diff or what.apply:
        _patch(tightened, what, read)
    elif what.code:
        _emit(tightened.synthesized(), what)
    else:
        emit("tighten", tightened, what.format, what.output)
    if what.write is not None:
        _write_policies(what.write, tightened.documents())
    if what.check and any(one.goes_beyond for one in judged):
        raise typer.Exit(Exit.NO)
    if any(isinstance(one.proof, Undecided) for one in judged) or (
        what.check and (tightened.gaps or any(one.is_open for one in judged))
    ):
        raise typer.Exit(Exit.UNDECIDED)


_INIT = "`grantgraph init` begins a model, which can say what they need"


def _patch(tightened: Tightened, what: _Asked, read: Callable[[], Application]) -> None:
    """Print the patch of an input, or make it."""
    from grantgraph.catalog import load_catalog
    from grantgraph.patch import plan
    from grantgraph.prove import Proved

    refuse_unchangeable(tightened.application, what.path, writing=what.apply)
    unproved = [one.principal.id for one in tightened.judged() if not isinstance(one.proof, Proved)]
    if unproved and what.apply:
        names = ", ".join(f"`{one}`" for one in unproved)
        aside([f"nothing is changed: the tight policies of {names} are not proved to allow what is needed"])
        return
    found = plan(tightened, read, load_catalog())
    refused = [f"{one.at}: {one.what} stays as it is: {one.why}" for one in found.unpatched]
    if what.apply:
        if refused:
            raise UsageError("not everything can be changed in place, so nothing is", "\n".join(refused))
        changed = make(found)
        aside([f"changed {changed}" if changed else "nothing to change"])
        return
    show(found, tightened, what.path)
    aside([*([] if found.files or refused else ["nothing to change"]), *refused])
