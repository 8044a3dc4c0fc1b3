"""What two applications differ in: access added, removed or narrowed, ways opened or closed, with requests.

`compare` brings the two sides into one naming (`match`), asks the prover about everybody whose policies differ in
their text (`subjects`, `access`), and looks at the ways in that IAM does not guard (`paths`).
"""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.catalog import Catalog
from grantgraph.diff.difference import (
    About,
    Change,
    Difference,
    Doubt,
    Kind,
    Path,
    Presence,
    Renamed,
    Subject,
    Terms,
)
from grantgraph.diff.match import match
from grantgraph.diff.paths import Paths
from grantgraph.diff.subjects import Subjects
from grantgraph.model import Application
from grantgraph.problems import Level

__all__ = [
    "About",
    "Change",
    "Difference",
    "Doubt",
    "Kind",
    "Path",
    "Presence",
    "Renamed",
    "Subject",
    "Terms",
    "compare",
]

TOLD_ELSEWHERE = frozenset({"managed-policy", "outside-role", "unknown-policy", "unknown-statement"})
"""Problems of reading that make a policy `unseen`: whoever it hangs on is undecided because of it."""


def compare(base: Application, head: Application, catalog: Catalog) -> Difference:
    """What differs between two applications, everything in the names of the second."""
    sides = match(base, head)
    subjects = Subjects(sides, catalog)
    found = tuple(subjects.all())
    paths = Paths(sides.base, sides.head, catalog)
    paths.compare()
    return Difference(
        base,
        head,
        catalog.date,
        found,
        subjects.unchanged,
        tuple(paths.opened),
        tuple(paths.closed),
        (*paths.doubts, *_doubts(base, head)),
        (*sides.notes, *paths.left_out, *_left_out(base, head)),
        sides.renamed,
    )


def _doubts(base: Application, head: Application) -> Iterator[Doubt]:
    """What reading left open on one side only: there the two may differ."""
    for here, there, may_widen in ((head, base, True), (base, head, True)):
        known = {(one.code, one.message) for one in there.problems}
        for one in here.problems:
            if one.level is Level.UNMODELLED and one.code not in TOLD_ELSEWHERE:
                if (one.code, one.message) not in known:
                    yield Doubt(one.message, may_widen, at=one.at)


def _left_out(base: Application, head: Application) -> Iterator[str]:
    """What is in both inputs and was not compared."""
    known = {(one.code, one.message) for one in base.problems}
    for one in dict.fromkeys((one.code, one.message) for one in head.problems if one.level is Level.UNMODELLED):
        if one in known and one[0] not in TOLD_ELSEWHERE:
            yield f"{one[1]}, on both sides"
    for type in sorted({*base.counted, *head.counted}):
        before, after = base.counted.get(type, 0), head.counted.get(type, 0)
        yield f"{after} {type}" + (f" (was {before})" if before != after else "")
