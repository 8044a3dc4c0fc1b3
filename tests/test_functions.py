"""What the intrinsic functions give: the rarer ones, the language extensions, and references that join late."""

from __future__ import annotations

import json

import pytest

from grantgraph.problems import Level
from grantgraph.sources import ReadOptions
from grantgraph.text import Symbolic, Unknown, split_text, text, unknowns_in
from tests.templates import HERE, codes, errors, found, named, read, who

EXTENDED = "Transform: AWS::LanguageExtensions"


# ── dynamic references ──


def test_a_dynamic_reference_is_found_when_its_pieces_are_joined() -> None:
    joined = named("!Join ['', ['{{resolve:ssm:/app/', !GetAtt Other.QueueName, '}}-x']]")
    assert joined == text((Unknown("resolve:ssm:/app/jobs"), "-x"))
    assert named("!Sub '{{resolve:ssm:/app/${Other.QueueName}}}-x'") == joined


def test_a_dynamic_reference_to_an_unknown_name_is_one_unknown_part() -> None:
    value = named("!Sub '{{resolve:ssm:/app/${AWS::Region}}}'")
    assert value == text((Unknown("resolve:ssm:/app/${AWS::Region}"),))


def test_braces_that_are_no_reference_stay_text() -> None:
    assert named("'a{{resolve:x'") == "a{{resolve:x"
    assert named("'{{b}}'") == "{{b}}"


def test_a_parameter_that_holds_a_reference_is_not_known() -> None:
    declared = "Parameters: {Name: {Type: String, Default: '{{resolve:ssm:/name}}'}}"
    assert named("!Ref Name", declared) == text((Unknown("resolve:ssm:/name"),))


# ── lists ──


def test_a_name_that_may_hold_the_delimiter_is_not_cut() -> None:
    assert isinstance(named("!Select [1, !Split ['-', !Sub '${Topic.TopicName}-x']]"), Symbolic)
    assert isinstance(named("!Select [1, !Split [':', !Sub '${Custom.Answer}:x']]"), Symbolic)


def test_a_list_parameter_of_a_nested_join_keeps_its_members() -> None:
    declared = "Parameters: {Names: {Type: 'List<String>', Default: 'a, b ,c'}}"
    assert named("!Join ['+', !Ref Names]", declared) == "a+b+c"


def test_length_counts_what_is_known() -> None:
    assert named("!Sub ['n${N}', {N: !Length [a, b]}]") == "n2"
    declared = "Parameters: {Names: {Type: CommaDelimitedList}}"
    assert isinstance(named("!Sub ['n${N}', {N: !Length {Ref: Names}}]", declared), Symbolic)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("[10.0.0.0/16, 3]", "10.0.1.0/24"),
        ("[10.0.0.0/16, 3, 5]", "10.0.0.32/27"),
        ("['2001:db8::/56', 2, 64]", "2001:db8:0:1::/64"),
    ],
)
def test_cidr_cuts_blocks(arguments: str, meant: str) -> None:
    assert named(f"!Select [1, !Cidr {arguments}]") == meant


@pytest.mark.parametrize("arguments", ["[10.0.0.0/16, 300]", "[10.0.0.0/30, 2]", "[x, 2]", "[10.0.0.0/24, 3, 7]"])
def test_blocks_that_do_not_fit_are_an_error(arguments: str) -> None:
    template = f"Resources: {{Q: {{Type: AWS::SQS::Queue, Properties: {{Tags: !Cidr {arguments}}}}}}}"
    (error,) = errors(read(template))
    assert "`Fn::Cidr` cannot cut" in error


# ── JSON as text ──


def test_an_object_is_written_as_json_with_its_unknown_parts() -> None:
    written = named("!ToJsonString {a: [1, true, !Ref AWS::Region], b: !Sub '${Topic}\"'}")
    assert str(written) == '{"a":[1,true,${AWS::Region as JSON}],"b":"' + str(named("!Ref Topic")) + '\\""}'


