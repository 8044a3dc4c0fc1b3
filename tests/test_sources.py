"""What is read from where, and the applications that real tools wrote."""

from __future__ import annotations

import io
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.model import Application, PrincipalType
from grantgraph.policy import Match, parse_arn
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.pattern import parse_pattern
from grantgraph.problems import InputError, Level
from grantgraph.resources import fill, resource_types
from grantgraph.sources import ReadOptions, load
from grantgraph.text import Text, Unknown, unknowns_in

ROOT = Path(__file__).parent.parent
APPS = ROOT / "fixtures" / "apps"
GOLDENS = ROOT / "fixtures" / "sources"
INPUTS = {
    **{f"sst-{path.stem}": path for path in sorted(APPS.glob("sst/*.json"))},
    **{f"sam-{path.name.split('.')[0]}": path for path in sorted(APPS.glob("sam/*.json"))},
    **{f"sam-source-{path.stem}": path for path in sorted(APPS.glob("sam/*.yaml"))},
    **{f"cdk-{path.name}": path for path in sorted(APPS.glob("cdk/*"))},
    "account-fetched": APPS / "account" / "account.json",
    "account-identities": APPS / "account" / "authorization-details.json",
    **{f"terraform-{path.parent.name}": path for path in sorted(APPS.glob("terraform/*/plan.json"))},
    **{f"terraform-{path.parent.name}-state": path for path in sorted(APPS.glob("terraform/*/state.json"))},
}


def summary(application: Application) -> str:
    """An application in few lines: what a reader would check by eye."""
    kinds = Counter(one.type.value for one in application.principals)
    types = Counter(one.type for one in application.resources)
    levels = Counter(f"{one.level.value} {one.code}" for one in application.problems)
    lines = [
        f"application {application.name}",
        f"principals: {_counts(kinds)}",
        *(
            f"  {one.id}: {', '.join(policy.name for policy in one.policies)}"
            for one in application.principals
            if one.pool or one.type.value != "function"
        ),
        f"made by frameworks: {', '.join(one.id for one in application.principals if one.framework) or 'none'}",
        f"resources: {_counts(types)}",
        *(
            f"  {one.id}: {one.arn}{' with a policy' if one.policy else ''}"
            for one in application.resources
            if one.type in ("dynamodb:table", "s3:bucket", "sqs:queue", "sns:topic")
        ),
        *(
            f"pool {one.id}: {one.authenticated}, {one.unauthenticated}, {', '.join(one.mapped) or 'none mapped'}"
            f"; takes tokens of {_listed(one.providers)}; tags {_listed(sorted(one.tags))}"
            for one in application.pools
        ),
        "ways in:",
        *(
            f"  {one.id} ({one.type.value}, {one.authorizer.value}): {one.target}"
            + "".join(f", a token of {each.issuer} for {_listed(each.audience)}" for each in one.tokens)
            for one in application.entry_points
        ),
        *(
            f"client {one.id} of {one.users} writes {len(one.writes)} attributes, perhaps {len(one.unsure)} more"
            for one in application.clients
        ),
        f"problems: {_counts(levels)}",
        f"counted: {_counts(Counter(application.counted))}",
        *(f"planned to {change}: {', '.join(ids)}" for change, ids in application.changes.items()),
    ]
    return "\n".join(lines) + "\n"


def _listed(values: Iterable[Text]) -> str:
    return ", ".join(map(str, values)) or "nobody in particular"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


@pytest.mark.parametrize("name", INPUTS)
def test_a_real_application_reads_as_it_did_when_it_was_checked(name: str) -> None:
    golden = GOLDENS / f"{name}.txt"
    read = summary(load(INPUTS[name]))
    if os.environ.get("GRANTGRAPH_ACCEPT") == "1":
        golden.write_text(read)
    assert read == golden.read_text()


@pytest.mark.parametrize("name", INPUTS)
def test_a_real_application_has_no_errors_and_principals_with_policies(name: str) -> None:
    application = load(INPUTS[name])
    assert not [one for one in application.problems if one.level is Level.ERROR]
    assert application.principals and all(parse_arn(one.arn) for one in application.principals)
    roles = [one for one in application.principals if one.type is not PrincipalType.USER]
    assert all(one.trust and one.trust.statements for one in roles)


