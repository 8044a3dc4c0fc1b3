"""Roles, users and groups: what they are, who gets them, and every policy that hangs on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from grantgraph.model import Principal, PrincipalType
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.problems import NOWHERE, Location
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.frameworks import framework_of
from grantgraph.sources._cloudformation.policies import (
    policy_name,
    policy_of_arn,
    read_document,
    read_managed_policy,
    unknown_policy,
)
from grantgraph.sources._cloudformation.quotas import inline_too_large, too_many
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import GROUP, MANAGED_POLICY, ROLE, USER
from grantgraph.text import Symbolic, Text, Unknown, split_text, text

_ATTACHING = {
    "AWS::IAM::Policy": (("Roles", ROLE), ("Users", USER), ("Groups", GROUP)),
    MANAGED_POLICY: (("Roles", ROLE), ("Users", USER), ("Groups", GROUP)),
    "AWS::IAM::RolePolicy": (("RoleName", ROLE),),
    "AWS::IAM::UserPolicy": (("UserName", USER),),
    "AWS::IAM::GroupPolicy": (("GroupName", GROUP),),
}
# The weaker caller first: what a guest may do decides when a role is attached in more than one way.
_STRENGTH = (
    PrincipalType.UNAUTHENTICATED,
    PrincipalType.AUTHENTICATED,
    PrincipalType.MAPPED,
    PrincipalType.FUNCTION,
)


@dataclass(slots=True)
class Roles:
    """Which roles are used for what, gathered while the rest of the assembly is read."""

    assembly: Assembly
    uses: dict[str, list[tuple[PrincipalType, str, Location]]] = field(default_factory=dict)
    outside: dict[str, tuple[str, Text, Location]] = field(default_factory=dict)

    def use(self, role: Text, at: Location, type: PrincipalType = PrincipalType.ROLE, pool: str = "") -> str:
        """The id of the principal that a role's ARN or name means, from now on used as `type`."""
        declared = self.assembly.find(role, ROLE)
        found = declared.id if declared else self._outside(role, ROLE, at)
        if type is not PrincipalType.ROLE:
            self.uses.setdefault(found, []).append((type, pool, at))
        return found

    def _outside(self, value: Text, type: str, at: Location) -> str:
        """The id of a role or user that is not in the input."""
        parsed = parse_arn(value)
        name = split_text(parsed.resource, "/")[-1] if parsed else value
        arn = value
        if parsed is None and not _is_open(value):
            environment = self.assembly.stacks[0].environment
            kind = "role" if type == ROLE else "user"
            arn = text(("arn:", environment.partition, ":iam::", environment.account, f":{kind}/", name))
        found = str(name)
        if any(one.id == found for one in self.assembly.declared):
            found = f"{found} (not in the input)"
        if found not in self.outside:
            self.outside[found] = (type, arn, at)
            message = f"`{found}` is not in the input: what else it may do is not known"
            self.assembly.problems.unmodelled(at, "outside-role", message)
        return found

    def named(self, value: Text, type: str, at: Location) -> str:
        """The id of an identity that a policy is attached to."""
        declared = self.assembly.find(value, type)
        return declared.id if declared else self._outside(value, type, at)


def read_principals(assembly: Assembly, roles: Roles) -> tuple[Principal, ...]:
    """Every role and user, with its own policies, the attached ones, and those of its groups."""
    attached = _Attached(assembly, roles)
    found = []
    for one in assembly.of(ROLE, USER):
        assembly.understood(one)
        type, pool = _type_of(
            assembly, roles, one.id, PrincipalType.USER if one.type == USER else PrincipalType.ROLE
        )
        found.append(
            Principal(
                one.id,
                type,
                assembly.names.arn(one) or "",
                _trust(assembly, one),
                attached.to(one),
                _boundary(assembly, one),
                pool,
                framework_of(one),
                one.at,
            )
        )
    for id, (kind, arn, at) in roles.outside.items():
        if kind == GROUP:
            continue
        type, pool = _type_of(assembly, roles, id, PrincipalType.USER if kind == USER else PrincipalType.ROLE)
        rest = Unknown(f"policies of {id}", f"`{id}` is not in the input: what else it may do is not known")
        unseen = Policy(PolicyType.IDENTITY_BASED, (), "policies outside the input", (rest,), at)
        policies = (*(policy for policy, _ in attached.by_id.get((kind, id), ())), unseen)
        found.append(Principal(id, type, arn, None, policies, None, pool, "", at))
    return tuple(found)


