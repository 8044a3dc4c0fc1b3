"""A whole model file for an input, read again before anybody sees it.

What the model's own reader, or synthesis, refuses is commented out with what they say.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grantgraph.catalog import load_catalog
from grantgraph.decode import reading_instead
from grantgraph.model import Application
from grantgraph.outline.lines import Section, comment, render
from grantgraph.outline.named import Names
from grantgraph.outline.places import deployed_to
from grantgraph.outline.things import principals_of, resources_of, routes_of
from grantgraph.outline.vows import promises_of
from grantgraph.outline.wants import needs_of
from grantgraph.problems import InputError, Level, Problem, UsageError, bug
from grantgraph.quoting import yaml_flow, yaml_scalar
from grantgraph.sources import ReadOptions, load
from grantgraph.synthesize import synthesize
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
        refused = _refused(text, file, options)
        if not refused:
            return text
        found = [(where.get(one.at.line), one) for one in refused]
        if any(item is None for item, _ in found):
            _complain(refused)
        for item, problem in found:
            if item is not None:
                item.out = item.out or problem.message


def _refused(text: str, file: Path, options: ReadOptions) -> tuple[Problem, ...]:
    """What the model's reader, or synthesis, has against a text."""
    with reading_instead({file: text}):
        try:
            application = load(file, options)
        except InputError as error:
            return error.problems or bug(f"its own outline cannot be read: {error.message}")
        errors = tuple(one for one in application.problems if one.level is Level.ERROR)
        if errors:
            return errors
        try:
            synthesize(application, load_catalog())
        except InputError as error:
            return error.problems or bug(f"its own outline cannot be synthesized: {error.message}")
    return ()


def _complain(problems: Iterable[Problem]) -> None:
    """Say what is wrong with the file as a whole: that is its place."""
    first = next(iter(problems))
    if first.code == "from":
        raise UsageError(first.message, first.help or "put the model file beside its input")
    bug(f"its own outline is refused: {first}")
