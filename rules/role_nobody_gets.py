"""A role that an identity pool gives out, and that nobody gets.

What it proves: every role that an identity pool gives its visitors has a trust policy that lets some of them
in.

Why it matters: it is no risk. Visitors who should have the role get an error instead, and whoever reads the
policies takes it to be in use.

Example: the authenticated role of a pool, with a trust policy that asks for the `aud` of another pool.

How the evidence reads: the trust policy is proved to let none of these visitors in; the place is the role's.

How to fix: ask for this pool in the trust policy, and for the right `amr`.

When to accept it: a role that is being moved from one pool to another.

References: rules 133 and 134 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Permissions, Proved, Rule, Severity, Written

ID = "GG307"


def check(permissions: Permissions) -> Iterator[Finding]:
    for pool in permissions.application.pools:
        given = dict.fromkeys([(pool.authenticated, False), *((id, False) for id in pool.mapped)])
        if pool.allows_guests is not False:  # a pool without guests has nobody to give it to: GG308
            given[pool.unauthenticated, True] = None
        for id, guests in given:
            role = permissions.role(id)
            if role is None:
                continue
            answer = permissions.visitors_cannot_assume(role, pool, guests=guests)
            if isinstance(answer, Proved):
                who = "guests" if guests else "signed-in visitors"
                yield Finding(
                    ID,
                    Severity.NOTE,
                    role.id,
                    f"`{pool.id}` gives {who} the role `{role.id}`, whose trust policy lets none of them in",
                    Written("no token of such a visitor satisfies the trust policy"),
                    role.at,
                    f"ask for `{pool.id}` and the right `amr` in the trust policy",
                )


RULE = Rule(ID, "a pool's role that nobody gets", Severity.NOTE, check)
