"""A token that does not say how its holder signed in can assume a role.

What it proves: no token without `cognito-identity.amazonaws.com:amr` satisfies the trust policy of a role that
an identity pool gives to signed-in visitors.

Why it matters: `ForAllValues` holds for a key that is not there. A trust policy that asks for `authenticated`
with `ForAllValues` asks nothing of a token that leaves `amr` out.

Example: `ForAllValues:StringLike: {"cognito-identity.amazonaws.com:amr": authenticated}`.

How the evidence reads: the witness is a request to assume the role, by a token without `amr`.

How to fix: `ForAnyValue` instead of `ForAllValues`; or a `Null` condition beside it, with the value `false`.

When to accept it: never; `ForAnyValue` says what is meant.

References: rules 72 and 136 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Permissions, Refuted, Rule, Severity, Undecided

ID = "GG203"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for pool in permissions.application.pools:
        for role in permissions.signed_in_roles(pool):
            if isinstance(permissions.visitors_cannot_assume(role, pool, guests=True), Refuted):
                continue  # a trust policy that lets guests in does not ask at all: GG202 says so
            answer = permissions.strangers_to_amr_cannot_assume(role, pool)
            if isinstance(answer, Refuted):
                yield Finding(
                    ID,
                    Severity.MEDIUM,
                    role.id,
                    f"a token that does not say how its holder signed in can assume `{role.id}`",
                    answer,
                    permissions.trust_place(role, answer),
                    "use ForAnyValue instead of ForAllValues",
                    ("sts:AssumeRoleWithWebIdentity",),
                )
            elif isinstance(answer, Undecided):
                yield Doubt(ID, role.id, answer.reason, role.at)


RULE = Rule(ID, "a token without amr can assume a role", Severity.MEDIUM, check)
