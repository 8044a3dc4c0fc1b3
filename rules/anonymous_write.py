"""Anyone can reach code that writes.

What it proves: no entry point that lets everyone in (a route without an authorizer, an open function URL) runs
code whose role may change anything, beside what Lambda itself needs: logs, traces, metrics, network interfaces.

Why it matters: a policy for guests says nothing about what they get done through your code. A route without an
authorizer is open to the whole internet, and its function acts with all the rights of its role.

Example: a route `POST /orders` with `AuthorizationType: NONE`, whose function may `dynamodb:DeleteItem`.

How the evidence reads: the path leads from the caller to the role, step by step with its place in the input;
the witness is one request that this role can sign. What the code does with it is not IAM's to decide.

How to fix: give the route an authorizer (IAM, or a token of the user pool), or leave the function's role no
more than what anyone may do.

When to accept it: webhooks and forms that are meant for everybody, whose code checks what comes in.

References: rules 177, 178 and 182 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    CHANGING,
    Authorizer,
    Doubt,
    Finding,
    Permissions,
    Rule,
    Severity,
    Step,
    caller_of,
    led_to,
    name_actions,
    signs_urls,
)

ID = "GG301"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for problem in permissions.lost_ways():
        yield Doubt(ID, "", problem.message, problem.at)
    for way in permissions.ways():
        entry = way.entry
        if entry.authorizer is Authorizer.UNKNOWN:
            yield Doubt(ID, "", f"who may ask for `{entry.id}` is not known here", entry.at)
        for lead in led_to(ID, way, permissions, CHANGING) if caller_of(entry) == "anyone" else ():
            if isinstance(lead, Doubt):
                yield lead
            elif not signs_urls(lead):  # GG303 says so
                yield Finding(
                    ID,
                    Severity.MEDIUM,
                    lead.role.id,
                    f"anyone can reach {lead.place} through `{entry.id}`: {name_actions(lead.actions)}",
                    lead.path(Step(f"anyone may ask for `{entry.id}`: it has no authorizer", entry.at)),
                    entry.at,
                    f"give `{entry.id}` an authorizer, or `{lead.role.id}` less to do",
                    tuple(map(str, lead.actions)),
                    lead.on,
                )


RULE = Rule(ID, "anyone can reach code that writes", Severity.MEDIUM, check)
