"""AWS has no room for a policy.

What it proves: no policy, and no identity's inline policies together, are larger than AWS's quotas, and no
identity has more managed policies than it can have; what is not known of a name counts as nothing.

Why it matters: the deployment fails. Where AWS gives more on request, it is a note.

Example: a role whose inline policies have 11,000 characters: 10,240 is the most.

How the evidence reads: the size as far as it is known, without white space, and the quota.

How to fix: say the same in fewer statements, or move a part to a managed policy. `grantgraph synth` packs what it
writes.

When to accept it: an account whose quotas were raised.

References: rules 174, 186 and 187 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Level, Permissions, Rule, Severity, Written

ID = "GG602"
CODES = frozenset({"size", "quota", "quota-at-first"})


def check(permissions: Permissions) -> Iterator[Finding]:
    for one in permissions.application.problems:
        if one.code in CODES:
            yield Finding(
                ID,
                Severity.MEDIUM if one.level is Level.INVALID or one.code == "quota" else Severity.NOTE,
                "",
                one.message,
                Written(one.message),
                one.at,
                one.help or "say the same in fewer statements",
            )


RULE = Rule(ID, "AWS has no room for a policy", Severity.MEDIUM, check)
