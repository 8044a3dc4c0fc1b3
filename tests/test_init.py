"""`grantgraph init`: a model begun for what is there, that can be read, says why, and overwrites nothing."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grantgraph.catalog import load_catalog
from grantgraph.model import Application
from grantgraph.outline import outline
from grantgraph.problems import Level
from grantgraph.sources import NO_OPTIONS, load
from grantgraph.tighten import tighten
from tests.commands import Run
from tests.test_cli import APPS, NOTES
from tests.test_infer import LAMBDA, OWN, TABLE, VERSION, arn, statement, template

CATALOG = load_catalog()
FULL = APPS / "sst" / "f-full-notes.json"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begun(folder: Path, source: str, name: str = "template.json") -> tuple[str, Application]:
    """The outline for a template, and the application that it binds to."""
    (folder / name).write_text(source, encoding="utf-8")
    tightened = tighten(load(folder / name), CATALOG)
    found = outline(tightened, folder / name, folder / "grantgraph.yaml", NO_OPTIONS)
    (folder / "grantgraph.yaml").write_text(found.text, encoding="utf-8")
    return found.text, load(folder / "grantgraph.yaml")


def section(text: str, key: str) -> list[str]:
    """The lines of a part of a model file."""
    lines = text.split("\n")
    start = next(at for at, line in enumerate(lines) if line in (f"{key}:", f"# {key}:"))
    end = next((at for at in range(start, len(lines)) if not lines[at]), len(lines))
    return lines[start + 1 : end]


# ── where it is written ──


def test_init_finds_the_application_of_a_folder_and_writes_beside_it(run: Run, here: Path) -> None:
    shutil.copy(FULL, here / "template.json")
    (here / "package.json").write_text('{"name": "notes"}', encoding="utf-8")
    (here / "policy.json").write_text(json.dumps({"Statement": [statement("s3:GetObject")]}), encoding="utf-8")
    ended = run("init")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "wrote `grantgraph.yaml`: 13 principals, 7 resources, 5 routes, 30 needs, 3 promises\n"
        "commented out, each with the reason: 5 needs, 1 promise\n"
    )


def test_what_init_wrote_is_checked_and_made_tight(run: Run, here: Path) -> None:
    shutil.copy(NOTES, here / "template.json")
    assert run("init").code == 0
    assert run("check").code == 1  # the folder is read by its model now
    assert run("synth", "--check").code == 1
    assert run("synth", "grantgraph.yaml", "--apply").code == 0
    assert run("synth", "--check").code == 0


def test_a_model_beside_an_assembly_is_not_written_into_it(run: Run, here: Path) -> None:
    shutil.copytree(APPS / "cdk" / "two-stacks" / "cdk.out", here / "cdk.out")
    for path in (".", "cdk.out"):
        assert run("init", path).code == 0
        assert "from: cdk.out\n" in (here / "grantgraph.yaml").read_text(encoding="utf-8")
        (here / "grantgraph.yaml").unlink()
    monkey = here / "cdk.out"
    os.chdir(monkey)
    assert run("init").code == 0
    assert "from: cdk.out\n" in (here / "grantgraph.yaml").read_text(encoding="utf-8")


def test_init_reads_with_the_options_that_it_is_given_and_says_them(run: Run, here: Path) -> None:
    source = {"Parameters": {"Name": {"Type": "String"}}, **json.loads(template(statement("sqs:*"), Q=QUEUE))}
    (here / "template.json").write_text(json.dumps(source), encoding="utf-8")
    ended = run("init", "template.json", "--param", "Name=a b", "--region", "eu-west-1")
    text = (here / "grantgraph.yaml").read_text(encoding="utf-8")
    assert ended.code == 0 and "grantgraph check grantgraph.yaml --param 'Name=a b' --region eu-west-1" in text


QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}


def test_the_output_may_be_another_file_or_none(run: Run, here: Path) -> None:
    shutil.copy(NOTES, here / "template.json")
    printed = run("init", "--output", "-")
    assert printed.code == 0 and not (here / "grantgraph.yaml").exists()
    assert run("init", "--output", "models/mine.yaml").code == 0
    written = (here / "models" / "mine.yaml").read_text(encoding="utf-8")
    assert "from: ../template.json\n" in written
    assert written.split("\n")[10:] == printed.out.split("\n")[10:] or written != printed.out
    assert load("models/mine.yaml").principals == load("template.json").principals


def test_nothing_is_written_over(run: Run, here: Path) -> None:
    shutil.copy(NOTES, here / "template.json")
    (here / "grantgraph.yaml").write_text("application: mine\n", encoding="utf-8")
    ended = run("init")
    assert (ended.code, ended.out) == (2, "")
    assert "`grantgraph.yaml` is there already" in ended.err and "`--output -` prints it" in ended.err
    assert (here / "grantgraph.yaml").read_text(encoding="utf-8") == "application: mine\n"
    (here / "dangling.yaml").symlink_to("nowhere")
    assert run("init", "template.json", "--output", "dangling.yaml").code == 2


def test_what_appears_meanwhile_is_not_written_over(here: Path) -> None:
    from grantgraph.cli.changing import write_new
    from grantgraph.problems import UsageError

    (here / "a").write_text("theirs", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        write_new(here / "a", "ours")
    assert ((here / "a").read_text(encoding="utf-8"), os.listdir(here)) == ("theirs", ["a"])


def test_a_file_system_without_links_is_written_to_as_well(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from grantgraph.cli.changing import write_new
    from grantgraph.problems import UsageError

    def refused(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refused)
    write_new(here / "a", "ours")
    assert ((here / "a").read_text(encoding="utf-8"), os.listdir(here)) == ("ours", ["a"])
    with pytest.raises(UsageError, match="is there already"):
        write_new(here / "a", "again")


# ── what there is to begin from ──


def test_a_folder_with_several_applications_lists_them(run: Run, here: Path) -> None:
    shutil.copy(NOTES, here / "a.json")
    shutil.copy(FULL, here / "b.json")
    ended = run("init")
    assert (ended.code, ended.out) == (2, "")
    assert "`.` holds 2 applications, so say which" in ended.err
    assert "`grantgraph init a.json`: a CloudFormation template" in ended.err


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("empty", "`empty` holds no application"),
        ("gone.json", "there is no file `gone.json`"),
        ("-", "a model cannot stand beside `-`"),
        ("HEAD:template.json", "a model cannot stand beside `HEAD:template.json`"),
        ("model.yaml", "`model.yaml` is a model already"),
        ("policy.json", "`policy.json` is a policy document, and no application"),
        ("nobody.json", "has no role, user or identity pool"),
        ("broken.json", "expected a key in double quotes"),
    ],
)
def test_what_no_model_can_begin_from_is_refused(run: Run, here: Path, path: str, message: str) -> None:
    (here / "empty").mkdir()
    (here / "model.yaml").write_text("application: a\n", encoding="utf-8")
    (here / "policy.json").write_text(json.dumps({"Statement": []}), encoding="utf-8")
    (here / "nobody.json").write_text(
        json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}), encoding="utf-8"
    )
    (here / "broken.json").write_text("{", encoding="utf-8")
    ended = run("init", path)
    assert (ended.code, ended.out) == (2, "") and message in ended.err, ended.err
    assert not (here / "grantgraph.yaml").exists()


def test_a_model_that_could_not_name_its_input_is_refused(run: Run, here: Path) -> None:
    (here / "a").mkdir()
    (here / "b").mkdir()
    shutil.copy(NOTES, here / "a" / "template.json")
    os.chdir(here / "b")
    ended = run("init", "../a/template.json", "--output", "mine.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert "lies outside the model's folder and the working folder" in ended.err
    assert "put the model file beside its input" in ended.err


# ── what it says ──


def test_a_need_says_why_it_is_believed(tmp_path: Path) -> None:
    source = template(statement("dynamodb:GetItem", arn("T")), variables={"TABLE": {"Ref": "T"}}, T=TABLE)
    text, bound = begun(tmp_path, source)
    assert section(text, "needs") == [
        "  # wired and granted",
        "  #   the variable `TABLE` of `Fn` names it [template.json:1]",
        "  #   `own` allows `dynamodb:GetItem` [template.json:1]",
        "  - {who: Fn, access: dynamodb:GetItem, to: T}",
    ]
    assert [(one.who, one.to) for one in bound.needs] == [("Role", "T")]


def test_what_is_only_wired_is_commented_out_with_what_to_say(tmp_path: Path) -> None:
    text, bound = begun(tmp_path, template(variables={"TABLE": {"Ref": "T"}}, T=TABLE))
    assert section(text, "needs")[-2:] == [
        "  # nothing says how it is used: say it by "
        "read, get, query, write, put, update, delete, check, scan, partiql, stream",
        "  # - {who: Fn, access: read, to: T}",
    ]
    assert bound.needs == () and "# needs:" in text


def test_a_limit_that_no_model_says_is_not_left_out_in_silence(tmp_path: Path) -> None:
    limited = statement("dynamodb:GetItem", arn("T"), Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    text, bound = begun(tmp_path, template(limited, T=TABLE))
    assert bound.needs == ()
    assert "  #   but limited further: IpAddress aws:SourceIp 10.0.0.0/8" in section(text, "needs")
    assert "without it more would be allowed than today" in text


def test_what_a_model_of_its_own_says_is_not_said_twice(tmp_path: Path) -> None:
    source = json.loads(template(Q={"Type": "AWS::SQS::Queue"}))
    source["Resources"]["Fn"]["Properties"]["DeadLetterConfig"] = {"TargetArn": arn("Q")}
    text, bound = begun(tmp_path, json.dumps(source))
    assert bound.needs == () and "it comes by itself, with how the application is wired" in text


def test_what_is_no_need_is_counted_below_the_needs(tmp_path: Path) -> None:
    granted = [statement(["dynamodb:*", "s3:GetObject"], arn("T")), statement(["ses:SendEmail"])]
    text, _ = begun(tmp_path, template(*granted, T=TABLE))
    (allowed,) = [line for line in section(text, "needs") if "actions at" in line]
    assert allowed.startswith("  #   Fn: 45 actions at 1 place, such as `dynamodb:DeleteResourcePolicy` on ")
    assert "  #   Fn: `s3:GetObject`: none of the resources is one that it acts on [template.json:1]" in text
    assert "  #   Fn: `ses:SendEmail`: its service has no access words" in text


def test_tables_come_with_their_keys_and_whose_rows_they_hold(tmp_path: Path) -> None:
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "KeySchema": [
                {"AttributeName": "userId", "KeyType": "HASH"},
                {"AttributeName": "on", "KeyType": "RANGE"},
            ],
            "GlobalSecondaryIndexes": [
                {"IndexName": "no", "KeySchema": [{"AttributeName": "tag", "KeyType": "HASH"}]}
            ],
        },
    }
    text, bound = begun(tmp_path, template(T=table))
    assert section(text, "resources") == [
        "  # `userId` is taken for the caller's identity, by its name; `identity: <attribute>` says otherwise",
        '  T: {type: dynamodb:table, partition_key: userId, sort_key: "on", '
        'indexes: {"no": {partition_key: tag}}}',
    ]
    assert bound.resource("T") == load(tmp_path / "template.json").resource("T")


def test_logs_are_what_todays_policies_allow(tmp_path: Path) -> None:
    def logs(*actions: str) -> str:
        text, _ = begun(tmp_path, template(*([statement(list(actions))] if actions else [])))
        return section(text, "principals")[-1]

    assert logs() == "  Fn: {type: function, logs: false}"
    assert logs("logs:PutLogEvents") == "  Fn: {type: function, logs: existing}"
    assert logs("logs:*") == "  Fn: {type: function}"


def test_where_it_is_deployed_is_told_by_its_own_resources_in_policies(tmp_path: Path) -> None:
    table = {**TABLE, "Properties": {**TABLE["Properties"], "TableName": "notes"}}
    mine = "arn:aws:dynamodb:eu-west-1:111122223333:table/notes"
    other = "arn:aws:dynamodb:us-east-1:444455556666:table/theirs"
    text, _ = begun(tmp_path, template(statement("dynamodb:GetItem", [mine, other]), T=table))
    assert 'environment: {partition: aws, region: eu-west-1, account: "111122223333"}\n' in text
    twice = "arn:aws:dynamodb:us-east-1:111122223333:table/notes"
    text, _ = begun(tmp_path, template(statement("dynamodb:GetItem", [mine, twice]), T=table))
    assert 'environment: {partition: aws, account: "111122223333"}\n' in text


def test_who_is_left_out_is_said(tmp_path: Path) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": LAMBDA}}
    text, bound = begun(tmp_path, template(Other=role))
    assert "  # left as it is: nothing in the application acts as it" in text
    assert "  # Other: {type: role}" in text
    assert bound.binding is not None and "Other" not in bound.binding.principals


# ── promises ──


def pool(*statements: dict[str, Any], who: str = "authenticated", **resources: Any) -> str:
    """An identity pool of which one kind of visitors has statements."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    document = {"Version": VERSION, "Statement": list(statements)}
    role = {
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "Policies": [{"PolicyName": "own", "PolicyDocument": document}],
    }
    attached = {"IdentityPoolId": {"Ref": "Pool"}, "Roles": {who: arn("Visitor")}}
    own = {
        "Pool": {"Type": "AWS::Cognito::IdentityPool", "Properties": {"AllowUnauthenticatedIdentities": True}},
        "Visitor": {"Type": "AWS::IAM::Role", "Properties": role},
        "Attach": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": attached},
    }
    return json.dumps({"Resources": {**own, **resources}})


