"""`diff` as a comment on a pull request: the verdict first, the details folded, never longer than one may be."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.diff import Change, Difference, Kind, Path, Subject
from grantgraph.evaluate import Request
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
from grantgraph.reports._markup import block, code, folded, plain
from grantgraph.reports._words import count, place, say_request

MAX_LENGTH = 65_000
"""What a comment may hold: GitHub takes 65,536 characters."""

MAX_SUMMARY = 200
SIGNS = {Kind.ADDED: "🔴", Kind.WIDENED: "🔴", Kind.CHANGED: "🟠", Kind.NARROWED: "🟢", Kind.REMOVED: "🟢"}


def render(difference: Difference) -> str:
    """The verdict and one line for each caller; then everything else, as far as it fits."""
    sources = f"{code(difference.base.source)} → {code(difference.head.source)}"
    pieces = [f"### grantgraph: {verdict(difference)}\n\n{sources}: {compared(difference)}\n"]
    for word, paths in (("opened", difference.opened), ("closed", difference.closed)):
        if paths:
            pieces.append(f"\n**Paths {word}**\n\n" + "".join(_path(path, word) for path in paths))
    told = [subject for subject in difference.subjects if subject.changes or subject.doubts]
    order = sorted(told, key=lambda one: not any(change.kind.widens for change in one.changes))
    pieces += [_fold(_summary(one), "\n".join(_subject(one, difference))) for one in order]
    pieces += _rest(difference)
    return _fitted(pieces)


def _fitted(pieces: list[str]) -> str:
    """As many whole pieces as fit; what does not is counted."""
    kept: list[str] = []
    length = 0
    for at, piece in enumerate(pieces):
        note = f"\n{count(len(pieces) - at, 'part')} left out: run `grantgraph diff` to see everything.\n"
        if length + len(piece) > MAX_LENGTH - 200:
            return "".join(kept) + note
        kept.append(piece)
        length += len(piece)
    return "".join(kept)


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────


def _path(path: Path, word: str) -> str:
    at = f" at {code(place(path.at))}" if path.at.file else ""
    who = f"; who: {plain(path.caller)}" if path.caller else ""
    role = f"; runs as {code(path.role)}" if path.role else ""
    reaches = f"; reaches {code('; '.join(path.leads_to))}" if path.leads_to and word == "opened" else ""
    return f"- {'🔴' if word == 'opened' else '🟢'} {plain(path.words)}{at}{who}{role}{reaches}\n"


def _summary(subject: Subject) -> str:
    """One line on a caller, in HTML: who it is, and how many changes of each kind."""
    kinds = [change.kind for change in subject.changes]
    counts = [f"{SIGNS[kind]} {kinds.count(kind)} {kind}" for kind in Kind if kind in kinds]
    if subject.doubts:
        counts.append(f"❔ {len(subject.doubts)} undecided")
    return f"{folded(f'`{title(subject)[:MAX_SUMMARY]}`')}: {', '.join(counts)}"


def _subject(subject: Subject, difference: Difference) -> Iterator[str]:
    for change in subject.changes:
        places = where(change, subject, difference)
        on = f" on {', '.join(map(code, places))}" if places else ""
        yield f"**{SIGNS[change.kind]} {what_happened(change, subject)}**{on}\n"
        for level, number, names in levels(change):
            yield f"- {level}, {number}: {code(names)}"
        yield from _terms(change)
        yield ""
        for witness, word in ((change.gain, "Allowed now, and not before"), (change.loss, "No longer allowed")):
            if witness is not None:
                why = say_refused(witness)
                yield f"{word}{f' ({plain(why)})' if why else ''}:\n"
                yield block(_question(witness.request, subject, difference))
        if change.unless:
            yield f"Unless it is decided otherwise by what was not given: {plain(change.unless)}\n"
    for doubt in subject.doubts:
        about = ", ".join(map(str, doubt.actions[:3])) + (" ..." if len(doubt.actions) > 3 else "")
        yield f"- ❔ undecided: {plain(f'{about}: ' if about else '')}{plain(doubt.reason)}"


def _terms(change: Change) -> Iterator[str]:
    for word, terms in (("was", change.was), ("now", change.now)):
        yield from (f"- {word} {code(say_terms(one))}" for one in terms)


def _question(request: Request, subject: Subject, difference: Difference) -> list[str]:
    again = can_line(difference, subject, request)
    return [again] if again else [line.strip() for line in say_request(request)]


def _rest(difference: Difference) -> Iterator[str]:
    same = [title(one) for one in difference.subjects if one.is_same]
    assumed = sorted({one for subject in difference.subjects if subject.is_same for one in subject.assuming})
    doubts = [f"{doubt.reason} {place(doubt.at)}".strip() for doubt in difference.doubts]
    renamed = [f"{one.what}: {one.base} → {one.head}" for one in difference.renamed]
    for words, lines in (
        ("undecided about the whole", doubts),
        ("text changed, same access (proved)", [*same, *(f"assuming {one}" for one in assumed)]),
        ("taken for the same, though the names differ", renamed),
        ("not compared", difference.left_out),
    ):
        if lines:
            yield _fold(f"{words}: {len(lines)}", "\n".join(f"- {code(one)}" for one in lines) + "\n")


def _fold(summary: str, body: str) -> str:
    return f"\n<details><summary>{summary}</summary>\n\n{body}\n</details>\n"
