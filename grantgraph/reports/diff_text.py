"""`diff` for people: the verdict, the paths, and for each caller what it gains and loses, with requests."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.diff import Change, Difference, Kind, Path, Subject
from grantgraph.evaluate import Request
from grantgraph.prove import Witness
from grantgraph.reports._difference import (
    can_line,
    compared,
    levels,
    say_refused,
    say_terms,
    title,
    verdict,
    what_happened,
    where,
)
from grantgraph.reports._words import count, page, place, say_request

SIGNS = {Kind.ADDED: "+", Kind.WIDENED: "+", Kind.CHANGED: "~", Kind.NARROWED: "-", Kind.REMOVED: "-"}


def render(difference: Difference) -> str:
    """The answer in a line, then where anybody gets in, then who can do what."""
    sources = f"{difference.base.source} → {difference.head.source}"
    lines = [verdict(difference), f"{sources}: {compared(difference)}"]
    for word, sign, paths in (("opened", "+", difference.opened), ("closed", "-", difference.closed)):
        if paths:
            lines += ["", f"paths {word}", *(line for path in paths for line in _path(path, sign))]
    for subject in difference.subjects:
        if subject.changes or subject.doubts:
            lines += ["", *_subject(subject, difference)]
    same = [subject for subject in difference.subjects if subject.is_same]
    if same:
        lines += ["", "text changed, same access (proved)", *(f"  {title(one)}" for one in same)]
        assumed = sorted({one for subject in same for one in subject.assuming})
        lines += [f"  assuming {one}" for one in assumed]
    if difference.doubts:
        lines += ["", f"undecided: {count(len(difference.doubts), 'question')} about the whole"]
        for doubt in difference.doubts:
            lines.append(f"  {doubt.reason}" + (f" [{place(doubt.at)}]" if doubt.at.file else ""))
    if difference.renamed:
        lines += ["", "taken for the same, though the names differ"]
        lines += [f"  {one.what} {one.base} → {one.head}" for one in difference.renamed]
    if difference.left_out:
        lines += ["", f"not compared: {count(len(difference.left_out), 'thing')}"]
        lines += [f"  {one}" for one in difference.left_out]
    return page(lines)


def _path(path: Path, sign: str) -> Iterator[str]:
    at = place(path.at)
    yield f"  {sign} {path.words}{f'  [{at}]' if at else ''}"
    if path.caller:
        yield f"      who      {path.caller}"
    if path.role:
        yield f"      runs as  {path.role}" if sign == "+" else f"      ran as   {path.role}"
    yield from (f"      reaches  {one}" for one in path.leads_to if sign == "+")


def _subject(subject: Subject, difference: Difference) -> Iterator[str]:
    yield title(subject)
    for change in subject.changes:
        places = where(change, subject, difference)
        on = f" on {', '.join(places)}" if places else ""
        yield f"  {SIGNS[change.kind]} {what_happened(change, subject)}{on}"
        for level, number, names in levels(change):
            yield f"      {level.ljust(22)} {number:3}  {names}"
        yield from (f"      {line}" for line in _evidence(change, subject, difference))
    for doubt in subject.doubts:
        about = ", ".join(map(str, doubt.actions[:3])) + (" ..." if len(doubt.actions) > 3 else "")
        on = f" on {doubt.place}" if doubt.place and doubt.actions else ""
        yield f"  ? undecided{f': {about}{on}' if about else ''}: {doubt.reason}"


def _evidence(change: Change, subject: Subject, difference: Difference) -> Iterator[str]:
    """Which statements gave it and give it, and a request for each way that it changed."""
    was, now = [say_terms(one) for one in change.was], [say_terms(one) for one in change.now]
    yield from (f"was      {one}" for one in was)
    yield from (f"now      {one}" for one in now)
    for witness, word in ((change.gain, "new"), (change.loss, "gone")):
        if witness is not None:
            why = say_refused(witness)
            if why:
                yield f"{'but was' if word == 'new' else 'but now'}  {why}"
            yield from _request(witness, word, subject, difference)
    if change.unless:
        yield f"unless   it is decided otherwise by what was not given: {change.unless}"


def _request(witness: Witness, word: str, subject: Subject, difference: Difference) -> Iterator[str]:
    request: Request = witness.request
    first, *context = say_request(request)
    yield f"{word.ljust(8)} {first}"
    yield from (f"         {line.strip()}" for line in context)
    again = can_line(difference, subject, request)
    if again:
        yield f"ask      {again}"
