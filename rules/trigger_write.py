"""Code that runs before sign-in writes.

What it proves: no trigger of a user pool that runs before its caller is known to be who they say has a role
that may change anything, beside what Lambda itself needs.

Why it matters: these triggers run on what anybody types into a sign-in form. Whatever their role may change, a
stranger's input is one mistake in the code away from it.

Example: a `PreSignUp` trigger whose function may `dynamodb:*` on the table of users.

How the evidence reads: the path leads from the user pool to the role, step by step with its place in the input;
the witness is one request that this role can sign. What the code does with it is not IAM's to decide.

How to fix: do the writing after the fact (`PostConfirmation`, `PostAuthentication`), or leave the trigger one
action on one resource.

When to accept it: a trigger that counts attempts, or migrates users, and whose role is as narrow as that.

References: rule 154 of docs/semantics.md; Cognito, "Customizing user pool workflows with Lambda triggers".
"""

from collections.abc import Iterator

from grantgraph.rules import (
    CHANGING,
    Doubt,
    EntryPointType,
    Finding,
    Permissions,
    Rule,
    Severity,
    Step,
    led_to,
    name_actions,
)

ID = "GG302"

BEFORE = frozenset(
    {
        "CreateAuthChallenge",
        "CustomMessage",
        "DefineAuthChallenge",
        "PreAuthentication",
        "PreSignUp",
        "UserMigration",
        "VerifyAuthChallengeResponse",
    }
)
"""The triggers that run before it is known who signs in."""


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for way in permissions.ways():
        entry = way.entry
        trigger = entry.id.partition(" ")[0]
        if entry.type is not EntryPointType.USER_POOL_TRIGGER or trigger not in BEFORE:
            continue
        first = Step(f"anyone who tries to sign in to `{entry.source}` runs `{entry.id}`", entry.at)
        for lead in led_to(ID, way, permissions, CHANGING):
            if isinstance(lead, Doubt):
                yield lead
                continue
            what = f"may write to {lead.place}: {name_actions(lead.actions)}"
            yield Finding(
                ID,
                Severity.MEDIUM,
                lead.role.id,
                f"`{entry.id}` runs before sign-in and {what}",
                lead.path(first),
                entry.at,
                f"write after sign-in, or leave `{lead.role.id}` one action on one resource",
                tuple(map(str, lead.actions)),
                lead.on,
            )


RULE = Rule(ID, "code that runs before sign-in writes", Severity.MEDIUM, check)
