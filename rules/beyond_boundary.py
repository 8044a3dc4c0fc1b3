"""A resource lets somebody in whom a boundary holds off.

What it proves: no request of a principal with a permissions boundary is allowed that the boundary does not allow.

Why it matters: a boundary limits what a principal's own policies give it. A resource of the same account whose
policy names a user, or everybody, gives it more, boundary or not: whoever reads the boundary does not see that.

Example: a queue's policy with `Principal: "*"` and `aws:PrincipalAccount`, and a role with a boundary of S3 alone.

How the evidence reads: the witness is a request that AWS would allow, by the resource's policy.

How to fix: name in the resource's policy who comes; or deny there whoever should not.

When to accept it: a resource that everybody in the account is meant to use.

References: rules 56, 111 and 114 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Permissions, Refuted, Rule, Severity, Undecided

ID = "GG501"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal, answer in permissions.beyond_boundaries():
        if isinstance(answer, Refuted):
            because = answer.verdict.because
            yield Finding(
                ID,
                Severity.MEDIUM,
                principal.id,
                f"`{principal.id}` can do what its boundary does not allow: {answer.request.action}",
                answer,
                because[0].statement.at if because else principal.at,
                "name in the policy of the resource who comes",
                (answer.request.action,),
            )
        elif isinstance(answer, Undecided):
            yield Doubt(ID, principal.id, answer.reason, principal.at)


RULE = Rule(ID, "a resource lets in whom a boundary holds off", Severity.MEDIUM, check)
