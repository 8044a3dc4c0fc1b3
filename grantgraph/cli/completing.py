"""What a shell offers while a command is typed: formats, rules, and words that an option takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import typer


def formats(context: typer.Context, incomplete: str) -> list[str]:
    """The formats of the command that is typed."""
    from grantgraph.reports import formats_of

    for name in _names(context):
        if found := formats_of(name.replace("-", "_")):
            return [one for one in found if one.startswith(incomplete)]
    return []


def _names(context: typer.Context) -> Iterator[str]:
    """The command's name, then those of the groups that it is in."""
    at: object = context
    while at is not None:
        yield getattr(at, "info_name", None) or ""
        at = getattr(at, "parent", None)


def rules(incomplete: str) -> list[tuple[str, str]]:
    """The rules, each with its title."""
    from grantgraph.rules import load_rules

    return [(one.id, one.title) for one in load_rules() if one.id.startswith(incomplete)]


def words(*known: str) -> Callable[[str], list[str]]:
    """One of a few words."""
    return lambda incomplete: [one for one in known if one.startswith(incomplete)]


def access_words(incomplete: str) -> list[str]:
    """The words for what a wildcard is taken to mean: `all`, and those of resource types."""
    from grantgraph.resources import resource_types

    known = {"all", *(word for one in resource_types().values() for word in one.access)}
    return sorted(one for one in known if one.startswith(incomplete))
