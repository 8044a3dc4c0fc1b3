"""Code runs with administrator access.

What it proves: no role that a service runs code as can manage something in half of all the services that AWS
has. One action that changes something is asked about in each of them.

Why it matters: whoever finds a way into the code, by a flaw of it or of something that it depends on, has the
whole account. No piece of code needs that.

Example: `AdministratorAccess`, or `{"Effect": "Allow", "Action": "*", "Resource": "*"}`, on a function's role;
`PowerUserAccess` is as good as that.

How the evidence reads: the witness is one of these requests; the message counts the services.

How to fix: name the actions and resources that the code uses. `grantgraph synth` writes them from a model of the
needs.

When to accept it: a role that deploys other stacks, with a permissions boundary on what it makes.

References: rules 23, 103 and 115 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Permissions, Rule, Severity, shown

ID = "GG401"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for role in permissions.workers():
        yield from permissions.told_unseen(ID, role)
        services, reached = permissions.span(role)
        doubts, found = shown(ID, role.id, reached, role.at)
        if permissions.administers_account(role):
            _, witness = next((one for one in found if one[0].service == "iam"), found[0])
            statement = witness.verdict.because[0].statement
            yield Finding(
                ID,
                Severity.HIGH,
                role.id,
                f"code that runs as `{role.id}` administers the account: it can manage {len(found)} of {services} "
                "services",
                witness,
                statement.at if statement.at.file else role.at,
                f"give `{role.id}` the actions that its code uses, on the resources that it uses them on",
                (witness.request.action,),
            )
        elif 2 * (len(found) + len(doubts)) >= services:
            yield from doubts[:1]


RULE = Rule(ID, "code runs with administrator access", Severity.HIGH, check)