SUB = "${cognito-identity.amazonaws.com:sub}"
BY_USER = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {"KeySchema": [{"AttributeName": "userId", "KeyType": "HASH"}]},
}
BUCKET = {"Type": "AWS::S3::Bucket"}
OWN_ROWS = {
    "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [SUB]},
    "Null": {"dynamodb:LeadingKeys": "false"},
}


def promises(folder: Path, source: str) -> tuple[list[str], list[str]]:
    """The promises that stand, and the reasons of those that do not."""
    text, bound = begun(folder, source)
    stand = [f"{one.type.value} {','.join(one.access) or one.on}" for one in bound.promises]
    return stand, [
        line.strip("# ")
        for line in (section(text, "promises") if "promises:" in text else [])
        if line.startswith("  # ") and "- {" not in line
    ]


def test_guests_that_need_no_writing_never_write(tmp_path: Path) -> None:
    source = pool(statement("s3:GetObject", arn("B", "/public/*")), who="unauthenticated", B=BUCKET)
    assert promises(tmp_path, source) == (["never write,tagging,permissions-management"], [])


def test_guests_that_need_writing_are_no_promise(tmp_path: Path) -> None:
    source = pool(statement("s3:PutObject", arn("B", "/inbox/*")), who="unauthenticated", B=BUCKET)
    assert promises(tmp_path, source) == ([], ["guests need put on B"])


