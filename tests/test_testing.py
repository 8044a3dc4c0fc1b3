"""What tests of users' own take from here: assertions, strategies, and the fixture that pytest finds."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from grantgraph.catalog import load_catalog
from grantgraph.evaluate import Decision, Request
from grantgraph.policy import PolicySet, PolicyType, parse_policy
from grantgraph.problems import InputError, UsageError
from grantgraph.prove import Proved, Standing, Undecided, at_or_under, implies, never
from grantgraph.standing import anybody
from grantgraph.testing import Access, policy_documents, read, requests
from grantgraph.testing.documents import Documents

ROOT = Path(__file__).parent.parent
APPS = ROOT / "fixtures" / "apps"
FULL = APPS / "sst" / "f-full-notes.json"
TIGHT = APPS / "notes" / "tight.yaml"
TABLE = "NotesTable7100B0E8"
SETTINGS = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture(scope="module")
def full() -> Access:
    return read(FULL)


@pytest.fixture(scope="module")
def tight() -> Access:
    return read(TIGHT)


QUICKLY = settings(SETTINGS, max_examples=2_000, phases=[Phase.generate])


# ── assertions, both ways ──

HOLDS: dict[str, Callable[[Access], None]] = {
    "never": lambda app: app.assert_never("unauthenticated", "write", "permissions-management"),
    "never on": lambda app: app.assert_never("authenticated", "dynamodb:DeleteTable", on="Notes"),
    "can": lambda app: app.assert_can("listNotes", "dynamodb:Query", "Notes"),
    "cannot": lambda app: app.assert_cannot("listNotes", "dynamodb:PutItem", "Notes"),
    "only": lambda app: app.assert_only(["listNotes", "authenticated"], "dynamodb:Query", "Notes"),
    "no way": lambda app: app.assert_no_way("anyone", "Jobs"),
    "passes": lambda app: app.assert_passes(select=["GG101", "GG102"]),
}
FAILS: dict[str, tuple[Callable[[Access], None], str]] = {
    "never": (lambda app: app.assert_never("unauthenticated", "write"), "REFUTED"),
    "never on": (lambda app: app.assert_never("unauthenticated", "write", on=TABLE), "dynamodb:"),
    "can": (lambda app: app.assert_can("authenticated", "dynamodb:PutItem", TABLE), "DENIED"),
    "cannot": (lambda app: app.assert_cannot("unauthenticated", "dynamodb:PutItem", TABLE), "ALLOWED"),
    "only": (lambda app: app.assert_only([], "dynamodb:PutItem", TABLE), "4 principals"),
    "no way": (lambda app: app.assert_no_way("anyone", TABLE), "comes in as a guest"),
    "passes": (lambda app: app.assert_passes(select=["GG101"]), "GG101 high"),
}


@pytest.mark.parametrize("name", HOLDS)
def test_an_assertion_passes_where_it_is_proved(name: str, notes: Access) -> None:
    HOLDS[name](notes)


@pytest.mark.parametrize("name", FAILS)
def test_an_assertion_fails_with_what_shows_it(name: str, full: Access) -> None:
    assertion, shown = FAILS[name]
    with pytest.raises(AssertionError, match=shown):
        assertion(full)


@pytest.fixture(scope="module")
def notes() -> Access:
    return read(APPS / "notes")


def test_identities_are_apart_or_two_requests_show_that_they_are_not(notes: Access, full: Access) -> None:
    notes.assert_isolated("authenticated", "Notes")
    with pytest.raises(AssertionError, match="reach the same data"):
        full.assert_isolated("unauthenticated", TABLE)


def test_a_version_is_no_wider_than_itself_and_wider_than_a_tight_one(full: Access) -> None:
    full.assert_no_wider_than(full)
    template = json.loads(FULL.read_text())
    role = template["Resources"]["AuthIdentityPoolUnauthRoleDefaultPolicy0417F857"]["Properties"]
    [writes] = [one for one in role["PolicyDocument"]["Statement"] if "dynamodb:PutItem" in one["Action"]]
    writes["Action"] = "dynamodb:GetItem"
    narrower = read(template)
    narrower.assert_no_wider_than(full)
    with pytest.raises(AssertionError, match="PutItem"):
        full.assert_no_wider_than(narrower)


def role_with(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*"}]}
    policies = [{"PolicyName": "own", "PolicyDocument": document}]
    properties = {"AssumeRolePolicyDocument": trust, "Policies": policies, **more}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


EMPTY = {"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}


@pytest.mark.parametrize(
    "assertion",
    [
        lambda app: app.assert_never("Role", "write"),
        lambda app: app.assert_can("Role", "s3:GetObject", "arn:aws:s3:::files/a"),
        lambda app: app.assert_cannot("Role", "s3:GetObject", "arn:aws:s3:::files/a"),
        lambda app: app.assert_only([], "s3:GetObject", "arn:aws:s3:::files/a"),
    ],
)
def test_what_is_not_known_fails_whichever_way_it_is_asked(assertion: Callable[[Access], None]) -> None:
    unseen = read(role_with(EMPTY, ManagedPolicyArns=["arn:aws:iam::aws:policy/NoSuchPolicy"]))
    with pytest.raises(AssertionError):
        assertion(unseen)


def test_what_is_misspelt_is_no_failed_assertion(full: Access) -> None:
    with pytest.raises(UsageError, match="there is no principal `gest`"):
        full.assert_never("gest", "write")
    with pytest.raises(UsageError, match="there is no resource `Tabel`"):
        full.assert_isolated("authenticated", "Tabel")


def test_a_template_in_memory_is_read_with_what_is_said_of_it() -> None:
    files = {"Fn::Sub": "arn:aws:s3:::${B}/*"}
    template = role_with({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": files}]})
    template["Parameters"] = {"B": {"Type": "String"}}
    access = read(template, parameters={"B": "files"}, account="111122223333")
    access.assert_can("Role", "s3:GetObject", "arn:aws:s3:::files/a")
    access.assert_cannot("Role", "s3:GetObject", "arn:aws:s3:::other/a")


def test_a_template_in_memory_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="is nothing that is known"):
        read({"Recources": {}})


# ── strategies ──


@SETTINGS
@given(document=policy_documents())
def test_every_document_is_one_that_aws_takes(document: dict[str, Any]) -> None:
    parsed = parse_policy(document, PolicyType.IDENTITY_BASED, "document")
    assert not parsed.problems
    one = Standing(anybody(), PolicySet(identity_based=(parsed.value,)))
    assert isinstance(implies(one, one, None, load_catalog()), Proved | Undecided)


def test_documents_allow_and_deny_and_have_conditions() -> None:
    made = [Documents(load_catalog(), Random(seed), ("dynamodb", "s3", "sqs")).document() for seed in range(400)]
    for word in ("Allow", "Deny", "NotAction", "NotResource", "ForAllValues", "ForAnyValue", "IfExists", "Null"):
        assert word in json.dumps(made)


def test_documents_are_about_the_services_that_are_asked_for() -> None:
    found = find(policy_documents(["kms"]), lambda one: True)
    assert all(name.startswith("kms:") for one in found["Statement"] for name in one.get("Action", ["kms:"]))
    with pytest.raises(UsageError, match="there is no service `kmz`"):
        policy_documents(["kmz"])


NOTES = read(APPS / "sst" / "a-notes-auth-users.json")
SEEN: Counter[Decision] = Counter()


@SETTINGS
@given(request=requests(NOTES, "authenticated"))
def test_no_request_contradicts_a_proof(request: Request) -> None:
    decision = NOTES.decide(request, "authenticated").decision
    SEEN[decision] += 1
    action = NOTES.catalog.action(request.action)
    assert action is not None
    if decision is Decision.ALLOWED:
        principal = NOTES.application.principal("AuthIdentityPoolAuthRoleD14DA003")
        assert principal is not None
        standing = NOTES.ground.standing(principal)
        answer = never(standing, [action], NOTES.catalog, at_or_under(request.resource))
        assert not isinstance(answer, Proved)


def test_requests_are_allowed_and_denied() -> None:
    strategy = requests(NOTES, "authenticated", ["dynamodb:GetItem"])
    assert find(strategy, may, settings=QUICKLY, random=Random(1)).action == "dynamodb:GetItem"
    assert (
        find(strategy, lambda one: not may(one), settings=QUICKLY, random=Random(1)).action == "dynamodb:GetItem"
    )


def may(request: Request) -> bool:
    return NOTES.decide(request, "authenticated").allowed


def test_requests_of_whom_no_policy_speaks_need_their_actions_said() -> None:
    access = read(role_with(EMPTY, Policies=[]))
    with pytest.raises(UsageError, match="no policy of `Role` names an action"):
        requests(access, "Role")


# ── pytest ──


def test_pytest_finds_the_fixture_and_shows_what_refutes(pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\ngrantgraph = {FULL}\n")
    pytester.makepyfile(
        """
        def test_guests_never_write(grantgraph):
            grantgraph.assert_never("unauthenticated", "write")

        def test_guests_never_administer(grantgraph):
            grantgraph.assert_never("unauthenticated", "dynamodb:DeleteTable")
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    assert "Application(" not in result.stdout.str()
    result.stdout.fnmatch_lines(["*REFUTED: AuthIdentityPoolUnauthRoleA8DE48F3 never has write access*"])
    assert "access.py" not in result.stdout.str()


