"""Guests can reach code that writes.

What it proves: no route or field that a guest's role may invoke runs code whose role may change anything,
beside what Lambda itself needs.

Why it matters: a route behind IAM is closed to strangers, and guests of an identity pool are no strangers:
anyone on the internet may come in as one. Their policy may grant nothing but `execute-api:Invoke`, and still
they write through the function at the route's end.

Example: guests may invoke `POST /notes`, whose function may `dynamodb:PutItem`.

How the evidence reads: the path leads from the guest's policy through the route to the role, step by step; the
witness is one request that this role can sign. What the code does with it is not IAM's to decide.

How to fix: name the routes that guests need, and let only those that read be among them.

When to accept it: a route that is meant for guests, whose code checks what comes in.

References: rules 133, 176 and 177 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    CHANGING,
    INVOKING,
    Doubt,
    Finding,
    Grant,
    Lead,
    Permissions,
    Principal,
    PrincipalType,
    Rule,
    Severity,
    Step,
    led_to,
    name_actions,
)

ID = "GG304"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    ways = list(permissions.ways())
    for guest in permissions.principals(PrincipalType.UNAUTHENTICATED):
        for grant in permissions.grants(guest, CHANGING):
            if any(str(action) in INVOKING for action in grant.actions()):
                for way in (one for one in ways if one.entry.id == grant.resource):
                    for lead in led_to(ID, way, permissions, CHANGING):
                        yield lead if isinstance(lead, Doubt) else _finding(guest, grant, lead)


def _finding(guest: Principal, grant: Grant, lead: Lead) -> Finding:
    return Finding(
        ID,
        Severity.MEDIUM,
        lead.role.id,
        f"guests can reach {lead.place} through `{grant.resource}`: {name_actions(lead.actions)}",
        lead.path(_step(guest, grant)),
        grant.place(grant.actions()),
        f"leave `{guest.id}` only the routes that read, or `{lead.role.id}` less to do",
        tuple(map(str, lead.actions)),
        lead.on,
    )


def _step(guest: Principal, grant: Grant) -> Step:
    return Step(f"guests may invoke `{grant.resource}` as `{guest.id}`", grant.place(grant.actions()))


RULE = Rule(ID, "guests can reach code that writes", Severity.MEDIUM, check)
