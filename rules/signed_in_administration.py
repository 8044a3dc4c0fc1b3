"""Signed-in users can administer.

What it proves: no request that a signed-in visitor can sign changes who has access to anything, or manages
(creates, deletes, configures) a resource. For the services whose types grantgraph knows, the writing actions on
data are set apart one by one. Of other services, those that AWS itself lets guests of an identity pool use are
taken to be meant for an application's users; every writing action of the rest counts as managing.

Why it matters: with self sign-up, "signed in" means anyone who registers. Their credentials are meant for data;
with a wildcard they also delete the table, or hand it to another account.

Example: `{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "<the table>"}` on the authenticated role.

How the evidence reads: the witness is one request that AWS would allow, with the statement that allows it.
Actions that change who has access are reported apart from those that manage the resource.

How to fix: name the data actions that users need. `grantgraph synth` writes them from a model of the needs.

When to accept it: an application whose signed-in users are its operators.

References: rules 27 and 141 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    AccessLevel,
    Action,
    Doubt,
    Finding,
    Grant,
    Permissions,
    PrincipalType,
    Rule,
    Severity,
    doubts_of,
    gather,
    name_actions,
    name_place,
)

ID = "GG102"
LEVELS = frozenset({AccessLevel.WRITE, AccessLevel.PERMISSIONS_MANAGEMENT})


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal in permissions.principals(PrincipalType.AUTHENTICATED, PrincipalType.MAPPED):
        grants = permissions.grants(principal, LEVELS)
        yield from doubts_of(ID, principal, grants, permissions.administers)
        for together in gather(one for one in grants if any(map(permissions.administers, one.actions()))):
            managing = [
                (grant, action)
                for grant in together
                for action in grant.actions()
                if permissions.administers(action)
            ]
            opening = [one for one in managing if one[1].access_level is AccessLevel.PERMISSIONS_MANAGEMENT]
            rest = [one for one in managing if one not in opening]
            for found, what in ((opening, "change who has access to"), (rest, "administer")):
                if found:
                    worst = sorted(found, key=lambda one: _mildness(permissions, *one))
                    yield _finding(principal.id, together, worst, what)


def _mildness(permissions: Permissions, grant: Grant, action: Action) -> tuple[bool, bool, int, str]:
    """Deletions come first, and what happens to the resource itself before what happens below it."""
    resource = permissions.resource(grant.resource)
    itself = resource is not None and grant.witness(action).request.resource == resource.arn
    return not itself, not action.name.startswith(("Delete", "Put")), len(action.name), action.name


def _finding(principal: str, together: tuple[Grant, ...], worst: list[tuple[Grant, Action]], what: str) -> Finding:
    grant, action = worst[0]
    actions = [one for _, one in worst]
    return Finding(
        ID,
        Severity.HIGH,
        principal,
        f"signed-in users can {what} {name_place(together)}: {name_actions(actions)}",
        grant.witness(action),
        grant.place([action]),
        "name the data actions that users need; `grantgraph synth` writes them from a model",
        tuple(map(str, actions)),
        grant.resource or ", ".join(one.service for one in together),
    )


RULE = Rule(ID, "signed-in users can administer", Severity.HIGH, check)
