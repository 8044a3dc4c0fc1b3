"""Users, groups, roles and managed policies, in CloudFormation's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grantgraph.account_file import IDENTITIES
from grantgraph.node import Node
from grantgraph.policy.arn import Arn, parse_arn
from grantgraph.problems import Location, Problems
from grantgraph.sources._account.document import Saved, entries_of, fail, needed, text
from grantgraph.sources._account.policies import policy_document

USER, GROUP, ROLE, POLICY = (f"AWS::IAM::{one}" for one in ("User", "Group", "Role", "ManagedPolicy"))
PROFILE = "AWS::IAM::InstanceProfile"
# section → type, the member that names an entry, the list of its inline policies
_SECTIONS: Mapping[str, tuple[str, str, str]] = {
    "UserDetailList": (USER, "UserName", "UserPolicyList"),
    "GroupDetailList": (GROUP, "GroupName", "GroupPolicyList"),
    "RoleDetailList": (ROLE, "RoleName", "RolePolicyList"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A resource in CloudFormation's words.

    `name` is what ends its ARN, after the path where there is one; `id` what it is called where that is settled.
    """

    type: str
    name: str
    properties: Mapping[str, Node]
    at: Location
    region: str = ""
    arn: str = ""
    id: str = ""

    @property
    def of_aws(self) -> bool:
        """Whether AWS owns it, as it does its managed policies."""
        return ":iam::aws:" in self.arn


def identities_of(saved: Saved, problems: Problems) -> Iterator[Draft]:
    """Everything that IAM holds.

    Raises:
        InputError: an entry has the wrong shape.
    """
    profiles: dict[str, Draft] = {}
    for section in IDENTITIES:
        for entry in saved.identities[section]:
            yield (
                _managed_policy(entry, problems) if section == "Policies" else _identity(section, entry, problems)
            )
            for profile in entries_of(entry, "InstanceProfileList"):
                name = text(profile, "InstanceProfileName")
                profiles.setdefault(name, Draft(PROFILE, name, {}, profile.at))
    yield from profiles.values()


def _identity(section: str, entry: Node, problems: Problems) -> Draft:
    type, named_by, inline = _SECTIONS[section]
    name = text(entry, named_by)
    arn = _arn(entry)
    what = f"`{name}`"
    policies = [_inline(one, what, problems) for one in entries_of(entry, inline)]
    attached = [needed(one, "PolicyArn") for one in entries_of(entry, "AttachedManagedPolicies")]
    properties = {
        "Path": Node(_path(entry, arn, name), entry.at),
        "Policies": Node(tuple(policies), entry.at),
        "ManagedPolicyArns": Node(tuple(attached), entry.at),
    }
    boundary = entry.get("PermissionsBoundary")
    if boundary is not None and boundary.value is not None:
        properties["PermissionsBoundary"] = needed(boundary, "PermissionsBoundaryArn")
    if type == USER:
        properties["Groups"] = Node(entries_of(entry, "GroupList"), entry.at)
    if type == ROLE:
        trust = needed(entry, "AssumeRolePolicyDocument")
        document = policy_document(trust, f"the trust policy of {what}", problems)
        properties["AssumeRolePolicyDocument"] = document
    return Draft(type, name, properties, entry.at, arn=str(needed(entry, "Arn").value))


def _inline(one: Node, what: str, problems: Problems) -> Node:
    name = needed(one, "PolicyName")
    document = policy_document(needed(one, "PolicyDocument"), f"the policy `{name.as_str()}` of {what}", problems)
    return Node({"PolicyName": name, "PolicyDocument": document}, one.at)


def _managed_policy(entry: Node, problems: Problems) -> Draft:
    """A managed policy with the version that is in force."""
    arn = _arn(entry)
    name = text(entry, "PolicyName", str(arn.resource).rpartition("/")[2])
    document = policy_document(_default_version(entry, name), f"the policy `{name}`", problems)
    properties = {
        "ManagedPolicyName": Node(name, entry.at),
        "Path": Node(_path(entry, arn, name), entry.at),
        "PolicyDocument": document,
    }
    return Draft(POLICY, name, properties, entry.at, arn=str(needed(entry, "Arn").value))


def _default_version(entry: Node, name: str) -> Node:
    versions = entries_of(entry, "PolicyVersionList")
    id = entry.get("DefaultVersionId")
    for one in versions:
        default, own = one.get("IsDefaultVersion"), one.get("VersionId")
        if default is not None and default.value is True:
            return needed(one, "Document")
        if default is None and id is not None and own is not None and own.value == id.value:
            return needed(one, "Document")
    fail(entry, f"the version of `{name}` that is in force is not here", "`PolicyVersionList` has to hold it")


def _arn(entry: Node) -> Arn:
    node = needed(entry, "Arn")
    arn = parse_arn(node.as_str() or "")
    if arn is None or arn.service != "iam" or not isinstance(arn.resource, str):
        fail(node, f"`{(node.as_str() or node.describe())[:60]}` is no ARN of IAM")
    return arn


def _path(entry: Node, arn: Arn, name: str) -> str:
    """What stands between the kind and the name in an ARN, with the slashes around it.

    Raises:
        InputError: the ARN is that of something else.
    """
    _, slash, rest = str(arn.resource).partition("/")
    if not rest.endswith(name) or (len(rest) > len(name) and rest[-len(name) - 1] != "/"):
        fail(needed(entry, "Arn"), f"the ARN is not that of `{name}`")
    return slash + rest.removesuffix(name)
