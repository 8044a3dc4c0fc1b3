"""Tight policies put back into their template: what changes, in whose words, and what is left as it was."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from grantgraph.catalog import load_catalog
from grantgraph.patch import Plan, plan, unified
from grantgraph.patch.spans import Shape, Span, read_source
from grantgraph.patch.writing import style_of, write
from grantgraph.quoting import one_line, yaml_flow, yaml_scalar
from grantgraph.sources import load
from grantgraph.tighten import tighten
from tests.test_infer import TABLE, arn, statement, template
from tests.test_tighten import granted

CATALOG = load_catalog()


def planned(folder: Path, text: str, name: str = "template.yaml", wildcards: str = "") -> tuple[Plan, str]:
    """The plan for a template, and the template's text with it."""
    file = folder / name
    file.write_bytes(text.encode())
    found = plan(tighten(load(file), CATALOG, wildcards), lambda: load(file), CATALOG)
    (after,) = [one.after for one in found.files] or [text]
    return found, after


def patched(folder: Path, text: str, name: str = "template.yaml", wildcards: str = "") -> str:
    found, after = planned(folder, text, name, wildcards)
    assert found.unpatched == ()
    return after


YAML = """\
# the notes application
Resources:
  Notes:
    Type: AWS::DynamoDB::Table   # one item a note
    Properties:
      KeySchema: [{AttributeName: id, KeyType: HASH}]

  Jobs: {Type: AWS::SQS::Queue}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
POLICY
  Fn:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt Role.Arn}
"""


def around(policy: str) -> str:
    """The template with some statements, each line of which is set in as far as its policy is."""
    lines = [f"              {line}" if line else "" for line in policy.strip("\n").split("\n")]
    return YAML.replace("POLICY\n", "\n".join(lines) + "\n")


# ── in a block of YAML ──


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            """
- Effect: Allow
  # what the worker does
  Action:
    - dynamodb:GetItem     # reads
    - dynamodb:DeleteTable # once
    - dynamodb:PutItem     # writes
  Resource: !GetAtt Notes.Arn
""",
            """
- Effect: Allow
  # what the worker does
  Action:
    - dynamodb:GetItem     # reads
    - dynamodb:PutItem     # writes
  Resource: !GetAtt Notes.Arn
""",
            id="an entry goes with its line",
        ),
        pytest.param(
            """
- Effect: Allow
  Action: [dynamodb:GetItem, dynamodb:DeleteTable, dynamodb:PutItem]
  Resource: !GetAtt Notes.Arn
""",
            """
- Effect: Allow
  Action: [dynamodb:GetItem, dynamodb:PutItem]
  Resource: !GetAtt Notes.Arn
""",
            id="an entry goes from between brackets",
        ),
        pytest.param(
            """
- Effect: Allow
  Action: dynamodb:Update*
  Resource: !GetAtt Notes.Arn   # ours
""",
            """
- Effect: Allow
  Action: dynamodb:UpdateItem
  Resource: !GetAtt Notes.Arn   # ours
""",
            id="a wildcard becomes the action behind it",
        ),
        pytest.param(
            """
- Effect: Allow
  Action: sqs:SendMessage
  Resource: "*"
""",
            """
- Effect: Allow
  Action: sqs:SendMessage
  Resource: !GetAtt Jobs.Arn
""",
            id="a star becomes the resource that is meant",
        ),
        pytest.param(
            """
- Sid: Both
  Effect: Allow
  Action:
    - dynamodb:DeleteTable
  Resource: !GetAtt Notes.Arn
- Sid: Other
  Effect: Allow
  Action: sqs:SendMessage
  Resource: !GetAtt Jobs.Arn
""",
            """
- Sid: Other
  Effect: Allow
  Action: sqs:SendMessage
  Resource: !GetAtt Jobs.Arn
""",
            id="a statement goes",
        ),
        pytest.param(
            """
- {Effect: Allow, Action: 'sqs:Set*', Resource: !GetAtt Jobs.Arn}
- {Effect: Allow, Action: 'sqs:Send*', Resource: 'arn:aws:sqs:*:111122223333:*'}
""",
            """
- {Effect: Allow, Action: 'sqs:Send*', Resource: !Sub "arn:aws:sqs:${AWS::Region}:111122223333:${Jobs.QueueName}"}
""",
            id="statements between brackets",
        ),
        pytest.param(
            """
- Effect: Allow
  Action: [dynamodb:GetItem, sqs:SendMessage]
  Resource:
    - "*"
  Condition:
    Bool:
      aws:SecureTransport: "true"   # always
""",
            """
- Effect: Allow
  Action: [dynamodb:GetItem, sqs:SendMessage]
  Resource:
    - !GetAtt Notes.Arn
    - !GetAtt Jobs.Arn
  Condition:
    Bool:
      aws:SecureTransport: "true"   # always
""",
            id="a star becomes several resources, the rest stays",
        ),
        pytest.param(
            """
- Effect: Allow
  NotAction: iam:*
  Resource: !GetAtt Jobs.Arn
""",
            """
- Effect: Allow
  Action:
    - sqs:ChangeMessageVisibility
    - sqs:DeleteMessage
    - sqs:GetQueueAttributes
    - sqs:GetQueueUrl
    - sqs:ReceiveMessage
    - sqs:SendMessage
  Resource: !GetAtt Jobs.Arn
""",
            id="what is left out becomes what is meant",
        ),
    ],
)
def test_a_patch_changes_what_it_has_to_and_nothing_else(tmp_path: Path, before: str, after: str) -> None:
    assert patched(tmp_path, around(before)) == around(after)


