"""Conditions that the input leaves open: what may be there proves nothing, and every case is judged."""

from __future__ import annotations

import itertools
import random
import sys
from pathlib import Path

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.cli import main
from grantgraph.judge import judge, say_when
from grantgraph.model import Application, Choice
from grantgraph.problems import Level
from grantgraph.rules import Checked, check, load_rules
from grantgraph.sources import NO_OPTIONS, ReadOptions, load, load_cases
from tests.templates import codes, found, read, who

CATALOG, RULES = load_catalog(), load_rules()
GUEST = """
Resources:
  B: {Type: AWS::S3::Bucket}
  Pool: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: true}}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties: {IdentityPoolId: !Ref Pool, Roles: {unauthenticated: !GetAtt Guest.Arn}}
  Guest:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          Effect: Allow
          Action: sts:AssumeRoleWithWebIdentity
          Principal: {Federated: cognito-identity.amazonaws.com}
          Condition: {StringEquals: {"cognito-identity.amazonaws.com:aud": !Ref Pool}}
"""
STAGE = """
Parameters: {Stage: {Type: String}}
Conditions: {IsProd: !Equals [!Ref Stage, prod], IsDev: !Equals [!Ref Stage, dev]}
"""


def policy(name: str, effect: str, action: str, condition: str = "") -> str:
    return f"""
  {name}:
    Type: AWS::IAM::Policy
    {f"Condition: {condition}" if condition else ""}
    Properties:
      PolicyName: {name}
      Roles: [!Ref Guest]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: {{Effect: {effect}, Action: '{action}', Resource: !Sub '${{B.Arn}}/*'}}
"""


def judged(folder: Path, template: str, options: ReadOptions = NO_OPTIONS) -> Checked:
    file = folder / "template.yaml"
    file.write_text(template)
    application, cases = load_cases(file, options)
    assert not [one for case in (application, *cases) for one in case.problems if one.level is Level.ERROR]
    return judge(application, cases, CATALOG, RULES)


def whens(checked: Checked) -> list[str]:
    return [one.when for one in checked.findings]


# ── what may be there proves nothing ──


def test_a_deny_that_may_not_be_there_is_no_proof() -> None:
    template = GUEST + policy("Allow", "Allow", "s3:PutObject") + policy("No", "Deny", "s3:*", "IsProd") + STAGE
    application = read(template)
    (_, unseen) = who(application, "Guest").policies
    assert not unseen.statements and unseen.unseen
    checked = check(application, CATALOG, RULES)
    assert checked.doubts


def test_a_resource_policy_that_may_not_be_there_leaves_the_question_open() -> None:
    document = "{Version: '2012-10-17', Statement: {Effect: Deny, Principal: '*', Action: '*', Resource: '*'}}"
    application = read(
        GUEST
        + f"""
  P: {{Type: AWS::S3::BucketPolicy, Condition: IsProd, Properties: {{Bucket: !Ref B, PolicyDocument: {document}}}}}
"""
        + STAGE
    )
    own = found(application, "B").policy
    assert own is not None and own.unseen and not own.statements
    assert check(application, CATALOG, RULES).doubts


def test_permissions_and_attachments_that_may_not_be_there_are_said_to_be_open() -> None:
    application = read(
        GUEST.replace("IdentityPoolRoleAttachment\n", "IdentityPoolRoleAttachment\n    Condition: IsProd\n")
        + """
  F: {Type: AWS::Lambda::Function}
  P:
    Type: AWS::Lambda::Permission
    Condition: IsDev
    Properties: {FunctionName: !Ref F, Action: 'lambda:InvokeFunction', Principal: '*'}
"""
        + STAGE
    )
    function = found(application, "F").policy
    assert function is not None and function.unseen and not function.statements
    assert "role-attachment" in codes(application, Level.UNMODELLED)


def test_what_iam_does_not_care_about_is_not_said_to_be_open() -> None:
    application = read(GUEST + "  L: {Type: AWS::EC2::VPC, Condition: IsProd}\n" + STAGE)
    assert not codes(application, Level.UNMODELLED)
    assert application.choices == ()


def test_the_help_says_how_to_decide() -> None:
    application = read(GUEST + policy("P", "Allow", "s3:GetObject", "IsProd") + STAGE)
    (problem,) = [one for one in application.problems if one.code == "undecided-condition"]
    assert problem.help == "--param Stage=VALUE decides it"


# ── what there is to choose ──


def choices(template: str) -> list[list[str]]:
    return [[str(one) for one in group] for group in read(template).choices]


