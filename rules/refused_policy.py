"""AWS would refuse a policy.

What it proves: every policy of the application keeps to the grammar that AWS holds policies to: its elements, its
effects, its principals, its characters.

Why it matters: the deployment fails, at the last moment. Until it is mended nothing is proved of what the policy
was meant to say: what could be read of it is reasoned about, and the rest counts as unseen.

Example: a statement with `Action` and `NotAction`; a group as a principal; `"Effect": "allow"`.

How the evidence reads: what is wrong, at its place in the template.

How to fix: as the finding says.

When to accept it: never; the policy cannot be deployed.

References: rules 1 to 17 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Level, Permissions, Rule, Severity, Written

ID = "GG601"
ELSEWHERE = frozenset({"size"})


def check(permissions: Permissions) -> Iterator[Finding]:
    for one in permissions.application.problems:
        if one.level is Level.INVALID and one.code not in ELSEWHERE:
            yield Finding(
                ID,
                Severity.MEDIUM,
                "",
                f"AWS would refuse this policy: {one.message}",
                Written(one.message),
                one.at,
                one.help or "mend it as the message says",
            )


RULE = Rule(ID, "AWS would refuse a policy", Severity.MEDIUM, check)