def test_what_the_fixture_reads_can_be_said_on_the_command_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(grantgraph):\n    assert grantgraph.application.name == 'tight'\n")
    pytester.runpytest_subprocess("--grantgraph", str(TIGHT)).assert_outcomes(passed=1)


# ── the page about it ──

PAGE = (ROOT / "docs" / "testing.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
STANDS_IN = f"""
import json, sys, types

# A stack in Python needs aws_cdk, and that needs Node: what it would write stands in for it.
def module(name, **values):
    sys.modules[name] = types.SimpleNamespace(**values)

written = json.load(open({str(APPS / "cdk/notes/cdk.out/NotesStack.template.json")!r}))
template = types.SimpleNamespace(to_json=lambda: written)
module("aws_cdk", App=lambda: None)
module("aws_cdk.assertions", Template=types.SimpleNamespace(from_stack=lambda stack: template))
module("infra", NotesStack=lambda app, name: None)
"""


@pytest.mark.parametrize(
    ("at", "before", "passed", "failed"),
    [(0, "", 3, 0), (1, STANDS_IN, 0, 1), (2, "", 1, 0), (3, "my_linter = len\n", 1, 0)],
)
def test_the_examples_of_the_page_run(
    at: int, before: str, passed: int, failed: int, pytester: pytest.Pytester
) -> None:
    shutil.copytree(APPS / "cdk" / "notes" / "cdk.out", pytester.path / "cdk.out")
    pytester.makepyfile(before + BLOCKS[at])
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=passed, failed=failed)


def test_every_example_and_every_assertion_is_on_the_page() -> None:
    assert len(BLOCKS) == 4
    told = set(re.findall(r"`(assert_\w+)\(", PAGE))
    assert told == {name for name in dir(Access) if name.startswith("assert_")}