def test_a_parameter_is_each_value_that_it_is_compared_with_or_none() -> None:
    template = (
        GUEST + policy("P", "Allow", "s3:GetObject", "IsProd") + policy("D", "Deny", "s3:*", "IsDev") + STAGE
    )
    assert choices(template) == [["`Stage` is `prod`", "`Stage` is `dev`", "`Stage` is none of `prod`, `dev`"]]


@pytest.mark.parametrize(
    ("allowed", "meant"),
    [
        ("[prod, dev]", ["`Stage` is `prod`", "`Stage` is `dev`"]),
        ("[prod, dev, test]", ["`Stage` is `prod`", "`Stage` is not `prod`"]),
        ("[dev, test]", []),
    ],
)
def test_the_allowed_values_of_a_parameter_are_all_there_is(allowed: str, meant: list[str]) -> None:
    template = GUEST + policy("P", "Allow", "s3:GetObject", "IsProd")
    template += STAGE.replace("{Type: String}", f"{{Type: String, AllowedValues: {allowed}}}")
    assert choices(template) == ([meant] if meant else [])


def test_conditions_of_conditions_hinge_on_the_same() -> None:
    template = GUEST + policy("P", "Allow", "s3:GetObject", "Both")
    template += """
Parameters: {Stage: {Type: String}, Open: {Type: String}}
Conditions:
  IsProd: !Equals [prod, !Ref Stage]
  IsOpen: !Not [!Equals [!Ref Open, '']]
  Both: !And [!Condition IsProd, !Condition IsOpen]
"""
    assert choices(template) == [
        ["`Stage` is `prod`", "`Stage` is not `prod`"],
        ["`Open` is ``", "`Open` is not ``"],
    ]


def test_a_mapping_says_what_a_parameter_can_be() -> None:
    template = GUEST + policy("P", "Allow", "s3:GetObject").replace(
        "'s3:GetObject'", "!FindInMap [M, !Ref Stage, a]"
    )
    template += (
        "Parameters: {Stage: {Type: String}}\nMappings: {M: {dev: {a: 's3:GetObject'}, prod: {a: 's3:*'}}}\n"
    )
    assert choices(template) == [["`Stage` is `dev`", "`Stage` is `prod`"]]


def test_the_region_can_be_a_choice() -> None:
    template = GUEST + policy("P", "Allow", "s3:GetObject", "Here")
    template += "Conditions: {Here: !Equals [!Ref AWS::Region, us-east-1]}\n"
    assert choices(template) == [["`AWS::Region` is `us-east-1`", "`AWS::Region` is not `us-east-1`"]]


def test_no_more_than_sixteen_cases_are_told_apart() -> None:
    names = [f"P{at}" for at in range(6)]
    template = GUEST + "".join(policy(f"{name}Policy", "Allow", "s3:GetObject", f"Is{name}") for name in names)
    template += f"Parameters: {{{', '.join(f'{name}: {{Type: String}}' for name in names)}}}\n"
    template += f"Conditions: {{{', '.join(f'Is{name}: !Equals [!Ref {name}, a]' for name in names)}}}\n"
    application = read(template)
    assert len(list(itertools.product(*application.choices))) == 16
    assert len(application.choices) == 4


# ── the cases are judged ──


def test_a_finding_says_in_which_case_it_holds(tmp_path: Path) -> None:
    allow = policy("Allow", "Allow", "s3:PutObject")
    deny = policy("No", "Deny", "s3:*", "IsProd")
    checked = judged(tmp_path, GUEST + allow + deny + STAGE)
    assert whens(checked) == ["`Stage` is not `prod`"]
    assert checked.cases == ("`Stage` is `prod`", "`Stage` is not `prod`")
    assert not checked.doubts
    assert not [one for one in checked.application.problems if one.code == "undecided-condition"]


def test_what_holds_in_every_case_says_no_case(tmp_path: Path) -> None:
    template = (
        GUEST + policy("A", "Allow", "s3:PutObject") + policy("B2", "Allow", "s3:GetObject", "IsProd") + STAGE
    )
    assert whens(judged(tmp_path, template)) == [""]


def test_nothing_in_any_case_is_a_pass(tmp_path: Path) -> None:
    template = GUEST + policy("A", "Allow", "s3:PutObject", "IsProd") + policy("D", "Deny", "s3:Put*") + STAGE
    checked = judged(tmp_path, template)
    assert not checked.findings and not checked.doubts


def test_a_parameter_that_is_given_leaves_nothing_to_choose(tmp_path: Path) -> None:
    template = GUEST + policy("A", "Allow", "s3:PutObject", "IsProd") + STAGE
    assert whens(judged(tmp_path, template)) == ["`Stage` is `prod`"]
    assert whens(judged(tmp_path, template, ReadOptions({"Stage": "prod"}))) == [""]
    assert whens(judged(tmp_path, template, ReadOptions({"Stage": "dev"}))) == []


