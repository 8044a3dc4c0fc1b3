"""All rules on templates that real tools wrote: every witness is confirmed, and every planted fault is found."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from grantgraph.ask import ask
from grantgraph.catalog import Action, load_catalog
from grantgraph.findings import Finding, witnesses_of
from grantgraph.judge import judge
from grantgraph.rules import Checked, load_rules
from grantgraph.sources import load_cases
from grantgraph.text import Text, text
from tests.test_rules import replayed

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
FULL, NOTES = "sst/f-full-notes.json", "cdk/notes"
REAL = (
    *(f"sst/{path.name}" for path in sorted((APPS / "sst").glob("*.json"))),
    NOTES,
    "cdk/two-stacks",
    *(f"sam/{path.name}" for path in sorted((APPS / "sam").iterdir())),
    "terraform/notes-known/plan.json",
    "account/account.json",
)


@cache
def checked(name: str) -> Checked:
    application, cases = load_cases(APPS / name)
    return judge(application, cases, load_catalog(), load_rules())


def of_rule(name: str, rule: str) -> list[Finding]:
    return [one for one in checked(name).findings if one.rule == rule]


@pytest.mark.parametrize("name", REAL)
def test_every_witness_of_every_finding_is_allowed_when_it_is_asked_for(name: str) -> None:
    told = checked(name)
    for finding in told.findings:
        for witness in witnesses_of(finding.evidence):
            assert replayed(told.application, witness.request).allowed, (finding.message, witness.request)


@pytest.mark.parametrize("name", REAL)
def test_every_finding_has_a_place_in_the_input_and_something_to_do(name: str) -> None:
    for finding in checked(name).findings:
        assert finding.at.file and finding.help and finding.fingerprint


@pytest.mark.parametrize(
    ("name", "rule", "fault"),
    [
        (FULL, "GG101", "guests can write to `UploadsBucketC4B27CC7`: s3:PutObject"),
        (FULL, "GG101", "guests can write to `NotesTable7100B0E8`"),
        (FULL, "GG303", "anyone can have URLs for `UploadsBucketC4B27CC7` signed through `POST /presigned-url`"),
        (FULL, "GG402", "can use s3 on any resource"),
        (FULL, "GG403", "can read every s3:bucket of the account"),
        (NOTES, "GG101", "guests can write to `Assets9A31D427`"),
        (NOTES, "GG201", "visitors of any other identity pool can assume `AdminRole38563C57`"),
        (NOTES, "GG704", "may use s3:PutObject on `Uploads4F6EB0FD`, which fails: it takes kms:GenerateDataKey"),
    ],
)
def test_every_planted_fault_is_found(name: str, rule: str, fault: str) -> None:
    assert [one for one in of_rule(name, rule) if fault in one.message], [
        one.message for one in of_rule(name, rule)
    ]


def acts_on(action: Action, arn: Text) -> bool:
    """Whether an ARN is one of those that an action acts on, as its types spell them."""
    spelled = re.sub(r"\$\{[^}]*\}", "name", str(arn))
    types = (load_catalog().resource_type(action.service, one) for one in action.resource_types)
    templates = (template for one in types if one is not None for template in one.arns)
    return any(re.fullmatch(re.sub(r"\$\{[^}]*\}", "[^/:]+", one), spelled) for one in templates)


@pytest.mark.parametrize("name", REAL)
def test_no_request_that_comes_to_mind_can_use_what_is_given_in_vain(name: str) -> None:
    application, catalog = checked(name).application, load_catalog()
    for finding in of_rule(name, "GG701"):
        for action in filter(None, map(catalog.action, finding.actions)):
            for resource in application.resources:
                for under in ("", "/x", "/index/x", "/stream/x"):
                    if acts_on(action, text((resource.arn, under))):
                        place = f"{resource.id}{under}"
                        verdict = ask(application, finding.principal, str(action), place, (), catalog).verdict
                        entries = [one for why in verdict.because for one in why.statement.actions.patterns]
                        assert finding.at not in [one.at for one in entries], (finding.message, place)


def test_what_frameworks_write_in_vain_is_a_note_and_fails_nothing() -> None:
    dead = of_rule("cdk/two-stacks", "GG701")
    assert {one.actions for one in dead} == {("dynamodb:GetRecords", "dynamodb:GetShardIterator")}
    assert not [one for one in checked("cdk/two-stacks").failing if one in dead]
