"""The face: exit codes, streams, files, and what a hostile input may show on a terminal."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import grantgraph.rules
from grantgraph.problems import Bug
from tests.commands import Run

ROOT = Path(__file__).parent.parent
APPS = ROOT / "fixtures" / "apps"
TIGHT = APPS / "notes" / "tight.yaml"
MODEL = APPS / "notes" / "grantgraph.yaml"
SWAPPED = APPS / "notes" / "keys-swapped.yaml"
NOTES = APPS / "sst" / "a-notes-auth-users.json"
BY_ID = {"POOL": "AuthIdentityPool12DFB5E1", "TABLE": "NotesTable7100B0E8"}


def run_outside(*arguments: object, input: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Runs the command line in a process of its own."""
    command = [sys.executable, "-m", "grantgraph", *map(str, arguments)]
    return subprocess.run(command, input=input, capture_output=True, env=os.environ | environment, cwd=ROOT)


def guest_with(properties: dict[str, Any], id: str = "Guest") -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": {"Ref": "Pool"}}},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    roles = {"IdentityPoolId": {"Ref": "Pool"}, "Roles": {"unauthenticated": {"Fn::GetAtt": [id, "Arn"]}}}
    pool = {"Type": "AWS::Cognito::IdentityPool", "Properties": {"AllowUnauthenticatedIdentities": True}}
    role = {"AssumeRolePolicyDocument": {"Statement": [trust]}} | properties
    resources = {
        "Pool": pool,
        "Attachment": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": roles},
        id: {"Type": "AWS::IAM::Role", "Properties": role},
    }
    return json.dumps({"Resources": resources})


def allowing(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}]}


