"""A whole model file for an input, read again before anybody sees it.

What the model's own reader, or synthesis, refuses is commented out with what they say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from grantgraph.catalog import load_catalog
from grantgraph.decode import reading_instead
from grantgraph.model import Application
from grantgraph.outline.lines import Section, comment, render
from grantgraph.outline.names import Names
from grantgraph.outline.needs import needs_of
from grantgraph.outline.places import deployed_to
from grantgraph.outline.promises import promises_of
from grantgraph.outline.things import principals_of, resources_of, routes_of
from grantgraph.problems import InputError, Level, Problem, UsageError, bug
from grantgraph.quoting import yaml_flow, yaml_scalar
from grantgraph.sources import ReadOptions, load
from grantgraph.synthesize import Options, synthesize
from grantgraph.tighten import Tightened


@dataclass(frozen=True, slots=True)
class Outline:
    """A model file: its text, and how many entries of each section stand, and are commented out."""

    text: str
    standing: Mapping[str, int]
    out: Mapping[str, int]


def outline(tightened: Tightened, source: Path, file: Path, options: ReadOptions, said: str = "") -> Outline:
    """The model file for an application: what it has, what is inferred of its needs, what it can promise.

    Args:
        source: the input that the application was read from.
        file: where the model file will be; it names the input from there.
        said: the options that the input was read with, as they are written on the command line.

    Raises:
        InputError: the model cannot name the input from there.
    """
    application, catalog = tightened.application, load_catalog()
    names = Names(application, file.parent)
    needed = frozenset(one.need.to for role in tightened.judged() for one in role.needs)
    sections = [
        principals_of(tightened, names, catalog),
        resources_of(tightened),
        routes_of(tightened, needed),
        needs_of(tightened, names),
        promises_of(tightened, names, catalog),
    ]
    head = list(_head(application, _from(source, file), file, said))
    text = _settled(head, sections, file, options)
    standing = {one.key: sum(not item.out for item in one.items) for one in sections}
    out = {one.key: sum(bool(item.out) for item in one.items) for one in sections}
    return Outline(text, standing, out)


def _head(application: Application, named: str, file: Path, said: str) -> Iterator[str]:
    name = file.name
    options = f" {said}" if said else ""
    yield "# What the application needs and promises, beside what says how it is made."
    yield "# `grantgraph init` began this file with what it could tell; from here on it is yours."
    yield comment(
        f"  grantgraph check {name}{options}: the policies that are there, by rules and by these promises"
    )
    yield comment(
        f"  grantgraph synth {name}{options}: what they allow beyond these needs, and the policies that do not"
    )
    yield ""
    yield f"application: {yaml_scalar(application.name)}"
    yield f"from: {yaml_scalar(named)}"
    where = deployed_to(application)
    if where:
        yield "# where its policies name what is here; the input itself leaves it open"
        yield f"environment: {yaml_flow(where)}"


def _from(source: Path, file: Path) -> str:
    """The path of the input as a model file names it."""
    named = Path(os.path.relpath(source.resolve(), file.parent.resolve())).as_posix()
    return f"./{named}" if named.startswith(("~", "arn:")) or named == "-" else named


def _settled(head: list[str], sections: list[Section], file: Path, options: ReadOptions) -> str:
    """The text of which nothing is refused: what is, is commented out."""
    while True:
        text, where = render(head, sections)
        with reading_instead({file: text}):
            refused, rest = _read(file, options), ""
            if not isinstance(refused, tuple):
                refused, rest = _synthesized(refused)
        own = [(where.get(one.at.line) if one.at.file == str(file) else None, one) for one in refused]
        mine = [(item, problem) for item, problem in own if item is not None]
        for item, problem in mine:
            item.out = item.out or problem.message
        if not mine:
            for problem in refused:
                _complain(problem)
            return render(
                [*head, *([comment(f"`grantgraph synth` cannot write it all: {rest}")] if rest else [])], sections
            )[0]


def _read(file: Path, options: ReadOptions) -> Application | tuple[Problem, ...]:
    """The application that an outline binds to, or what its reader has against it."""
    try:
        application = load(file, options)
    except InputError as error:
        return error.problems or bug(f"its own outline cannot be read: {error.message}")
    return tuple(one for one in application.problems if one.level is Level.ERROR) or application


def _synthesized(application: Application) -> tuple[tuple[Problem, ...], str]:
    """The needs that synthesis refuses; or why it cannot write policies at all, such as that they do not fit."""
    try:
        synthesize(application, load_catalog(), Options(prove=False))
    except InputError as error:
        own = tuple(one for one in error.problems if one.at.file == application.source)
        return own, "" if own else error.message
    return (), ""


def _complain(problem: Problem) -> NoReturn:
    """Say what is wrong with the file as a whole.

    Raises:
        UsageError: it cannot name its input from where it is.
        Bug: anything else.
    """
    if problem.code == "from":
        raise UsageError(problem.message, problem.help or "put the model file beside its input")
    bug(f"its own outline is refused: {problem}")