def test_a_policy_of_which_nothing_stays_goes_with_its_entry(tmp_path: Path) -> None:
    text = around("- {Effect: Allow, Action: 'sqs:CreateQueue', Resource: !GetAtt Jobs.Arn}")
    after = patched(tmp_path, text)
    assert "PolicyName" not in after and load(tmp_path / "template.yaml").principals[0].policies
    (tmp_path / "template.yaml").write_text(after, encoding="utf-8")
    assert load(tmp_path / "template.yaml").principals[0].policies == ()


def test_line_ends_and_the_mark_of_byte_order_stay(tmp_path: Path) -> None:
    text = around("- {Effect: Allow, Action: ['sqs:CreateQueue', 'sqs:SendMessage'], Resource: !GetAtt Jobs.Arn}")
    windows = text.replace("\n", "\r\n")
    after = patched(tmp_path, windows)
    assert after == windows.replace("'sqs:CreateQueue', ", "")


# ── in JSON ──


def test_json_keeps_its_indentation_and_the_order_of_its_keys(tmp_path: Path) -> None:
    for indent in (1, 2, 4):
        document = json.loads(template(statement(["dynamodb:GetItem", "dynamodb:DeleteTable"], arn("T")), T=TABLE))
        before = json.dumps(document, indent=indent)
        after = patched(tmp_path, before, "template.json")
        document["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] = [
            "dynamodb:GetItem"
        ]
        assert after == json.dumps(document, indent=indent)


