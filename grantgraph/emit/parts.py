"""What every tool deploys: roles with their policies, permissions to call functions, policies of resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grantgraph.model import Principal, Resource
from grantgraph.policy.document import Policy, PrincipalKind, Statement
from grantgraph.synthesize import Attachment, Entrance, Synthesized
from grantgraph.text import Text, split_text

FUNCTION = "lambda:function"
_SOURCE = {"aws:sourcearn": "arn", "aws:sourceaccount": "account"}


@dataclass(frozen=True, slots=True)
class Role:
    """A role to be made. A role without a trust policy exists already, and only gets policies."""

    principal: Principal
    trust: Policy | None
    inline: tuple[Policy, ...]
    managed: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Permission:
    """A service, or somebody of another account, may call a function, for one source."""

    function: Resource
    sid: str
    action: str
    principal: Text
    source_arn: Text = ""
    source_account: Text = ""


@dataclass(frozen=True, slots=True)
class OwnPolicy:
    """The policy of a resource. `merge` is why it cannot simply be put there, "" where it can."""

    resource: Resource
    policy: Policy
    merge: str = ""


def roles_of(synthesized: Synthesized) -> Iterator[Role]:
    """Every role that needs something, or that the application makes."""
    for one in synthesized.syntheses:
        inline = tuple(own.policy for own in one.attached if own.attachment is Attachment.INLINE)
        managed = tuple(own.policy for own in one.attached if own.attachment is Attachment.MANAGED)
        if inline or managed or one.trust is not None:
            yield Role(one.principal, one.trust, inline, managed)


def name_of_role(role: Role) -> Text:
    """The name of a role: what the model says, or what AWS will make."""
    return split_text(role.principal.arn, "/")[-1]


def permissions_of(synthesized: Synthesized) -> Iterator[Permission]:
    """Who may call the application's functions, one permission a statement."""
    for entrance in synthesized.entrances:
        if entrance.resource.type == FUNCTION and not _why_merge(entrance):
            for statement in entrance.policy.statements:
                yield _permission(entrance.resource, statement)


def _permission(function: Resource, statement: Statement) -> Permission:
    (who,) = statement.principals.members if statement.principals is not None else ()
    said: dict[str, Text] = {}
    for condition in statement.conditions:
        (said[_SOURCE[condition.key]],) = condition.spelled_values
    principal = who.value
    if who.kind is PrincipalKind.AWS and isinstance(principal, str) and principal.endswith(":root"):
        principal = principal.split(":")[4]
    action = statement.actions.patterns[0].spelled
    return Permission(function, statement.sid, action, principal, said.get("arn", ""), said.get("account", ""))


def own_policies_of(synthesized: Synthesized) -> Iterator[OwnPolicy]:
    """The policies of resources that are no functions; and of functions that somebody else has."""
    for entrance in synthesized.entrances:
        merge = _why_merge(entrance)
        if entrance.resource.type != FUNCTION or merge:
            yield OwnPolicy(entrance.resource, entrance.policy, merge)


def _why_merge(entrance: Entrance) -> str:
    if entrance.elsewhere:
        return f"account {entrance.elsewhere} owns it"
    return "it exists already, and may have a policy" if entrance.resource.existing else ""
