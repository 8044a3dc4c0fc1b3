"""AWS's own managed policies: every one can be found and read, and a damaged file is said to be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from grantgraph.catalog import CatalogError
from grantgraph.catalog.managed import BLOCK, PACKAGED, ManagedPolicies, load_managed_policies
from grantgraph.policy import PolicyType, parse_policy


def test_a_policy_is_found_by_its_name_with_its_path_and_version() -> None:
    found = load_managed_policies().find("AWSLambdaBasicExecutionRole")
    assert found is not None
    assert (found.name, found.path, found.version) == ("AWSLambdaBasicExecutionRole", "/service-role/", "v1")
    assert found.document["Statement"][0]["Action"] == [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ]


@pytest.mark.parametrize("name", ["", "administratoraccess", "AWSSupportServiceRolePolicy"])
def test_other_spellings_and_policies_that_nobody_can_attach_are_not_there(name: str) -> None:
    assert load_managed_policies().find(name) is None


def test_every_name_leads_to_its_own_policy() -> None:
    policies = load_managed_policies()
    names = policies.names()
    assert len(names) > 1_200 and list(names) == sorted(names)
    for name in names:
        found = policies.find(name)
        assert found is not None and found.name == name and found.updated <= policies.date


def test_policies_of_every_block_are_understood() -> None:
    policies = load_managed_policies()
    for name in policies.names()[::BLOCK]:
        found = policies.find(name)
        assert found is not None
        parsed = parse_policy(found.document, PolicyType.IDENTITY_BASED, name)
        assert not parsed.value.unseen and parsed.value.statements, name


@pytest.mark.parametrize("keep", [0, 20, 100, -1])
def test_a_damaged_file_is_said_to_be_one(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "managed_policies.bin"
    path.write_bytes(PACKAGED.read_bytes()[:keep])
    with pytest.raises(CatalogError, match="reinstall grantgraph"):
        ManagedPolicies(path)


def test_a_block_that_cannot_be_decoded_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "managed_policies.bin"
    blob = bytearray(PACKAGED.read_bytes())
    blob[-40:] = bytes(40)
    path.write_bytes(blob)
    with pytest.raises(CatalogError, match="reinstall grantgraph"):
        ManagedPolicies(path).find(load_managed_policies().names()[-1])
