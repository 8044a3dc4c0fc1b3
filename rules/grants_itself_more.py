"""Somebody can give themselves more power.

What it proves: nobody can, in one step, write, attach or bring back a policy, join a group, change whom a role
trusts, take on another user's credentials, or assume whatever role trusts the account. Every published way is
asked about by its id, with all the actions that it takes.

Why it matters: whoever can do one of these holds every permission of the account, whatever else their policies
say.

Example: `{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}`.

How the evidence reads: one request for each action that the way takes, all of which AWS would allow; in brackets
the ids of all the ways that are open, as `docs/escalations.md` lists them.

How to fix: take the action away, or limit it to what the code makes itself, with a permissions boundary on that.

When to accept it: an administrator; a deployment role whose policies ask for `iam:PermissionsBoundary`.

References: docs/escalations.md; rules 114, 119 and 130 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Kind, Permissions, Rule, Severity, escalated

ID = "GG405"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal, ways in permissions.ways_up(Kind.GRANTS):
        help = f"leave `{principal.id}` nothing that gives power, or ask for a permissions boundary"
        yield from escalated(ID, Severity.HIGH, principal, ways, "give more power", help)


RULE = Rule(ID, "somebody can give themselves more power", Severity.HIGH, check)
