"""A model file that stands beside an input: what it can name, what it adds, and what it must not contradict."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.cli.options import read_application, read_cases
from grantgraph.explain import find_principal
from grantgraph.judge import judge
from grantgraph.model import Application, Need, PrincipalType, Scopes
from grantgraph.problems import InputError, Problem, UsageError
from grantgraph.rules import check, load_rules, rules_folder
from grantgraph.sources import ReadOptions, load, load_cases
from grantgraph.synthesize import synthesize
from grantgraph.wiring import Logs, Runtime
from tests.commands import Ended, Run

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
SAME = APPS / "same"
NOTES = APPS / "sst" / "notes.yaml"
MARK = "▸"

MODEL = """\
application: same
from: template.yaml
"""


def write(folder: Path, source: str, input: str = "template.yaml") -> Path:
    """A model beside a copy of the common application."""
    shutil.copy(SAME / input, folder / input)
    file = folder / "grantgraph.yaml"
    file.write_text(source, encoding="utf-8")
    return file


def read(folder: Path, source: str, options: ReadOptions | None = None) -> Application:
    return load(write(folder, source), options or ReadOptions())


def problems_of(folder: Path, source: str) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read(folder, source)
    return list(caught.value.problems)


def only_problem(folder: Path, marked: str) -> str:
    """What the only problem says; it has to be at the mark in the model."""
    (problem,) = problems_of(folder, marked.replace(MARK, ""))
    before = marked[: marked.index(MARK)].split("\n")
    assert (problem.at.line, problem.at.column) == (len(before), len(before[-1]) + 1)
    said = f"{problem.message} ({problem.help})" if problem.help else problem.message
    return said.replace(str(folder), "HERE")


def need(model: Application) -> Need:
    (only,) = model.needs
    return only


# ── what is there ──


def test_what_the_model_does_not_name_is_there_under_its_own_id(tmp_path: Path) -> None:
    bound, template = read(tmp_path, MODEL), load(SAME / "template.yaml")
    assert bound.principals == template.principals
    assert bound.entry_points == template.entry_points
    assert [one.id for one in bound.resources] == [one.id for one in template.resources]
    assert (bound.name, bound.source) == ("same", str(tmp_path / "grantgraph.yaml"))
    assert bound.problems == template.problems


@pytest.mark.parametrize("input", ["template.yaml", "plan.json", "first-plan.json"])
def test_a_model_is_bound_to_a_template_or_a_plan(tmp_path: Path, input: str) -> None:
    file = write(
        tmp_path, f"from: {input}\nneeds:\n  - {{who: authenticated, access: read, to: THE_TABLE}}\n", input
    )
    table = {"template.yaml": "Notes"}.get(input, "aws_dynamodb_table.notes")
    file.write_text(file.read_text(encoding="utf-8").replace("THE_TABLE", table), encoding="utf-8")
    bound = load(file)
    assert need(bound).to == table
    assert bound.principal(need(bound).who) == find_principal(bound, "authenticated")


def test_a_model_is_bound_to_a_cdk_assembly(tmp_path: Path) -> None:
    shutil.copytree(APPS / "cdk" / "two-stacks" / "cdk.out", tmp_path / "cdk.out")
    (tmp_path / "grantgraph.yaml").write_text("from: cdk.out\n", encoding="utf-8")
    assert load(tmp_path / "grantgraph.yaml").principals == load(tmp_path / "cdk.out").principals


def test_a_bound_model_stands_for_its_folder_though_there_is_an_assembly(tmp_path: Path) -> None:
    shutil.copytree(APPS / "cdk" / "notes" / "cdk.out", tmp_path / "cdk.out")
    (tmp_path / "grantgraph.yaml").write_text("application: mine\nfrom: cdk.out\n", encoding="utf-8")
    assert load(tmp_path).name == "mine"


def test_a_model_that_is_bound_to_its_own_folder_reads_the_assembly_in_it(tmp_path: Path) -> None:
    shutil.copytree(APPS / "cdk" / "notes" / "cdk.out", tmp_path / "cdk.out")
    (tmp_path / "grantgraph.yaml").write_text("application: mine\nfrom: .\n", encoding="utf-8")
    assert load(tmp_path).principals == load(tmp_path / "cdk.out").principals


def test_a_model_that_is_bound_to_nothing_leaves_its_folder_to_the_assembly(tmp_path: Path) -> None:
    shutil.copytree(APPS / "cdk" / "notes" / "cdk.out", tmp_path / "cdk.out")
    (tmp_path / "grantgraph.yaml").write_text("application: mine\n", encoding="utf-8")
    assert load(tmp_path).name == "NotesStack"


# ── names ──


def test_needs_and_promises_speak_of_the_inputs_own_ids(tmp_path: Path) -> None:
    bound = read(
        tmp_path,
        MODEL
        + """\
