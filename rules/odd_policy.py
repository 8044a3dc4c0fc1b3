"""A policy says what AWS does not read.

What it proves: no policy has an entry that looks like something and is nothing: a principal with a wildcard in it,
an ARN with too few fields, an empty list, a value that its operator cannot compare.

Why it matters: it is no risk, or a small one; whoever reads the policy takes it for more than it is.

Example: `"Principal": {"AWS": "arn:aws:iam::111122223333:role/app-*"}`, which matches nobody.

How the evidence reads: what AWS makes of it, at its place.

How to fix: say what was meant; a part of a principal's name is a condition on `aws:PrincipalArn`.

When to accept it: what a framework writes, and cannot be had otherwise.

References: rules 15, 33 to 35, 50, 57 and 82 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Level, Permissions, Rule, Severity, Written

ID = "GG703"
CODES = frozenset(
    {
        "arn-case",
        "arn-fields",
        "arn-service",
        "bool",
        "empty",
        "principal-wildcard",
        "trust-star",
        "value",
        "variable",
    }
)


def check(permissions: Permissions) -> Iterator[Finding]:
    for one in permissions.application.problems:
        if one.level is Level.NOTE and one.code in CODES:
            yield Finding(
                ID, Severity.NOTE, "", one.message, Written(one.message), one.at, one.help or "say what was meant"
            )


RULE = Rule(ID, "a policy says what AWS does not read", Severity.NOTE, check)