def test_rows_that_are_kept_apart_are_private(tmp_path: Path) -> None:
    source = pool(statement(["dynamodb:GetItem"], arn("T"), Condition=OWN_ROWS), T=BY_USER)
    assert promises(tmp_path, source) == (["never permissions-management", "isolated T"], [])


@pytest.mark.parametrize(
    ("granted", "resources", "reason"),
    [
        (
            statement("dynamodb:GetItem", arn("T")),
            {"T": BY_USER},
            "every visitor needs all rows, until needs say `rows: own`: `userId` is the partition key",
        ),
        (
            statement("dynamodb:GetItem", arn("T")),
            {"T": TABLE},
            "no IAM policy can keep visitors to their rows, unless a partition key carries their identity",
        ),
        (
            statement("s3:GetObject", arn("B", "/*")),
            {"B": BUCKET},
            "every visitor needs the same keys, until needs say `keys: private/{identity}/*`",
        ),
    ],
)
def test_what_is_not_private_says_why(
    tmp_path: Path, granted: dict[str, Any], resources: dict[str, Any], reason: str
) -> None:
    assert promises(tmp_path, pool(granted, **resources)) == (["never permissions-management"], [reason])


def test_code_that_anybody_can_call_never_changes_permissions(tmp_path: Path) -> None:
    url = {"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "NONE", "TargetFunctionArn": arn("Fn")}}
    assert promises(tmp_path, template(Url=url)) == (["never permissions-management"], [])
    guarded = {**url, "Properties": {**url["Properties"], "AuthType": "AWS_IAM"}}  # type: ignore[dict-item]
    text, _ = begun(tmp_path, template(Url=guarded))
    assert "promises:" not in text


# ── names ──

names = st.text(min_size=1, max_size=12) | st.sampled_from(
    ["on", "yes", "null", "1e3", "a: b", "- a", "#x", "{identity}", "a\n  - {who: b}", "authenticated", "]", "'\""]
)


@settings(max_examples=15, deadline=None)
@given(st.lists(names, min_size=5, max_size=5, unique=True), names)
def test_no_name_of_an_input_breaks_its_outline(ids: list[str], variable: str) -> None:
    role, function, table, queue, key = ids
    granted = [statement("dynamodb:*", arn(table)), statement("dynamodb:GetItem", variable)]
    policy = {"PolicyName": variable, "PolicyDocument": {"Version": VERSION, "Statement": granted}}
    environment = {"Variables": {variable: {"Ref": table}, "Q": {"Ref": queue}}}
    own = {"AssumeRolePolicyDocument": LAMBDA, "Policies": [policy]}
    runs = {"Role": arn(role), "Environment": environment}
    keys = {"KeySchema": [{"AttributeName": variable, "KeyType": "HASH"}]}
    resources = {
        role: {"Type": "AWS::IAM::Role", "Properties": own},
        function: {"Type": "AWS::Lambda::Function", "Properties": runs},
        table: {"Type": "AWS::DynamoDB::Table", "Properties": keys},
        queue: {"Type": "AWS::SQS::Queue"},
        key: {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [OWN]}}},
    }
    with TemporaryDirectory() as folder:
        source, file = Path(folder) / "input.json", Path(folder) / "outline.yaml"
        source.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
        application = load(source)
        assume(not any(one.level is Level.ERROR for one in application.problems))
        found = outline(tighten(application, CATALOG), source, file, NO_OPTIONS)
        file.write_text(found.text, encoding="utf-8")
        bound = load(file)
    assert [one.id for one in bound.principals] == [one.id for one in application.principals]
    assert [one.id for one in bound.resources] == [one.id for one in application.resources]


def test_it_is_the_same_every_time(run: Run) -> None:
    first, second = (run("init", FULL, "--output", "-").out for _ in range(2))
    assert first == second
