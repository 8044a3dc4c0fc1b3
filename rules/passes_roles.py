"""Somebody can have a service act as another role.

What it proves: nobody can pass a role, other than their own, to a service and have it run code or calls of their
choice there. A role of the application counts where it trusts that service; any other role may.

Why it matters: `iam:PassRole` on everything, with the right to create a function, a task, a job or a machine, is
every role that trusts the service.

Example: `iam:PassRole` and `lambda:CreateFunction` and `lambda:InvokeFunction` on `*`.

How the evidence reads: one request for each action that the way takes, all of which AWS would allow; that of
`iam:PassRole` names the role and the service.

How to fix: name the role that is passed, and ask for `iam:PassedToService`.

When to accept it: a deployment role that passes only the roles of what it deploys.

References: docs/escalations.md; rule 130 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Kind, Permissions, Rule, Severity, escalated

ID = "GG406"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal, ways in permissions.ways_up(Kind.PASSES):
        help = "name the role that is passed, and the service by `iam:PassedToService`"
        yield from escalated(ID, Severity.HIGH, principal, ways, "have a service act as another role", help)


RULE = Rule(ID, "somebody can have a service act as another role", Severity.HIGH, check)
