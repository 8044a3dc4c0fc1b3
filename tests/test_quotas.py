"""What AWS has no room for, in templates: inline policies together, managed policies, and how many of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from grantgraph.policy.document import PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.policy.render import size_of
from grantgraph.sources._cloudformation.quotas import least_size
from tests.templates import read

TRUST = {
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
}


def document(size: int) -> dict[str, Any]:
    """A policy of about so many characters."""
    name = "arn:aws:sqs:us-east-1:111122223333:jobs"
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": name + "x" * (size - 150)}],
    }


def quotas(resources: dict[str, Any]) -> list[tuple[str, str]]:
    application = read(json.dumps({"Resources": resources}))
    return [(one.code, one.message) for one in application.problems if one.code.startswith("quota")]


def identity(type: str, *policies: dict[str, Any], **more: Any) -> dict[str, Any]:
    inline = [{"PolicyName": f"p{at}", "PolicyDocument": one} for at, one in enumerate(policies)]
    trust = {"AssumeRolePolicyDocument": TRUST} if type == "Role" else {}
    return {"Worker": {"Type": f"AWS::IAM::{type}", "Properties": {**trust, "Policies": inline, **more}}}


@pytest.mark.parametrize(("type", "quota"), [("Role", 10_240), ("User", 2_048), ("Group", 5_120)])
def test_inline_policies_count_together(type: str, quota: int) -> None:
    half = document(quota // 2)
    assert quotas(identity(type, half)) == []
    ((code, message),) = quotas(identity(type, half, half, half))
    assert code == "quota" and f"at most {quota:,}" in message


def test_a_managed_policy_has_a_quota_of_its_own() -> None:
    def managed(size: int) -> dict[str, Any]:
        return {
            "Own": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"Roles": [{"Ref": "Worker"}], "PolicyDocument": document(size)},
            }
        }

    assert quotas({**identity("Role"), **managed(6_000)}) == []
    ((code, message),) = quotas({**identity("Role"), **managed(7_000)})
    assert code == "quota" and "a managed policy has at most 6,144" in message


@pytest.mark.parametrize(
    ("count", "code"), [(10, None), (11, "quota-at-first"), (25, "quota-at-first"), (26, "quota")]
)
def test_more_managed_policies_than_aws_gives_at_first_are_a_note(count: int, code: str | None) -> None:
    arns = [f"arn:aws:iam::111122223333:policy/p{at}" for at in range(count)]
    assert [one for one, _ in quotas(identity("Role", ManagedPolicyArns=arns))] == ([] if code is None else [code])


def test_what_is_not_known_of_a_policy_counts_as_nothing() -> None:
    whole = parse_policy(document(300), PolicyType.IDENTITY_BASED).value
    assert least_size(whole) == size_of(document(300))
    unknown = {"Fn::Sub": "${AWS::Region}" * 200}
    open_document = {"Statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": unknown}}
    (role,) = read(json.dumps({"Resources": identity("Role", open_document)})).principals
    assert least_size(role.policies[0]) < 200
