"""Who can do one thing: by rights of their own, through code, and where nobody can tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.evaluate import decide
from grantgraph.grants import grants_of
from grantgraph.model import Application
from grantgraph.prove import Refuted
from grantgraph.sources import load
from grantgraph.standing import standing_of
from grantgraph.synthesize import synthesize, with_policies
from grantgraph.who import WhoCan, who_can
from tests.commands import Run

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
FULL = APPS / "sst" / "f-full-notes.json"
TABLE, BUCKET = "NotesTable7100B0E8", "UploadsBucketC4B27CC7"


@pytest.fixture(scope="module")
def full() -> Application:
    return load(FULL)


def ask(application: Application, action: str, resource: str) -> WhoCan:
    return who_can(application, action, resource, load_catalog())


@pytest.mark.parametrize("action", ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:DeleteTable", "dynamodb:Scan"])
def test_they_are_those_who_hold_a_grant_for_it(full: Application, action: str) -> None:
    catalog = load_catalog()
    expected = {
        one.id
        for one in full.principals
        for grant in grants_of(full, one, catalog, lambda known: str(known) == action)
        if grant.resource == TABLE and grant.actions()
    }
    assert expected
    assert {one.id for one in ask(full, action, TABLE).holders} == expected


def test_each_is_shown_by_a_request_that_is_allowed(full: Application) -> None:
    shown = [one for one in ask(full, "s3:PutObject", BUCKET).holders if isinstance(one.answer, Refuted)]
    assert shown
    for one in shown:
        assert isinstance(one.answer, Refuted)
        principal = full.principal(one.id)
        assert principal is not None
        assert decide(one.answer.request, standing_of(full, principal).policies).allowed


def test_callers_are_named_with_their_way_and_not_those_on_it(full: Application) -> None:
    found = ask(full, "dynamodb:PutItem", TABLE)
    assert {one.who.name.partition(" of ")[0] for one in found.mediated} == {"anyone", "holders"}
    worker = [one for one in found.mediated if one.holder == "JobsConsumerJobsServiceRole962C44DA"]
    assert [len(one.path.hops) for one in worker] == [9]


def test_an_object_may_be_meant_and_not_the_bucket() -> None:
    model = load(APPS / "notes" / "grantgraph.yaml")
    application = with_policies(model, synthesize(model, load_catalog()))
    assert [one.id for one in ask(application, "s3:GetObject", "Uploads/public/a.png").holders]
    assert not ask(application, "s3:GetObject", "Uploads/other/a.png").holders


def test_a_pattern_stands_for_every_resource_that_it_matches(full: Application) -> None:
    every = ask(full, "dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/*").holders
    assert {one.id for one in ask(full, "dynamodb:PutItem", TABLE).holders} <= {one.id for one in every}


OPEN = """
Resources:
  Files: {Type: AWS::S3::Bucket}
  Open:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Files
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: !Sub "${Files.Arn}/*"}
"""


def test_whom_a_resource_lets_in_can_though_there_is_no_role_at_all(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(OPEN)
    found = run("who-can", "s3:GetObject", "Files", file)
    assert found.code == 0
    assert found.out.startswith("who can s3:GetObject on Files: no principals of 0, 1 from outside\n")
    assert "anybody with an AWS account" in found.out
    under = run("who-can", "s3:GetObject", "Files/a.txt", file)
    assert (under.code, "perhaps not to `Files/a.txt`" in under.out) == (3, True)
    assert run("check", file).code == 1
    file.write_text(OPEN.replace('Principal: "*"', 'Principal: {AWS: !Ref "AWS::AccountId"}'))
    assert run("check", file).out.endswith(" rules asked about 1 policy of a resource\n")


@pytest.mark.parametrize("meant", ["*", "arn:aws:s3:::*", "arn:aws:s3:::some-name", "arn:aws:s3:::some-name/*"])
def test_nobody_is_no_answer_where_a_resource_that_may_be_meant_lets_others_in(
    meant: str, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(OPEN)
    found = run("who-can", "s3:GetObject", meant, file)
    assert "anybody with an AWS account" in found.out
    assert found.code == (0 if meant == "*" else 3)
    assert run("who-can", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:jobs", file).code == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("PolicyDocument:\n", "PolicyDocument: {Fn::Transform: {Name: Macro}}\n", "whoever `Files` lets in"),
        ('"*", Action', '{CanonicalUser: "79a5"}, Action', "a canonical id that `Files` names"),
    ],
)
def test_whom_a_policy_lets_in_that_nobody_knows_leaves_it_undecided(
    old: str, new: str, said: str, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "template.yaml"
    written = OPEN.replace(old, new)
    file.write_text(written.partition("        Statement:")[0] if "Macro" in new else written)
    found = run("who-can", "s3:GetObject", "Files", file)
    assert (found.code, said in found.out) == (3, True)


def test_nobody_is_an_answer(run: Run) -> None:
    found = run("who-can", "kms:Decrypt", "*", APPS / "notes")
    assert found.code == 0
    assert found.out.startswith("who can kms:Decrypt on *: no principals of 4\n")


def test_a_policy_that_was_not_seen_leaves_it_undecided(run: Run, tmp_path: Path) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*"}]}
    unseen = ["arn:aws:iam::aws:policy/NoSuchPolicy"]
    properties = {"AssumeRolePolicyDocument": trust, "ManagedPolicyArns": unseen}
    file = tmp_path / "template.json"
    file.write_text(json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}))
    found = run("who-can", "s3:GetObject", "arn:aws:s3:::files/a", file)
    assert found.code == 3
    assert "1 more is not decided" in found.out.splitlines()[0]
    assert "NoSuchPolicy" in found.out


def test_programs_get_everybody_with_a_witness(run: Run) -> None:
    document = json.loads(run("who-can", "dynamodb:PutItem", TABLE, FULL, "--format", "json").out)
    assert document["schema"] == "grantgraph/who-can/1"
    assert {one["can"] for one in document["principals"]} == {"yes"}
    assert all(one["witness"]["action"] == "dynamodb:PutItem" for one in document["principals"])
    assert document["through_others"][0]["steps"]


def test_an_action_that_does_not_exist_is_refused_with_the_nearest(run: Run) -> None:
    found = run("who-can", "dynamodb:PutItm", TABLE, FULL)
    assert found.code == 2
    assert "did you mean `dynamodb:PutItem`" in found.err
