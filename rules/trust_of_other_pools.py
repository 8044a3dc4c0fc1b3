"""Visitors of other identity pools can assume a role.

What it proves: no token of any identity pool but the role's own, of whatever account, satisfies the role's
trust policy.

Why it matters: anyone can make an identity pool in an account of their own and hand out tokens with it. A trust
policy that does not ask for one pool by `cognito-identity.amazonaws.com:aud` lets all of them in, and they hold
the role's rights in your account.

Example: `Principal: {Federated: cognito-identity.amazonaws.com}` with a condition on `amr` only.

How the evidence reads: the witness is a request to assume the role, with what a token of another pool says.

How to fix: ask for the pool: `StringEquals: {"cognito-identity.amazonaws.com:aud": <the pool's id>}`.

When to accept it: never; name each pool where a role serves several.

References: rules 133 and 135 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Permissions, Refuted, Rule, Severity, Undecided

ID = "GG201"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for role, pools in permissions.visited_roles():
        answer = permissions.others_cannot_assume(role, pools)
        if isinstance(answer, Refuted):
            yield Finding(
                ID,
                Severity.HIGH,
                role.id,
                f"visitors of any other identity pool can assume `{role.id}`",
                answer,
                permissions.trust_place(role, answer),
                'ask for the pool in the trust policy: StringEquals on "cognito-identity.amazonaws.com:aud"',
                ("sts:AssumeRoleWithWebIdentity",),
            )
        elif isinstance(answer, Undecided):
            yield Doubt(ID, role.id, answer.reason, role.at)


RULE = Rule(ID, "visitors of other identity pools can assume a role", Severity.HIGH, check)
