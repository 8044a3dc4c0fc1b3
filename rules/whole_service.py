"""Code can use a whole service.

What it proves: no role that a service runs code as can use half of the actions that change something in a
service, on resources of whatever name. Services are asked about one by one; administrators are GG401's.

Why it matters: the code shares the account with others. With `s3:*` on `*` a function that should fill one bucket
empties all of them, or opens them to the world.

Example: `{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}` on a function's role.

How the evidence reads: the witness is a request on a resource with a name that nobody gave it; the message
counts the actions.

How to fix: name the actions that the code uses, and the resources by their ARNs.

When to accept it: code that manages the service itself, such as one that cleans up buckets.

References: rules 22, 28 and 37 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Permissions, Principal, Rule, Severity, Shown, shown

ID = "GG402"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for role in permissions.workers():
        yield from permissions.told_unseen(ID, role)
        if not permissions.administers_account(role):
            yield from _wide(permissions, role)


def _wide(permissions: Permissions, role: Principal) -> Iterator[Finding | Doubt]:
    for service, many, reached in permissions.wide_services(role):
        doubts, found = shown(ID, role.id, reached, role.at)
        if 2 * len(found) >= many:
            action, witness = min(found, key=_mildness)
            yield Finding(
                ID,
                Severity.MEDIUM,
                role.id,
                f"code that runs as `{role.id}` can use {service} on any resource: "
                f"{len(found)} of the {many} actions that change something, such as {action}",
                witness,
                witness.verdict.because[0].statement.at,
                f"name what the code uses of {service}, and on which resources",
                tuple(str(one) for one, _ in found),
                service,
            )
        elif 2 * (len(found) + len(doubts)) >= many:
            yield from doubts[:1]


def _mildness(one: Shown) -> tuple[bool, int, str]:
    """Deletions come first, and what has a short name: it is about a thing that everybody knows."""
    action, _ = one
    return not action.name.startswith("Delete"), len(action.name), action.name


RULE = Rule(ID, "code can use a whole service", Severity.MEDIUM, check)
