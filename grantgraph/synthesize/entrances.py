"""Who is let in by a resource's own policy: services that call it, and principals across accounts.

A service is let in for one source only, by its ARN. `aws:SourceAccount` stands beside it where the ARN does not
hold the account, as a bucket's does not (184): whoever takes the name over would be let in otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from grantgraph.model import EntryPoint, EntryPointType, Environment, Principal, Resource
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.resources import Calls, resource_types
from grantgraph.synthesize.blocks import Block
from grantgraph.synthesize.dependents import encryption_context
from grantgraph.synthesize.result import Conditions, Draft, Reason, Wish
from grantgraph.synthesize.statements import document_of, policy_of
from grantgraph.text import Text, split_text, text


def entrances_of(draft: Draft, wishes: list[Wish]) -> Iterator[Wish]:
    """Everybody that a resource has to let in by itself."""
    for entry in draft.application.entry_points:
        yield from _calls(entry, draft)
    for wish in wishes:
        yield from _across_accounts(wish, draft)


def _calls(entry: EntryPoint, draft: Draft) -> Iterator[Wish]:
    """A service calls a function, or delivers to a queue or topic; what it cannot, to another one."""
    calls = _caller(entry, draft)
    target = draft.resources.get(entry.target)
    if calls is None or target is None or entry.source_arn == "":
        return
    said: Conditions = (("ArnLike", "aws:SourceArn", (entry.source_arn,)),)
    source = draft.resources.get(entry.source)
    if not calls.says_account and source is not None:
        said += (("StringEquals", "aws:SourceAccount", (source.account,)),)
    yield from _deliver(calls.service, target, entry.id, said, Reason(entry.id, entry.at), draft)
    if entry.failures_to:
        failed = Reason(f"{entry.id}: what could not be delivered", entry.at)
        other = draft.resources[entry.failures_to]
        yield from _deliver(calls.service, other, f"failures {entry.id}", said, failed, draft)


def _caller(entry: EntryPoint, draft: Draft) -> Calls | None:
    """As whom an entry point is used by AWS; None where Lambda reads for itself."""
    source = draft.resources.get(entry.source)
    if source is not None:
        return resource_types()[source.type].calls
    return resource_types()["execute-api:api" if entry.type is EntryPointType.ROUTE else "events:event-bus"].calls


def _deliver(
    service: str, target: Resource, by: str, said: Conditions, reason: Reason, draft: Draft
) -> Iterator[Wish]:
    type = resource_types()[target.type]
    who = ("Service", service)
    yield Wish("", target.id, by, (type.called_by,), (target.arn,), said, reason, who)
    key = draft.resources.get(str(target.attributes.get("key", "")))
    if key is not None and type.encryption is not None:
        context = encryption_context(type.encryption, target, (target.arn,))
        actions = type.encryption.takes[type.called_by]
        why = Reason(f"{reason}, and {target.id} is encrypted with {key.id}", reason.at)
        yield Wish("", key.id, by, actions, ("*",), (*said, *context), why, who)


def _across_accounts(wish: Wish, draft: Draft) -> Iterator[Wish]:
    """A principal and a resource of different accounts: the resource has to let the principal in, too (112)."""
    principal, resource = draft.principals[wish.who], draft.resources.get(wish.subject)
    if resource is None or account_of(principal, draft) == resource.account or not _is_on(wish, resource):
        return
    targets: tuple[Text, ...] = ("*",) if resource.type in WHOLE else wish.resources
    who = ("AWS", principal.arn)
    yield Wish(wish.who, resource.id, wish.purpose, wish.actions, targets, wish.conditions, wish.reason, who)


KEY = "kms:key"
WHOLE = frozenset({KEY, "secretsmanager:secret"})
"""Types whose policies say `*` for the resource that they hang on (41)."""


def _is_on(wish: Wish, resource: Resource) -> bool:
    """Whether a wish is about the resource itself: passing a role to it is not."""
    return wish.actions[0].partition(":")[0] == resource_types()[resource.type].service


def account_of(principal: Principal, draft: Draft) -> Text:
    """The account that a principal is in."""
    fields = split_text(principal.arn, ":")
    return fields[4] if len(fields) > 5 else draft.application.environment.account


def entrance_policy(resource: Resource, blocks: list[Block], environment: Environment) -> Policy:
    """Who is let into a resource; into a key its own account first, without which nobody is (123)."""
    keeping = (
        [allow_account(environment, "kms:*")]
        if resource.type == KEY and resource.account == environment.account
        else []
    )
    return resource_policy([*keeping, *map(document_of, blocks)], resource.id)


def allow_account(environment: Environment, actions: str) -> dict[str, Any]:
    """Leaves it to the account's identity policies who may use a resource."""
    root = text(["arn:", environment.partition, ":iam::", environment.account, ":root"])
    return {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": root}, "Action": actions, "Resource": "*"}


def resource_policy(statements: Iterable[dict[str, Any]], name: str) -> Policy:
    """Statements with principals as a policy of a resource."""
    return policy_of(statements, f"policy of {name}", PolicyType.RESOURCE_BASED)
