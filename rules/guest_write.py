"""Guests can write.

What it proves: no request that a visitor without an account can sign has the access level Write, Tagging or
Permissions management.

Why it matters: the credentials of an identity pool's unauthenticated role are given to anyone on the internet
who asks for them. Whatever that role may change, anyone may change.

Example: `{"Effect": "Allow", "Action": "cognito-sync:*", "Resource": "*"}` on the unauthenticated role.

How the evidence reads: the witness is one request that AWS would allow, with the statement that allows it.

How to fix: name the few actions that a guest needs, on the resources that it needs them for; most often that is
reading below one prefix of one bucket, and nothing else.

When to accept it: a form that anyone may fill in, written through an API route rather than through the role.

References: rules 133 to 144 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    CHANGING,
    INVOKING,
    Doubt,
    Finding,
    Grant,
    Permissions,
    PrincipalType,
    Proof,
    Rule,
    Severity,
    doubts_of,
    gather,
    name_actions,
    name_place,
    proof_of,
)

ID = "GG101"


def check(permissions: Permissions) -> Iterator[Finding | Doubt | Proof]:
    for principal in permissions.principals(PrincipalType.UNAUTHENTICATED):
        grants = [one for one in permissions.grants(principal, CHANGING) if not _only_invokes(one)]
        yield from doubts_of(ID, principal, grants)
        yield from proof_of(ID, principal, grants, permissions.application, "guests can never write")
        for together in gather(grant for grant in grants if grant.actions()):
            first = together[0]
            actions = [action for grant in together for action in grant.actions()]
            yield Finding(
                ID,
                Severity.HIGH,
                principal.id,
                f"guests can write to {name_place(together)}: {name_actions(actions)}",
                first.witness(actions[0]),
                first.place(actions),
                f"leave `{principal.id}` only the reading actions that guests need",
                tuple(map(str, actions)),
                first.resource or ", ".join(grant.service for grant in together),
            )


def _only_invokes(grant: Grant) -> bool:
    """Whether a grant only runs code of the application, whose own rights decide what comes of it (GG304)."""
    return bool(grant.resource) and {str(action) for action in grant.actions()} <= INVOKING and grant.certain


RULE = Rule(ID, "guests can write", Severity.HIGH, check)
