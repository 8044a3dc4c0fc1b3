"""A grant that nobody can use.

What it proves: for every entry of `Action` in an Allow statement there is a request that the statement allows,
under all conditions, denies and boundaries.

Why it matters: it is no risk. But whoever wrote it wanted something, and does not get it; and what is dead
today may come alive with another change.

Example: `s3:ListBucket` on `arn:aws:s3:::notes/*`, where it takes the bucket itself; `s3:GetObject` with a
condition on `s3:prefix`, which only listings carry.

How the evidence reads: it is proved that no request can use the entry, and the message says what stands in the
way: the resources, the condition, or a Deny.

How to fix: name the resource that the action acts on; take out what nobody needs.

When to accept it: an entry that a framework writes for all its users.

References: rules 37, 38, 76, 161 and 169 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Permissions, Rule, Severity, Written

ID = "GG701"


def check(permissions: Permissions) -> Iterator[Finding]:
    for principal, dead in permissions.dead_entries():
        first, *others = dead.entries
        more = f" and {len(others)} more" if others else ""
        yield Finding(
            ID,
            Severity.NOTE,
            principal.id,
            f"`{principal.id}` is given `{first.spelled}`{more} in vain: {dead.why}",
            Written(f"no request can use {', '.join(one.spelled for one in dead.entries)}"),
            first.at if first.at.file else dead.statement.at,
            "name the resource that it acts on, or take it out",
            tuple(one.spelled for one in dead.entries),
        )


RULE = Rule(ID, "a grant that nobody can use", Severity.NOTE, check)
