"""`grantgraph synth` on what is deployed: exit codes, patches, what is written, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from grantgraph.cli import changing
from grantgraph.policy import PolicyType, parse_policy
from grantgraph.problems import UsageError
from tests.commands import Run
from tests.test_cli import APPS, MODEL, NOTES
from tests.test_infer import TABLE, arn, statement, template
from tests.test_patch import around, sam


def written(folder: Path, source: str, name: str = "template.json") -> Path:
    (folder / name).write_text(source, encoding="utf-8")
    return folder / name


WIDE = template(statement("dynamodb:*", arn("T")), T=TABLE)
TIGHT = template(statement("dynamodb:GetItem", arn("T")), T=TABLE)
OPEN = json.dumps(
    {
        "Parameters": {"Where": {"Type": "String"}},
        **json.loads(template(statement("dynamodb:*", {"Ref": "Where"}), T=TABLE)),
    }
)


# ── the report ──


def test_synth_shows_needs_what_is_beyond_them_and_tight_policies(run: Run) -> None:
    ended = run("synth", NOTES)
    assert (ended.code, ended.err) == (0, "")
    for line in (
        "BEYOND THE NEEDS: 2 of 2 roles can do more than needed",
        "today    NotesTable7100B0E8: 65 actions allowed, 13 needed",
        "needs    read, write, check, scan, partiql: NotesTable7100B0E8  [granted only]",
        "beyond   NotesTable7100B0E8: 52 actions allowed: "
        "2 Permissions management, 30 Write, 2 Tagging, 16 Read, 2 List",
        "           dynamodb:DeleteResourcePolicy on "
        "arn:aws:dynamodb:us-east-1:123456789012:table/dev-notes-Notes",
        "tight    no policy: nothing is needed; proved to allow what is needed of today's access, and no more",
    ):
        assert f"{line}\n" in ended.out


def test_the_json_of_synth_names_needs_evidence_and_witnesses(run: Run) -> None:
    answer = json.loads(run("synth", NOTES, "--format", "json", "--wildcards", "read").out)
    assert answer["schema"] == "grantgraph/tighten/1"
    (need,) = answer["needs"]
    assert (need["access"], need["to"], need["confidence"]) == (["read"], "NotesTable7100B0E8", "granted only")
    assert need["because"][0]["location"]["line"] == 298
    (visitors,) = [one for one in answer["policies"] if one.startswith("AuthIdentityPoolAuthRole")]
    table = next(one for one in answer["over_grants"][visitors] if one["place"] == "NotesTable7100B0E8")
    assert (table["count"], table["worst"][0]["action"]) == (62, "dynamodb:DeleteResourcePolicy")
    assert answer["proof"][visitors]["answer"] == "proved"
    (policy,) = answer["policies"][visitors]
    assert policy["Statement"][0]["Action"] == ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]


def test_a_word_that_no_resource_knows_is_refused(run: Run) -> None:
    ended = run("synth", NOTES, "--wildcards", "raed")
    assert (ended.code, ended.out) == (2, "")
    assert "`--wildcards raed` is no access word" in ended.err and "did you mean `read`" in ended.err


# ── the gate ──


UNSEEN = json.dumps({"Transform": "Macro", **json.loads(TIGHT)})


@pytest.mark.parametrize(("source", "code"), [(TIGHT, 0), (WIDE, 1), (OPEN, 3), (UNSEEN, 3)])
def test_check_ends_by_what_is_allowed_beyond_the_needs(run: Run, tmp_path: Path, source: str, code: int) -> None:
    file = written(tmp_path, source)
    assert run("synth", file, "--check").code == code
    assert run("synth", file).code in (0, 3)


def test_check_takes_the_needs_of_a_model_that_stands_beside(run: Run, tmp_path: Path) -> None:
    written(tmp_path, TIGHT)
    head = "from: template.json\nprincipals: {Fn: {type: function, logs: false}}\n"
    model = written(tmp_path, f"{head}needs: [{{who: Fn, access: dynamodb:GetItem, to: T}}]\n", "grantgraph.yaml")
    assert run("synth", model, "--check").code == 0
    written(tmp_path, head, "grantgraph.yaml")
    ended = run("synth", model, "--check")
    assert ended.code == 1 and "the model says no need of it" in ended.out


# ── the patch ──


def test_a_diff_is_a_patch_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, json.dumps(json.loads(WIDE), indent=2))
    before = file.read_bytes()
    ended = run("synth", file, "--diff")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"--- a{file}\n+++ b{file}\n@@ ")
    assert '"Action": "dynamodb:*",' in ended.out and file.read_bytes() == before


def test_apply_changes_the_template_and_what_is_left_passes(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    shutil.copy(NOTES, file)
    assert "GG102" in run("check", file).out
    ended = run("synth", file, "--apply")
    assert (ended.code, ended.out, ended.err) == (0, "", f"changed `{file}`\n")
    checked = run("check", file, "--select", "GG101", "--select", "GG102")
    assert checked.code == 0 and checked.out.startswith("PASSED: ")
    assert run("synth", file, "--check").code == 0
    assert run("synth", file, "--apply").err == "nothing to change\n"


def test_apply_keeps_the_mode_of_the_file_and_leaves_nothing_beside(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, WIDE)
    file.chmod(0o640)
    assert run("synth", file, "--apply").code == 0
    assert (file.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o640, [file])


def test_apply_changes_all_or_nothing(run: Run, tmp_path: Path) -> None:
    policy = """