def test_a_choice_reaches_a_nested_stack(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        "Parameters: {Role: {Type: String}, Kind: {Type: String}}\n"
        "Conditions: {Open: !Equals [!Ref Kind, open]}\n"
        "Resources:"
        + policy("P", "Allow", "s3:PutObject", "Open")
        .replace("Ref Guest", "Ref Role")
        .replace("!Sub '${B.Arn}/*'", "'*'")
    )
    outer = (
        GUEST
        + """
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: inner.yaml, Parameters: {Role: !Ref Guest, Kind: !Ref Stage}}
"""
    )
    found = set(whens(judged(tmp_path, outer + "Parameters: {Stage: {Type: String}}\n")))
    assert found == {"`Stage` is `open`"}


def test_a_case_that_cannot_be_deployed_is_left_out(tmp_path: Path) -> None:
    template = GUEST + policy("A", "Allow", "s3:GetObject").replace(
        "'s3:GetObject'", "!FindInMap [M, !Ref Stage, a]"
    )
    template += policy("C", "Allow", "s3:PutObject", "IsTest")
    template += """
Parameters: {Stage: {Type: String}}
Conditions: {IsTest: !Equals [!Ref Stage, test]}
Mappings: {M: {dev: {a: 's3:GetObject'}}}
"""
    checked = judged(tmp_path, template)
    assert checked.cases == ("`Stage` is `dev`",)
    assert not checked.findings


def test_the_command_says_the_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(GUEST + policy("A", "Allow", "s3:PutObject", "IsProd") + STAGE)
    monkeypatch.setattr(sys, "argv", ["grantgraph", "check", "-f", "text", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "judged in 2 cases:\n  `Stage` is `prod`\n  `Stage` is not `prod`\n" in said
    assert "  when     `Stage` is `prod`\n" in said


# ── in few words ──

A, NOT_A = Choice("parameter A", "a"), Choice("parameter A", None, ("a",))
B, NOT_B = Choice("parameter B", "b"), Choice("parameter B", None, ("b",))
ALL = [(A, B), (A, NOT_B), (NOT_A, B), (NOT_A, NOT_B)]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (ALL, ""),
        ([(A, B)], "`A` is `a` and `B` is `b`"),
        ([(A, B), (A, NOT_B)], "`A` is `a`"),
        ([(A, B), (NOT_A, NOT_B)], "`A` is `a` and `B` is `b` or `A` is not `a` and `B` is not `b`"),
    ],
)
def test_cases_are_said_in_few_words(held: list[tuple[Choice, ...]], said: str) -> None:
    assert say_when(held, ALL) == said


# ── against every value ──

LITERALS = ("a", "b")
EVERY_VALUE = (*LITERALS, "something else")


def random_template(chosen: random.Random) -> str:
    def compared() -> str:
        return f"!Equals [!Ref {chosen.choice('XY')}, {chosen.choice(LITERALS)}]"

    conditions = [f"  C0: {compared()}", f"  C1: !Not [{compared()}]"]
    conditions.append(f"  C2: !{chosen.choice(['And', 'Or'])} [!Condition C0, {compared()}]")
    policies = [
        policy(
            f"P{at}",
            chosen.choice(["Allow", "Allow", "Deny"]),
            chosen.choice(["s3:PutObject", "s3:Put*", "s3:DeleteObject", "s3:*"]),
            chosen.choice(["", "C0", "C1", "C2"]),
        )
        for at in range(3)
    ]
    values = "Parameters: {X: {Type: String}, Y: {Type: String}}\nConditions:\n" + "\n".join(conditions)
    return f"{GUEST}{''.join(policies)}{values}\n"


@pytest.mark.parametrize("seed", range(12))
def test_the_cases_together_are_every_deployment(seed: int, tmp_path: Path) -> None:
    template = random_template(random.Random(seed))
    together = judged(tmp_path, template)
    assert not together.doubts
    holds: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for x, y in itertools.product(EVERY_VALUE, repeat=2):
        application: Application = load(tmp_path / "template.yaml", ReadOptions({"X": x, "Y": y}))
        for finding in check(application, CATALOG, RULES).findings:
            holds.setdefault((finding.fingerprint, str(finding.at)), set()).add((x, y))
    said = {(one.fingerprint, str(one.at)): one.when for one in together.findings}
    assert said.keys() == holds.keys()
    for same, values in holds.items():
        assert (said[same] == "") == (len(values) == len(EVERY_VALUE) ** 2), (said[same], values)
