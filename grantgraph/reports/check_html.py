"""`check` as one HTML file that needs nothing else: no script, no request, and no name in it is read as markup."""

from __future__ import annotations

import html

from grantgraph.findings import Finding
from grantgraph.reports._check import (
    by_severity,
    doubt_words,
    evidence,
    open_questions,
    proved,
    rule_of,
    verdict,
    why_accepted,
)
from grantgraph.reports._frames import frame
from grantgraph.reports._markup import hypertext
from grantgraph.reports._words import about, count, framework_place, not_read, place
from grantgraph.rules import Checked
from grantgraph.text import visible

_STYLE = """
:root { color-scheme: light dark; --high: #c62828; --medium: #b26a00; --low: #1769aa; --note: #777;
  --ok: #2e7d32; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; } code { overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .6rem .8rem; background: color-mix(in srgb, currentColor 7%, transparent);
  border-radius: 6px; }
.verdict { padding: .8rem 1rem; border-radius: 8px; color: #fff; font-weight: 600; }
.failed { background: var(--high); } .undecided { background: var(--medium); } .passed { background: var(--ok); }
details { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: 8px; margin: .6rem 0;
  padding: .5rem .8rem; }
summary { cursor: pointer; } .level { display: inline-block; min-width: 4.5rem; font-weight: 600; }
.high { color: var(--high); } .medium { color: var(--medium); } .low { color: var(--low); }
.note { color: var(--note); }
table { border-collapse: collapse; } td { padding: .1rem .8rem .1rem 0; vertical-align: top; }
td:first-child { opacity: .65; white-space: nowrap; } ul { padding-left: 1.2rem; } .dim { opacity: .65; }
"""


def render(checked: Checked) -> str:
    """The page."""
    title = f"grantgraph: {visible(checked.application.name)}"
    body = [
        f"<h1>{html.escape(title)}</h1>",
        f'<p class="verdict {checked.outcome}">{hypertext(verdict(checked))}</p>',
    ]
    if not checked.quiet:
        body += _body(checked)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )


def _body(checked: Checked) -> list[str]:
    lines = [f'<p class="dim">{hypertext(about(checked.application, checked.catalog))}</p>']
    counts = " · ".join(f'<span class="{level}">{number} {level}</span>' for level, number in by_severity(checked))
    lines += [f"<p>{counts}</p>"] if counts else []
    if checked.findings:
        lines += ["<h2>Findings</h2>", *(_finding(one, checked) for one in checked.findings)]
    doubts = open_questions(checked)
    lines += _list(count(len(doubts), "question") + " undecided", [doubt_words(one) for one in doubts])
    lines += _list(
        count(len(checked.accepted), "finding") + " accepted",
        [f"{one.finding.rule}: {one.finding.message}: {why_accepted(one)}" for one in checked.accepted],
    )
    lines += _list("Proved", [proved(one) for one in checked.proved])
    lines += _list("Assuming", list(checked.assuming))
    return lines + _list("Not read", not_read(checked.application))


def _finding(finding: Finding, checked: Checked) -> str:
    rows = [("at", place(finding.at))] if finding.at.file else []
    rows += [("", line) for line in framework_place(finding.at)]
    rows += [("when", finding.when)] if finding.when else []
    rows += [*evidence(finding), *([("fix", finding.help)] if finding.help else []), ("id", finding.fingerprint)]
    cells = "".join(f"<tr><td>{html.escape(label)}</td><td>{hypertext(words)}</td></tr>" for label, words in rows)
    lines = "\n".join(map(visible, frame(finding.at)))
    shown = f"<pre>{html.escape(lines)}</pre>" if lines else ""
    rule = rule_of(checked, finding.rule)
    page = f'<details><summary class="dim">about this rule</summary>{_page(rule.page)}</details>' if rule else ""
    level = f'<span class="level {finding.severity}">{finding.severity}</span>'
    return (
        f"<details><summary>{level} <b>{html.escape(visible(finding.rule))}</b> {hypertext(finding.message)}"
        f"</summary>{shown}<table>{cells}</table>{page}</details>"
    )


def _page(page: str) -> str:
    return "".join(f"<p>{hypertext(' '.join(part.split()))}</p>" for part in page.split("\n\n"))


def _list(title: str, members: list[str]) -> list[str]:
    if not members:
        return []
    items = "".join(f"<li>{hypertext(one)}</li>" for one in members)
    return [f"<h2>{html.escape(title)}</h2>", f"<ul>{items}</ul>"]
