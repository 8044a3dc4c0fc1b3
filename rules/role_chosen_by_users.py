"""Users choose their role by an attribute of theirs.

What it proves: no role mapping of an identity pool hinges on a claim that users of a user pool set themselves,
when they sign up or later.

Why it matters: a mapping gives a role to whoever has the right word in their token. An attribute that a client
of the user pool may write is whatever its user says it is, so each user picks the role.

Example: a rule `custom:role Equals admin`, and a client whose `WriteAttributes` hold `custom:role`.

How the evidence reads: the witness is the request to assume the role, with what the token of a user says.

How to fix: map by `cognito:groups`, which only administrators change; or take the attribute out of the
`WriteAttributes` of every client.

When to accept it: a choice between roles that hold the same rights.

References: rules 146 to 149 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    Doubt,
    Finding,
    Permissions,
    Proved,
    Refuted,
    Rule,
    Severity,
    Undecided,
    Unknown,
    choices_of_holders,
)

ID = "GG205"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for pool in permissions.application.pools:
        for choice, chosen in choices_of_holders(permissions.application, pool):
            role = permissions.role(choice.role)
            if chosen is False or role is None:
                continue
            answer = permissions.visitors_cannot_assume(role, pool, guests=False)
            if isinstance(answer, Proved):
                continue  # nobody gets it: GG307 says so
            if isinstance(chosen, Unknown):
                yield Doubt(ID, role.id, chosen.reason, choice.at)
            elif isinstance(answer, Undecided):
                yield Doubt(ID, role.id, answer.reason, choice.at)
            elif isinstance(answer, Refuted):
                when = f"`{choice.claim}` {choice.match} `{choice.value}`"
                yield Finding(
                    ID,
                    Severity.HIGH,
                    role.id,
                    f"users choose `{role.id}` themselves: `{pool.id}` gives it to those whose {when}",
                    answer,
                    choice.at,
                    f"map by `cognito:groups`, or let no client write `{choice.claim}`",
                    ("sts:AssumeRoleWithWebIdentity",),
                )


RULE = Rule(ID, "users choose their role by an attribute", Severity.HIGH, check)