needs:
  - {who: Authenticated, access: [read, write], to: Notes}
promises:
  - {title: no writes, never: {who: unauthenticated, access: write, on: Notes}}
""",
    )
    assert need(bound) == Need("Authenticated", ("read", "write"), "Notes")
    assert [(one.who, one.on) for one in bound.promises] == [("Unauthenticated", "Notes")]


def test_a_kind_of_visitor_that_one_principal_is_names_it(tmp_path: Path) -> None:
    bound = read(tmp_path, MODEL + "needs:\n  - {who: unauthenticated, access: read, to: Notes}\n")
    assert need(bound).who == "Unauthenticated"


def test_a_function_names_its_role_where_somebody_needs_and_itself_where_it_is_needed(tmp_path: Path) -> None:
    bound = read(tmp_path, MODEL + "needs:\n  - {who: ListNotes, access: invoke, to: PutNote}\n")
    assert (need(bound).who, need(bound).to) == ("ListNotesRole", "PutNote")


@pytest.mark.parametrize("spelled", ["ListNotes", "ListNotesRole"])
def test_a_models_name_for_a_function_means_its_role_and_itself(tmp_path: Path, spelled: str) -> None:
    entry = f"principals:\n  lister: {{type: function, from: {spelled}}}\n"
    bound = read(tmp_path, f"{MODEL}{entry}needs:\n  - {{who: lister, access: invoke, to: lister}}\n")
    assert (need(bound).who, need(bound).to) == ("ListNotesRole", "ListNotes")
    assert find_principal(bound, "lister").id == "ListNotesRole"


def test_the_same_name_binds_without_from(tmp_path: Path) -> None:
    bound = read(
        tmp_path,
        MODEL + "principals:\n  authenticated:\nresources:\n  Notes: {type: dynamodb:table, identity: userId}\n",
    )
    assert bound.binding is not None
    assert bound.binding.principals == {"authenticated": "Authenticated"}
    assert bound.binding.resources == {"Notes": "Notes"}
    notes = bound.resource("Notes")
    assert notes is not None and notes.attributes["identity"] == "userId"


def test_a_route_has_its_own_name_or_the_models(tmp_path: Path) -> None:
    bound = read(
        tmp_path,
        MODEL
        + "routes:\n  listing: {from: GET /notes, authorizer: iam, function: ListNotes}\n"
        + "needs:\n  - {who: authenticated, access: invoke, to: listing}\n",
    )
    assert need(bound).to == "GET /notes"
    assert bound.entry_point("listing") == bound.entry_point("GET /notes")


def test_roles_that_are_passed_are_called_by_their_ids(tmp_path: Path) -> None:
    entry = "principals:\n  runner: {from: PutNoteRole}\nresources:\n  fn: {from: ListNotes}\n"
    words = "{who: ListNotes, access: lambda:UpdateFunctionConfiguration, to: fn, passes: runner}"
    bound = read(tmp_path, f"{MODEL}{entry}needs:\n  - {words}\n")
    assert need(bound).scopes == Scopes(passes=("PutNoteRole",))


# ── what a model adds ──


def test_a_function_is_taken_to_write_logs_until_the_model_says_otherwise(tmp_path: Path) -> None:
    bound = read(tmp_path, MODEL + "principals:\n  ListNotes: {logs: existing}\n")
    runtimes = {one.id: one.runtime for one in bound.resources if one.type == "lambda:function"}
    assert runtimes["ListNotes"] == Runtime(logs=Logs.APPLICATION)
    assert runtimes["PutNote"] is not None and runtimes["PutNote"].logs is Logs.LAMBDA


def test_tags_of_sessions_are_added(tmp_path: Path) -> None:
    bound = read(tmp_path, MODEL + "principals:\n  authenticated: {tags: [team]}\n")
    assert find_principal(bound, "authenticated").tags == ("team",)


def test_what_others_make_is_added_where_the_model_says_so(tmp_path: Path) -> None:
    bound = read(
        tmp_path,
        MODEL
        + "resources:\n  Shared: {type: s3:bucket, name: shared, existing: true}\n"
        + "needs:\n  - {who: ListNotes, access: get, to: Shared}\n",
    )
    shared = bound.resource("Shared")
    assert shared is not None and (str(shared.arn), shared.existing) == ("arn:${AWS::Partition}:s3:::shared", True)


def test_an_account_is_the_models_own(tmp_path: Path) -> None:
    entry = 'principals:\n  partner: {type: account, account: "999999999999"}\n'
    bound = read(tmp_path, MODEL + entry)
    partner = bound.principal("partner")
    assert partner is not None and partner.type is PrincipalType.ACCOUNT


def test_the_models_environment_fills_what_the_input_leaves_open(tmp_path: Path) -> None:
    bound = read(tmp_path, MODEL + 'environment: {region: eu-west-1, account: "123456789012"}\n')
    assert (bound.environment.region, bound.environment.account) == ("eu-west-1", "123456789012")
    assert load(SAME / "template.yaml").environment.account != "123456789012"


def test_options_go_through_to_the_input(tmp_path: Path) -> None:
    options = ReadOptions(account="999999999999", region="us-west-2")
    bound = read(tmp_path, MODEL + 'environment: {region: eu-west-1, account: "123456789012"}\n', options)
    assert (bound.environment.region, bound.environment.account) == ("us-west-2", "999999999999")


# ── contradictions, each with both places ──

CONTRADICTIONS = {
    "the type of a resource": (
        "resources:\n  Notes: {type: ▸s3:bucket}\n",
        "`Notes` is `s3:bucket` here, and `dynamodb:table` in the input (HERE/template.yaml:",
    ),
    "the type of a principal": (
        "principals:\n  users: {from: Authenticated, type: ▸function}\n",
        "`users` is `function` here, and `identity-pool:authenticated` in the input (HERE/template.yaml:",
    ),
    "a partition key": (
        "resources:\n  Notes: {partition_key: ▸noteId}\n",
        "`partition_key` of `Notes` is `noteId` here, and `userId` in the input (HERE/template.yaml:",
    ),
    "a sort key": (
        "resources:\n  Notes: {sort_key: ▸created}\n",
        "`sort_key` of `Notes` is `created` here, and ",
    ),
    "an index": (
        "resources:\n  Notes: {indexes: {▸byColour: {partition_key: colour}}}\n",
        "`Notes` has no index `byColour` in the input (HERE/template.yaml:",
    ),
    "an authorizer": (
        "routes:\n  GET /notes: {authorizer: ▸none}\n",
        "the authorizer of `GET /notes` is `none` here, and `iam` in the input (HERE/template.yaml:",
    ),
    "the function of a route": (
        "routes:\n  GET /notes: {function: ▸PutNote}\n",
        "the function of `GET /notes` is `PutNote` here, and `ListNotes` in the input (HERE/template.yaml:",
    ),
    "a route with the name of a resource": (
        "routes:\n  ▸Notes: {from: GET /notes}\n",
        "`Notes` is something else in `HERE/template.yaml`",
    ),
    "a name that something else has": (
        "resources:\n  ▸Jobs: {from: Notes}\n",
        "`Jobs` is something else in `HERE/template.yaml`",
    ),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_a_contradiction_is_an_error_with_both_places(tmp_path: Path, what: str) -> None:
    entry, said = CONTRADICTIONS[what]
    assert only_problem(tmp_path, MODEL + entry).startswith(said)


def test_a_model_in_another_region_than_its_input_is_a_contradiction(tmp_path: Path) -> None:
    shutil.copytree(APPS / "cdk" / "notes" / "cdk.out", tmp_path / "cdk.out")
    for file in tmp_path.rglob("manifest.json"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("aws://unknown-account/unknown-region", "aws://123456789012/us-east-1"))
    (tmp_path / "grantgraph.yaml").write_text(
        "from: cdk.out\nenvironment: {region: eu-west-1}\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="the region is `eu-west-1` here, and `us-east-1` in "):
        load(tmp_path / "grantgraph.yaml")


# ── what is not there ──

UNKNOWN = {
    "a principal of a need": (
        "needs:\n  - {who: ▸Autenticated, access: read, to: Notes}\n",
        "there is no principal `Autenticated` (did you mean `authenticated` or `unauthenticated`?\n"
        "there are: `Authenticated`, ",
    ),
    "a resource of a need": (
        "needs:\n  - {who: authenticated, access: read, to: ▸Note}\n",
        "there is no resource or route `Note` (did you mean `Notes`",
    ),
    "a bound table": (
        "resources:\n  Things: {type: dynamodb:table, from: ▸Thing}\n",
        "there is no resource `Thing` in `HERE/template.yaml` (of the type `dynamodb:table` there are: `Notes`\n"
        "`existing: true` says that something else makes it)",
    ),
    "a table by its own name": (
        "resources:\n  ▸Note: {type: dynamodb:table}\n",
        "there is no resource `Note` in `HERE/template.yaml` (did you mean `Notes`",
    ),
    "a bound principal": (
        "principals:\n  users: {type: identity-pool:authenticated, from: ▸Users}\n",
        "there is no principal `Users` in `HERE/template.yaml` (of the type `identity-pool:authenticated` "
        "there are: `Authenticated`)",
    ),
    "a route": (
        "routes:\n  ▸GET /note: {authorizer: iam}\n",
        "there is no route `GET /note` in `HERE/template.yaml` (did you mean `GET /notes` or "
        "`POST /notes`?\nthere are: `GET /notes`, ",
    ),
    "a resource of a promise": (
        "promises:\n  - {title: t, never: {who: authenticated, access: write, on: ▸Nodes}}\n",
        "there is no resource `Nodes` (did you mean `Notes`?\nthere are: ",
    ),
    "a scope": (
        "needs:\n  - {who: authenticated, access: query, to: Notes, index: ▸byColour}\n",
        "`Notes` has no index `byColour`",
    ),
    "what the input says": (
        "▸identity_pool: {id: x}\n",
        "`identity_pool` is the input's to say (leave it out beside `from`)",
    ),
    "a key that a bound entry does not have": (
        "principals:\n  authenticated: {▸name: x}\n",
        "unknown key `name` in the principal `authenticated` (known: `from`, `tags`, `type`)",
    ),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_the_input_does_not_have_is_an_error_that_lists_what_there_is(tmp_path: Path, what: str) -> None:
    entry, said = UNKNOWN[what]
    assert only_problem(tmp_path, MODEL + entry).startswith(said)


def test_a_kind_of_visitor_that_several_principals_are_is_unclear(tmp_path: Path) -> None:
    roles = {
        name: {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Statement": []}},
        }
        for name in ("One", "Two")
    }
    resources: dict[str, Any] = dict(roles)
    for number, name in enumerate(roles):
        resources[f"Pool{number}"] = {"Type": "AWS::Cognito::IdentityPool", "Properties": {}}
        resources[f"Attachment{number}"] = {
            "Type": "AWS::Cognito::IdentityPoolRoleAttachment",
            "Properties": {
                "IdentityPoolId": {"Ref": f"Pool{number}"},
                "Roles": {"authenticated": {"Fn::GetAtt": [name, "Arn"]}},
            },
        }
    (tmp_path / "two.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    file = tmp_path / "grantgraph.yaml"
    file.write_text(
        "from: two.json\nneeds:\n  - {who: authenticated, access: invoke, to: One}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        load(file)
    said = {one.message: one.help for one in caught.value.problems}
    assert said["`authenticated` may be any of 2 principals"] == "name one: there are: `One`, `Two`"


# ── which inputs ──

BAD_INPUTS = {
    "itself": ("from: ▸grantgraph.yaml\n", "`grantgraph.yaml` is this model file"),
    "another model": ("from: ▸other.yaml\n", "`other.yaml` is another model file"),
    "its own folder, which holds nothing else": ("from: ▸empty\n", "`empty` is another model file"),
    "an absolute path": ("from: ▸/etc/hosts\n", "`/etc/hosts` is not the path of an input"),
    "an address": ("from: ▸https://example.com/t.yaml\n", "`https://example.com/t.yaml` is not the path of"),
    "standard input": ('from: ▸"-"\n', "`-` is not the path of an input"),
    "nothing": ('from: ▸""\n', "`` is not the path of an input"),
    "a list": ("from: ▸[a]\n", "`from` must be a string, not a list"),
    "what is outside": ("from: ▸../elsewhere.yaml\n", "`../elsewhere.yaml` lies outside the model's folder"),
    "a way out by a link": ("from: ▸link.yaml\n", "`link.yaml` lies outside the model's folder"),
    "what is not there": (
        "from: ▸templat.yaml\n",
        "there is no `HERE/models/templat.yaml` (did you mean `template.yaml` ",
    ),
    "what is no input": ("from: ▸notes.txt\n", "`HERE/models/notes.txt` is not a"),
}


@pytest.mark.parametrize("what", BAD_INPUTS)
def test_a_model_is_bound_to_an_input_beside_it_and_to_nothing_else(tmp_path: Path, what: str) -> None:
    source, said = BAD_INPUTS[what]
    folder = tmp_path / "models"
    (folder / "empty").mkdir(parents=True)
    for file in (tmp_path / "elsewhere.yaml", folder / "template.yaml"):
        shutil.copy(SAME / "template.yaml", file)
    (folder / "link.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (folder / "notes.txt").write_text("just words: here\n", encoding="utf-8")
    for other in (folder / "other.yaml", folder / "empty" / "grantgraph.yaml"):
        other.write_text("application: other\n", encoding="utf-8")
    (folder / "grantgraph.yaml").write_text(source.replace(MARK, ""), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(folder / "grantgraph.yaml")
    (problem,) = caught.value.problems
    assert (problem.at.line, problem.at.column) == (1, source.index(MARK) + 1)
    found = f"{problem.message} ({problem.help})" if problem.help else problem.message
    assert found.replace(str(tmp_path), "HERE").startswith(said)


def test_the_working_folder_may_hold_the_input_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(SAME / "template.yaml", tmp_path / "template.yaml")
    (tmp_path / "models" / "grantgraph.yaml").write_text("from: ../template.yaml\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load(Path("models/grantgraph.yaml")).principals


def test_a_broken_input_is_told_with_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"Resources": {', encoding="utf-8")
    (tmp_path / "grantgraph.yaml").write_text("from: broken.json\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "grantgraph.yaml")
    (problem,) = caught.value.problems
    assert (Path(problem.at.file).name, problem.at.line) == ("broken.json", 1)


def test_parameters_are_still_refused_where_nothing_has_any(tmp_path: Path) -> None:
    (tmp_path / "grantgraph.yaml").write_text("application: alone\n", encoding="utf-8")
    with pytest.raises(UsageError, match="`--param` is about templates"):
        load(tmp_path / "grantgraph.yaml", ReadOptions({"Stage": "dev"}))


# ── cases of open conditions ──

CONDITIONAL = {
    "Parameters": {"Stage": {"Type": "String"}},
    "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
    "Resources": {
        "Debug": {
            "Type": "AWS::DynamoDB::Table",
            "Condition": "IsProd",
            "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]},
        },
        "Worker": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Statement": []},
                "Policies": [
                    {
                        "PolicyName": "p",
                        "PolicyDocument": {
                            "Statement": {
                                "Effect": "Allow",
                                "Action": {"Fn::If": ["IsProd", "dynamodb:GetItem", "dynamodb:PutItem"]},
                                "Resource": "*",
                            }
                        },
                    }
                ],
            },
        },
    },
}
PROMISED = """\
from: template.json
needs:
  - {who: Worker, access: get, to: Debug}
