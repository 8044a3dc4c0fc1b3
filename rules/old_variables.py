"""A policy variable is plain text.

What it proves: no policy without `"Version": "2012-10-17"` has anything in it that looks like a policy
variable.

Why it matters: without that version, `${aws:username}` is these fifteen characters. An Allow with it matches
nothing that there is; a Deny with it does not deny, and a `Not` condition with it holds for everybody.

Example: `"Resource": "arn:aws:s3:::notes/${cognito-identity.amazonaws.com:sub}/*"` in a policy without a
version.

How the evidence reads: the variable, at its statement.

How to fix: `"Version": "2012-10-17"`.

When to accept it: never; the version costs nothing.

References: rules 2 and 3 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Permissions, Rule, Severity, Written

ID = "GG604"


def check(permissions: Permissions) -> Iterator[Finding]:
    for who, on, statement, variables in permissions.literal_variables():
        denies = statement.effect.value == "Deny"
        named = ", ".join(f"`{one}`" for one in sorted(variables))
        yield Finding(
            ID,
            Severity.MEDIUM if denies else Severity.LOW,
            who,
            f"{named} is plain text in a policy of `{who or on}`: the policy has no version, or an old one",
            Written("before version 2012-10-17 there are no policy variables"),
            statement.at,
            'write `"Version": "2012-10-17"`',
            on=on,
        )


RULE = Rule(ID, "a policy variable is plain text", Severity.LOW, check)
