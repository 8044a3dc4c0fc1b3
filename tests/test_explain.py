"""Explaining a role: who can become it, what it can do, why, and how it is found by a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.evaluate import decide
from grantgraph.explain import Explanation, explain_role, find_principal
from grantgraph.grants import by_level
from grantgraph.model import Application
from grantgraph.problems import UsageError
from grantgraph.sources import load
from grantgraph.standing import standing_of

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
USER = "AuthIdentityPoolAuthRoleD14DA003"
GUEST = "AuthIdentityPoolUnauthRoleA8DE48F3"


@pytest.fixture(scope="module")
def notes() -> Application:
    return load(APPS / "sst" / "a-notes-auth-users.json")


@pytest.fixture(scope="module")
def user(notes: Application) -> Explanation:
    return explain_role(notes, find_principal(notes, "authenticated"), load_catalog())


def explain(tmp_path: Path, *statements: dict[str, Any], trust: list[dict[str, Any]] | None = None) -> Explanation:
    policy = {"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}
    properties = {"AssumeRolePolicyDocument": {"Statement": trust or []}, "Policies": [policy]}
    file = tmp_path / "template.json"
    file.write_text(json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}))
    application = load(file)
    return explain_role(application, application.principals[0], load_catalog())


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


# ── finding ──


def test_a_principal_is_found_by_its_id(notes: Application) -> None:
    assert find_principal(notes, GUEST).id == GUEST


@pytest.mark.parametrize(("kind", "id"), [("authenticated", USER), ("unauthenticated", GUEST)])
def test_a_principal_is_found_by_a_kind_that_only_one_has(notes: Application, kind: str, id: str) -> None:
    assert find_principal(notes, kind).id == id


def test_a_principal_is_found_by_how_its_id_begins(notes: Application) -> None:
    assert find_principal(notes, "authidentitypoolauth").id == USER


def test_a_principal_is_found_by_its_name_and_by_its_arn(tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    properties = {"RoleName": "deployer", "AssumeRolePolicyDocument": {"Statement": []}}
    file.write_text(json.dumps({"Resources": {"Logical": {"Type": "AWS::IAM::Role", "Properties": properties}}}))
    application = load(file)
    arn = str(application.principals[0].arn)
    assert find_principal(application, "deployer").id == find_principal(application, arn).id == "Logical"


def test_an_ambiguous_name_lists_whom_it_may_mean(notes: Application) -> None:
    with pytest.raises(UsageError, match="`AuthIdentity` may be any of 2 principals") as caught:
        find_principal(notes, "AuthIdentity")
    assert caught.value.help == f"name one: `{USER}`, `{GUEST}`"


def test_an_unknown_name_suggests_the_nearest(notes: Application) -> None:
    with pytest.raises(UsageError, match="there is no principal `UathIdentityPoolAuthRoleD14DA003`") as caught:
        find_principal(notes, "UathIdentityPoolAuthRoleD14DA003")
    assert f"`{USER}`" in caught.value.help


def test_an_application_without_principals_says_so() -> None:
    with pytest.raises(UsageError, match=r"`empty\.yaml` has no principals"):
        find_principal(Application("a", "empty.yaml"), "anyone")


# ── who can assume it ──


def test_the_pool_assumes_the_role_under_its_conditions(user: Explanation) -> None:
    (trusted,) = user.trusted_by
    assert (trusted.who, trusted.how) == ("cognito-identity.amazonaws.com", "sts:AssumeRoleWithWebIdentity")
    assert [str(one) for one in trusted.conditions] == [
        "StringEquals cognito-identity.amazonaws.com:aud ${AuthIdentityPool12DFB5E1}",
        "ForAnyValue:StringLike cognito-identity.amazonaws.com:amr authenticated",
    ]
    assert trusted.at.line


def test_a_role_that_trusts_everyone_is_said_to(tmp_path: Path) -> None:
    trust = [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]
    assert [one.who for one in explain(tmp_path, trust=trust).trusted_by] == ["any AWS account"]


def test_a_denying_statement_trusts_nobody(tmp_path: Path) -> None:
    trust = [{"Effect": "Deny", "Principal": {"AWS": "210987654321"}, "Action": "sts:AssumeRole"}]
    assert explain(tmp_path, trust=trust).trusted_by == ()


# ── what it can do ──


def test_the_framework_role_can_delete_the_table_and_hand_it_on(user: Explanation) -> None:
    (grant,) = [one for one in user.grants if one.resource == "NotesTable7100B0E8"]
    levels = {str(level): [one.name for one in ones] for level, ones in by_level(grant.actions()).items()}
    assert list(levels) == ["Permissions management", "Write", "Tagging", "Read", "List"]
    assert "PutResourcePolicy" in levels["Permissions management"]
    assert "DeleteTable" in levels["Write"]


def test_every_action_of_an_explanation_is_shown_by_a_request(notes: Application, user: Explanation) -> None:
    policies = standing_of(notes, user.principal).policies
    shown = [grant.witness(action).request for grant in user.grants for action in grant.actions()]
    assert len(shown) > 100
    assert all(decide(request, policies).allowed for request in shown)


def test_a_grant_keeps_the_conditions_of_its_statement(tmp_path: Path) -> None:
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    (grant,) = explain(tmp_path, allow("sqs:SendMessage", Condition=condition)).grants
    assert [str(one) for one in grant.conditions()] == ["StringEquals aws:SourceVpc vpc-1"]


def test_what_a_deny_takes_back_is_not_explained_as_access(tmp_path: Path) -> None:
    deny = {"Effect": "Deny", "Action": "sqs:Delete*", "Resource": "*"}
    (grant,) = explain(tmp_path, allow("sqs:*"), deny).grants
    names = {one.name for one in grant.actions()}
    assert "SendMessage" in names and not {one for one in names if one.startswith("Delete")}


def test_a_statement_whose_resources_do_not_know_its_actions_is_dead(tmp_path: Path) -> None:
    explanation = explain(tmp_path, allow("s3:GetObject", "arn:aws:sqs:*:*:*"), allow("sqs:SendMessage"))
    assert [one.statement.at.line for one in explanation.dead] == [1]
    assert [one.service for one in explanation.grants] == ["sqs"]


def test_a_statement_that_a_deny_swallows_is_dead(tmp_path: Path) -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    explanation = explain(tmp_path, allow("sqs:SendMessage"), deny)
    assert len(explanation.dead) == 1 and explanation.grants == ()


def test_what_is_not_in_the_input_is_named(tmp_path: Path) -> None:
    properties = {
        "AssumeRolePolicyDocument": {"Statement": []},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"],
    }
    file = tmp_path / "template.json"
    file.write_text(json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}))
    application = load(file)
    explanation = explain_role(application, application.principals[0], load_catalog())
    (reason,) = explanation.unseen
    assert reason.startswith("what the AWS managed policy `NoSuchPolicy` allows is not known")


def test_the_ways_into_a_function_are_the_ways_to_its_role() -> None:
    application = load(APPS / "sst" / "f-full-notes.json")
    (entry,) = [one for one in application.entry_points if one.id == "POST /presigned-url"]
    function = application.resource(entry.target)
    assert function is not None
    role = find_principal(application, str(function.attributes["runs_as"]))
    explanation = explain_role(application, role, load_catalog())
    assert "POST /presigned-url" in [one.id for one in explanation.entry_points]
