"""A role for guests, at a pool that lets no guests in.

What it proves: every identity pool with a role for guests lets guests in.

Why it matters: it is no risk while the pool stays shut. Whatever the role may do waits for one switch, and
nobody will look at its policy then.

Example: `AllowUnauthenticatedIdentities: false`, and an `unauthenticated` role attached all the same.

How the evidence reads: the pool's own words are the evidence.

How to fix: leave the role out of the attachment, or delete it.

When to accept it: a framework that attaches the role in any case.

References: rules 133 and 137 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Permissions, Rule, Severity, Written

ID = "GG308"


def check(permissions: Permissions) -> Iterator[Finding]:
    for pool in permissions.application.pools:
        if pool.unauthenticated and pool.allows_guests is False:
            yield Finding(
                ID,
                Severity.NOTE,
                pool.unauthenticated,
                f"`{pool.id}` has the role `{pool.unauthenticated}` for guests, and lets no guests in",
                Written("AllowUnauthenticatedIdentities is false"),
                pool.at,
                "leave the role out of the attachment",
            )


RULE = Rule(ID, "a role for guests at a pool without guests", Severity.NOTE, check)
