"""IAM: roles, users, groups, their policies, and what attaches one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from grantgraph.node import Node
from grantgraph.sources._terraform.document import Instance
from grantgraph.sources._terraform.environments import known_text
from grantgraph.sources._terraform.links import Link
from grantgraph.sources._terraform.policies import policy_document
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import Properties, TerraformType
from grantgraph.text import Unknown, text

ROLE, USER, GROUP = "aws_iam_role", "aws_iam_user", "aws_iam_group"
POLICIES = ("aws_iam_policy", "data.aws_iam_policy")
# kind of identity → the property of a managed policy that lists them
_LISTED = {ROLE: "Roles", USER: "Users", GROUP: "Groups"}


def _role(reader: Reader, one: Instance) -> Properties:
    return {
        "Path": reader.text(one, "path"),
        "AssumeRolePolicyDocument": policy_document(reader, one, "assume_role_policy"),
        "Policies": _list(one, _inline(reader, one)),
        "ManagedPolicyArns": _list(one, _managed(reader, one)),
        "PermissionsBoundary": _policy(reader, one, "permissions_boundary"),
    }


def _list(one: Instance, members: Iterator[Node]) -> Node:
    return Node(tuple(members), one.at)


def _inline(reader: Reader, one: Instance) -> Iterator[Node]:
    """Inline policies of a role's own blocks, or those that were found on it.

    Where the configuration has no block, Terraform repeats what it found, and the resources for inline
    policies know better what becomes of theirs.
    """
    node = reader.value(one, "inline_policy")
    computed = not reader.configures(one, "inline_policy")
    if reader.is_left_to_aws(one, "inline_policy"):
        reader.bare_roles.append(one.address)
        return
    if node is not None and isinstance(node.value, Unknown):
        yield node
    elsewhere = _inline_elsewhere(reader, one) if computed else frozenset()
    only = _only_inline(reader, one)
    for at, block in enumerate(node.items if node is not None else ()):
        name = block.get("name")
        if isinstance(block.value, Unknown):
            yield block
        elif name is not None and name.value and name.as_text() not in elsewhere and only(name.as_text()):
            document = policy_document(reader, one, "inline_policy", at, "policy")
            members = {"PolicyName": name, "PolicyDocument": document or Node({}, block.at)}
            yield Node(members, block.at)


def _inline_elsewhere(reader: Reader, one: Instance) -> frozenset[str | None]:
    """The names of the inline policies that resources of their own put on a role, now or before the plan."""
    role = known_text(one, "name") or ""
    mine = reader.now_or_before("role", "aws_iam_role_policy").get(role, [])
    return frozenset(known_text(other, "name") for other in mine)


def _only_inline(reader: Reader, one: Instance) -> Callable[[object], bool]:
    """Which inline policies a role keeps, by name; `aws_iam_role_policies_exclusive` may say so."""
    said = reader.linked_by("aws_iam_role_policies_exclusive", "role_name", ROLE).get(one.address)
    names = reader.value(said, "policy_names") if said is not None else None
    kept = {name.as_text() for name in names.items} if names is not None and names.items else None
    return lambda name: kept is None or name in kept


def _attached_before(reader: Reader, one: Instance) -> frozenset[str | None]:
    """The managed policies that resources of their own attach to a role, now or before the plan."""
    role = known_text(one, "name") or ""
    mine = reader.now_or_before("role", "aws_iam_role_policy_attachment").get(role, [])
    shared = reader.now_or_before("roles", "aws_iam_policy_attachment").get(role, [])
    return frozenset(known_text(other, "policy_arn") for other in (*mine, *shared))


def _managed(reader: Reader, one: Instance) -> Iterator[Node]:
    """Managed policies that a role lists itself, or that were found on it."""
    node = reader.value(one, "managed_policy_arns")
    computed = not reader.configures(one, "managed_policy_arns")
    if node is None or reader.is_left_to_aws(one, "managed_policy_arns"):
        return
    before = _attached_before(reader, one) if computed else frozenset()
    for link in reader.links(one, "managed_policy_arns", POLICIES):
        if link.written is None or link.written not in before:
            yield link.value


def _policy(reader: Reader, one: Instance, attribute: str) -> Node | None:
    link = reader.link(one, attribute, to=POLICIES)
    return link.value if link is not None else None


def _identity(reader: Reader, one: Instance) -> Properties:
    return {"Path": reader.text(one, "path"), "PermissionsBoundary": _policy(reader, one, "permissions_boundary")}


def _managed_policy(reader: Reader, one: Instance) -> Properties:
    return {
        "ManagedPolicyName": reader.text(one, "name") if known_text(one, "name") else None,
        "Path": reader.text(one, "path"),
        "PolicyDocument": policy_document(reader, one, "policy"),
    }


# ── inline policies of their own ──


def _inline_of(attribute: str, identity: str, property: str) -> TerraformType:
    """The type of an inline policy that is a resource: `aws_iam_role_policy` and its like."""

    def write(reader: Reader, one: Instance) -> Properties | None:
        link = reader.link(one, attribute, to=(identity,))
        if link is None:
            reader.problems.error(one.at, "missing", f"`{one.address}` needs `{attribute}`")
            return None
        document = policy_document(reader, one, "policy")
        if link.is_open:
            _perhaps(reader, one, link, identity, f"`{one.address}` may be a policy of it")
            return None
        generated = text((Unknown(one.address, "the name is made when the plan is applied", generated=True),))
        name = known_text(one, "name") or generated
        return {property: link.value, "PolicyName": Node(name, one.at), "PolicyDocument": document}

    return TerraformType(f"{identity}_policy", CLOUDFORMATION[f"{identity}_policy"], write)


CLOUDFORMATION = {
    "aws_iam_role_policy": "AWS::IAM::RolePolicy",
    "aws_iam_user_policy": "AWS::IAM::UserPolicy",
    "aws_iam_group_policy": "AWS::IAM::GroupPolicy",
}


def _perhaps(reader: Reader, one: Instance, link: Link, kind: str, what: str) -> None:
    """Let the answers about every identity that may be meant hinge on it."""
    reason = f"{what}: to which it belongs is known only after the plan is applied"
    reader.doubt(link, kind, "Policies", Node(Unknown(one.address, reason), one.at))


# ── attachments ──


def _attach(reader: Reader, one: Instance, policy: Link, identity: Link | None, kind: str) -> None:
    """Attach a managed policy to a role, a user or a group."""
    if identity is None:
        return
    if identity.found is not None:
        reader.add(identity.found, "ManagedPolicyArns", policy.value)
    elif identity.is_open:
        _perhaps(reader, one, identity, kind, f"`{one.address}` may attach a policy to it")
    elif policy.found is not None:
        reader.add(policy.found, _LISTED[kind], identity.value)
    else:
        message = f"`{one.address}` attaches a policy that is not in the input to an identity that is not either"
        reader.problems.unmodelled(one.at, "outside-role", message)


def _attachment(attribute: str, kind: str) -> TerraformType:
    def write(reader: Reader, one: Instance) -> Properties | None:
        policy = reader.link(one, "policy_arn", to=POLICIES)
        if policy is not None:
            _attach(reader, one, policy, reader.link(one, attribute, to=(kind,)), kind)
        return None

    return TerraformType(f"{kind}_policy_attachment", "", write)


def _attachment_to_all(reader: Reader, one: Instance) -> Properties | None:
    policy = reader.link(one, "policy_arn", to=POLICIES)
    for attribute, kind in (("roles", ROLE), ("users", USER), ("groups", GROUP)):
        for link in reader.links(one, attribute, (kind,)):
            if policy is not None:
                _attach(reader, one, policy, link, kind)
    return None


def _exclusive(kind: str, attribute: str) -> TerraformType:
    """`aws_iam_role_policy_attachments_exclusive` and its like: these policies, and no others."""

    def write(reader: Reader, one: Instance) -> Properties | None:
        identity = reader.link(one, attribute, to=(kind,))
        policies = list(reader.links(one, "policy_arns", POLICIES))
        if identity is not None and identity.found is not None:
            reader.put(identity.found, "ManagedPolicyArns", Node(tuple(one.value for one in policies), one.at))
            return None
        for policy in policies:
            _attach(reader, one, policy, identity, kind)
        return None

    return TerraformType(f"{kind}_policy_attachments_exclusive", "", write)


# ── groups ──


def _membership(reader: Reader, one: Instance, group: Link | None, user: Link | None) -> Properties | None:
    """A user in a group."""
    if group is None or user is None:
        return None
    if user.found is not None and group.found is not None:
        reader.add(user.found, "Groups", group.value)
    elif user.found is not None:
        reason = f"what its group `{group.value.as_text()}` allows is not in the input"
        reader.add(user.found, "Policies", Node(Unknown(f"group {group.value.as_text()}", reason), one.at))
    elif user.is_open:
        _perhaps(reader, one, user, USER, f"`{one.address}` may put it into a group")
    else:
        message = f"`{one.address}` puts a user that is not in the input into a group"
        reader.problems.unmodelled(one.at, "outside-role", message)
    return None


def _groups_of_user(reader: Reader, one: Instance) -> Properties | None:
    user = reader.link(one, "user", to=(USER,))
    for group in reader.links(one, "groups", (GROUP,)):
        _membership(reader, one, group, user)
    return None


def _users_of_group(reader: Reader, one: Instance) -> Properties | None:
    group = reader.link(one, "group", to=(GROUP,))
    for user in reader.links(one, "users", (USER,)):
        _membership(reader, one, group, user)
    return None


def _nothing(reader: Reader, one: Instance) -> Properties:
    return {"Path": reader.text(one, "path")}


TERRAFORM_TYPES = (
    TerraformType(ROLE, "AWS::IAM::Role", _role, "name", "name_prefix"),
    TerraformType(USER, "AWS::IAM::User", _identity, "name"),
    TerraformType(GROUP, "AWS::IAM::Group", _nothing, "name"),
    TerraformType("aws_iam_policy", "AWS::IAM::ManagedPolicy", _managed_policy, "name", "name_prefix"),
    TerraformType("data.aws_iam_policy", "AWS::IAM::ManagedPolicy", _managed_policy, "name"),
    _inline_of("role", ROLE, "RoleName"),
    _inline_of("user", USER, "UserName"),
    _inline_of("group", GROUP, "GroupName"),
    _attachment("role", ROLE),
    _attachment("user", USER),
    _attachment("group", GROUP),
    TerraformType("aws_iam_policy_attachment", "", _attachment_to_all),
    _exclusive(ROLE, "role_name"),
    _exclusive(USER, "user_name"),
    _exclusive(GROUP, "group_name"),
    TerraformType("aws_iam_role_policies_exclusive", "", lambda reader, one: None),
    TerraformType("aws_iam_user_group_membership", "", _groups_of_user),
    TerraformType("aws_iam_group_membership", "", _users_of_group),
)