class _Attached:
    """The policies of every identity, with the texts of their names."""

    def __init__(self, assembly: Assembly, roles: Roles) -> None:
        self.assembly = assembly
        self.roles = roles
        self.by_id: dict[tuple[str, str], list[tuple[Policy, Text | None]]] = {}
        self.groups: dict[str, list[str]] = {}
        for one in assembly.of(ROLE, USER, GROUP):
            assembly.understood(one)
            self.by_id[one.type, one.id] = list(self.own(one))
        for type, targets in _ATTACHING.items():
            for one in assembly.of(type):
                self.attach(one, targets)
        self.join_groups()
        for (type, id), policies in self.by_id.items():
            if type != GROUP:
                self.report_collisions(id, policies)
            self.report_quotas(type, id, policies)

    def to(self, one: Declared) -> tuple[Policy, ...]:
        """The policies of a role or user, and of the groups that it is in."""
        policies = [policy for policy, _ in self.by_id[one.type, one.id]]
        for group in dict.fromkeys(self.groups.get(one.id, ()) if one.type == USER else ()):
            policies += [policy for policy, _ in self.by_id.get((GROUP, group), ())]
        return tuple(policies)

    def own(self, one: Declared) -> Iterator[tuple[Policy, Text | None]]:
        """Inline policies and managed policies that the identity itself lists; a name for the inline ones."""
        type = PolicyType.IDENTITY_BASED
        inline = self.assembly.property(one, "Policies")
        for at, node in enumerate(inline.one_or_many() if inline else ()):
            if isinstance(node.value, Unknown):
                yield unknown_policy(self.assembly, node, type, f"policies of `{one.id}`"), None
                continue
            given = node.get("PolicyName")
            name = given.as_text() if given else None
            shown = name if isinstance(name, str) else f"{one.id}-{at}"
            path = f"Properties/Policies/{at}"
            document = node.get("PolicyDocument")
            yield read_document(self.assembly, one, document, type, shown, path), name
        managed = self.assembly.property(one, "ManagedPolicyArns")
        for node in managed.one_or_many() if managed else ():
            arn = self.assembly.text_of(node, f"ManagedPolicyArns of `{one.logical_id}`")
            if arn is not None:
                yield policy_of_arn(self.assembly, arn, node, type), None

    def attach(self, one: Declared, targets: tuple[tuple[str, str], ...]) -> None:
        self.assembly.understood(one)
        if one.type == MANAGED_POLICY:
            policy, name = read_managed_policy(self.assembly, one, PolicyType.IDENTITY_BASED), None
        else:
            document = self.assembly.property(one, "PolicyDocument")
            shown = policy_name(self.assembly, one)
            path = "Properties/PolicyDocument"
            policy = read_document(self.assembly, one, document, PolicyType.IDENTITY_BASED, shown, path)
            name = self.assembly.text(one, "PolicyName")
        for key, type in targets:
            for value, node in self.assembly.texts(
                self.assembly.property(one, key), f"{key} of `{one.logical_id}`"
            ):
                id = self.roles.named(value, type, node.at)
                self.by_id.setdefault((type, id), []).append((policy, name))

    def join_groups(self) -> None:
        for user in self.assembly.of(USER):
            for value, node in self.assembly.texts(self.assembly.property(user, "Groups"), "a group"):
                self.groups.setdefault(user.id, []).append(self.roles.named(value, GROUP, node.at))
        for one in self.assembly.of("AWS::IAM::UserToGroupAddition"):
            self.assembly.understood(one)
            group = self.assembly.text(one, "GroupName")
            doubt = self.assembly.doubt_of(one)
            for value, node in self.assembly.texts(self.assembly.property(one, "Users"), "a user"):
                user_id = self.roles.named(value, USER, node.at)
                if doubt is not None:
                    unseen = Policy(PolicyType.IDENTITY_BASED, (), f"policies of {group}", (doubt,), one.at)
                    self.by_id.setdefault((USER, user_id), []).append((unseen, None))
                elif group is not None:
                    self.groups.setdefault(user_id, []).append(self.roles.named(group, GROUP, node.at))

    def report_quotas(self, type: str, id: str, policies: list[tuple[Policy, Text | None]]) -> None:
        """What AWS would refuse, because an identity cannot have as much."""
        at = next(
            (one.at for one in self.assembly.of(type) if one.id == id), policies[0][0].at if policies else NOWHERE
        )
        inline = [policy for policy, name in policies if name is not None]
        self.assembly.problems.found += inline_too_large(type, id, inline, at)
        self.assembly.problems.found += too_many(id, len(policies) - len(inline), at)

    def report_collisions(self, id: str, policies: list[tuple[Policy, Text | None]]) -> None:
        """Inline policies are kept by name: of two with one name, the later one replaces the earlier."""
        first: dict[Text, Policy] = {}
        for policy, name in policies:
            if name is None:
                continue
            if name in first:
                message = f"`{id}` has two inline policies of the name `{name}`, the other at {first[name].at}"
                help = "the one deployed last replaces the other; give them different names"
                self.assembly.problems.note(policy.at, "policy-name-collision", message, help)
            first.setdefault(name, policy)


def _trust(assembly: Assembly, one: Declared) -> Policy | None:
    if one.type != ROLE:
        return None
    node = assembly.property(one, "AssumeRolePolicyDocument")
    path = "Properties/AssumeRolePolicyDocument"
    return read_document(assembly, one, node, PolicyType.TRUST, f"trust of {one.id}", path)


def _boundary(assembly: Assembly, one: Declared) -> Policy | None:
    node = assembly.property(one, "PermissionsBoundary")
    arn = assembly.text(one, "PermissionsBoundary")
    if node is None or arn is None:
        return None
    return policy_of_arn(assembly, arn, node, PolicyType.PERMISSIONS_BOUNDARY)


def _type_of(assembly: Assembly, roles: Roles, id: str, otherwise: PrincipalType) -> tuple[PrincipalType, str]:
    """What a role is, from all the ways in which it is used, and the pool that gives it out."""
    uses = roles.uses.get(id, [])
    found = {type: (pool, at) for type, pool, at in reversed(uses)}
    if PrincipalType.UNAUTHENTICATED in found and PrincipalType.AUTHENTICATED in found:
        message = f"guests and signed-in users share the role `{id}`; it is read as the guests'"
        assembly.problems.note(found[PrincipalType.UNAUTHENTICATED][1], "shared-role", message)
    for type in _STRENGTH:
        if type in found:
            return type, found[type][0]
    return otherwise, ""


def _is_open(value: Text) -> bool:
    return isinstance(value, Symbolic) and len(value.parts) == 1
