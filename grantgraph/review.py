"""What is left of findings after those that were there before, and those that somebody accepts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from grantgraph.decode import decode_json, read_text
from grantgraph.findings import Finding, Severity, Written, rank
from grantgraph.ignores import Ignore
from grantgraph.node import Node
from grantgraph.problems import InputError, Level, Location, Problem
from grantgraph.rules import Accepted, Checked

SCHEMA = "grantgraph/baseline/1"
IGNORES = "ignores"
"""The rule of findings about accepted findings."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Findings that were there before: fingerprint → how often, with what each is about."""

    counts: Counter[str]
    words: dict[str, str]


NO_BASELINE = Baseline(Counter(), {})


def load_baseline(path: Path) -> Baseline:
    """The baseline of a file.

    Raises:
        InputError: it cannot be read, or is no baseline.
    """
    node = decode_json(read_text(path), str(path))

    def refuse(at: Location, message: str) -> InputError:
        return InputError(f"{at}: {message}", [Problem(at, Level.ERROR, "baseline", message)])

    schema = node.get("schema")
    if schema is None or schema.value != SCHEMA:
        help = "`grantgraph baseline write` makes one"
        raise InputError(f"`{path}` is no baseline: its `schema` is not `{SCHEMA}`", help=help)
    counts: Counter[str] = Counter()
    words: dict[str, str] = {}
    for one in _members(node):
        fingerprint, count, about = (one.get(key) for key in ("fingerprint", "count", "about"))
        spelled = fingerprint.as_str() if fingerprint else None
        if spelled is None or count is None or not isinstance(count.value, int) or count.value < 1:
            raise refuse(one.at, "a finding of a baseline has a `fingerprint` and a `count`")
        counts[spelled] += count.value
        words[spelled] = (about.as_str() if about else None) or ""
    return Baseline(counts, words)


def _members(node: Node) -> Sequence[Node]:
    found = node.get("findings")
    return found.items if found is not None else ()


def render_baseline(findings: Iterable[Finding]) -> str:
    """A baseline of findings, in a fixed order."""
    counts: Counter[tuple[str, str, str]] = Counter((one.fingerprint, one.rule, one.message) for one in findings)
    told: dict[str, dict[str, object]] = {}
    for (fingerprint, rule, message), count in sorted(counts.items()):
        known = told.setdefault(
            fingerprint, {"fingerprint": fingerprint, "count": 0, "about": f"{rule}: {message}"}
        )
        known["count"] = int(str(known["count"])) + count
    members = sorted(told.values(), key=lambda one: (str(one["about"]), str(one["fingerprint"])))
    return json.dumps({"schema": SCHEMA, "findings": members}, indent=2) + "\n"


def baseline_of(findings: Iterable[Finding]) -> Baseline:
    """Findings as a baseline."""
    known = tuple(findings)
    counts = Counter(one.fingerprint for one in known)
    return Baseline(counts, {one.fingerprint: one.message for one in known})


def prune(baseline: Baseline, findings: Iterable[Finding]) -> tuple[str, int]:
    """The baseline without what is not found any more, and how many findings are left in it."""
    left = Counter(baseline.counts)
    kept = []
    for one in findings:
        if left[one.fingerprint]:
            left[one.fingerprint] -= 1
            kept.append(one)
    return render_baseline(kept), len(kept)


def review(checked: Checked, baseline: Baseline, ignores: Sequence[Ignore], today: date) -> Checked:
    """What was checked, with the findings that are new set apart from those that are accepted.

    An accepted finding without a reason, past its day, or that matches nothing is a finding of its own.
    """
    known = Counter(baseline.counts)
    by_fingerprint: dict[str, Ignore] = {}
    for one in ignores:
        by_fingerprint.setdefault(one.fingerprint, one)
    fresh: list[Finding] = []
    accepted: list[Accepted] = []
    matched: set[str] = set()
    for finding in checked.findings:
        ignore = by_fingerprint.get(finding.fingerprint)
        if ignore is not None:
            matched.add(finding.fingerprint)
        if ignore is not None and ignore.reason and (ignore.until is None or ignore.until >= today):
            accepted.append(Accepted(finding, ignore))
        elif known[finding.fingerprint]:
            known[finding.fingerprint] -= 1
            accepted.append(Accepted(finding, None))
        else:
            fresh.append(finding)
    fresh += _complaints(ignores, matched, today)
    return replace(checked, findings=tuple(sorted(fresh, key=rank)), accepted=tuple(accepted))


def _complaints(ignores: Sequence[Ignore], matched: set[str], today: date) -> Iterator[Finding]:
    for one in ignores:
        if not one.reason:
            yield _complaint(one, "has no reason", "say why it is accepted, in `reason`")
        if one.until is not None and one.until < today:
            yield _complaint(one, f"was accepted until {one.until}", "mend it, or accept it anew")
        if one.fingerprint not in matched:
            yield _complaint(one, "matches nothing", "take it out; where the access has widened, look at it again")


def _complaint(ignore: Ignore, what: str, help: str) -> Finding:
    by = f", by {ignore.owner}" if ignore.owner else ""
    return Finding(
        IGNORES,
        Severity.LOW,
        "",
        f"the accepted finding `{ignore.fingerprint}` {what}",
        Written(f"accepted{by}: {ignore.reason or 'no reason given'}"),
        ignore.at,
        help,
        fingerprint=f"{IGNORES} {ignore.fingerprint}",
    )
