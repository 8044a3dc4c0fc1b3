"""A statement allows whatever it does not name.

What it proves: no Allow with `NotAction` lets anyone into a service that the statement does not speak of, and none
with `NotResource` lets anyone use a resource of any other name.

Why it matters: such a statement reads like a Deny, and is the opposite: what it names is merely not allowed by it,
and everything else is, IAM included, and whatever AWS adds next week.

Example: `{"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "*"}`.

How the evidence reads: the witness is a request that this statement allows, in a service, or on a resource,
that it does not name.

How to fix: allow what is needed by name, and put what must never happen into a Deny.

When to accept it: an account's power users, with what they must not do in a Deny besides.

References: rules 22, 23 and 28 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Permissions, Principal, Rule, Severity, Statement, name_actions, shown

ID = "GG404"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal in permissions.application.principals:
        for statement in permissions.allowing(principal):
            if statement.actions.negated or statement.resources.negated:
                permissions.asked.add(principal.id)
                yield from _besides(permissions, principal, statement)


def _besides(permissions: Permissions, principal: Principal, statement: Statement) -> Iterator[Finding | Doubt]:
    doubts, found = shown(ID, principal.id, permissions.reached_unnamed(principal, statement), statement.at)
    yield from doubts[:1] if not found else ()
    if found:
        action, witness = found[0]
        what = "NotAction" if statement.actions.negated else "NotResource"
        services = len({one.service for one, _ in found})
        reach = "services" if services > 1 else "resources"
        many = f"{services}, such as " if services > 1 else ""
        yield Finding(
            ID,
            Severity.MEDIUM,
            principal.id,
            f"`{what}` lets `{principal.id}` reach {reach} that it does not name: "
            f"{many}{name_actions(one for one, _ in found)}",
            witness,
            statement.at,
            "allow what is needed by name, and deny what must never happen",
            tuple(str(one) for one, _ in found),
            action.service if services == 1 else "",
        )


RULE = Rule(ID, "a statement allows whatever it does not name", Severity.MEDIUM, check)