- {Effect: Allow, Action: 'sqs:*', Resource: !GetAtt Jobs.Arn}
- {Effect: Allow, Action: !Split [',', 'dynamodb:GetItem,dynamodb:DeleteTable'], Resource: !GetAtt Notes.Arn}
"""
    file = written(tmp_path, around(policy), "template.yaml")
    ended = run("synth", file, "--apply")
    assert (ended.code, ended.out) == (2, "")
    assert "not everything can be changed in place, so nothing is" in ended.err
    assert "its actions are made by a function" in ended.err
    assert file.read_text(encoding="utf-8") == around(policy)


def test_files_are_changed_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [written(tmp_path, "old", name) for name in ("a", "b")]
    real, seen = os.replace, []

    def fails_on_the_second(source: Any, target: Any) -> None:
        seen.append(target)
        if len(seen) == 2:
            raise PermissionError(13, "no", str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", fails_on_the_second)
    with pytest.raises(UsageError, match="cannot write"):
        changing.replace_texts(dict.fromkeys(files, ("old", "new")))
    assert [one.read_text(encoding="utf-8") for one in files] == ["old", "old"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", "b"]


def test_a_file_that_has_changed_meanwhile_is_not_changed(tmp_path: Path) -> None:
    file = written(tmp_path, "newer", "a")
    with pytest.raises(UsageError, match="has changed since it was read"):
        changing.replace_texts({file: ("old", "new")})


def test_sam_is_patched_in_its_own_words(run: Run, tmp_path: Path) -> None:
    own = "\n- Statement: {Effect: Allow, Action: 'dynamodb:*', Resource: !GetAtt Table.Arn}\n"
    file = written(tmp_path, sam(own), "template.yaml")
    assert run("synth", file, "--apply").code == 0
    assert "Transform: AWS::Serverless" in file.read_text(encoding="utf-8")
    assert run("synth", file, "--check").code == 0


# ── what is generated ──


def test_a_patch_of_generated_files_says_so_and_what_made_them(run: Run) -> None:
    ended = run("synth", APPS / "cdk" / "notes" / "cdk.out", "--diff")
    first, second = ended.out.split("\n")[:2]
    assert first == "# generated: `cdk synth` writes these files anew: change the constructs"
    assert second.startswith("# NotesStack/") and "made by app/1-notes.mjs:" in ended.out


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (APPS / "cdk" / "notes" / "cdk.out", "is generated, and is not changed"),
        (APPS / "same" / "plan.json", "cannot be changed in place"),
        (APPS / "account" / "account.json", "cannot be changed in place"),
        (MODEL, "stands for itself"),
    ],
)
def test_what_is_generated_is_not_changed(run: Run, path: Path, message: str) -> None:
    ended = run("synth", path, "--apply")
    assert (ended.code, ended.out) == (2, "") and message in ended.err


def test_a_plan_gives_code_for_its_configuration(run: Run) -> None:
    ended = run("synth", APPS / "terraform" / "notes-known" / "plan.json", "--emit", "terraform")
    assert ended.code == 0
    policies = json.loads(ended.out)["resource"]["aws_iam_role_policy"]
    assert {one["role"] for one in policies.values()} == {
        '${aws_iam_role.user["authenticated"].name}',
        '${aws_iam_role.user["unauthenticated"].name}',
    }


def test_a_role_has_one_policy_as_code_however_many_it_had(run: Run, tmp_path: Path) -> None:
    source = json.loads(template(Q={"Type": "AWS::SQS::Queue"}, T=TABLE))
    allowed = [
        statement("sqs:SendMessage", arn("Q"), Sid="Own"),
        statement("dynamodb:GetItem", arn("T"), Sid="Own"),
    ]
    source["Resources"]["Role"]["Properties"]["Policies"] = [
        {"PolicyName": f"own{at}", "PolicyDocument": {"Statement": [one]}} for at, one in enumerate(allowed)
    ]
    file = written(tmp_path, json.dumps(source))
    code = json.loads(run("synth", file, "--emit", "terraform").out)
    assert len(code["resource"]["aws_iam_role_policy"]) == 1
    (document,) = code["data"]["aws_iam_policy_document"].values()
    assert [one["sid"] for one in document["statement"]] == ["Own", "Own2"]
    assert run("synth", file, "--emit", "cfn").out.count("PolicyName: needs\n") == 1


def test_what_is_too_much_for_one_policy_becomes_several_managed_ones(run: Run, tmp_path: Path) -> None:
    names = [f"arn:aws:sqs:eu-west-1:123456789012:queue-of-some-other-application-{at:03}" for at in range(180)]
    parts = [statement("sqs:SendMessage", names[at : at + 30]) for at in range(0, 180, 30)]
    file = written(tmp_path, template(*parts, T=TABLE))
    resources = json.loads(run("synth", file, "--emit", "terraform").out)["resource"]
    assert "aws_iam_role_policy" not in resources and len(resources["aws_iam_policy"]) == 3


def test_policies_are_written_one_a_file(run: Run, tmp_path: Path) -> None:
    ended = run("synth", NOTES, "--write", tmp_path)
    assert ended.code == 0
    (file,) = tmp_path.iterdir()
    assert file.name == "AuthIdentityPoolAuthRoleD14DA003.policy.json"
    assert not parse_policy(json.loads(file.read_text(encoding="utf-8")), PolicyType.IDENTITY_BASED).errors


# ── what has no answer ──


def test_a_template_without_a_role_that_anything_acts_as_says_how_to_begin(run: Run, tmp_path: Path) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    file = written(tmp_path, json.dumps({"Resources": {"Lonely": role}}))
    ended = run("synth", file)
    assert (ended.code, ended.out) == (2, "")
    assert "has no role whose needs can be told" in ended.err
    assert "`Lonely`: nothing in the application acts as it" in ended.err and "grantgraph init" in ended.err


@pytest.mark.parametrize("option", ["--check", "--diff", "--apply"])
def test_a_model_that_stands_alone_has_nothing_that_is_deployed(run: Run, option: str) -> None:
    ended = run("synth", MODEL, option)
    assert (ended.code, ended.out) == (2, "") and f"`{option}` is about policies that are there" in ended.err


@pytest.mark.parametrize("option", ["--boundary", "--shrink"])
def test_what_is_made_of_a_models_needs_takes_a_model(run: Run, option: str) -> None:
    ended = run("synth", NOTES, option)
    assert (ended.code, ended.out) == (2, "") and "`grantgraph init` begins a model" in ended.err
