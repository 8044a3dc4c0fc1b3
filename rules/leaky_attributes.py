"""Attributes that a rule on attributes does not protect.

What it proves: where a statement keeps its caller to some attributes of a table by `dynamodb:Attributes`, no
request that the caller can make has all attributes returned, and none that the statement allows replaces or
deletes items.

Why it matters: the rule looks at the attributes that a request names. A request that names none gets all of
them, for reading as for what an update returns; `dynamodb:Select` and `dynamodb:ReturnValues` have to say so.
And an item that is put or deleted takes all its attributes with it, those that the caller may not name as well.

Example: `dynamodb:GetItem` and `dynamodb:PutItem` with `ForAllValues:StringEquals: {dynamodb:Attributes:
[noteId, title]}` and nothing else.

How the evidence reads: the witness is one request that AWS would allow, with what it says it wants returned.

How to fix: add `StringEqualsIfExists: {dynamodb:Select: SPECIFIC_ATTRIBUTES}`, and `dynamodb:ReturnValues:
[NONE, UPDATED_OLD, UPDATED_NEW]`; of the writing actions leave `dynamodb:UpdateItem`. `grantgraph synth` writes
it.

When to accept it: attributes that are named to spare readers, and hide nothing.

References: rules 163 to 165 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    CHANGING,
    Doubt,
    Finding,
    Permissions,
    Principal,
    Resource,
    Rule,
    Severity,
    at_or_under,
    both,
    either,
    equal_to,
    name_actions,
    shown,
    speaks_of,
)

ID = "GG106"
KEY = "dynamodb:attributes"
READ = tuple(f"dynamodb:{name}" for name in ("GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect"))
UPDATE = ("dynamodb:UpdateItem",)
REPLACE = tuple(f"dynamodb:{name}" for name in ("PutItem", "DeleteItem", "BatchWriteItem"))


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal in permissions.speaking_of(KEY):
        kept = permissions.places_of(principal, lambda statement: speaks_of(statement, KEY))
        for table in (one for one in permissions.application.resources if one.id in kept):
            yield from _returned(permissions, principal, table)
            yield from _replaced(permissions, principal, table)


def _returned(permissions: Permissions, principal: Principal, table: Resource) -> Iterator[Finding | Doubt]:
    """Requests that have every attribute returned, those that the rule leaves out as well."""
    asked = (
        (READ, equal_to("dynamodb:select", "ALL_ATTRIBUTES")),
        (UPDATE, either(*(equal_to("dynamodb:returnvalues", one) for one in ("ALL_OLD", "ALL_NEW")))),
    )
    for actions, region in asked:
        reached = permissions.can(principal, actions, both(at_or_under(table.arn), region))
        doubts, found = shown(ID, principal.id, reached, principal.at)
        yield from doubts
        if found:
            yield Finding(
                ID,
                Severity.MEDIUM,
                principal.id,
                f"a rule on attributes of `{table.id}` does not keep `{principal.id}` to them, for all may be "
                f"returned: {name_actions(action for action, _ in found)}",
                found[0][1],
                found[0][1].verdict.because[0].statement.at,
                "ask for `dynamodb:Select` and `dynamodb:ReturnValues` beside `dynamodb:Attributes`",
                tuple(str(action) for action, _ in found),
                table.id,
            )


def _replaced(permissions: Permissions, principal: Principal, table: Resource) -> Iterator[Finding]:
    """Actions of the statement itself that take whole items away, whatever attributes it names."""
    for grant in permissions.grants(principal, CHANGING):
        actions = [one for one in grant.actions() if str(one) in REPLACE]
        if actions and grant.resource == table.id and speaks_of(grant.statement, KEY):
            yield Finding(
                ID,
                Severity.MEDIUM,
                principal.id,
                f"a rule on attributes of `{table.id}` lets `{principal.id}` replace or delete whole items: "
                f"{name_actions(actions)}",
                grant.witness(actions[0]),
                grant.place(actions),
                "of the actions that write leave `dynamodb:UpdateItem`",
                tuple(map(str, actions)),
                table.id,
            )


RULE = Rule(ID, "attributes that a rule on attributes does not protect", Severity.MEDIUM, check)
