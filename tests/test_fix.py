"""`grantgraph check --fix`: findings repaired in the template itself, and what stays with the reason."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Run
from tests.test_cli import APPS, MODEL, NOTES
from tests.test_infer import TABLE, arn, statement

GUESTS = "cognito-identity.amazonaws.com"


def pool(guests: list[dict[str, Any]], users: list[dict[str, Any]], **resources: Any) -> dict[str, Any]:
    """A template with an identity pool: what its two roles may do, each statement in a policy of its own."""

    def role(kind: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
        condition = {
            "StringEquals": {f"{GUESTS}:aud": {"Ref": "Pool"}},
            "ForAnyValue:StringLike": {f"{GUESTS}:amr": kind},
        }
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": GUESTS},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }
        policies = [
            {"PolicyName": f"own{number}", "PolicyDocument": {"Statement": [one]}}
            for number, one in enumerate(statements)
        ]
        properties = {"AssumeRolePolicyDocument": {"Statement": [trust]}, "Policies": policies}
        return {"Type": "AWS::IAM::Role", "Properties": properties}

    attachment = {
        "IdentityPoolId": {"Ref": "Pool"},
        "Roles": {
            "authenticated": {"Fn::GetAtt": ["Users", "Arn"]},
            "unauthenticated": {"Fn::GetAtt": ["Guests", "Arn"]},
        },
    }
    return {
        "Resources": {
            "Pool": {"Type": "AWS::Cognito::IdentityPool", "Properties": {"AllowUnauthenticatedIdentities": True}},
            "Users": role("authenticated", users),
            "Guests": role("unauthenticated", guests),
            "Attached": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": attachment},
            **resources,
        }
    }


def written(folder: Path, template: dict[str, Any]) -> Path:
    file = folder / "template.json"
    file.write_text(json.dumps(template, indent=2) + "\n", encoding="utf-8")
    return file


def policies(file: Path, role: str) -> dict[str, Any]:
    """The policies of a role in a template by their names: the actions of the only statement of each."""
    own = json.loads(file.read_text(encoding="utf-8"))["Resources"][role]["Properties"]["Policies"]
    return {one["PolicyName"]: one["PolicyDocument"]["Statement"][0]["Action"] for one in own}


READS = ["dynamodb:GetItem", "dynamodb:Query"]


# ── what is repaired ──


def test_a_finding_goes_and_what_is_needed_stays(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, pool([], [statement([*READS, "dynamodb:DeleteTable"], arn("T"))], T=TABLE))
    assert run("check", file).code == 1
    ended = run("check", file, "--fix")
    assert (ended.code, ended.out.partition(":")[0]) == (0, "PASSED")
    assert ended.err == f"repaired 1 of 1 finding\nchanged `{file}`\n"
    assert policies(file, "Users") == {"own0": READS}
    assert run("check", file).out == ended.out


def test_only_the_policies_that_findings_are_about_change(run: Run, tmp_path: Path) -> None:
    wide = statement([*READS, "dynamodb:DeleteTable"], arn("T"))
    unused = statement([*READS, "dynamodb:GetShardIterator"], arn("T"))  # beyond the needs, and no finding
    file = written(tmp_path, pool([unused], [unused, wide], T=TABLE))
    assert run("synth", file, "--diff").out.count("-") > run("check", file, "--fix", "--diff").out.count("-")
    assert run("check", file, "--fix").code == 0
    assert policies(file, "Users") == {"own0": unused["Action"], "own1": READS}
    assert policies(file, "Guests") == {"own0": unused["Action"]}


def test_every_policy_behind_a_finding_is_found(run: Run, tmp_path: Path) -> None:
    one, other = (statement([own, "dynamodb:DeleteTable"], arn("T")) for own in READS)
    file = written(tmp_path, pool([], [one, other], T=TABLE))
    assert run("check", file, "--fix").code == 0
    assert policies(file, "Users") == {"own0": [READS[0]], "own1": [READS[1]]}


def test_what_a_finding_is_about_stays_where_it_is_needed(run: Run, tmp_path: Path) -> None:
    queue = {"Type": "AWS::SQS::Queue"}
    file = written(tmp_path, pool([statement("sqs:SendMessage", arn("Q"))], [], Q=queue))
    before = file.read_bytes()
    ended = run("check", file, "--fix")
    assert (ended.code, file.read_bytes()) == (1, before)
    assert ended.err == (
        "repaired 0 of 1 finding\n"
        "stays: GG101 guests can write to `Q`: sqs:SendMessage: taken for needed: `sqs:SendMessage`\n"
        "a model can say that less is needed: `grantgraph init` begins one\n"
    )


def test_a_policy_that_no_finding_goes_with_is_not_changed(run: Run, tmp_path: Path) -> None:
    allowed = ["sqs:SendMessage", "sqs:PurgeQueue"]
    file = written(tmp_path, pool([statement(allowed, arn("Q"))], [], Q={"Type": "AWS::SQS::Queue"}))
    before = file.read_bytes()
    assert run("synth", file, "--check").code == 1
    assert run("check", file, "--fix").code == 1
    assert file.read_bytes() == before


def test_what_a_model_does_not_need_goes(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, pool([statement(["sqs:SendMessage"], arn("Q"))], [], Q={"Type": "AWS::SQS::Queue"}))
    model = tmp_path / "grantgraph.yaml"
    model.write_text("from: template.json\nprincipals: {Guests: {}}\n", encoding="utf-8")
    ended = run("check", model, "--fix")
    assert (ended.code, ended.err) == (0, f"repaired 1 of 1 finding\nchanged `{file}`\n")
    assert policies(file, "Guests") == {}


def test_a_grant_that_a_model_limits_gives_way_to_the_limited_one(run: Run, tmp_path: Path) -> None:
    table = json.loads(json.dumps(TABLE))
    file = written(tmp_path, pool([], [statement("dynamodb:*", arn("T"))], T=table))
    model = tmp_path / "grantgraph.yaml"
    needs = "needs: [{who: authenticated, access: read, to: T, rows: own}]\n"
    key = next(one["AttributeName"] for one in table["Properties"]["KeySchema"])
    named = f"resources: {{T: {{identity: {key}}}}}\n"
    model.write_text(f"from: template.json\n{named}{needs}", encoding="utf-8")
    ended = run("check", model, "--fix")
    assert ended.code == 0, ended.err
    assert list(policies(file, "Users")) == ["needs"]
    assert "dynamodb:LeadingKeys" in file.read_text(encoding="utf-8")
    assert run("check", model).code == 0


def test_accepted_findings_are_left_alone(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, pool([], [statement([*READS, "dynamodb:DeleteTable"], arn("T"))], T=TABLE))
    known = tmp_path / "known.json"
    assert run("baseline", "write", file, "-o", known).code == 0
    ended = run("check", file, "--fix", "--baseline", known)
    assert (ended.code, ended.err) == (0, "nothing to repair\n")


def test_the_seed_application_passes_after_it_is_repaired(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    shutil.copy(NOTES, file)
    ended = run("check", file, "--fix", "--select", "GG101", "--select", "GG102")
    assert (ended.code, ended.err) == (0, f"repaired 8 of 8 findings\nchanged `{file}`\n")


def conditional() -> dict[str, Any]:
    """A table that users can delete, and that they can update in one stage."""
    template = pool([], [statement([*READS, "dynamodb:DeleteTable"], arn("T"))], T=TABLE)
    document = {"Statement": [statement("dynamodb:UpdateTable", arn("T"))]}
    branch = ["Prod", {"PolicyName": "only", "PolicyDocument": document}, {"Ref": "AWS::NoValue"}]
    template["Resources"]["Users"]["Properties"]["Policies"].append({"Fn::If": branch})
    stage = {"Parameters": {"Stage": {"Type": "String"}}}
    return {**stage, "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}, **template}


def test_what_holds_in_some_cases_is_repaired_in_these(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, conditional())
    ended = run("check", file, "--fix")
    assert ended.code == 1
    assert ended.err.startswith("repaired 1 of 2 findings\nstays: GG102 ")
    assert "dynamodb:UpdateTable: it holds in some cases only" in ended.err
    ended = run("check", file, "--fix", "--param", "Stage=prod")
    assert (ended.code, ended.err) == (0, f"repaired 1 of 1 finding\nchanged `{file}`\n")
    assert run("check", file).code == 0


# ── what cannot be repaired ──


def test_who_may_assume_a_role_is_not_repaired(run: Run) -> None:
    ended = run("check", APPS / "cdk" / "notes" / "cdk.out", "--fix", "--diff", "--select", "GG2")
    assert (ended.code, ended.out) == (1, "")
    assert "can assume `AdminRole38563C57`: no policy of a role is behind it\n" in ended.err


def test_what_cannot_be_written_is_said_and_the_rest_is_repaired(run: Run, tmp_path: Path) -> None:
    made: Any = {"Fn::Split": [",", "dynamodb:GetItem,dynamodb:DeleteTable"]}
    wide = statement([*READS, "dynamodb:DeleteTable"], arn("U"))
    file = written(tmp_path, pool([], [statement(made, arn("T")), wide], T=TABLE, U=TABLE))
    ended = run("check", file, "--fix")
    assert ended.code == 1
    assert ended.err.startswith("repaired 1 of 2 findings\nstays: GG102 signed-in users can administer `T`")
    assert "it cannot be changed in place: `Action` is made by a function" in ended.err
    assert policies(file, "Users") == {"own0": made, "own1": READS}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (APPS / "cdk" / "notes" / "cdk.out", "is generated, and is not changed"),
        (APPS / "same" / "plan.json", "cannot be changed in place"),
        (APPS / "account" / "account.json", "cannot be changed in place"),
        (MODEL, "stands for itself"),
    ],
)
def test_what_is_no_file_of_an_author_is_refused(run: Run, path: Path, message: str) -> None:
    ended = run("check", path, "--fix")
    assert (ended.code, ended.out) == (2, "") and message in ended.err


# ── the patch ──


def test_the_patch_changes_nothing_and_is_what_would_be_written(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, pool([], [statement([*READS, "dynamodb:DeleteTable"], arn("T"))], T=TABLE))
    before = file.read_bytes()
    ended = run("check", file, "--fix", "--diff")
    assert (ended.code, ended.err, file.read_bytes()) == (1, "would repair 1 of 1 finding\n", before)
    removed = [line for line in ended.out.split("\n") if line.startswith("-") and not line.startswith("---")]
    assert [line.strip("- ,") for line in removed] == ['"dynamodb:Query"', '"dynamodb:DeleteTable"']


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--diff"], "`--diff` is about what `--fix` changes"),
        (["--fix", "--diff", "--format", "json"], "`--diff` does not go with `--format`"),
        (["--fix", "--format", "jsn"], "did you mean"),
        (["--fix", "--output", "json"], "must be FORMAT=FILE"),
        (["--fix", "--color", "blue"], "`--color blue` is not known"),
        (["--fix", "--severity", "hgih"], "did you mean"),
    ],
)
def test_what_is_asked_wrongly_changes_nothing(run: Run, tmp_path: Path, options: list[str], message: str) -> None:
    file = written(tmp_path, pool([], [statement([*READS, "dynamodb:DeleteTable"], arn("T"))], T=TABLE))
    before = file.read_bytes()
    ended = run("check", file, *options)
    assert (ended.code, ended.out, file.read_bytes()) == (2, "", before) and message in ended.err


def test_a_report_says_what_is_found_afterwards(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, pool([], [statement([*READS, "dynamodb:DeleteTable"], arn("T"))], T=TABLE))
    report = tmp_path / "report.json"
    ended = run("check", file, "--fix", "--format", "json", "--output", f"json={report}")
    assert (ended.code, json.loads(ended.out)["findings"]) == (0, [])
    assert json.loads(report.read_text(encoding="utf-8"))["findings"] == []


def test_a_template_that_cannot_be_read_is_not_changed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text('{"Resources": {"Role": ', encoding="utf-8")
    ended = run("check", file, "--fix")
    assert (ended.code, ended.out) == (2, "") and "template.json:1:" in ended.err
    assert file.read_text(encoding="utf-8") == '{"Resources": {"Role": '
