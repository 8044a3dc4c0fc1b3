"""Stacks in stacks: whose template is a file here, what goes in, what comes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grantgraph.model import Application
from grantgraph.problems import InputError, Level
from grantgraph.sources import NO_OPTIONS, ReadOptions, load
from grantgraph.text import Symbolic, Unknown, text
from tests.templates import HERE, codes, errors, found, who

OUTER = """
Parameters: {Stage: {Type: String, Default: dev}}
Resources:
  Data:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: parts/data.yaml
      Parameters: {Stage: !Ref Stage, Reader: !Ref Role, Names: !Split [',', 'a,b']}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: lambda.amazonaws.com}}
  Policy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: p
      Roles: [!Ref Role]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: {Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt Data.Outputs.TableArn}
"""
DATA = """
Parameters:
  Stage: {Type: String}
  Reader: {Type: String}
  Names: {Type: CommaDelimitedList}
  Extra: {Type: String, Default: x}
Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub '${Stage}-notes-${Extra}'}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Select [1, !Ref Names]}}
  Free: {Type: AWS::SNS::Topic}
  More:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Roles: [!Ref Reader]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: {Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}
Outputs: {TableArn: {Value: !GetAtt Table.Arn}}
"""


def load_all(folder: Path, outer: str, options: ReadOptions = NO_OPTIONS, **inner: str) -> Application:
    (folder / "parts").mkdir(exist_ok=True)
    for name, template in inner.items():
        (folder / "parts" / f"{name}.yaml").write_text(template)
    (folder / "template.yaml").write_text(outer)
    return load(folder / "template.yaml", options)


def test_parameters_go_in_and_outputs_come_out(tmp_path: Path) -> None:
    application = load_all(tmp_path, OUTER, HERE, data=DATA)
    assert not application.problems
    table = "arn:aws:dynamodb:eu-west-1:111122223333:table/dev-notes-x"
    assert found(application, "Table").arn == table
    assert found(application, "Queue").arn == "arn:aws:sqs:eu-west-1:111122223333:b"
    (statement,) = who(application, "Role").policies[0].statements
    assert [str(one) for one in statement.resources.patterns] == [table]


def test_a_policy_in_a_nested_stack_reaches_a_role_outside(tmp_path: Path) -> None:
    application = load_all(tmp_path, OUTER, data=DATA)
    assert [one.name for one in who(application, "Role").policies] == ["p", "more"]
    assert not application.counted


def test_an_option_for_the_outer_stack_reaches_the_nested_one(tmp_path: Path) -> None:
    application = load_all(tmp_path, OUTER, ReadOptions({"Stage": "prod"}), data=DATA)
    assert str(found(application, "Table").arn).endswith(":table/prod-notes-x")


def test_names_that_are_made_in_a_nested_stack_carry_its_name(tmp_path: Path) -> None:
    application = load_all(tmp_path, OUTER, data=DATA)
    assert str(found(application, "Free").arn).endswith(":${Data.Free}")


def test_a_template_that_is_nested_twice_is_two_stacks(tmp_path: Path) -> None:
    twice = """
Resources:
  One: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: parts/queue.yaml}}
  Two: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./parts/queue.yaml}}
"""
    application = load_all(tmp_path, twice, queue="Resources: {Q: {Type: AWS::SQS::Queue}}")
    assert [one.id for one in application.resources] == ["One/Q", "Two/Q"]
    assert application.resources[0].arn != application.resources[1].arn


def test_a_nested_stack_that_is_not_made_has_nothing_in_it(tmp_path: Path) -> None:
    outer = """
Conditions: {Never: !Equals [a, b]}
Resources:
  R: {Type: AWS::IAM::Role}
  One: {Type: AWS::CloudFormation::Stack, Condition: Never, Properties: {TemplateURL: parts/middle.yaml}}