@pytest.mark.parametrize("name", INPUTS)
def test_ids_are_unique_and_everything_that_is_named_is_there(name: str) -> None:
    application = load(INPUTS[name])
    for group in (application.principals, application.resources, application.pools, application.entry_points):
        ids = [one.id for one in group]
        assert len(ids) == len(set(ids))
    for one in application.resources:
        assert "runs_as" not in one.attributes or application.principal(str(one.attributes["runs_as"]))
    for entry in application.entry_points:
        assert not entry.target or application.resource(entry.target)
    for pool in application.pools:
        assert all(application.principal(id) for id in (pool.authenticated, pool.unauthenticated, *pool.mapped))


def test_the_grant_of_the_signed_in_users_names_the_table_itself() -> None:
    application = load(INPUTS["sst-a-notes-auth-users"])
    role = next(one for one in application.principals if one.type.value == "identity-pool:authenticated")
    table = next(one for one in application.resources if one.type == "dynamodb:table")
    on_table = role.policies[0].statements[1]
    assert [one.match_resource(table.arn) for one in on_table.resources.patterns] == [Match.YES, Match.NO]
    assert dict(table.attributes) == {"partition_key": "noteId", "sort_key": "userId"}


def test_stacks_of_an_assembly_are_joined_on_their_exports() -> None:
    application = load(INPUTS["cdk-two-stacks"])
    role = application.principal("IdentityPoolAuthenticatedRole42131CF5")
    table = application.resource("Notes5BB3582F")
    assert role and table
    (pattern,) = role.policies[0].statements[0].resources.patterns
    assert pattern.match_resource(table.arn) is Match.YES
    assert Unknown("DataStack.Notes5BB3582F", generated=True) in unknowns_in(table.arn)


# ── assemblies ──


def write_assembly(
    folder: Path,
    stacks: dict[str, str],
    environment: str = "aws://unknown-account/unknown-region",
    environments: dict[str, str] | None = None,
    metadata: dict[str, object] | None = None,
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = {}
    for name, template in stacks.items():
        (folder / f"{name}.template.json").write_text(template)
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": (environments or {}).get(name, environment),
            "metadata": metadata or {},
            "properties": {"templateFile": f"{name}.template.json"},
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": artifacts}))
    return folder


QUEUE = '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}'


def test_the_manifest_says_where_a_stack_is(tmp_path: Path) -> None:
    folder = write_assembly(tmp_path, {"A": QUEUE}, "aws://111122223333/cn-north-1")
    (queue,) = load(folder).resources
    assert str(queue.arn) == "arn:aws-cn:sqs:cn-north-1:111122223333:${Q}"


def test_options_win_over_the_manifest(tmp_path: Path) -> None:
    folder = write_assembly(tmp_path, {"A": QUEUE}, "aws://111122223333/cn-north-1")
    (queue,) = load(folder, ReadOptions(region="us-east-1", account="444455556666")).resources
    assert str(queue.arn) == "arn:aws:sqs:us-east-1:444455556666:${Q}"


def test_one_logical_id_in_two_stacks_is_two_resources(tmp_path: Path) -> None:
    application = load(write_assembly(tmp_path, {"A": QUEUE, "B": QUEUE}))
    assert [one.id for one in application.resources] == ["A/Q", "B/Q"]
    assert application.resources[0].arn != application.resources[1].arn


def test_a_policy_of_one_stack_reaches_a_role_of_another(tmp_path: Path) -> None:
    roles = {
        "Resources": {
            "R": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {
                        "Statement": {
                            "Effect": "Allow",
                            "Action": "sts:AssumeRole",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                        }
                    }
                },
            }
        },
        "Outputs": {"Role": {"Value": {"Ref": "R"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:role"}}}},
    }
    properties = {
        "PolicyName": "p",
        "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}},
    }
    by_import = {"Roles": [{"Fn::ImportValue": "Roles:role"}]}
    by_output = {"Roles": [{"Fn::GetStackOutput": {"StackName": "Roles", "OutputName": "Role"}}]}
    policies = {
        "Resources": {
            name: {"Type": "AWS::IAM::Policy", "Properties": {**properties, "PolicyName": name, **target}}
            for name, target in (("ByImport", by_import), ("ByOutput", by_output))
        }
    }
    stacks = {"Policies": json.dumps(policies), "Roles": json.dumps(roles)}
    application = load(write_assembly(tmp_path, stacks))
    assert not application.problems
    (role,) = application.principals
    assert [one.name for one in role.policies] == ["ByImport", "ByOutput"]


def test_an_export_is_imported_where_it_is(tmp_path: Path) -> None:
    exporter = """{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "%s"}}},
        "Outputs": {"Q": {"Value": {"Fn::GetAtt": ["Q", "QueueName"]}, "Export": {"Name": "queue"}}}}"""
    importer = """{"Resources": {"T": {"Type": "AWS::SNS::Topic",
        "Properties": {"TopicName": {"Fn::ImportValue": "queue"}}}}}"""
    stacks = {"DataDev": exporter % "dev", "DataProd": exporter % "prod", "AppDev": importer, "AppProd": importer}
    places = {"Dev": "aws://111122223333/eu-west-1", "Prod": "aws://444455556666/eu-west-1"}
    environments = {name: next(at for end, at in places.items() if name.endswith(end)) for name in stacks}
    application = load(write_assembly(tmp_path, stacks, environments=environments))
    topics = [str(one.arn) for one in application.resources if one.type == "sns:topic"]
    assert topics == ["arn:aws:sns:eu-west-1:111122223333:dev", "arn:aws:sns:eu-west-1:444455556666:prod"]
    alone = load(
        write_assembly(
            tmp_path / "one", {"DataProd": stacks["DataProd"], "AppDev": importer}, environments=environments
        )
    )
    (topic,) = (one for one in alone.resources if one.type == "sns:topic")
    assert topic.arn != "arn:aws:sns:eu-west-1:111122223333:prod"


def test_what_cdk_hands_from_region_to_region_is_followed(tmp_path: Path) -> None:
    name = "/cdk/exports/App/Datauseast1RefTable"
    data = {
        "Resources": {
            "T": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "notes"}},
            "W": {
                "Type": "Custom::CrossRegionExportWriter",
                "Properties": {"WriterProps": {"region": "eu-west-1", "exports": {name: {"Ref": "T"}}}},
            },
        }
    }
    application = {
        "Resources": {
            "R": {"Type": "Custom::CrossRegionExportReader"},
            "Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::GetAtt": ["R", name]}}},
            "X": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::GetAtt": ["R", "/cdk/exports/x"]}}},
        }
    }
    read = load(write_assembly(tmp_path, {"Data": json.dumps(data), "App": json.dumps(application)}))
    queues = {one.id: str(one.arn).rpartition(":")[2] for one in read.resources if one.type == "sqs:queue"}
    assert queues == {"Q": "notes", "X": "${App.R./cdk/exports/x}"}


