"""The two sides of `diff`, and when it fails."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from grantgraph.cli.options import HERE
from grantgraph.problems import UsageError, did_you_mean


class FailOn(StrEnum):
    """What makes a diff end with exit code 1."""

    NOTHING = ""
    WIDEN = "widen"  # access was added, or a way opened
    ANY = "any"  # some request is decided otherwise, or a way is another

    @staticmethod
    def parse(spelled: str) -> FailOn:
        """What `--fail-on` says.

        Raises:
            UsageError: it is no word that is known.
        """
        if spelled not in list(FailOn):
            raise UsageError(f"`--fail-on {spelled}` is not known", did_you_mean(spelled, ["widen", "any"]))
        return FailOn(spelled)


def sides_of(base: Path, head: Path | None, since: str, merge_base: bool) -> tuple[Path, Path]:
    """What is compared with what: two inputs, or one at a revision and in the working tree.

    Raises:
        UsageError: there is only one side, or too many.
    """
    from grantgraph import revisions

    if since:
        if head is not None:
            raise UsageError(
                "`--since` compares one path with itself",
                "leave HEAD out, or write `REVISION:PATH PATH` without it",
            )
        return Path(revisions.since(since, base, merge_base)), base
    if merge_base:
        raise UsageError("`--merge-base` is about `--since`", "write `--since REVISION --merge-base`")
    if head is not None:
        return base, head
    now = revisions.now_of(base) if base != HERE else None
    if now is None:
        raise UsageError(
            "there is nothing to compare with",
            "name two inputs, or write `--since REVISION PATH`, or `REVISION:PATH`",
        )
    return base, now


def said(parameters: list[str], account: str, region: str, partition: str) -> tuple[str, ...]:
    """The options about inputs, as they were written."""
    found = [word for one in parameters for word in ("--param", one)]
    for option, value in (("--account", account), ("--region", region), ("--partition", partition)):
        found += [option, value] if value else []
    return tuple(found)