def test_a_policy_that_is_written_as_json_text_is_read() -> None:
    application = read(
        """
Transform: AWS::LanguageExtensions
Resources:
  Notes: {Type: AWS::DynamoDB::Table}
  R:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument: !ToJsonString
            Version: '2012-10-17'
            Statement: {Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt Notes.Arn}
""",
        HERE,
    )
    (statement,) = who(application, "R").policies[0].statements
    (resource,) = statement.resources.patterns
    assert resource.pattern.literal == found(application, "Notes").arn


def test_a_policy_text_with_a_parameter_in_it_is_not_known() -> None:
    template = """
Parameters: {Bucket: {Type: String}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument: !Sub >-
            {"Version": "2012-10-17",
             "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${Bucket}/*"}}
"""
    (unknown,) = who(read(template), "R").policies
    assert unknown.unseen and not unknown.statements
    (known,) = who(read(template, ReadOptions({"Bucket": "photos"})), "R").policies
    assert [str(one) for one in known.statements[0].resources.patterns] == ["arn:aws:s3:::photos/*"]


# ── parameters ──

STAGES = "Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}"


def test_a_value_that_a_parameter_may_not_have_is_refused_where_that_is_said() -> None:
    application = read(f"{STAGES}\nResources: {{Q: {{Type: AWS::SQS::Queue}}}}", ReadOptions({"Stage": "prd"}))
    assert errors(application) == [
        "template.yaml:1:51: the parameter `Stage` may not be `prd` (did you mean `prod`?)"
    ]


def test_a_condition_on_a_value_that_is_never_allowed_is_decided() -> None:
    conditions = f"{STAGES}\nConditions: {{Test: !Equals [test, !Ref Stage], Prod: !Equals [!Ref Stage, prod]}}"
    assert named("!If [Test, a, b]", conditions) == "b"
    assert isinstance(named("!If [Prod, a, b]", conditions), Symbolic)


def test_every_member_of_a_list_parameter_has_to_be_allowed() -> None:
    template = """
Parameters: {Names: {Type: CommaDelimitedList, AllowedValues: [a, b]}}
Resources: {Q: {Type: AWS::SQS::Queue}}
"""
    assert not errors(read(template, ReadOptions({"Names": "a, b"})))
    assert codes(read(template, ReadOptions({"Names": "a, c"})), Level.ERROR) == ["parameter-value"]


# ── mappings ──


def test_a_mapping_without_the_key_gives_its_default() -> None:
    mapping = "Mappings: {Stages: {dev: {name: notes-dev}}}"
    assert named("!FindInMap [Stages, prod, name, {DefaultValue: !GetAtt Other.QueueName}]", mapping) == "jobs"


# ── loops ──


def test_a_loop_writes_resources_out() -> None:
    application = read(
        f"""
{EXTENDED}
Parameters: {{Names: {{Type: CommaDelimitedList, Default: 'orders, line-items'}}}}
Resources:
  Fn::ForEach::Queues:
    - Name
    - !Ref Names
    - Queue&{{Name}}:
        Type: AWS::SQS::Queue
        Properties: {{QueueName: !Sub 'app-${{Name}}'}}
""",
        HERE,
    )
    assert not application.problems
    assert [(one.id, str(one.arn).rpartition(":")[2]) for one in application.resources] == [
        ("Queueorders", "app-orders"),
        ("Queuelineitems", "app-line-items"),
    ]


def test_loops_nest_and_an_identifier_may_be_referred_to() -> None:
    application = read(
        f"""
{EXTENDED}
Mappings: {{Apps: {{here: {{Stages: [dev, prod]}}}}}}
Resources:
  Fn::ForEach::Outer:
    - Stage
    - !FindInMap [Apps, here, Stages]
    - Fn::ForEach::Inner:
        - Kind
        - [a, b]
        - T${{Stage}}${{Kind}}:
            Type: AWS::DynamoDB::Table
            Properties: {{TableName: !Join ['-', [!Ref Stage, !Ref Kind]]}}
"""
    )
    assert not application.problems
    assert [split_text(one.arn, "table/")[1] for one in application.resources] == [
        "dev-a",
        "dev-b",
        "prod-a",
        "prod-b",
    ]