UNSEEN = {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"]}


# ── exit code 0: done ──


def test_a_tight_application_passes(run: Run) -> None:
    ended = run("check", TIGHT)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("PASSED: ")


def test_a_model_passes_with_the_policies_that_its_needs_give(run: Run) -> None:
    ended = run("check", ROOT / "fixtures" / "reports" / "model.yaml", "-f", "text")
    assert ended.code == 0 and ended.out.startswith("PASSED: ")


def test_a_promise_that_is_kept_is_named(run: Run) -> None:
    assert "proved: guests never write" in run("check", MODEL, "-f", "text").out


def test_synth_proves_what_it_writes(run: Run) -> None:
    ended = run("synth", MODEL)
    assert ended.code == 0 and "6 of 6 proved" in ended.out


def test_explain_and_graph_are_answers_and_no_gates(run: Run) -> None:
    assert run("explain", "role", "authenticated", NOTES).code == run("graph", NOTES).code == 0


def test_help_names_every_command(run: Run) -> None:
    ended = run("--help")
    assert ended.code == 0
    assert all(re.search(rf"^  {one} ", ended.out, re.MULTILINE) for one in ("synth", "check", "explain", "graph"))


def test_the_version_is_printed(run: Run) -> None:
    from grantgraph import __version__

    assert run("--version").out == f"grantgraph {__version__}\n"


def test_rules_are_listed_and_each_has_its_page(run: Run) -> None:
    listed = run("rule").out.splitlines()
    assert [line.split()[0] for line in listed] == sorted(rule.id for rule in grantgraph.rules.load_rules())
    assert "What it proves:" in run("rule", "gg101").out


def test_the_catalog_says_its_date_and_where_it_comes_from(run: Run) -> None:
    out = run("catalog").out
    assert re.match(r"action catalog of \d{4}-\d\d-\d\d\n", out) and "made from" in out


def test_standard_input_is_read_like_a_file() -> None:
    ended = run_outside("check", "-", input=TIGHT.read_bytes())
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("file", ["account.json", "authorization-details.json"])
def test_every_command_reads_an_account(run: Run, file: str) -> None:
    path = APPS / "account" / file
    guest = "app-guest" if file == "account.json" else "shop-guest"
    assert run("check", path).code == 1
    assert run("explain", "role", guest, path).code == 0
    assert run("can", guest, "s3:GetObject", "arn:aws:s3:::nothing/x", path).code == 1
    assert run("prove", "never", "--principal", guest, "--access", "s3:DeleteBucket", path).code == 0
    assert run("prove", "summary", "--principal", guest, path).code == 0
    assert run("diff", path, path).code == 0
    assert file != "account.json" or run("graph", path).code == 0  # the other has administrators: it takes long


# ── exit code 1: the answer is no ──


def test_an_application_with_findings_fails(run: Run) -> None:
    ended = run("check", NOTES)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines()[-1].startswith("FAILED: ")


def test_a_finding_wins_over_an_open_question(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    file.write_text(guest_with(UNSEEN | allowing("sqs:SendMessage")))
    ended = run("check", file)
    assert ended.code == 1 and ended.out.splitlines()[-1] == "FAILED: 1 finding, 1 undecided"


# ── exit code 2: usage and input ──

BAD_INPUT = {
    "a missing file": (None, "there is no file"),
    "invalid JSON": ('{"a": 1,}', ":1:9: expected a key in double quotes, found `}`"),
    "invalid YAML": ("a: [1\n", "not YAML"),
    "an empty file": ("", "is empty"),
    "a template without IAM": ("Resources: {T: {Type: AWS::S3::Bucket}}", "has no role, user or identity pool"),
    "something else": ('{"hello": 1}', "its top-level keys are `hello`"),
    "a list": ("[1]", "it holds a list"),
}


@pytest.mark.parametrize("kind", BAD_INPUT)
def test_an_input_that_cannot_be_read_is_an_error_and_no_answer(run: Run, tmp_path: Path, kind: str) -> None:
    content, message = BAD_INPUT[kind]
    file = tmp_path / "input"
    if content is not None:
        file.write_text(content)
    ended = run("check", file)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ") and message in ended.err and str(file) in ended.err


def test_a_folder_without_an_assembly_is_an_error(run: Run, tmp_path: Path) -> None:
    ended = run("check", tmp_path)
    assert ended.code == 2 and "it is a folder without a `manifest.json`" in ended.err


def test_a_missing_file_suggests_its_neighbour(run: Run) -> None:
    assert "did you mean `tight.yaml`" in run("check", TIGHT.with_name("tigth.yaml")).err


def test_an_empty_device_is_an_empty_input(run: Run) -> None:
    ended = run("check", "/dev/null")
    assert (ended.code, ended.err) == (2, "error: `/dev/null` is empty\n")


def test_what_iam_cannot_enforce_is_an_error_with_ways_out(run: Run) -> None:
    ended = run("synth", SWAPPED)
    assert (ended.code, ended.out) == (2, "")
    assert "dynamodb:LeadingKeys restrains the partition key `noteId` only" in ended.err
    assert ended.err.count("\n  - ") == 4


BAD_USAGE = {
    "an unknown format": (("check", TIGHT, "--format", "jsno"), "did you mean `json`?"),
    "an unknown option": (("check", TIGHT, "--bogus"), "No such option"),
    "an unknown command": (("chek", TIGHT), "Did you mean 'check'?"),
    "no path, and nothing here": (("check",), "`.` is not "),
    "an account that is none": (("check", TIGHT, "--account", "12"), "write its twelve digits"),
    "a region that is none": (("check", TIGHT, "--region", "us-*"), "`--region us-*` is not a name"),
    "a parameter without a value": (("check", TIGHT, "--param", "x"), "`--param x` must be KEY=VALUE"),
    "an output without a file": (("check", TIGHT, "--output", "json"), "`--output json` must be FORMAT=FILE"),
    "an output in an unknown format": (("check", TIGHT, "--output", "xml=f"), "`check` has no format `xml`"),
    "an unknown rule": (("rule", "GG1"), "did you mean"),
    "a missing folder of rules": (("check", TIGHT, "--rules", "gone"), "there is no folder of rules `gone`"),
    "an unknown principal": (("explain", "role", "nobody", NOTES), "there is no principal `nobody`"),
    "a principal that may be two": (("explain", "role", "AuthIdentity", NOTES), "may be any of 2 principals"),
}


@pytest.mark.parametrize("kind", BAD_USAGE)
def test_wrong_usage_is_said_on_standard_error(run: Run, kind: str) -> None:
    arguments, message = BAD_USAGE[kind]
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_twenty_problems_are_shown_and_the_rest_is_counted(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("application: a\nneeds: [" + ", ".join(["x"] * 25) + "]\n")
    ended = run("synth", file)
    assert ended.err.count("error: ") == 20 and ended.err.endswith("and 5 more\n")


# ── exit code 3: undecided ──


def test_a_policy_that_is_not_in_the_input_leaves_the_question_open(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    file.write_text(guest_with(UNSEEN))
    ended = run("check", file)
    assert ended.code == 3 and "\nUNDECIDED: 1 question without an answer\n" in ended.out
    assert "`NoSuchPolicy`" in ended.out


# ── exit code 4: a bug of ours ──


@pytest.mark.parametrize(
    "raised", [Bug("a witness that does not replay"), RuntimeError("two\nlines"), KeyError("x")]
)
def test_a_bug_is_one_line_that_asks_for_a_report(
    run: Run, monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.delenv("GRANTGRAPH_TRACEBACK", raising=False)
    monkeypatch.setattr(grantgraph.rules, "check", fail)
    ended = run("check", TIGHT)
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith("bug: ") and ended.err.count("\n") == 1
    assert "please report it" in ended.err and "Traceback" not in ended.err


def test_a_traceback_is_shown_only_where_it_is_wanted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Bug("on purpose")

    monkeypatch.setenv("GRANTGRAPH_TRACEBACK", "1")
    monkeypatch.setattr(grantgraph.rules, "check", fail)
    assert "Traceback" in run("check", TIGHT).err


# ── the exit codes of real processes ──


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("check", TIGHT), 0), (("check", NOTES), 1), (("check", "gone.yaml"), 2), (("synth", SWAPPED), 2)],
)
def test_a_process_ends_with_the_same_code(arguments: tuple[object, ...], code: int) -> None:
    assert run_outside(*arguments).returncode == code


@pytest.mark.parametrize(("path", "code"), [(TIGHT, 0), (NOTES, 1)])
def test_a_reader_that_has_gone_does_not_change_the_answer(path: Path, code: int) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "grantgraph", "check", str(path)]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, cwd=ROOT)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (code, b"")


