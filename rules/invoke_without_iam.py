"""A grant to invoke what IAM does not guard.

What it proves: every statement that lets somebody invoke an API of the application reaches a route or a field
that asks IAM.

Why it matters: it is no risk. Routes without IAM let in whoever their authorizer says, or everybody: the
statement decides about nothing, and whoever reads it takes the API to be guarded.

Example: `execute-api:Invoke` on `<the API>/*`, all of whose routes have `AuthorizationType: JWT`.

How the evidence reads: the witness is a request that the statement allows; no route asks whether it is allowed.

How to fix: give the routes `AuthorizationType: AWS_IAM`, or take the statement away.

When to accept it: routes that are to be moved to IAM.

References: rules 176, 177 and 180 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    CHANGING,
    INVOKING,
    Authorizer,
    Finding,
    Grant,
    Permissions,
    Principal,
    Rule,
    Severity,
)

ID = "GG306"


def check(permissions: Permissions) -> Iterator[Finding]:
    unguarded = set(_apis_without_iam(permissions))
    for principal in permissions.able(INVOKING) if unguarded else ():
        reached: dict[int, list[Grant]] = {}
        for grant in permissions.grants(principal, CHANGING):
            if any(str(action) in INVOKING for action in grant.actions()):
                reached.setdefault(id(grant.statement), []).append(grant)
        for grants in reached.values():
            if all(one.resource in unguarded for one in grants):
                yield from (_finding(principal, one) for one in grants)


def _apis_without_iam(permissions: Permissions) -> Iterator[str]:
    """The APIs of which it is known who lets callers in, and that it is IAM nowhere."""
    application = permissions.application
    lost = any(permissions.lost_ways())
    for resource in application.resources:
        entries = [one for one in application.entry_points if one.source == resource.id]
        asked = {one.authorizer for one in entries}
        if asked and not asked & {Authorizer.IAM, Authorizer.UNKNOWN} and not lost:
            yield resource.id


def _finding(principal: Principal, grant: Grant) -> Finding:
    action = next(one for one in grant.actions() if str(one) in INVOKING)
    return Finding(
        ID,
        Severity.NOTE,
        principal.id,
        f"`{principal.id}` may invoke `{grant.resource}`, none of whose routes asks IAM",
        grant.witness(action),
        grant.place([action]),
        "give the routes that it is for `AWS_IAM`, or take the statement away",
        (str(action),),
        grant.resource,
    )


RULE = Rule(ID, "a grant to invoke what IAM does not guard", Severity.NOTE, check)
