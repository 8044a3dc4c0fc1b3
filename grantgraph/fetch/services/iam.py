"""IAM: users, groups, roles and managed policies, with what policies allow and who is trusted.

Tags, dates and the last use of anything are left out: no answer needs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.account_file import IDENTITIES
from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Identity, Kind, document, last, members

TYPES = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::ManagedPolicy")
_COMMON = ("Arn", "Path", "PermissionsBoundary")
_NAMES = ("UserName", "GroupName", "RoleName")
_INLINE = ("UserPolicyList", "GroupPolicyList", "RolePolicyList")


def _items(aws: Asking) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for page in aws.pages("get_account_authorization_details"):
        for section in IDENTITIES:
            yield from ((section, entry) for entry in page.get(section) or ())


def _read(aws: Asking, item: tuple[str, Mapping[str, Any]]) -> Iterator[Identity]:
    section, entry = item
    if section == "Policies":
        used = entry.get("AttachmentCount") or entry.get("PermissionsBoundaryUsageCount")
        if used or ":aws:policy/" not in entry["Arn"]:  # those of AWS that nobody uses are not the account's
            yield Identity(section, _policy(entry))
        return
    yield Identity(section, _identity(entry))


def _identity(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A user, a group or a role, with its policies in order."""
    found = members(entry, *_COMMON, *_NAMES)
    for key in _INLINE:
        if entry.get(key):
            policies = [
                {"PolicyName": one["PolicyName"], "PolicyDocument": document(one["PolicyDocument"])}
                for one in entry[key]
            ]
            found[key] = sorted(policies, key=lambda one: one["PolicyName"])
    attached = [members(one, "PolicyName", "PolicyArn") for one in entry.get("AttachedManagedPolicies") or ()]
    if attached:
        found["AttachedManagedPolicies"] = sorted(attached, key=lambda one: one["PolicyArn"])
    if entry.get("GroupList"):
        found["GroupList"] = sorted(entry["GroupList"])
    if "RoleName" in entry:
        found["AssumeRolePolicyDocument"] = document(entry["AssumeRolePolicyDocument"])
        profiles = [members(one, "Arn", "InstanceProfileName") for one in entry.get("InstanceProfileList") or ()]
        if profiles:
            found["InstanceProfileList"] = sorted(profiles, key=lambda one: one["Arn"])
    return found


def _policy(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A managed policy with the version that counts."""
    found = {
        "PolicyName": last(entry["Arn"], "/"),
        **members(entry, "Arn", "PolicyName", "Path", "DefaultVersionId"),
    }
    found["PolicyVersionList"] = [
        {**members(one, "VersionId", "IsDefaultVersion"), "Document": document(one.get("Document"))}
        for one in entry.get("PolicyVersionList") or ()
        if one.get("IsDefaultVersion") or one.get("VersionId") == entry.get("DefaultVersionId")
    ]
    return found


KINDS = (
    Kind(
        "identities",
        "iam",
        TYPES,
        {"get_account_authorization_details": "iam:GetAccountAuthorizationDetails"},
        _items,
        _read,
        everywhere=True,
    ),
)
