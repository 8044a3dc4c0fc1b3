"""Guests can write.

What it proves: no request that a visitor without an account can sign has the access level Write, Tagging or
Permissions management.

Why it matters: the credentials of an identity pool's unauthenticated role are given to anyone on the
internet who asks for them. Whatever that role may change, anyone may change.

Example: `{"Effect": "Allow", "Action": "cognito-sync:*", "Resource": "*"}` on the unauthenticated role.

How the evidence reads: the witness is one request that AWS would allow, with the statement that allows it.

How to fix: name the few actions that a guest needs, on the resources that it needs them for; most often that
is reading below one prefix of one bucket, and nothing else.

When to accept it: a form that anyone may fill in, written through an API route rather than through the role.

References: rules 133 to 144 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    CHANGING,
    Doubt,
    Finding,
    Permissions,
    PrincipalType,
    Rule,
    Severity,
    doubts_of,
    name_actions,
)

ID = "GG101"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal in permissions.principals(PrincipalType.UNAUTHENTICATED):
        grants = permissions.grants(principal, CHANGING)
        yield from doubts_of(ID, principal, grants)
        for grant in grants:
            actions = grant.actions()
            if not actions:
                continue
            where = f"`{grant.resource}`" if grant.resource else f"{grant.service}, anywhere in the account"
            yield Finding(
                ID,
                Severity.HIGH,
                principal.id,
                f"guests can write to {where}: {name_actions(actions)}",
                grant.witness(actions[0]),
                grant.place(actions),
                f"take {grant.service} out of `{principal.id}`, or name the reading actions that guests need",
                tuple(map(str, actions)),
                grant.resource or grant.service,
            )


RULE = Rule(ID, "guests can write", Severity.HIGH, check)