@pytest.mark.parametrize(
    ("frames", "origin"),
    [
        (["...new Role2 in aws-cdk-lib...", "build (file://app/notes.mjs:31:21)"], "app/notes.mjs:31:21"),
        (["file://app/notes.mjs:85 (:)", "...node internals..."], "app/notes.mjs:85"),
        (
            ["new Role (/x/node_modules/aws-cdk-lib/role.js:1:2)", "at new App (/x/lib/app.ts:9:5)"],
            "/x/lib/app.ts:9:5",
        ),
        (["...aws-cdk-lib...", "(no user code in 10 frames)"], ""),
        (["x" * 5_000 + ":1:1"], ""),
    ],
)
def test_a_place_leads_to_the_authors_own_line(tmp_path: Path, frames: list[str], origin: str) -> None:
    metadata = {
        "/A/Jobs/Resource": [
            {"type": "aws:cdk:creationStack", "data": frames},
            {"type": "aws:cdk:logicalId", "data": "Q"},
        ],
        "/A/Jobs/Policy/Resource": [{"type": "aws:cdk:logicalId", "data": "P"}],
    }
    document = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}}
    template = {
        "Resources": {
            "Q": {"Type": "AWS::SQS::Queue"},
            "P": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"Queues": [{"Ref": "Q"}], "PolicyDocument": document},
            },
        }
    }
    (queue,) = load(write_assembly(tmp_path, {"A": json.dumps(template)}, metadata=metadata)).resources
    assert (queue.at.path, queue.at.origin) == ("A/Jobs/Resource", origin)
    assert queue.policy
    at = queue.policy.statements[0].at
    assert (at.path, at.origin) == ("A/Jobs/Policy/Resource", origin)


def test_a_finding_in_an_assembly_names_the_construct_and_the_line() -> None:
    application = load(INPUTS["cdk-notes"])
    role = application.principal("AdminRole38563C57")
    assert role
    assert (role.at.path, role.at.origin) == ("NotesStack/AdminRole/Resource", "app/1-notes.mjs:31:21")
    at = role.policies[0].statements[0].at
    assert (at.path, at.origin) == ("NotesStack/AdminRole/DefaultPolicy/Resource", "app/1-notes.mjs:42:13")


