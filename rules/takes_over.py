"""Somebody can take over what acts as another role.

What it proves: nobody can put code of theirs into a function, an instance, a task, a job or a stack that runs as
another role than their own, or open a session there.

Why it matters: the code that runs there may do what its role allows, and now somebody else writes it.

Example: `lambda:UpdateFunctionCode` on `*`; `ssm:SendCommand` on every instance.

How the evidence reads: one request for each action that the way takes, all of which AWS would allow.

How to fix: name the functions, instances or projects; most code needs none of it.

When to accept it: a deployment role; operators who run commands on their own instances.

References: docs/escalations.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Kind, Permissions, Rule, Severity, escalated

ID = "GG407"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal, ways in permissions.ways_up(Kind.TAKES_OVER):
        help = f"leave `{principal.id}` nothing that changes what runs as another role"
        yield from escalated(ID, Severity.MEDIUM, principal, ways, "take over what acts as another role", help)


RULE = Rule(ID, "somebody can take over what acts as another role", Severity.MEDIUM, check)
