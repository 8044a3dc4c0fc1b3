"""Guests can assume a role for signed-in visitors.

What it proves: no guest of an identity pool holds a token that satisfies the trust policy of a role which the
pool gives to signed-in visitors only.

Why it matters: what the pool gives by itself is one thing. In the classic flow a visitor asks for a role by its
ARN, and only the role's trust policy decides. Where it does not ask how the visitor signed in, everybody on the
internet has the role.

Example: a trust policy on the signed-in role that asks for the pool (`aud`) and not for `amr`, or for
`StringLike: {amr: "*authenticated"}`, which `unauthenticated` matches, too.

How the evidence reads: the witness is a request to assume the role, with what a guest's token says.

How to fix: ask for signed-in visitors: `ForAnyValue:StringLike` on `cognito-identity.amazonaws.com:amr` with
the value `authenticated`.

When to accept it: a role that holds no more than the guests' own.

References: rules 133 to 137 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Permissions, Refuted, Rule, Severity, Undecided

ID = "GG202"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for pool in permissions.application.pools:
        for role in permissions.signed_in_roles(pool):
            answer = permissions.visitors_cannot_assume(role, pool, guests=True)
            if isinstance(answer, Refuted):
                yield Finding(
                    ID,
                    Severity.HIGH,
                    role.id,
                    f"guests of `{pool.id}` can assume `{role.id}`, which is for signed-in visitors",
                    answer,
                    permissions.trust_place(role, answer),
                    'ask for "authenticated" by ForAnyValue:StringLike on "cognito-identity.amazonaws.com:amr"',
                    ("sts:AssumeRoleWithWebIdentity",),
                )
            elif isinstance(answer, Undecided):
                yield Doubt(ID, role.id, answer.reason, role.at)


RULE = Rule(ID, "guests can assume a role for signed-in visitors", Severity.HIGH, check)
