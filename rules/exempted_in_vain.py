"""A Deny exempts somebody in vain.

What it proves: whoever a Deny exempts by `NotPrincipal` is exempted: it names the account, the role and the
session, and the role has no permissions boundary.

Why it matters: it is no risk, but nobody gets in. A Deny with `NotPrincipal` denies the account of whoever it
exempts, and with that the role's sessions; and it denies everybody who has a boundary, listed or not.

Example: `"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/reader"}`.

How the evidence reads: what the statement names, and what it does not; the place is the statement's.

How to fix: a condition on `aws:PrincipalArn`, which is one thing for all sessions of a role.

When to accept it: never; write the condition.

References: rules 60 and 61 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Permissions, Rule, Severity, Written

ID = "GG502"


def check(permissions: Permissions) -> Iterator[Finding]:
    for resource, principal, statement in permissions.exempted_in_vain():
        why = "it has a permissions boundary" if principal.boundary is not None else "its sessions are not named"
        yield Finding(
            ID,
            Severity.LOW,
            principal.id,
            f"a Deny of `{resource.id}` exempts `{principal.id}`, and may deny it all the same",
            Written(f"`NotPrincipal` names `{principal.id}`, but {why}"),
            statement.at,
            "deny by a condition on `aws:PrincipalArn` instead",
            on=resource.id,
        )


RULE = Rule(ID, "a Deny exempts somebody in vain", Severity.LOW, check)