promises:
  - {title: no writes, never: {who: Worker, access: write}}
"""


def conditional(folder: Path) -> Path:
    (folder / "template.json").write_text(json.dumps(CONDITIONAL), encoding="utf-8")
    file = folder / "grantgraph.yaml"
    file.write_text(PROMISED, encoding="utf-8")
    return file


def test_every_case_of_an_open_condition_has_the_models_needs_of_what_is_there(tmp_path: Path) -> None:
    whole, cases = load_cases(conditional(tmp_path))
    assert whole.choices
    assert {str(one.when[0]): [need.to for need in one.needs] for one in cases} == {
        "`Stage` is `prod`": ["Debug"],
        "`Stage` is not `prod`": [],
    }


def test_a_promise_is_judged_in_every_case(tmp_path: Path) -> None:
    application, cases = read_cases(conditional(tmp_path), [], "", "", "")
    found = judge(application, cases, load_catalog(), load_rules(rules_folder())).findings
    broken = [one for one in found if one.rule == "promise: no writes"]
    assert [one.when for one in broken] == ["`Stage` is not `prod`"]


def test_a_parameter_decides_which_promise_holds(tmp_path: Path) -> None:
    file = conditional(tmp_path)
    by_stage = {}
    for stage in ("prod", "dev"):
        application = read_application(file, [f"Stage={stage}"], "", "", "")
        by_stage[stage] = bool(check(application, load_catalog(), ()).findings)
    assert by_stage == {"prod": False, "dev": True}


# ── commands ──


def test_check_judges_the_policies_of_the_input_and_the_promises_of_the_model(run: Run) -> None:
    ended = run("check", NOTES, "--format", "json")
    found = json.loads(ended.out)["findings"]
    template = [one for one in found if one["location"]["file"].endswith("a-notes-auth-users.json")]
    assert ended.code == 1
    assert {one["rule"] for one in template} == {"GG101", "GG102", "GG104"}
    assert all(one["location"]["line"] > 1 for one in template)
    assert [one["rule"] for one in found if one not in template] == ["promise: guests never write"]


def test_synth_writes_what_is_needed_in_the_place_of_the_wildcard() -> None:
    found = synthesize(load(NOTES), load_catalog())
    by_id = {one.principal.id: one for one in found.syntheses}
    users, guests = by_id["AuthIdentityPoolAuthRoleD14DA003"], by_id["AuthIdentityPoolUnauthRoleA8DE48F3"]
    (policy,) = users.policies
    actions = [pattern.spelled for one in policy.statements for pattern in one.actions.patterns]
    assert actions == ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]
    assert (guests.policies, users.trust, len(by_id)) == ((), None, 2)


def test_rows_are_own_or_not_by_the_keys_of_the_input(tmp_path: Path) -> None:
    shutil.copy(APPS / "sst" / "a-notes-auth-users.json", tmp_path / "template.json")
    file = tmp_path / "grantgraph.yaml"
    file.write_text(
        "from: template.json\nneeds:\n  - {who: authenticated, access: read, to: NotesTable7100B0E8, rows: own}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="restrains the partition key `noteId` only"):
        synthesize(load(file), load_catalog())


def emitted(run: Run, folder: Path, source: str, tool: str, input: str) -> Ended:
    file = write(folder, source, input)
    return run("synth", file, "--emit", tool)


def test_cloudformation_refers_to_what_the_template_has(run: Run, tmp_path: Path) -> None:
    source = MODEL + "needs:\n  - {who: authenticated, access: read, to: Notes}\n"
    ended = emitted(run, tmp_path, source, "cfn", "template.yaml")
    assert ended.code == 0
    assert "- !Ref 'Authenticated'" in ended.out
    assert "Resource: !GetAtt 'Notes.Arn'" in ended.out
    assert "AWS::IAM::Role" not in ended.out


def test_terraform_refers_to_addresses_of_the_plan(run: Run, tmp_path: Path) -> None:
    source = (
        "from: first-plan.json\nneeds:\n  - {who: authenticated, access: read, to: aws_dynamodb_table.notes}\n"
    )
    ended = emitted(run, tmp_path, source, "terraform", "first-plan.json")
    assert ended.code == 0
    written = json.loads(ended.out)
    (policy,) = written["resource"]["aws_iam_role_policy"].values()
    (document,) = written["data"]["aws_iam_policy_document"].values()
    assert "aws_iam_role" not in written["resource"]
    assert policy["role"] == '${aws_iam_role.visitor["authenticated"].name}'
    assert document["statement"][0]["resources"] == ["${aws_dynamodb_table.notes.arn}"]


def test_requests_and_questions_use_the_models_names(run: Run) -> None:
    assert run("can", "signedIn", "dynamodb:DeleteTable", "Notes", NOTES).code == 0
    assert run("prove", "never", NOTES, "--principal", "guests", "--access", "write", "--on", "Notes").code == 0
    assert run("explain", "role", "signedIn", NOTES).out.startswith("AuthIdentityPoolAuthRoleD14DA003 ")
    assert "needs to read -> resource NotesTable7100B0E8" in run("graph", NOTES).out


def test_a_model_and_its_input_do_not_differ(run: Run) -> None:
    ended = run("diff", APPS / "sst" / "a-notes-auth-users.json", NOTES)
    assert (ended.code, ended.out.split(":")[0]) == (0, "NO DIFFERENCE")


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_revision_of_a_model_comes_with_its_input(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(SAME / "template.yaml", tmp_path / "template.yaml")
    (tmp_path / "models" / "grantgraph.yaml").write_text("from: ../template.yaml\n", encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    text = (tmp_path / "template.yaml").read_text(encoding="utf-8")
    (tmp_path / "template.yaml").write_text(text.replace("dynamodb:Query", "dynamodb:Scan"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ended = run("diff", "HEAD:models/grantgraph.yaml", "models/grantgraph.yaml", "--fail-on", "widen")
    assert ended.code == 1, ended.err
    assert "WIDENED" in ended.out and "HEAD:models/grantgraph.yaml → models/grantgraph.yaml" in ended.out
