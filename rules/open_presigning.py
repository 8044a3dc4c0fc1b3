"""Anyone can have URLs signed.

What it proves: no entry point that lets everyone in and that signs URLs, as its name says, runs code whose role
may read or write objects of a bucket.

Why it matters: a presigned URL carries the rights of whoever signs it. Where the route that hands them out has
no authorizer, anyone on the internet reads or writes the bucket with the rights of the function's role, and no
policy for guests ever sees it.

Example: `POST /presigned-url` with `AuthorizationType: NONE`, whose function may `s3:PutObject` on a bucket.

How the evidence reads: the path leads from the caller to the role, step by step with its place in the input;
the witness is one request on an object that this role can sign, and so hand out.

How to fix: give the route an authorizer, and let the function sign only keys of the caller's own.

When to accept it: a public drop box, whose function signs one kind of key, with a short life and a size.

References: rules 171 and 177 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    ACCESSING,
    Action,
    Doubt,
    Finding,
    Permissions,
    Rule,
    Severity,
    Step,
    caller_of,
    led_to,
    name_actions,
    of_objects,
    signs_urls,
)

ID = "GG303"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for way in permissions.ways():
        entry = way.entry
        if caller_of(entry) != "anyone":
            continue
        for lead in led_to(ID, way, permissions, ACCESSING, of_objects):
            if not isinstance(lead, Doubt) and signs_urls(lead):
                yield Finding(
                    ID,
                    Severity.HIGH,
                    lead.role.id,
                    f"anyone can have URLs for {lead.place} signed through `{entry.id}`: {_worst(lead.actions)}",
                    lead.path(
                        Step(f"anyone may ask for `{entry.id}`: it has no authorizer", entry.at),
                        does="may read or write objects of",
                    ),
                    entry.at,
                    f"give `{entry.id}` an authorizer, and sign only keys of the caller's own",
                    tuple(map(str, lead.actions)),
                    lead.on,
                )


def _worst(actions: tuple[Action, ...]) -> str:
    """Writing and reading whole objects first, then the rest."""
    plain = ("PutObject", "GetObject", "DeleteObject")
    return name_actions(sorted(actions, key=lambda one: (one.name not in plain, str(one))))


RULE = Rule(ID, "anyone can have URLs signed", Severity.HIGH, check)