"""
    middle = "Resources: {Two: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yaml}}}"
    application = load_all(tmp_path, outer, middle=middle, inner="Resources: {Q: {Type: AWS::SQS::Queue}}")
    assert not application.resources


def test_stacks_nest_in_nested_stacks(tmp_path: Path) -> None:
    outer = "Resources: {One: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: parts/middle.yaml}}}"
    middle = """
Resources:
  Two: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yaml, Parameters: {Name: jobs}}}
  Copy: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${Two.Outputs.Name}-copy'}}
"""
    inner = """
Parameters: {Name: {Type: String}}
Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}}
Outputs: {Name: {Value: !GetAtt Q.QueueName}}
"""
    application = load_all(tmp_path, outer, HERE, middle=middle, inner=inner)
    assert [str(one.arn).rpartition(":")[2] for one in application.resources] == ["jobs-copy", "jobs"]


def test_no_value_for_a_parameter_leaves_its_default(tmp_path: Path) -> None:
    outer = """
Resources:
  A:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: parts/a.yaml, Parameters: {Name: !Ref AWS::NoValue}}
"""
    inner = "Parameters: {Name: {Type: String, Default: d}}\n" + (
        "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}}"
    )
    assert found(load_all(tmp_path, outer, HERE, a=inner), "Q").arn == "arn:aws:sqs:eu-west-1:111122223333:d"


def test_parameters_that_a_function_chooses_are_not_known(tmp_path: Path) -> None:
    outer = """
Parameters: {Stage: {Type: String}}
Conditions: {Prod: !Equals [!Ref Stage, prod]}
Resources:
  A:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: parts/a.yaml, Parameters: !If [Prod, {Name: a}, {Name: b}]}
"""
    inner = "Parameters: {Name: {Type: String, Default: d}}\n" + (
        "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}}"
    )
    assert isinstance(found(load_all(tmp_path, outer, HERE, a=inner), "Q").arn, Symbolic)


def test_a_nested_stack_elsewhere_is_counted_and_its_outputs_are_unknown(tmp_path: Path) -> None:
    outer = """
Resources:
  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://s3.amazonaws.com/b/a.yaml'}}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt A.Outputs.Name}}
