"""`who-can` for people: how many, then who by rights of their own, then who through others."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.evaluate import Reason
from grantgraph.prove import Refuted
from grantgraph.reports._paths import CODE, named, path_lines
from grantgraph.reports._words import about, count, page, place, say_conditions, say_request
from grantgraph.who import Holder, Mediated, WhoCan


def render(found: WhoCan) -> str:
    """The answer in a line; each holder with a request, and each of the others with a way."""
    lines = [_answer(found), about(found.application, found.catalog)]
    for title, holders in (
        ("by rights of their own", [one for one in found.holders if isinstance(one.answer, Refuted)]),
        ("not decided", [one for one in found.holders if not isinstance(one.answer, Refuted)]),
    ):
        if holders:
            lines += ["", title, *(f"  {line}" for one in holders for line in _holder(one))]
    if found.mediated:
        lines += ["", "by way of them"]
        lines += [f"  {line}" for ones in _alike(found.mediated) for line in _mediated(ones)]
    if any(one.path.runs_code for one in found.mediated):
        lines += ["", f"note: {CODE}"]
    lines += [f"not known, so there may be more: {one}" for one in found.caveats]
    return page(lines)


def _answer(found: WhoCan) -> str:
    sure = [one for one in found.holders if isinstance(one.answer, Refuted)]
    outside = sum(one.outside for one in sure)
    open = len(found.holders) - len(sure)
    others = len({one.who for one in found.mediated})
    parts = [f"{count(len(sure) - outside, 'principal')} of {found.asked}"]
    parts += [f"{outside} from outside"] if outside else []
    parts += [f"{count(open, 'more is', 'more are')} not decided"] if open else []
    parts += [f"{count(others, 'other')} through them"] if others else []
    return f"who can {found.action} on {found.resource}: {', '.join(parts)}"


def _holder(holder: Holder) -> Iterator[str]:
    at = f"  [{place(holder.at)}]" if holder.at.file else ""
    yield f"{holder.id}{at}"
    if isinstance(holder.answer, Refuted):
        yield from (f"  {line}" for line in say_request(holder.answer.request))
        yield from dict.fromkeys(map(_because, holder.answer.verdict.because))
    else:
        yield f"  {holder.answer.reason}"


def _because(reason: Reason) -> str:
    name, where = reason.statement.sid or reason.policy.name, place(reason.statement.at)
    return f"  because {name}{' at ' + where if where else ''}, {say_conditions(reason.statement.conditions)}"


def _alike(mediated: tuple[Mediated, ...]) -> list[list[Mediated]]:
    """Those whose ways are the same but for where they begin, together."""
    found: dict[object, list[Mediated]] = {}
    for one in mediated:
        found.setdefault(tuple((hop.words, hop.end) for hop in one.path.hops), []).append(one)
    return list(found.values())


def _mediated(ones: list[Mediated]) -> Iterator[str]:
    first, *rest = path_lines(ones[0].path)
    yield ", or ".join([first, *(named(one.who) for one in ones[1:])])
    yield from rest
