"""A second opinion: MiniStack's evaluator, in an environment of its own, on the same decisions.

Where the two differ, AWS's documentation decides. What MiniStack is known to get wrong is in
tests/outside/known_gaps.py; any other difference fails.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from grantgraph.cases import Case, case_of, load_cases, run_case
from grantgraph.evaluate import Decision, Request, decide
from scripts.outside import PINNED, ensure, installed
from tests.outside.known_gaps import GAPS, Gap, excuses
from tests.outside.maker import Maker
from tests.outside.peer import ask, express

Json = dict[str, Any]

FIXTURES = Path(__file__).parent.parent / "fixtures" / "decisions"
SETS, REQUESTS = 300, 4
SEEDS = (1, 2, 3)
LEFT_OPEN = re.compile(r"rule (31|34|35|52|58|60)|session|arn:aws:kms:.*")
"""What random decisions may hinge on: contested rules, a session's name, a key whose policy was not given."""


@pytest.fixture(scope="session")
def ministack() -> Path:
    """The Python of MiniStack's environment, which is made when it is not there."""
    return ensure("ministack")


ANSWERS = {
    "Allow": Decision.ALLOWED,
    "Deny": Decision.EXPLICIT_DENY,
    "ImplicitDeny": Decision.IMPLICIT_DENY,
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One decision, ours and MiniStack's."""

    note: str
    request: Json
    policies: Json
    ours: Decision
    theirs: str

    @property
    def differs(self) -> bool:
        if self.policies.get("resource_is_trust"):  # of which MiniStack does not say how they deny
            return (self.ours is Decision.ALLOWED) is not (self.theirs == "Allow")
        return ANSWERS[self.theirs] is not self.ours

    @property
    def excuses(self) -> list[str]:
        return excuses(self.request, self.policies, self.theirs == "Allow")

    def __str__(self) -> str:
        written = {"request": self.request, **{key: value for key, value in self.policies.items() if value}}
        return f"{self.note}: ours {self.ours}, MiniStack {self.theirs}: {json.dumps(written)}"


def decisions(cases: list[Case]) -> Iterator[tuple[Case, Request, Json]]:
    for case in cases:
        if case.plain is not None:
            for request, written in zip(case.requests, case.plain["requests"], strict=True):
                yield case, request, written


def compare(cases: list[Case], python: Path) -> list[Compared]:
    """Every decision that we are sure of and that MiniStack has words for."""
    asked = []
    for case, request, written in decisions(cases):
        assert case.plain is not None
        ours = decide(request, case.policies).decision
        line = express(written, case.plain["policies"])
        if ours is not Decision.UNKNOWN and not isinstance(line, str):
            asked.append((case, written, ours, line))
    answers = ask(python, [line for *_, line in asked])
    return [
        Compared(f"{case.at} {case.note}".strip(), written, case.plain["policies"], ours, theirs)
        for (case, written, ours, _), theirs in zip(asked, answers, strict=True)
        if case.plain is not None
    ]


@cache
def random_cases(seed: int) -> list[Case]:
    maker = Maker(seed)
    found: list[Case] = []
    for _ in range(SETS):
        like: Case | None = None
        for document in maker.cases(REQUESTS):
            like = case_of(document, like)
            found.append(like)
    return found


def test_environment_holds_what_is_pinned(ministack: Path) -> None:
    assert installed(ministack, "ministack") == PINNED["ministack"]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_decisions_agree(seed: int, ministack: Path) -> None:
    compared = compare(random_cases(seed), ministack)
    unexplained = sorted((str(one) for one in compared if one.differs and not one.excuses), key=len)
    assert not unexplained, "\n".join(unexplained[:5])
    # Enough of every answer, and enough that no known gap could have excused: else nothing was compared.
    assert len(compared) > 0.9 * SETS * REQUESTS
    strict = Counter(one.ours for one in compared if not (one.differs or one.excuses))
    assert strict.total() > 0.5 * len(compared)
    assert strict[Decision.ALLOWED] > 0.15 * len(compared)
    assert strict[Decision.EXPLICIT_DENY] > 0.05 * len(compared)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_decisions_are_decided(seed: int) -> None:
    """What we leave open is not compared, so it must be little, and for a reason that is known."""
    verdicts = [decide(case.requests[0], case.policies) for case in random_cases(seed)]
    names = [one.name for verdict in verdicts for one in verdict.unknowns]
    assert [name for name in names if not LEFT_OPEN.fullmatch(name)] == []
    assert sum(verdict.decision is Decision.UNKNOWN for verdict in verdicts) < 0.03 * len(verdicts)


@pytest.fixture(scope="session")
def examples(ministack: Path) -> dict[str, Compared]:
    found = compare([case_of(gap.example) for gap in GAPS], ministack)
    return dict(zip((gap.name for gap in GAPS), found, strict=True))


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.name.replace(" ", "-"))
def test_known_gap_is_still_there(gap: Gap, examples: dict[str, Compared]) -> None:
    assert run_case(case_of(gap.example)).differences == ()
    found = examples[gap.name]
    assert found.differs, f"MiniStack has closed the gap: remove `{gap.name}`"
    assert gap.name in found.excuses


def test_fixtures_agree(ministack: Path) -> None:
    """The cases of the specification, as far as MiniStack has words for them."""
    compared = compare(list(load_cases(FIXTURES)), ministack)
    assert len(compared) > 300
    assert [str(one) for one in compared if one.differs and not one.excuses] == []