def test_a_full_disk_is_an_error_and_no_bug() -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "grantgraph", "check", str(TIGHT)]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT)
    assert ended.returncode == 2
    assert ended.stderr == b"error: cannot write to standard output: No space left on device\n"


@pytest.mark.parametrize("command", [("check", NOTES), ("graph", NOTES), ("synth", MODEL)])
def test_the_bytes_of_a_report_do_not_depend_on_the_hash_seed(command: tuple[str, Path]) -> None:
    first, second = (run_outside(*command, "--format", "json", PYTHONHASHSEED=seed).stdout for seed in "12")
    assert first == second != b""


def test_a_report_in_json_is_valid_whatever_the_encoding_of_the_stream(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    file.write_text(guest_with(allowing("sqs:SendMessage"), id="Gäst😀"))
    ended = run_outside("check", file, "--format", "json", PYTHONIOENCODING="ascii")
    assert json.loads(ended.stdout)["findings"][0]["principal"] == "Gäst😀"


# ── files ──


def test_an_output_file_holds_the_whole_report(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "report.json"
    ended = run("check", NOTES, "--output", f"json={file}", "-o", f"text={tmp_path / 'report.txt'}")
    assert ended.code == 1 and json.loads(file.read_text())["summary"]["findings"]
    assert (tmp_path / "report.txt").read_text() == run("check", NOTES, "-f", "text").out
    assert sorted(one.name for one in tmp_path.iterdir()) == ["deep", "report.txt"]


def test_a_target_that_cannot_be_written_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    ended = run("check", TIGHT, "--output", f"json={folder}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"error: cannot write `{folder}`: Is a directory\n"
    assert list(tmp_path.rglob("*")) == [folder]


def test_a_write_that_breaks_off_leaves_the_old_file_as_it_was(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.json"
    file.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    assert run("check", TIGHT, "--output", f"json={file}").code == 2
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]


def test_an_unknown_format_of_an_output_writes_none_of_them(run: Run, tmp_path: Path) -> None:
    good = tmp_path / "report.json"
    assert run("check", TIGHT, "-o", f"json={good}", "-o", "xml=x").code == 2
    assert not good.exists()


def test_a_device_is_written_to_and_not_replaced(run: Run) -> None:
    assert run("check", TIGHT, "--output", "json=/dev/null").code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_link_is_followed_and_stays_a_link(run: Run, tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    run("check", TIGHT, "--output", f"json={link}")
    assert link.is_symlink() and json.loads(target.read_text())


def test_a_new_file_has_the_mode_that_the_user_asks_for(run: Run, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        run("check", TIGHT, "--output", f"json={tmp_path / 'report.json'}")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o600


def test_synth_writes_a_policy_and_a_trust_policy_for_each_principal(run: Run, tmp_path: Path) -> None:
    assert run("synth", MODEL, "--write", tmp_path).code == 0
    names = sorted(one.name for one in tmp_path.iterdir())
    assert "listNotes.policy.json" in names and "listNotes.trust.json" in names and len(names) == 10
    assert json.loads((tmp_path / "listNotes.policy.json").read_text())["Version"] == "2012-10-17"


def test_no_name_of_a_principal_leads_out_of_the_folder(run: Run, tmp_path: Path) -> None:
    model = tmp_path / "m.yaml"
    model.write_text(
        'application: a\nresources: {B: {type: s3:bucket}}\nprincipals: {"../../out": {type: role}}\n'
        'needs: [{who: "../../out", access: read, to: B}]\n'
    )
    folder = tmp_path / "deep" / "er"
    assert run("synth", model, "--write", folder).code == 0
    assert sorted(one for one in tmp_path.rglob("*.json")) == [folder / "..%2F..%2Fout.policy.json"]


# ── the report of `check` for programs ──


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    ended = run_outside("check", NOTES.relative_to(ROOT), "--format", "json")
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def test_the_report_has_the_documented_keys(report: dict[str, Any]) -> None:
    assert report["schema"] == "grantgraph/check/1" and report["catalog"]["date"]
    assert {"findings", "undecided", "summary", "problems", "proved"} <= set(report)
    assert {"findings", "new", "baselined", "ignored"} <= set(report["summary"])
    for finding in report["findings"]:
        keys = {"rule", "severity", "principal", "message", "fingerprint", "location", "evidence"}
        assert keys <= set(finding)
        assert {"file", "line", "column"} <= set(finding["location"])
        assert (
            finding["evidence"]["kind"] in ("witness", "requests") and finding["evidence"]["decision"] == "allowed"
        )
        assert {"principal", "action", "resource", "context"} == set(finding["evidence"]["request"])


def test_the_summary_counts_the_findings(report: dict[str, Any]) -> None:
    assert report["summary"]["findings"] == len(report["findings"]) > 0
    assert report["summary"]["undecided"] == len(report["undecided"]) == 0


def test_every_finding_about_an_action_points_at_a_line_that_names_it(report: dict[str, Any]) -> None:
    lines = NOTES.read_text().split("\n")
    about_actions = [one for one in report["findings"] if one["rule"] in ("GG101", "GG102")]
    assert about_actions
    for finding in about_actions:
        at = finding["location"]
        assert at["file"] == str(NOTES.relative_to(ROOT))
        spelled = json.loads(re.findall(r'"[^"]*"', lines[at["line"] - 1][at["column"] - 1 :])[0])
        pattern = re.escape(spelled).replace(r"\*", ".*")
        assert any(re.fullmatch(pattern, action) for action in finding["actions"]), (spelled, finding["message"])


@pytest.mark.parametrize(
    ("rule", "on", "actions"),
    [
        ("GG101", "cognito-sync", {"cognito-sync:DeleteDataset", "cognito-sync:UpdateRecords"}),
        ("GG102", BY_ID["POOL"], {"cognito-identity:DeleteIdentityPool"}),
        ("GG102", "cognito-identity", {"cognito-identity:SetIdentityPoolRoles"}),
        ("GG102", BY_ID["TABLE"], {"dynamodb:DeleteTable"}),
        ("GG102", BY_ID["TABLE"], {"dynamodb:PutResourcePolicy"}),
    ],
)
def test_what_the_framework_grants_by_default_is_found(
    report: dict[str, Any], rule: str, on: str, actions: set[str]
) -> None:
    found = [
        one
        for one in report["findings"]
        if (one["rule"], one["on"]) == (rule, on) and actions <= set(one["actions"])
    ]
    assert len(found) == 1
    request = found[0]["evidence"]["request"]
    assert request["action"] in found[0]["actions"] and request["resource"]


def test_fingerprints_tell_findings_apart_and_survive_a_move(
    report: dict[str, Any], run: Run, tmp_path: Path
) -> None:
    prints = [one["fingerprint"] for one in report["findings"]]
    assert len(set(prints)) == len(prints)
    moved = tmp_path / "elsewhere.json"
    moved.write_text("\n\n" + NOTES.read_text())
    again = json.loads(run("check", moved, "--format", "json").out)
    assert sorted(one["fingerprint"] for one in again["findings"]) == sorted(prints)


# ── hostile input ──

STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("command", [("check",), ("explain", "role", "unauthenticated"), ("graph",)])
def test_a_hostile_role_name_does_not_reach_the_terminal_raw(
    run: Run, tmp_path: Path, command: tuple[str, ...], format: str
) -> None:
    hostile = "Guest\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\nPASSED: everything"
    file = tmp_path / "t.json"
    file.write_text(guest_with(allowing("sqs:SendMessage"), id=hostile))
    ended = run(*command, file, "--format", format)
    assert ended.out and not STEERING.search(ended.out)
    assert not re.search("^PASSED", ended.out, re.MULTILINE)


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_hostile_request_does_not_reach_the_terminal_raw(run: Run, format: str) -> None:
    resource = "arn:aws:s3:::bucket/\x1b[2J\nALLOWED"
    ended = run("can", "unauthenticated", "s3:PutObject", resource, TIGHT, "--format", format)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out and not STEERING.search(ended.out)
    assert not re.search("^ALLOWED", ended.out, re.MULTILINE)


def test_a_hostile_file_name_does_not_reach_the_terminal_raw(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "\x1b[31m.json"
    missing = run("check", file)
    file.write_text(guest_with(allowing("sqs:SendMessage")))
    found = run("check", file)
    assert "\\u001b[31m.json" in missing.err and "\\u001b[31m.json" in found.out
    assert not STEERING.search(missing.err + found.out)


@pytest.mark.parametrize("source", ['{"a\\u001b[31m": 1, "a\\u001b[31m": 2}', '{"\\u001b[2J": 1}', "a: !\x1b x"])
def test_a_hostile_document_does_not_reach_the_terminal_raw(run: Run, tmp_path: Path, source: str) -> None:
    file = tmp_path / "t.json"
    file.write_text(source)
    ended = run("check", file)
    assert ended.code == 2 and ended.err and not STEERING.search(ended.err)


def test_standard_input_that_is_not_utf8_is_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    ended = run("check", "-")
    assert (ended.code, ended.err) == (2, "error: standard input is not UTF-8: byte 1\n")


@pytest.mark.parametrize("opening", ["[", '{"Resources":', "- "])
def test_a_document_as_deep_as_it_likes_is_refused_and_no_bug(run: Run, tmp_path: Path, opening: str) -> None:
    file = tmp_path / "deep"
    file.write_text(opening * 100_000)
    ended = run("check", file)
    assert ended.code == 2 and "nested deeper than 200 levels" in ended.err