def test_json_on_one_line_stays_on_one_line(tmp_path: Path) -> None:
    queue = {"Type": "AWS::SQS::Queue"}
    after = patched(tmp_path, template(statement("sqs:*"), Q=queue), "template.json")
    assert after.count("\n") == 0
    (only,) = json.loads(after)["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert only["Resource"] == arn("Q")


def test_resources_that_take_different_actions_get_statements_of_their_own(tmp_path: Path) -> None:
    own = statement(["dynamodb:GetItem", "dynamodb:Query"], [arn("T"), "*"], Sid="Mine")
    text = json.dumps(json.loads(template(own, variables={"T": {"Ref": "T"}}, T=TABLE, Other=TABLE)), indent=2)
    found, after = planned(tmp_path, text, "template.json")
    assert found.unpatched == ()
    document = json.loads(after)["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]
    named = [one["Resource"] for one in document["Statement"]]
    assert "*" not in str(named).replace("/*", "")


def test_a_policy_resource_of_which_nothing_stays_goes_with_what_depends_on_it(tmp_path: Path) -> None:
    source = json.loads(template(Q={"Type": "AWS::SQS::Queue"}))
    policy = {
        "PolicyName": "own",
        "PolicyDocument": {"Statement": [statement("sqs:CreateQueue", arn("Q"))]},
        "Roles": [{"Ref": "Role"}],
    }
    source["Resources"]["Own"] = {"Type": "AWS::IAM::Policy", "Properties": policy}
    source["Resources"]["Fn"]["DependsOn"] = ["Own", "Role"]
    after = json.loads(patched(tmp_path, json.dumps(source, indent=2), "template.json"))
    assert "Own" not in after["Resources"]
    assert after["Resources"]["Fn"]["DependsOn"] == ["Role"]


def test_awss_own_policy_becomes_a_policy_of_the_role(tmp_path: Path) -> None:
    source = json.loads(template(variables={"T": {"Ref": "T"}}, T=TABLE))
    managed = [
        "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess",
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    ]
    source["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = managed
    after = json.loads(patched(tmp_path, json.dumps(source, indent=2), "template.json"))
    role = after["Resources"]["Role"]["Properties"]
    assert role["ManagedPolicyArns"] == managed[1:]
    (own,) = role["Policies"]
    assert own["PolicyName"] == "AmazonDynamoDBReadOnlyAccess"
    actions = {one for own in own["PolicyDocument"]["Statement"] for one in own["Action"]}
    assert {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"} <= actions
    assert not any(one.startswith(("cloudwatch:", "dynamodb:Describe")) for one in actions)


INSTEAD = """\
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSQSFullAccess']
      Policies:"""


@pytest.mark.parametrize("style", ["block", "flow", "json"])
def test_what_is_added_to_a_list_takes_the_place_of_all_that_goes(tmp_path: Path, style: str) -> None:
    own = "{Effect: Allow, Action: 'dynamodb:DeleteTable', Resource: !GetAtt Notes.Arn}"
    text = around(f"- {own}").replace("      Policies:", INSTEAD)
    name = "template.yaml"
    if style == "flow":
        start, end = text.index("        - PolicyName"), text.index("  Fn:")
        text = (
            f"{text[:start].rstrip()} [{{PolicyName: own, PolicyDocument: {{Statement: [{own}]}}}}]\n{text[end:]}"
        )
    if style == "json":
        role = {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]}
        source = json.loads(template(statement("dynamodb:DeleteTable", arn("T")), T=TABLE))
        source["Resources"]["Role"]["Properties"] |= role
        source["Resources"]["Jobs"] = {"Type": "AWS::SQS::Queue"}
        text, name = json.dumps(source, indent=2), "template.json"
    after = patched(tmp_path, text, name)
    assert "DeleteTable" not in after and "sqs:SendMessage" in after
    assert after.count("PolicyName") == 1 and after.count("AmazonSQSFullAccess") == 1
    (tmp_path / name).write_text(after, encoding="utf-8")
    assert planned(tmp_path, after, name)[0].files == ()


# ── SAM ──

SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs20.x
      Handler: a.b
      InlineCode: "x"
      Policies:
POLICIES
"""


def sam(policies: str) -> str:
    lines = [f"        {line}" for line in policies.strip("\n").split("\n")]
    return SAM.replace("POLICIES\n", "\n".join(lines) + "\n")


def test_a_statement_in_sam_is_changed_where_its_author_wrote_it(tmp_path: Path) -> None:
    before = """
- Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Action: [dynamodb:GetItem, dynamodb:DeleteTable]
      Resource: !GetAtt Table.Arn   # ours
"""
    after = before.replace(", dynamodb:DeleteTable", "")
    assert patched(tmp_path, sam(before)) == sam(after)


def test_a_policy_that_sam_or_aws_wrote_becomes_what_is_needed_of_it(tmp_path: Path) -> None:
    before = """
- AmazonDynamoDBReadOnlyAccess
- S3CrudPolicy: {BucketName: elsewhere}   # another application's
"""
    after = patched(tmp_path, sam(before))
    assert "AmazonDynamoDBReadOnlyAccess" not in after
    assert "- S3CrudPolicy: {BucketName: elsewhere}   # another application's\n" in after
    assert "dynamodb:GetItem" in after and "Resource: !GetAtt Table.Arn" in after


def test_the_only_policy_of_a_function_goes_with_its_property(tmp_path: Path) -> None:
    before = "Statement: [{Effect: Allow, Action: 'dynamodb:DeleteTable', Resource: !GetAtt Table.Arn}]"
    after = patched(tmp_path, sam(before))
    assert "Policies" not in after and after.startswith(sam(before).partition("      Policies")[0])


NEAR = """\
      ManagedPolicyArns:COMMENT
      - arn:aws:iam::aws:policy/AmazonSQSFullAccess
      Policies:"""


@pytest.mark.parametrize(("comment", "nothing"), [("", " []"), ("   # AWS's", "   # AWS's\n        []")])
def test_a_list_that_is_no_further_in_than_its_key_can_be_emptied(
    tmp_path: Path, comment: str, nothing: str
) -> None:
    own = "- {Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt Notes.Arn}"
    text = around(own).replace("      Policies:", NEAR.replace("COMMENT", comment))
    after = patched(tmp_path, text)
    assert f"      ManagedPolicyArns:{nothing}\n      Policies:\n" in after


def test_new_lists_are_as_far_in_as_those_of_the_file(tmp_path: Path) -> None:
    head, _, tail = YAML.partition("      Policies:\n")
    rest = tail.partition("POLICY\n")[2]
    own = """\
      Policies:
      - PolicyName: own
        PolicyDocument:
          Statement:
          - Action: ACTION
            Effect: Allow
            Resource: !GetAtt Jobs.Arn
"""
    names = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage")
    lines = "".join(f"\n            - sqs:{name}" for name in (*names, "SendMessage"))
    before, after = (head + own.replace(" ACTION", one) + rest for one in (" sqs:*", lines))
    assert patched(tmp_path, before) == after


class Blocks(yaml.SafeDumper):
    """Writes YAML as blocks without aliases; `further` is whether lists are further in than their keys."""

    further = False

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and not self.further)

    def ignore_aliases(self, data: Any) -> bool:
        return True


class FurtherBlocks(Blocks):
    further = True


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.lists(granted, min_size=1, max_size=2), min_size=1, max_size=2),
    st.sampled_from([Blocks, FurtherBlocks, 0, 2, 4]),
    st.booleans(),
)
def test_whatever_is_granted_and_however_it_is_written_the_patch_says_what_it_should(
    policies: list[list[dict[str, Any]]], style: Any, single: bool
) -> None:
    source = json.loads(
        template(T=TABLE, Other=TABLE, Q={"Type": "AWS::SQS::Queue"}, B={"Type": "AWS::S3::Bucket"})
    )
    source["Resources"]["Role"]["Properties"]["Policies"] = [
        {"PolicyName": f"own{at}", "PolicyDocument": {"Statement": one[0] if single else one}}
        for at, one in enumerate(policies)
    ]
    is_json = isinstance(style, int)
    text = (
        json.dumps(source, indent=style or None) if is_json else yaml.dump(source, Dumper=style, sort_keys=False)
    )
    with tempfile.TemporaryDirectory() as folder:
        name = "template.json" if is_json else "template.yaml"
        found, _ = planned(Path(folder), text, name)  # reads it again, and proves that it says what it should
    assert found.unpatched == ()


def test_what_is_written_anew_is_as_far_in_as_its_statement(tmp_path: Path) -> None:
    own = statement(
        ["dynamodb:*", "ses:SendEmail"], ["*", arn("T")], Condition={"Bool": {"aws:SecureTransport": "true"}}
    )
    source = json.loads(template(own, T=TABLE))
    document = source["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]
    for style in (Blocks, FurtherBlocks):
        for statements in (own, [own]):
            document["Statement"] = statements
            after = patched(tmp_path, yaml.dump(source, Dumper=style, sort_keys=False))
            assert after.count("aws:SecureTransport: 'true'") == after.count("Effect: Allow") - 1 > 1


# ── what is decided by a function ──

STAGE = "Parameters: {Stage: {Type: String, Default: prod}}\nConditions: {Prod: !Equals [!Ref Stage, prod]}\n"


def test_a_branch_of_which_nothing_stays_gives_nothing(tmp_path: Path) -> None:
    before = """
- !If
  - Prod
  - {Effect: Allow, Action: 'sqs:CreateQueue', Resource: !GetAtt Jobs.Arn}
  - !Ref AWS::NoValue
- {Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Jobs.Arn}
"""
    after = before.replace(
        "{Effect: Allow, Action: 'sqs:CreateQueue', Resource: !GetAtt Jobs.Arn}", "!Ref AWS::NoValue"
    )
    assert patched(tmp_path, STAGE + around(before)) == STAGE + around(after)


def test_a_branch_that_would_be_several_statements_stays(tmp_path: Path) -> None:
    branch = "{Effect: Allow, Action: ['sqs:SendMessage', 'ses:SendEmail', 'dynamodb:*'], Resource: '*'}"
    text = STAGE + around(f"- !If [Prod, {branch}, !Ref AWS::NoValue]")
    found, after = planned(tmp_path, text)
    assert after == text
    assert [one.why for one in found.unpatched] == ["it would take several statements where a function gives one"]


@pytest.mark.parametrize("policies", ["ManagedPolicyArns", "Policies"])
def test_what_only_some_deployments_have_is_not_given_to_all(tmp_path: Path, policies: str) -> None:
    if policies == "Policies":
        text = STAGE + sam("- !If [Prod, AmazonDynamoDBReadOnlyAccess, !Ref AWS::NoValue]")
    else:
        named = "!If [Prod, 'arn:aws:iam::aws:policy/AmazonSQSFullAccess', !Ref AWS::NoValue]"
        own = around("- {Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt Notes.Arn}")
        text = STAGE + own.replace("      Policies:", f"      ManagedPolicyArns: [{named}]\n      Policies:")
    found, after = planned(tmp_path, text)
    assert after == text
    assert [one.why for one in found.unpatched] in (
        ["where it is named is made by a function"],
        ["whether the role has it is decided by a function"],
    )


# ── what is not changed ──


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (
            "- Effect: Allow\n  Action: !Split [',', 'dynamodb:GetItem,dynamodb:DeleteTable']\n"
            "  Resource: !GetAtt Notes.Arn",
            "its actions are made by a function",
        ),
        (
            "- Effect: Allow\n  Action: [dynamodb:GetItem, !Sub 'dynamodb:DeleteTable']\n"
            "  Resource: !GetAtt Notes.Arn",
            "its actions are made by a function",
        ),
    ],
)
def test_what_cannot_be_changed_is_said_and_nothing_of_its_policy_changes(
    tmp_path: Path, policy: str, why: str
) -> None:
    other = "- Effect: Allow\n  Action: [sqs:SendMessage, sqs:CreateQueue]\n  Resource: !GetAtt Jobs.Arn\n"
    found, after = planned(tmp_path, around(other + policy))
    assert [(one.what, one.why) for one in found.unpatched] == [("`own`", why)]
    assert found.unpatched[0].at.line and after == around(other + policy)


def test_a_parameter_of_the_template_is_referred_to_by_its_name(tmp_path: Path) -> None:
    text = "Parameters: {Name: {Type: String}}\n" + around(
        "- Effect: Allow\n  Action: sqs:SendMessage\n  Resource: '*'"
    ).replace("Jobs: {Type: AWS::SQS::Queue}", "Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}")
    assert "Resource: !GetAtt Jobs.Arn" in patched(tmp_path, text)


# ── as a patch ──


def test_a_diff_can_be_applied_by_git(tmp_path: Path) -> None:
    text = around("- {Effect: Allow, Action: ['sqs:CreateQueue', 'sqs:SendMessage'], Resource: !GetAtt Jobs.Arn}")
    for own in (text, text.rstrip("\n")):
        _, after = planned(tmp_path, own)
        assert after != own
        (tmp_path / "a.patch").write_bytes(unified("template.yaml", own, after).encode())
        subprocess.run(["git", "apply", "--unsafe-paths", "a.patch"], cwd=tmp_path, check=True)
        assert (tmp_path / "template.yaml").read_text(encoding="utf-8") == after


def test_where_nothing_changes_there_is_no_diff() -> None:
    assert unified("template.yaml", YAML, YAML) == ""


# ── what it is made of ──

scalars = st.text(max_size=12) | st.sampled_from(
    ["yes", "0x1F", "1e3", "2026-01-01", "a: b", "- a", "#", "null", "!x"]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, min_size=2, max_size=3) | st.dictionaries(scalars, inner, max_size=3),
    max_leaves=6,
)


def plain(span: Span) -> object:
    match span.shape:
        case Shape.SCALAR:
            return span.value
        case Shape.LIST:
            return [plain(one) for one in span.items]
        case _:
            return {key: plain(one) for key, one in span.members.items()}


@given(values)
def test_what_is_written_as_yaml_is_read_as_it_was(value: object) -> None:
    import yaml

    text = f"key: {yaml_flow(value)}\nnext: 1\n"  # type: ignore[arg-type]  # strings alone are tried
    assert yaml.safe_load(text) == {"key": value, "next": 1}
    assert plain(read_source(text, "a.yaml").root) == {"key": value, "next": "1"}


@given(scalars)
def test_a_scalar_is_read_as_the_string_that_it_was(value: str) -> None:
    import yaml

    assert yaml.safe_load(f"{yaml_scalar(value)}: [{yaml_scalar(value)}]") == {value: [value]}


@given(st.text())
def test_a_comment_stays_on_its_line(words: str) -> None:
    import yaml

    assert yaml.safe_load(f"a: 1  # {one_line(words)}\nb: 2\n") == {"a": 1, "b": 2}


@settings(max_examples=50)
@given(values, st.sampled_from([None, 1, 2, 4]))
def test_every_value_of_json_is_found_where_it_is(value: object, indent: int | None) -> None:
    text = json.dumps({"key": value}, indent=indent)
    source = read_source(text, "a.json")
    assert plain(source.root) == {"key": value}
    span = source.root.members["key"]
    assert json.loads(text[span.start : span.end]) == value
    written = write(value, style_of(source), 0, flow=True, line=True)
    assert json.loads(written) == value
