"""The package as others import it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import grantgraph


def test_every_name_that_is_offered_can_be_fetched_and_is_listed_once() -> None:
    homes = [name for names in grantgraph._HOMES.values() for name in names]
    assert sorted(homes) == sorted(grantgraph.__all__) == grantgraph.__all__
    assert all(getattr(grantgraph, name) is not None for name in grantgraph.__all__)


def test_a_name_that_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no `decider`"):
        _ = grantgraph.decider


def test_one_request_is_decided_in_a_few_lines() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"},
    }
    parsed = grantgraph.parse_policy(document, grantgraph.PolicyType.IDENTITY_BASED)
    policies = grantgraph.PolicySet(identity_based=(parsed.value,))
    read = grantgraph.request("arn:aws:iam::111122223333:role/app", "s3:GetObject", "arn:aws:s3:::b/k")
    write = grantgraph.request("arn:aws:iam::111122223333:role/app", "s3:PutObject", "arn:aws:s3:::b/k")
    assert grantgraph.decide(read, policies).allowed
    assert grantgraph.decide(write, policies).decision is grantgraph.Decision.IMPLICIT_DENY


def test_fetching_a_name_imports_only_what_it_needs() -> None:
    code = "import sys, grantgraph; grantgraph.decide; print('grantgraph.prove' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
