"""A service is let in for anybody.

What it proves: no policy of a resource lets an AWS service in with a request that a resource of another account
makes it send.

Why it matters: a service acts for all its customers. A policy that names the service and not the resource, or
the account, that it acts for lets anyone in the world have it send here: to run a function, to fill a queue.

Example: a function's permission for `s3.amazonaws.com` without `SourceAccount`, or a queue's policy that lets
`sns.amazonaws.com` send and does not ask for `aws:SourceArn`.

How the evidence reads: the witness is a request of the service, with the account and the resource that it is
sent for.

How to fix: ask for the resource by `aws:SourceArn`; where its ARN holds no account, as that of a bucket, by
`aws:SourceAccount` as well.

When to accept it: a service that does not say for whom it acts; its own guide tells.

References: rules 127, 183 and 184 of docs/semantics.md; IAM, "The confused deputy problem".
"""

from collections.abc import Iterator

from grantgraph.rules import (
    Doubt,
    Finding,
    Permissions,
    Resource,
    Rule,
    Severity,
    name_actions,
    services_of,
    shown,
)

ID = "GG207"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for resource in permissions.application.resources:
        for service in services_of(resource.policy) if resource.policy is not None else ():
            yield from _for_anybody(permissions, resource, service)


def _for_anybody(permissions: Permissions, resource: Resource, service: str) -> Iterator[Finding | Doubt]:
    doubts, found = shown(ID, service, permissions.sent_by(resource, service), resource.at)
    yield from doubts
    if found:
        _, witness = found[0]
        yield Finding(
            ID,
            Severity.MEDIUM,
            service,
            f"`{resource.id}` lets `{service}` in for anybody: {name_actions(one for one, _ in found)}",
            witness,
            witness.verdict.because[0].statement.at,
            "ask for `aws:SourceArn`, or `aws:SourceAccount`, in the policy",
            tuple(str(one) for one, _ in found),
            resource.id,
        )


RULE = Rule(ID, "a service is let in for anybody", Severity.MEDIUM, check)
