"""`check` for people: the verdict, the findings with their places and requests, and what was left open."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.findings import Finding, Severity
from grantgraph.reports._check import doubt_words, evidence, open_questions, proved, verdict, why_accepted
from grantgraph.reports._frames import frame
from grantgraph.reports._style import paint
from grantgraph.reports._words import about, count, framework_place, not_read, page, place
from grantgraph.rules import Checked, Outcome

_STYLES = {
    Severity.HIGH: ("red", "bold"),
    Severity.MEDIUM: ("yellow", "bold"),
    Severity.LOW: ("cyan", "bold"),
    Severity.NOTE: ("dim",),
}
_OUTCOMES = {Outcome.FAILED: "red", Outcome.UNDECIDED: "yellow", Outcome.PASSED: "green"}


def render(checked: Checked) -> str:
    """The verdict first, then each finding, then what to do, and the verdict again."""
    told = paint(verdict(checked), _OUTCOMES[checked.outcome], "bold")
    return page([told] if checked.quiet else [told, *_body(checked), "", told])


def _body(checked: Checked) -> Iterator[str]:
    yield about(checked.application, checked.catalog)
    if checked.cases:
        yield f"judged in {count(len(checked.cases), 'case')}:"
        yield from (f"  {one}" for one in checked.cases)
    for finding in checked.findings:
        yield ""
        yield from _finding(finding)
    if open_questions(checked):
        counts = ", which counts as a failure" if checked.unknown == "fail" else ""
        yield ""
        yield f"undecided: {count(len(checked.doubts), 'question')}{counts}"
        for doubt in checked.doubts:
            yield f"  {doubt_words(doubt)}"
            yield from [f"         when {doubt.when}"] if doubt.when else []
            yield from [f"         at {place(doubt.at)}"] if doubt.at.file else []
    if checked.accepted:
        yield ""
        yield f"accepted: {count(len(checked.accepted), 'finding')}"
        yield from (
            f"  {one.finding.rule}  {one.finding.fingerprint}  {one.finding.message}: {why_accepted(one)}"
            for one in checked.accepted
        )
    for title, lines in (
        ("proved", [proved(one) for one in checked.proved]),
        ("assuming", list(checked.assuming)),
    ):
        yield from ["", *(f"{title}: {one}" for one in lines)] if lines else []
    rest = not_read(checked.application)
    yield from ["", *rest] if rest else []
    if checked.failing:
        yield ""
        yield "what to do: take away what no user needs; `--fix --diff` shows what a template can do without,"
        yield "`grantgraph synth` writes policies from needs, `grantgraph rule ID` explains a rule,"
        yield "`grantgraph baseline write` accepts what is there today"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{paint(f'{finding.rule} {finding.severity}', *_STYLES[finding.severity])}: {finding.message}"
    if finding.at.file:
        yield _line("at", place(finding.at))
    yield from (f"           {line}" for line in framework_place(finding.at))
    yield from (f"           {line}" for line in frame(finding.at))
    if finding.when:
        yield _line("when", finding.when)
    for label, words in evidence(finding):
        yield _line(label, words)
    if finding.help:
        yield _line("fix", finding.help)
    yield _line("id", finding.fingerprint)


def _line(label: str, words: str) -> str:
    return f"  {paint(f'{label:<9}', 'dim') if label else ' ' * 9}{words}"
