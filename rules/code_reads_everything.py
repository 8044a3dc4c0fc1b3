"""Code can read everything of a kind.

What it proves: no role that a service runs code as can make all the requests that read what a store holds,
whatever the store is called: every item of any table, object of any bucket, secret, parameter, message, record.

Why it matters: secrets and data of everybody else in the account are one flaw of this code away.

Example: `{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}` on a function's role.

How the evidence reads: that all of it can be read is proved, and the witness is one of the requests.

How to fix: name the tables, buckets, secrets that the code reads, by their ARNs.

When to accept it: a backup, or a search index, of the whole account.

References: rules 28, 37 and 157 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    Doubt,
    Finding,
    Permissions,
    Principal,
    Refuted,
    Rule,
    Severity,
    Undecided,
    resource_types,
)

ID = "GG403"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for role in permissions.workers():
        yield from permissions.told_unseen(ID, role)
        if not permissions.administers_account(role):
            yield from _read(permissions, role)


def _read(permissions: Permissions, role: Principal) -> Iterator[Finding | Doubt]:
    for type in resource_types().values():
        if type.bulk is None or not permissions.may_name(role, type.bulk.actions):
            continue
        answer = permissions.reads_all(role, type, None)
        if isinstance(answer, Refuted):
            action = answer.request.action
            yield Finding(
                ID,
                Severity.MEDIUM,
                role.id,
                f"code that runs as `{role.id}` can read every {type.name} of the account: {action}",
                answer,
                answer.verdict.because[0].statement.at,
                "name what the code reads by its ARN",
                (action,),
                type.service,
            )
        elif isinstance(answer, Undecided):
            yield Doubt(ID, role.id, answer.reason, role.at)


RULE = Rule(ID, "code can read everything of a kind", Severity.MEDIUM, check)
