"""`explain path` for people: whether there is a way, then each way step by step."""

from __future__ import annotations

from grantgraph.paths import Explained
from grantgraph.reports._paths import CODE, last_request, named, path_lines
from grantgraph.reports._words import about, count, page


def render(explained: Explained) -> str:
    """The answer in a line, then the ways, each with the request that the last step takes."""
    lines = [_answer(explained), about(explained.application, explained.catalog)]
    for path in explained.paths:
        lines += ["", *path_lines(path)]
        if request := last_request(path):
            lines += ["  with a request such as", *(f"    {line}" for line in request)]
    if explained.more:
        lines += ["", "and there are more ways that are as short"]
    if any(path.runs_code for path in explained.paths):
        lines += ["", f"note: {CODE}"]
    known = explained.doubts or explained.application.caveats
    lines += [f"not known, so there may be {'a way' if explained.open else 'more'}: {one}" for one in known]
    return page(lines)


def _answer(explained: Explained) -> str:
    start, end = named(explained.start), named(explained.end)
    if not explained.paths:
        return (
            f"UNDECIDED: no way is known from {start} to {end}"
            if explained.open
            else f"NO WAY from {start} to {end}"
        )
    steps = count(len(explained.paths[0].hops), "step")
    ways = f"{len(explained.paths)} ways of {steps}" if len(explained.paths) > 1 else f"a way of {steps}"
    sure = "" if explained.paths[0].certain else ", if what is not known here is so"
    return f"{start} reaches {end}: {ways}{sure}"
