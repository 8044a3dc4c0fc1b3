"""An application judged in every case that its conditions leave open, and what was found said once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from grantgraph import rules as rulebook
from grantgraph.catalog import Catalog
from grantgraph.findings import Doubt, Finding, order_of_doubts, rank
from grantgraph.model import Application, Choice
from grantgraph.rules import Checked, Rule

When: TypeAlias = tuple[Choice, ...]
"""The choices under which an application was read: one for each thing that is open."""


def judge(
    application: Application, cases: Sequence[Application], catalog: Catalog, rules: tuple[Rule, ...]
) -> Checked:
    """Ask every rule in every case; without cases, of the application as it is.

    What holds in some cases only says in which. What is proved is proved in all of them, and so of every
    deployment, as each is one of the cases.
    """
    if not cases:
        return rulebook.check(application, catalog, rules)
    judged = [rulebook.check(case, catalog, rules) for case in cases]
    whens = [case.when for case in cases]
    findings: dict[tuple[object, ...], tuple[Finding, list[When]]] = {}
    doubts: dict[Doubt, list[When]] = {}
    for when, checked in zip(whens, judged, strict=True):
        for finding in checked.findings:
            same = (finding.fingerprint, finding.message, finding.at, str(finding.request))
            findings.setdefault(same, (finding, []))[1].append(when)
        for doubt in checked.doubts:
            doubts.setdefault(doubt, []).append(when)
    problems = dict.fromkeys(problem for case in cases for problem in case.problems)
    found = sorted((replace(one, when=say_when(held, whens)) for one, held in findings.values()), key=rank)
    return Checked(
        replace(application, problems=tuple(problems)),
        catalog.date,
        rules,
        tuple(found),
        tuple(
            sorted((replace(one, when=say_when(held, whens)) for one, held in doubts.items()), key=order_of_doubts)
        ),
        tuple(one for one in judged[0].proved if all(one in checked.proved for checked in judged)),
        max(checked.asked for checked in judged),
        tuple(sorted({one for checked in judged for one in checked.assuming})),
        tuple(" and ".join(map(str, when)) for when in whens),
    )


def say_when(held: Iterable[When], cases: Iterable[When]) -> str:
    """In which of all cases something holds, in as few words as say it; "" when it holds in every one."""
    some, every = list(dict.fromkeys(held)), list(dict.fromkeys(cases))
    if len(some) == len(every):
        return ""
    chosen = [list(dict.fromkeys(column)) for column in zip(*some, strict=True)]
    if sum(all(one in column for one, column in zip(when, chosen, strict=True)) for when in every) > len(some):
        return " or ".join(" and ".join(map(str, when)) for when in some)
    possible = [set(column) for column in zip(*every, strict=True)]
    told = [
        " or ".join(map(str, column)) for column, all in zip(chosen, possible, strict=True) if set(column) != all
    ]
    return " and ".join(f"({one})" if " or " in one and len(told) > 1 else one for one in told)
