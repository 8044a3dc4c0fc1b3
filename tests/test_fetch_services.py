"""What each service is asked, and what is read of its answers: one file a service in fixtures/fetch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber

from grantgraph.account_file import Gap, GapKind
from grantgraph.catalog import AccessLevel, load_catalog
from grantgraph.evaluate import Decision, decide, request
from grantgraph.fetch import grouped, read_only_policy, render_account
from grantgraph.fetch.asking import Asking, Where
from grantgraph.fetch.kinds import Counted, Found, Identity, Kind, Read, Unread
from grantgraph.fetch.run import Account, _read
from grantgraph.fetch.services import kinds
from grantgraph.fetch.session import AROUND
from grantgraph.policy import parse_policy
from grantgraph.policy.document import PolicySet, PolicyType
from grantgraph.sources._cloudformation.types import modelled_types
from tests.account.deploy import ACCOUNT, REGION

FIXTURES = Path(__file__).parent.parent / "fixtures" / "fetch"
WHERE = Where("aws", ACCOUNT, REGION)


@cache
def cases() -> tuple[dict[str, Any], ...]:
    """Every case of every file, with the file's name as `file`."""
    found = []
    for path in sorted(FIXTURES.glob("*.yaml")):
        found += [{"file": path.stem, **case} for case in yaml.safe_load(path.read_text())]
    return tuple(found)


@cache
def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION, aws_access_key_id="nobody", aws_secret_access_key="nothing")


def kind_of(case: dict[str, Any]) -> Kind:
    return next(one for one in kinds() if one.name == case["kind"])


def read_case(case: dict[str, Any]) -> tuple[list[Read], list[Gap]]:
    """What a kind reads of the answers of a case, which are all asked for, in their order."""
    kind = kind_of(case)
    with Stubber(client(kind.client)) as stub:
        for call in case["calls"]:
            expected = call.get("with")
            if "fails" in call:
                status = call.get("status", 400)
                stub.add_client_error(call["call"], call["fails"], "no", status, expected_params=expected)
            else:
                stub.add_response(call["call"], call["answer"], expected)
        asking = Asking(client(kind.client), kind, WHERE)
        items = list(kind.items(asking))
        read = [one for item in items for one in kind.read(asking, item)]
        stub.assert_no_pending_responses()
    return read, asking.gaps


def spelled(read: list[Read]) -> Iterator[dict[str, Any]]:
    """What was read as the fixtures have it: what is empty, or as it was asked, is left out."""
    for one in read:
        match one:
            case Found(type, name, properties, region):
                unread = {key: value.reason for key, value in properties.items() if isinstance(value, Unread)}
                given = {
                    key: value for key, value in properties.items() if value is not None and key not in unread
                }
                members = {"type": type, "name": name, "region": region, "properties": given, "unread": unread}
                yield {key: value for key, value in members.items() if value}
            case Counted(type, number):
                yield {"counted": type, "number": number}
            case Identity(section, entry):
                yield {"section": section, "entry": dict(entry)}


def names(case: dict[str, Any]) -> str:
    return f"{case['file']}: {case['note'][:50]}"


@pytest.mark.parametrize("case", cases(), ids=names)
def test_what_a_service_answers_is_read(case: dict[str, Any]) -> None:
    read, gaps = read_case(case)
    assert list(spelled(read)) == case["found"]
    assert [
        {
            key: value
            for key, value in (
                ("call", one.operation),
                ("kind", one.kind.value),
                ("resources", list(one.resources)),
                ("hides", list(one.hides)),
            )
            if value
        }
        for one in gaps
    ] == case.get("gaps", [])


def test_every_service_has_its_cases_and_every_call_is_made_in_one() -> None:
    called = {(case["kind"], call["call"]) for case in cases() for call in case["calls"]}
    assert called == {(kind.name, operation) for kind in kinds() for operation in kind.actions}
    assert len({kind.name for kind in kinds()}) == len(kinds())


def test_every_resource_that_the_model_knows_is_asked_for() -> None:
    """What is not asked for would be missing without anybody being told."""
    elsewhere = {"AWS::DynamoDB::GlobalTable", "AWS::KMS::ReplicaKey"}  # read as tables and keys
    asked = {type for kind in kinds() for type in kind.types}
    assert set(modelled_types()) - elsewhere - asked == set()


def test_an_answer_of_another_shape_is_a_gap_and_no_end() -> None:
    kind = next(one for one in kinds() if one.name == "identity pools")

    class Strange(Asking):
        def ask(self, *given: object, **more: object) -> Any:
            return {"CognitoIdentityProviders": [{"no": "name"}]}

    asking = Strange(client(kind.client), kind, WHERE)
    found = [one.type for one in _read(asking, "eu-west-1:x") if isinstance(one, Found)]
    assert found == ["AWS::Cognito::IdentityPool"]
    (gap,) = asking.gaps
    assert (gap.code, gap.resources, gap.hides) == ("NotUnderstood", ("eu-west-1:x",), kind.types)


# ── permissions ──


def test_every_call_takes_an_action_that_only_reads() -> None:
    catalog = load_catalog()
    for kind in (*AROUND, *kinds()):
        for operation, spelled in kind.actions.items():
            action = catalog.action(spelled)
            assert action is not None and str(action) == spelled, (kind.name, operation)
            reading = action.access_level in (AccessLevel.READ, AccessLevel.LIST)
            assert reading, f"{spelled} is {action.access_level}"


def test_the_policy_allows_every_call_and_nothing_besides() -> None:
    parsed = parse_policy(read_only_policy(), PolicyType.IDENTITY_BASED, "fetch")
    assert not parsed.problems
    policies = PolicySet(identity_based=(parsed.value,))
    wanted = {action for kind in (*AROUND, *kinds()) for action in kind.actions.values()}
    wanted.discard("sts:GetCallerIdentity")  # takes no permission
    catalog = load_catalog()
    allowed = {
        str(action)
        for service in catalog.services()
        for action in catalog.actions(service)
        if decide(request("arn:aws:iam::123456789012:role/auditor", str(action), "*"), policies).decision
        is Decision.ALLOWED
    } - {"sts:GetCallerIdentity", "sts:GetSessionToken"}
    assert allowed == wanted


def test_the_page_has_the_policy_that_the_command_prints() -> None:
    page = (FIXTURES.parent.parent / "docs" / "fetch-policy.json").read_text()
    assert json.loads(page) == read_only_policy()


# ── the file ──


def test_the_same_account_gives_the_same_bytes_in_any_order() -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    read: list[tuple[str, Read]] = [
        (region, Found("AWS::SQS::Queue", name)) for region in ("b", "a") for name in ("y", "x")
    ]
    gaps = [
        Gap("sqs", "ListQueues", region, GapKind.DENIED, resources=(name,)) for region in "ba" for name in "yx"
    ]
    one = Account(ACCOUNT, "aws", ("a", "b"), read=read, gaps=gaps)
    other = Account(ACCOUNT, "aws", ("a", "b"), read=read[::-1], gaps=gaps[::-1])
    assert render_account(one, now) == render_account(other, now)
    assert '"fetched": "2026-11-26T00:00:00Z"' in render_account(one, now)


def test_gaps_of_one_operation_are_told_together() -> None:
    gaps = [
        Gap("s3", "GetBucketPolicy", "", GapKind.DENIED, "AccessDenied", f"not {name}", (name,))
        for name in ("c", "a", "b", "d")
    ]
    (one,) = grouped(gaps)
    assert one.resources == ("a", "b", "c", "d")
    assert str(one) == "s3:GetBucketPolicy was denied for `a`, `b`, `c` and 1 more (AccessDenied)"
