"""Visitors choose their role.

What it proves: no identity pool lets its visitors choose roles by the classic flow.

Why it matters: in the enhanced flow the pool gives each visitor one role. In the classic flow it hands out a
token, and the visitor asks for any role whose trust policy accepts it: the two roles of the pool, and every
other one. What AWS takes away from guests in the enhanced flow it leaves them here.

Example: `AllowClassicFlow: true` on an identity pool, and an administrator's role that trusts the pool.

How the evidence reads: the roles that visitors can choose are named; where one goes beyond what the pool gives,
the witness is the request to assume it.

How to fix: leave `AllowClassicFlow` out, and get credentials by `GetCredentialsForIdentity`.

When to accept it: an old client that knows no other way, and no role that trusts the pool besides its own two.

References: rules 137, 138 and 141 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    Doubt,
    Finding,
    IdentityPool,
    Permissions,
    Refuted,
    Rule,
    Severity,
    Undecided,
    Unknown,
    Written,
)

ID = "GG204"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for pool in permissions.application.pools:
        if isinstance(pool.allows_classic_flow, Unknown):
            reason = f"whether `{pool.id}` allows the classic flow is not known here"
            yield Doubt(ID, "", reason, pool.at)
        elif pool.allows_classic_flow:
            yield from _chosen(permissions, pool)


def _chosen(permissions: Permissions, pool: IdentityPool) -> Iterator[Finding | Doubt]:
    """A finding for each role beyond the pool's own that visitors can choose, or for the flow alone."""
    own = {pool.authenticated, pool.unauthenticated, *pool.mapped}
    others = [one for one in permissions.application.principals if one.trust is not None and one.id not in own]
    reached = False
    for role in others:
        for guests in (True, False):
            answer = permissions.visitors_cannot_assume(role, pool, guests=guests)
            who = "guests" if guests else "signed-in visitors"
            if isinstance(answer, Refuted):
                reached = True
                yield Finding(
                    ID,
                    Severity.HIGH,
                    role.id,
                    f"{who} of `{pool.id}` can choose `{role.id}` by the classic flow",
                    answer,
                    pool.at,
                    f"forbid the classic flow, or keep `{pool.id}` out of the trust policy of `{role.id}`",
                    ("sts:AssumeRoleWithWebIdentity",),
                )
                break
            if isinstance(answer, Undecided):
                yield Doubt(ID, role.id, answer.reason, role.at)
    if not reached:
        yield Finding(
            ID,
            Severity.MEDIUM,
            "",
            f"visitors of `{pool.id}` may choose their role by the classic flow",
            Written("AllowClassicFlow is true; no other role in the input trusts the pool"),
            pool.at,
            "leave AllowClassicFlow out",
        )


RULE = Rule(ID, "visitors choose their role", Severity.HIGH, check)