def test_a_loop_inside_properties_is_written_out() -> None:
    application = read(
        f"""
{EXTENDED}
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      Fn::ForEach::P: [Key, [QueueName], {{'${{Key}}': jobs}}]
""",
        HERE,
    )
    assert found(application, "Q").arn == "arn:aws:sqs:eu-west-1:111122223333:jobs"


def test_what_a_loop_wrote_has_the_place_of_the_loop() -> None:
    application = read(
        f"{EXTENDED}\nResources:\n  Fn::ForEach::Q:\n    - N\n    - [a]\n"
        "    - Q${N}:\n        Type: AWS::SQS::Queue\n"
    )
    assert application.resources[0].at.line == 7


def test_a_loop_over_something_unknown_is_said_to_be_missing() -> None:
    application = read(
        f"""
{EXTENDED}
Parameters: {{Names: {{Type: CommaDelimitedList}}}}
Resources:
  R: {{Type: AWS::IAM::Role}}
  Fn::ForEach::Queues: [Name, !Ref Names, {{'Q${{Name}}': {{Type: AWS::SQS::Queue}}}}]
Outputs: {{A: {{Value: !Ref Qorders}}}}
"""
    )
    assert set(codes(application, Level.UNMODELLED)) == {"transform"}
    assert not application.resources


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "Resources: {'Fn::ForEach::Q': [N, [a], {'Q${N}': {Type: AWS::SQS::Queue}}]}",
            "1:13: `Fn::ForEach::Q` needs `Transform: AWS::LanguageExtensions`",
        ),
        (
            f"{EXTENDED}\nResources: {{'Fn::ForEach::Q': [N, [a]]}}",
            "2:31: `Fn::ForEach::Q` takes a list of an identifier, a collection and an object, not a list",
        ),
        (
            f"{EXTENDED}\nResources: {{'Fn::ForEach::Q': [N, [a, b], {{Q: {{Type: AWS::SQS::Queue}}}}]}}",
            "2:44: a loop writes `Q` twice (use the identifier in the key)",
        ),
    ],
)
def test_a_broken_loop_has_one_message(template: str, message: str) -> None:
    (error,) = errors(read(template))
    assert error == f"template.yaml:{message}"


def test_loops_that_multiply_are_stopped() -> None:
    inner = '{"Type": "AWS::SQS::Queue"}'
    body = f'{{"Q${{A}}${{B}}${{C}}${{D}}": {inner}}}'
    for name in "DCBA":
        members = json.dumps([str(number) for number in range(50)])
        body = f'{{"Fn::ForEach::{name}": ["{name}", {members}, {body}]}}'
    application = read(f'{{"Transform": "AWS::LanguageExtensions", "Resources": {body}}}')
    assert "size" in codes(application, Level.ERROR)


def test_a_chain_of_outputs_that_branches_is_read_once() -> None:
    tables = "\n".join(
        f"  O{at}: {{Value: !Select [0, [{parts}]], Export: {{Name: e{at}}}}}"
        for at in range(14)
        for parts in [", ".join([f"!ImportValue e{at + 1}"] * 6)]
    )
    template = f"""
Resources: {{Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !ImportValue e0}}}}}}
Outputs:
{tables}
  O14: {{Value: jobs, Export: {{Name: e14}}}}
"""
    assert found(read(template, HERE), "Q").arn == "arn:aws:sqs:eu-west-1:111122223333:jobs"


# ── macros ──


def test_a_macro_is_named_in_what_it_leaves_unknown() -> None:
    application = read(
        """
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://bucket/part.yaml'}}
"""
    )
    (problem,) = application.problems
    assert problem.code == "transform"
    assert isinstance(found(application, "Q").arn, Symbolic)
    assert not any(one.generated for one in unknowns_in(found(application, "Q").arn))
    assert problem.message == "what `AWS::Include` makes of `s3://bucket/part.yaml` is not in the input"


def test_a_template_of_a_macro_says_which() -> None:
    application = read("Transform: [MyMacro]\nResources: {R: {Type: AWS::IAM::Role}}")
    assert application.problems[0].message.startswith("`MyMacro` transforms the template at deployment")