def test_an_assembly_inside_an_assembly_is_read(tmp_path: Path) -> None:
    write_assembly(tmp_path / "assembly-Prod", {"Prod-A": QUEUE})
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"assembly-Prod": nested}}))
    assert [one.id for one in load(tmp_path).resources] == ["Q"]


def test_a_project_folder_leads_to_its_assembly(tmp_path: Path) -> None:
    write_assembly(tmp_path / "cdk.out", {"A": QUEUE})
    assert load(tmp_path).name == "A"


def test_the_construct_path_of_a_resource_is_in_its_places(tmp_path: Path) -> None:
    policy = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}}
    template = {
        "Resources": {
            "Q": {"Type": "AWS::SQS::Queue"},
            "P": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"Queues": [{"Ref": "Q"}], "PolicyDocument": policy},
                "Metadata": {"aws:cdk:path": "A/Jobs/Policy/Resource"},
            },
        }
    }
    (queue,) = load(write_assembly(tmp_path, {"A": json.dumps(template)})).resources
    assert queue.policy
    assert queue.policy.statements[0].at.path == "A/Jobs/Policy/Resource"


@pytest.mark.parametrize("name", ["../outside.json", "/etc/hostname"])
def test_a_manifest_cannot_name_a_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    folder = write_assembly(tmp_path / "cdk.out", {})
    (tmp_path / "outside.json").write_text(QUEUE)
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": name}}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"A": artifact}}))
    with pytest.raises(InputError, match="outside the assembly"):
        load(folder)


def test_an_assembly_that_contains_itself_is_refused(tmp_path: Path) -> None:
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"A": nested}}))
    with pytest.raises(InputError, match="nested deeper"):
        load(tmp_path)


def test_an_assembly_without_stacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lists no stack"):
        load(write_assembly(tmp_path, {}))


# ── what is no input ──


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(QUEUE.encode())))
    application = load("-")
    assert (application.name, [one.id for one in application.resources]) == ("standard input", ["Q"])


def test_a_file_of_another_kind_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "package.json"
    path.write_text('{"name": "x", "version": "1"}')
    with pytest.raises(InputError) as raised:
        load(path)
    assert raised.value.message.startswith(f"`{path}` is not an account, a CDK assembly")
    assert "a CloudFormation template" in raised.value.message
    assert raised.value.message.endswith("its top-level keys are `name`, `version`")


@pytest.mark.parametrize(
    ("content", "message"), [("", "is empty"), ("[1]", "it holds a list"), ("{", "expected a key")]
)
def test_a_file_that_is_no_object_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        load(path)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        load(tmp_path / "nothing.json")
    with pytest.raises(InputError, match="it is a folder without"):
        load(tmp_path)


# ── resource types ──


@pytest.mark.parametrize("name", sorted(resource_types()))
def test_every_access_word_stands_for_actions_on_this_very_type(name: str) -> None:
    catalog = load_catalog()
    type = resource_types()[name]
    values = {"partition": "aws", "region": "us-east-1", "account": "111122223333", "name": "thing"}
    arn = fill(type.arn, **values)
    assert isinstance(arn, str) and parse_arn(arn)
    for word, parts in type.access.items():
        for on in parts:
            target = str(on.under(arn, {"stage": "prod"})).replace("*", "x/y/z")
            for spelled in on.actions:
                action = catalog.action(spelled)
                assert action is not None and str(action) == spelled, (word, spelled)
                shapes = [
                    shape
                    for resource in action.resource_types
                    if (known := catalog.resource_type(action.service, resource))
                    for shape in known.arns
                ]
                assert any(_fits(shape, target) for shape in shapes), (word, spelled, target, shapes)


def _fits(shape: str, arn: str) -> bool:
    """Whether an ARN has a shape such as `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`."""
    pieces = shape.split("${")
    pattern = pieces[0] + "".join("*" + piece.partition("}")[2] for piece in pieces[1:])
    return ArnPattern(parse_pattern(pattern)).match_resource(arn) is Match.YES


def test_every_type_has_names_of_its_own() -> None:
    types = list(resource_types().values())
    for key in ("name", "cloudformation", "terraform"):
        values = [getattr(one, key) for one in types]
        assert len(values) == len(set(values))
