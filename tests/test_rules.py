"""The rules: every case under fixtures/rules says what it should, and every finding shows its evidence."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import pytest
import yaml

from grantgraph.ask import ask
from grantgraph.catalog import load_catalog
from grantgraph.evaluate import CallerKind, Request, Verdict
from grantgraph.findings import Path, witnesses_of
from grantgraph.model import Application
from grantgraph.problems import Level, Location, UsageError
from grantgraph.rules import Checked, Rule, check, load_rules
from grantgraph.sources import load

ROOT = File(__file__).parent.parent
FIXTURES = ROOT / "fixtures" / "rules"
RULES = {rule.id: rule for rule in load_rules()}
HEADINGS = (
    "What it proves",
    "Why it matters",
    "Example",
    "How the evidence reads",
    "How to fix",
    "When to accept it",
    "References",
)
KEYS = {"passes": {"passes", "template"}, "fails": {"fails", "template", "finding", "repair"}}


@dataclass(frozen=True)
class Case:
    """One document of a fixture."""

    rule: Rule
    title: str
    template: dict[str, Any]
    finding: str = ""
    repair: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.title}"


def cases(kind: str) -> list[Case]:
    found = []
    for path in sorted(FIXTURES.glob("*.yaml")):
        rule = RULES[path.name.partition("_")[0].upper()]
        for document in yaml.safe_load(path.read_text()):
            if kind in document:
                assert set(document) == KEYS[kind], f"{path.name}: {document[kind]}"
                first, second = document.get("repair", ("", ""))
                found.append(
                    Case(rule, document[kind], document["template"], document.get("finding", ""), (first, second))
                )
    return found


def judge(case: Case, folder: File, repaired: bool = False) -> tuple[Application, Checked, str]:
    source = json.dumps(case.template, indent=1)
    if repaired:
        wrong, right = (json.dumps(word)[1:-1] for word in case.repair)
        assert wrong in source
        source = source.replace(f'"{wrong}"', f'"{right}"')
    file = folder / "template.json"
    file.write_text(source)
    application = load(file)
    about_policies = case.rule.id.startswith(("GG6", "GG7"))
    assert about_policies or all(one.level is Level.NOTE for one in application.problems), application.problems
    return application, check(application, load_catalog(), (case.rule,)), source


@pytest.mark.parametrize("case", cases("passes"), ids=str)
def test_what_passes_raises_neither_a_finding_nor_a_doubt(case: Case, tmp_path: File) -> None:
    _, checked, _ = judge(case, tmp_path)
    assert (checked.findings, checked.doubts) == ((), ())


@pytest.mark.parametrize("case", cases("fails"), ids=str)
def test_what_fails_yields_the_finding_and_no_doubt(case: Case, tmp_path: File) -> None:
    _, checked, _ = judge(case, tmp_path)
    messages = [one.message for one in checked.findings]
    assert [one for one in messages if one.startswith(case.finding)], messages
    assert not checked.doubts


@pytest.mark.parametrize("case", cases("fails"), ids=str)
def test_every_finding_replays_and_points_at_what_it_is_about(case: Case, tmp_path: File) -> None:
    application, checked, source = judge(case, tmp_path)
    assert checked.findings
    lines = source.split("\n")
    for finding in checked.findings:
        assert finding.help and finding.at.file and finding.at.line <= len(lines)
        witnesses = witnesses_of(finding.evidence)
        for witness in witnesses:
            assert replayed(application, witness.request).allowed
            assert witness.request.action in finding.actions
        if not witnesses:
            continue
        path = finding.evidence if isinstance(finding.evidence, Path) else None
        at = path.steps[-1].at if path is not None else finding.at
        named = names_one_of(finding.actions, lines[at.line - 1])
        because = [reason.statement.at for one in witnesses for reason in one.verdict.because]
        assert named or at in because or at in own_places(application)


def replayed(application: Application, request: Request) -> Verdict:
    """What `grantgraph can` says of a witness."""
    context = [
        f"{key}={one}"
        for key, value in request.context.items()
        for one in (value if isinstance(value, tuple) else (value,))
    ]
    caller = "anonymous" if request.caller.kind is CallerKind.ANONYMOUS else str(request.caller.name)
    return ask(application, caller, request.action, str(request.resource), context, load_catalog()).verdict


def own_places(application: Application) -> list[Location]:
    """Where things stand that have no statement, or are a part of one: pools, roles, conditions, ways in."""
    pools, roles = [one.at for one in application.pools], [one.at for one in application.principals]
    choices = [one.at for pool in application.pools for one in pool.choices]
    statements = [one for role in application.principals for policy in role.policies for one in policy.statements]
    conditions = [condition.at for one in statements for condition in one.conditions]
    return [*pools, *choices, *roles, *conditions, *(one.at for one in application.entry_points)]


def names_one_of(actions: tuple[str, ...], line: str) -> bool:
    """Whether a line of a template holds one of the actions, or a pattern that stands for one."""
    for spelled in re.findall(r'"([A-Za-z0-9-]+:[^"]*|\*)"', line):
        pattern = re.escape(spelled.lower()).replace(r"\*", ".*").replace(r"\?", ".")
        if any(re.fullmatch(pattern, action.lower()) for action in actions):
            return True
    return False


@pytest.mark.parametrize("case", cases("fails"), ids=str)
def test_taking_the_fault_out_of_a_template_makes_the_rule_silent(case: Case, tmp_path: File) -> None:
    _, checked, _ = judge(case, tmp_path, repaired=True)
    assert (checked.findings, checked.doubts) == ((), ())


@pytest.mark.parametrize("id", RULES)
def test_every_rule_has_a_page_with_every_heading_in_order(id: str) -> None:
    headings = re.findall(r"^([A-Z][a-z ]+):", RULES[id].page, re.MULTILINE)
    assert headings == list(HEADINGS)


@pytest.mark.parametrize("id", RULES)
def test_every_rule_has_cases_of_both_kinds(id: str) -> None:
    assert {kind for kind in KEYS for case in cases(kind) if case.rule.id == id} == set(KEYS)


def test_every_rule_file_is_loaded_once_and_ids_are_unique() -> None:
    files = [path for path in (ROOT / "rules").glob("*.py") if not path.name.startswith("_")]
    assert len(load_rules()) == len(files) == len(RULES)


def test_two_rules_with_one_id_are_refused(tmp_path: File) -> None:
    source = (ROOT / "rules" / "guest_write.py").read_text()
    (tmp_path / "again.py").write_text(source)
    with pytest.raises(UsageError, match="two rules have the id GG101"):
        load_rules(ROOT / "rules", tmp_path)


def test_a_rule_file_without_a_rule_is_refused(tmp_path: File) -> None:
    (tmp_path / "empty_rule.py").write_text("")
    with pytest.raises(UsageError, match="offers no RULE"):
        load_rules(tmp_path)


def test_a_missing_folder_of_rules_is_refused(tmp_path: File) -> None:
    with pytest.raises(UsageError, match="there is no folder of rules"):
        load_rules(tmp_path / "gone")


def test_every_trap_is_a_rule_or_says_why_it_is_none() -> None:
    page = (ROOT / "docs" / "traps.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 33))
    for _, answer in rows:
        assert re.search(r"GG\d{3}", answer) or answer.startswith(("not a rule: ", "read so by the prover"))
    assert set(re.findall(r"GG\d{3}", page)) <= set(RULES)
