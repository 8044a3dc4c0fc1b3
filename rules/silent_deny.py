"""A Deny that never fires.

What it proves: for every Deny statement of a role or user there is a request that it would deny.

Why it matters: it is no risk by itself, but somebody relies on it. A Deny of an action on a resource that the
action does not act on, or with a condition on a key that no such request carries, denies nothing.

Example: a Deny of `s3:GetObject` on `arn:aws:s3:::notes`, without `/*`.

How the evidence reads: it is proved that the statement matches no request.

How to fix: name the resource that the action acts on; take out a condition that cannot hold.

When to accept it: never; it says what it does not do.

References: rules 29, 37 and 68 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Permissions, Rule, Severity, Written

ID = "GG702"


def check(permissions: Permissions) -> Iterator[Finding]:
    for principal, statement in permissions.silent_denies():
        yield Finding(
            ID,
            Severity.LOW,
            principal.id,
            f"a Deny of `{principal.id}` never denies anything",
            Written("no request matches it"),
            statement.at,
            "name the resource that the action acts on, and a condition that can hold",
        )


RULE = Rule(ID, "a Deny that never fires", Severity.LOW, check)
