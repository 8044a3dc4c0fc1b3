"""Guests can read everything.

What it proves: of no table, bucket, queue, stream, secret or parameter can a visitor without an account make
every request that reads it.

Why it matters: the credentials of guests are anybody's. What they read below one prefix was put there for them;
what they read of the whole resource holds tomorrow whatever the application writes into it.

Example: `{"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "<the table>"}` on the unauthenticated
role.

How the evidence reads: the witness is one of the requests, with the statement that allows it; that all others
are allowed, too, is proved.

How to fix: name the prefix, or the leading keys, that are meant for everybody.

When to accept it: a bucket that holds nothing but what is public.

References: rules 133, 155 and 169 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    Doubt,
    Finding,
    Permissions,
    Principal,
    PrincipalType,
    Refuted,
    Resource,
    ResourceType,
    Rule,
    Severity,
    Undecided,
    resource_types,
)

ID = "GG103"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for guest in permissions.principals(PrincipalType.UNAUTHENTICATED):
        for type in resource_types().values():
            if type.bulk is None or not permissions.may_name(guest, type.bulk.actions):
                continue
            resources = [one for one in permissions.application.resources if one.type == type.name]
            anywhere = list(_read(permissions, guest, type, None))
            yield from anywhere
            for resource in resources if not anywhere else ():
                yield from _read(permissions, guest, type, resource)


def _read(
    permissions: Permissions, guest: Principal, type: ResourceType, resource: Resource | None
) -> Iterator[Finding | Doubt]:
    answer = permissions.reads_all(guest, type, resource)
    if isinstance(answer, Refuted):
        where = f"`{resource.id}`" if resource is not None else f"{type.service}, anywhere in the account"
        yield Finding(
            ID,
            Severity.HIGH,
            guest.id,
            f"guests can read everything in {where}: {answer.request.action}",
            answer,
            answer.verdict.because[0].statement.at,
            f"leave `{guest.id}` what is meant for everybody: a prefix, some leading keys",
            (answer.request.action,),
            resource.id if resource is not None else type.service,
        )
    elif isinstance(answer, Undecided):
        yield Doubt(ID, guest.id, answer.reason, guest.at)


RULE = Rule(ID, "guests can read everything", Severity.HIGH, check)
