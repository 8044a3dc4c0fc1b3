"""Ways to more power: each is found when all that it takes is there, and not when one action is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.escalations import PASSING, Escalation, Kind, escalations
from grantgraph.model import Application
from grantgraph.permissions import Permissions
from scripts.escalations import PAGE, page
from tests.templates import read

CATALOG = load_catalog()
WAYS = {one.id: one for one in escalations()}
PUBLISHED = Path(__file__).parent.parent / "fixtures" / "escalations" / "published.json"


def with_rights(actions: tuple[str, ...], more: str = "") -> Application:
    """A function whose role may use some actions on everything."""
    listed = json.dumps(list(actions))
    return read(
        f"""
Resources:
  Worker:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: 'sts:AssumeRole'}}
      Policies:
        - PolicyName: worker
          PolicyDocument:
            Statement: {{Effect: Allow, Action: {listed}, Resource: '*'}}
{more}"""
    )


def open_to_worker(application: Application) -> list[Escalation]:
    permissions = Permissions(application, CATALOG)
    ways = {one.id: found for one, found in permissions.ways_up(*Kind)}["Worker"]
    assert not [one.doubt for one in ways if one.doubt]
    assert all(len(one.witnesses) == len(one.way.actions) for one in ways)
    return [one.way for one in ways]


@pytest.mark.parametrize("id", WAYS)
def test_a_way_is_open_when_all_that_it_takes_is_allowed(id: str) -> None:
    actions = WAYS[id].actions
    found = open_to_worker(with_rights(actions))
    shorter = [one for one in found if set(one.actions) < set(actions)]
    assert WAYS[id] in found or shorter


@pytest.mark.parametrize("id", WAYS)
def test_no_way_is_open_when_an_action_of_it_is_missing(id: str) -> None:
    actions = WAYS[id].actions
    for missing in actions:
        rest = tuple(one for one in actions if one != missing)
        found = open_to_worker(with_rights(rest)) if rest else []
        assert all(set(one.actions) <= set(rest) for one in found)


def test_every_published_way_is_known_with_exactly_what_it_takes() -> None:
    ours = {frozenset(action.lower() for action in one.actions): one for one in escalations()}
    for published in json.loads(PUBLISHED.read_text()):
        known = ours[frozenset(published["takes"])]
        assert set(published["named"]) == set(known.sources)


def test_every_way_has_an_id_of_its_own_and_actions_that_exist() -> None:
    assert len(WAYS) == len(escalations())
    assert all(str(CATALOG.action(action)) == action for one in escalations() for action in one.actions)


def test_exactly_the_ways_that_pass_a_role_say_to_whom() -> None:
    for one in escalations():
        assert bool(one.to) == (one.kind is Kind.PASSES) == (PASSING in one.actions)


def test_passing_a_role_gains_nothing_where_the_role_does_not_trust_the_service() -> None:
    other = """
  Other:
    Type: AWS::IAM::Role
    Properties:
      RoleName: other
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Principal: {Service: %s}, Action: 'sts:AssumeRole'}
  Passing:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: passing
      Roles: [!Ref Worker]
      PolicyDocument:
        Statement: {Effect: Allow, Action: 'iam:PassRole', Resource: !GetAtt Other.Arn}
"""
    creating = ("lambda:CreateFunction", "lambda:InvokeFunction")
    trusted = open_to_worker(with_rights(creating, other % "lambda.amazonaws.com"))
    assert [one.id for one in trusted] == ["lambda-001"]
    assert open_to_worker(with_rights(creating, other % "ec2.amazonaws.com")) == []


def test_a_function_that_changes_itself_gains_nothing() -> None:
    own = """
  Handler:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt Worker.Arn, Handler: index.handler, Runtime: nodejs20.x, Code: {ZipFile: x}}
  Updating:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: updating
      Roles: [!Ref Worker]
      PolicyDocument:
        Statement: {Effect: Allow, Action: 'lambda:UpdateFunctionCode', Resource: %s}
"""
    assert open_to_worker(with_rights(("logs:PutLogEvents",), own % "!GetAtt Handler.Arn")) == []
    assert open_to_worker(with_rights(("logs:PutLogEvents",), own % "'*'")) == [WAYS["lambda-003"]]


def test_the_page_is_written_from_the_data() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