"""
    application = load_all(tmp_path, outer, HERE)
    assert dict(application.counted) == {"AWS::CloudFormation::Stack": 1}
    assert codes(application, Level.UNMODELLED) == ["nested-stack"]
    assert found(application, "Q").arn == text(("arn:aws:sqs:eu-west-1:111122223333:", Unknown("A.Outputs.Name")))


@pytest.mark.parametrize(
    ("url", "code"),
    [("../outside.yaml", "outside-file"), ("nothing.yaml", "missing-file")],
)
def test_a_file_that_cannot_be_read_is_said_to_be_missing(tmp_path: Path, url: str, code: str) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "outside.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue}}")
    outer = f"Resources: {{A: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}}}"
    application = load_all(tmp_path / "app", outer)
    assert not application.resources
    assert codes(application, Level.UNMODELLED) == [code, "nested-stack"]


def test_a_file_under_the_working_folder_may_lie_above_the_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "shared.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue}}")
    (tmp_path / "app" / "template.yaml").write_text(
        "Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../shared.yaml}}}"
    )
    monkeypatch.chdir(tmp_path)
    assert [one.id for one in load("app/template.yaml").resources] == ["Q"]


@pytest.mark.parametrize(
    ("outer", "inner", "message"),
    [
        (
            "Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: template.yaml}}}",
            "",
            "template.yaml:1:77: the nested stack `A` has the template that it is nested in",
        ),
        (
            "Resources:\n  A:\n    Type: AWS::CloudFormation::Stack\n"
            "    Properties: {TemplateURL: parts/a.yaml, Parameters: {Nmae: x}}",
            "Parameters: {Name: {Type: String}}\nResources: {Q: {Type: AWS::SQS::Queue}}",
            "template.yaml:4:64: the nested stack `A` has no parameter `Nmae` (did you mean `Name`?)",
        ),
        (
            "Resources:\n  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: parts/a.yaml}}\n"
            "  Q: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt A.Outputs.Nmae}}",
            "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {Name: {Value: x}}",
            "template.yaml:3:54: the nested stack `A` has no output `Nmae` (did you mean `Name`?)",
        ),
        (
            "Resources:\n  A:\n    Type: AWS::CloudFormation::Stack\n"
            "    Properties: {TemplateURL: parts/a.yaml, Parameters: {Name: !GetAtt A.Outputs.Name}}",
            "Parameters: {Name: {Type: String}}\nResources: {Q: {Type: AWS::SQS::Queue}}\n"
            "Outputs: {Name: {Value: !Ref Name}}",
            "depends on itself",
        ),
        (
            "Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: parts/a.yaml}}}",
            "Resources: [",
            "a.yaml:2:1: not YAML",
        ),
    ],
    ids=["nested in itself", "parameter", "output", "cycle", "not YAML"],
)
def test_a_mistake_has_one_message_with_its_place(tmp_path: Path, outer: str, inner: str, message: str) -> None:
    found = errors(load_all(tmp_path, outer, a=inner))
    assert len(found) == 1
    assert message in found[0]


def test_the_assets_of_an_assembly_are_nested_stacks(tmp_path: Path) -> None:
    outer = {
        "Resources": {
            "Nested": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {
                    "TemplateURL": {"Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/cdk-x/1.json"},
                    "Parameters": {"reference": {"Ref": "Jobs"}},
                },
                "Metadata": {"aws:asset:path": "Nested.template.json", "aws:asset:property": "TemplateURL"},
            },
            "Jobs": {"Type": "AWS::SNS::Topic"},
        }
    }
    inner = {
        "Parameters": {"reference": {"Type": "String"}},
        "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "reference"}}}},
    }
    (tmp_path / "A.template.json").write_text(json.dumps(outer))
    (tmp_path / "Nested.template.json").write_text(json.dumps(inner))
    properties = {"templateFile": "A.template.json"}
    artifact = {"type": "aws:cloudformation:stack", "properties": properties}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"A": artifact}}))
    application = load(tmp_path)
    assert not errors(application)
    assert str(found(application, "Q").arn).endswith(f":{found(application, 'Jobs').arn}")


def test_a_part_that_is_included_from_a_file_is_read(tmp_path: Path) -> None:
    include = "{Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts/role.yaml}}}"
    role = (
        "AssumeRolePolicyDocument:\n  Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: '*'}}"
    )
    application = load_all(
        tmp_path, f"Resources: {{R: {{Type: AWS::IAM::Role, Properties: {include}}}}}", role=role
    )
    trust = who(application, "R").trust
    assert trust and (trust.statements[0].at.file, trust.statements[0].at.line) == (
        str(tmp_path / "parts" / "role.yaml"),
        2,
    )


def test_files_that_include_each_other_are_stopped(tmp_path: Path) -> None:
    include = "{Fn::Transform: {Name: AWS::Include, Parameters: {Location: role.yaml}}}"
    outer = f"Resources: {{R: {{Type: AWS::IAM::Role, Properties: {include.replace('role', 'parts/role')}}}}}"
    assert "depth" in codes(load_all(tmp_path, outer, role=f"Path: {include}"), Level.ERROR)


def test_stacks_that_multiply_are_stopped(tmp_path: Path) -> None:
    def level(name: str) -> str:
        stack = f"{{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {name}.yaml}}}}"
        return "Resources:\n" + "".join(f"  S{at}: {stack}\n" for at in range(12))

    inner = {name: level(after) for name, after in zip("abc", "bcd", strict=True)}
    with pytest.raises(InputError, match="in one another"):
        load_all(tmp_path, level("parts/a"), NO_OPTIONS, **inner, d="Resources: {Q: {Type: AWS::SQS::Queue}}")
