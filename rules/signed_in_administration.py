"""Signed-in users can administer.

What it proves: no request that a signed-in visitor can sign changes who has access to anything, or manages
(creates, deletes, configures) a resource of a service whose types grantgraph knows. Of other services, such as
EC2, the catalog does not say which writing actions handle data and which manage.

Why it matters: with self sign-up, "signed in" means anyone who registers. Their credentials are meant for
data; with a wildcard they also delete the table, or hand it to another account.

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
    name_actions,
)

ID = "GG102"
LEVELS = frozenset({AccessLevel.WRITE, AccessLevel.PERMISSIONS_MANAGEMENT})


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal in permissions.principals(PrincipalType.AUTHENTICATED, PrincipalType.MAPPED):
        grants = permissions.grants(principal, LEVELS)
        yield from doubts_of(ID, principal, grants)
        for grant in grants:
            opening = [one for one in grant.actions() if one.access_level is AccessLevel.PERMISSIONS_MANAGEMENT]
            rest = [one for one in grant.actions() if permissions.administers(one) and one not in opening]
            for actions, what in ((opening, "change who has access to"), (rest, "administer")):
                if actions:
                    worst = sorted(actions, key=lambda one: _mildness(permissions, grant, one))
                    yield _finding(principal.id, grant, worst, what)


def _mildness(permissions: Permissions, grant: Grant, action: Action) -> tuple[bool, bool, int, str]:
    """Deletions come first, and what happens to the resource itself before what happens below it."""
    resource = permissions.resource(grant.resource)
    itself = resource is not None and grant.witness(action).request.resource == resource.arn
    return not itself, not action.name.startswith(("Delete", "Put")), len(action.name), action.name


def _finding(principal: str, grant: Grant, actions: list[Action], what: str) -> Finding:
    where = f"`{grant.resource}`" if grant.resource else f"whatever {grant.service} holds in the account besides"
    return Finding(
        ID,
        Severity.HIGH,
        principal,
        f"signed-in users can {what} {where}: {name_actions(actions)}",
        grant.witness(actions[0]),
        grant.place(actions),
        "name the data actions that users need; `grantgraph synth` writes them from a model",
        tuple(map(str, actions)),
        grant.resource or grant.service,
    )


RULE = Rule(ID, "signed-in users can administer", Severity.HIGH, check)
