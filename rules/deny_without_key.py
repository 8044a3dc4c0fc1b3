"""A Deny lets pass what it is meant for.

What it proves: where a Deny asks whether something is `false`, a request that does not say is denied as well.

Why it matters: `Bool` with `false` does not match where the key is missing. A Deny of everything "without
multi-factor authentication" stops a session that says so, and lets pass an access key, which says nothing.

Example: `"Effect": "Deny", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}`.

How the evidence reads: the witness is a request without the key that AWS would allow, and that the Deny would stop
if it said `BoolIfExists`.

How to fix: `BoolIfExists`, which also stops whoever does not say.

When to accept it: a Deny that is meant for sessions only.

References: rules 68 and 69 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Permissions, Refuted, Rule, Severity, Undecided

ID = "GG409"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal, statement, condition, answer in permissions.slipping_through():
        key = condition.spelled_key or condition.key
        if isinstance(answer, Refuted):
            yield Finding(
                ID,
                Severity.MEDIUM,
                principal.id,
                f"a Deny for `{key}` that is false lets `{principal.id}` pass without that key: "
                f"{answer.request.action}",
                answer,
                condition.at if condition.at.file else statement.at,
                "`BoolIfExists` stops whoever does not say, too",
                (answer.request.action,),
                key,
            )
        elif isinstance(answer, Undecided):
            yield Doubt(ID, principal.id, answer.reason, statement.at)


RULE = Rule(ID, "a Deny lets pass what it is meant for", Severity.MEDIUM, check)
