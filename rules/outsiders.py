"""Others are let in without a condition.

What it proves: no policy of a role, bucket, queue, topic, function, secret or key lets in whoever has an AWS
account, or somebody of another account, without asking for something that only AWS can say of them: an
organization, an external id, where the request comes from.

Why it matters: whoever is let in by a star is anybody in the world. An account that is let in decides itself
who of its people comes, and a service that it runs for many customers can be talked into coming for somebody
else.

Example: `Principal: "*"`, or any `NotPrincipal`, with `s3:GetObject` in a bucket's policy; or a role's trust
policy with `Principal: {AWS: "999988887777"}` and no `sts:ExternalId`.

How the evidence reads: the witness is a request by a role of that account, which its own account is taken to
allow.

How to fix: name the role instead of the account, and ask for `sts:ExternalId`, `aws:PrincipalOrgID` or the
like.

When to accept it: a bucket of public files; an account of the same owner.

References: rules 46, 56, 57, 62, 112 and 119 of docs/semantics.md.
"""

from collections.abc import Iterable, Iterator

from grantgraph.rules import (
    Doubt,
    Finding,
    Location,
    Outsider,
    Permissions,
    Reach,
    Rule,
    Severity,
    name_actions,
    outsiders_of,
    shown,
)

ID = "GG208"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    application = permissions.application
    for resource in application.resources:
        if resource.policy is None or resource.type.startswith("execute-api:"):
            continue  # who may call a route is its authorizer's to say, beside the policy
        for outsider in outsiders_of(resource.policy, application):
            reached = permissions.let_in(resource, outsider)
            yield from _told(outsider, resource.id, f"use `{resource.id}`", reached, resource.at)
    for role in application.principals:
        for outsider in outsiders_of(role.trust, application) if role.trust is not None else ():
            permissions.asked.add(role.id)
            reached = permissions.assumed_by(role, outsider)
            yield from _told(outsider, role.id, f"assume `{role.id}`", reached, role.at)


def _told(
    outsider: Outsider, on: str, does: str, reached: Iterable[Reach], at: Location
) -> Iterator[Finding | Doubt]:
    doubts, found = shown(ID, outsider.words, reached, at)
    yield from doubts
    if found and not outsider.known:
        yield Doubt(ID, outsider.words, f"{outsider.words} can {does}, and whose that is is not known here", at)
    elif found:
        _, witness = found[0]
        yield Finding(
            ID,
            Severity.HIGH if outsider.anybody else Severity.MEDIUM,
            outsider.words,
            f"{outsider.words} can {does}: {name_actions(one for one, _ in found)}",
            witness,
            witness.verdict.because[0].statement.at,
            "name the roles that come, and ask for what only AWS can say of them",
            tuple(str(one) for one, _ in found),
            on,
        )


RULE = Rule(ID, "others are let in without a condition", Severity.HIGH, check)
