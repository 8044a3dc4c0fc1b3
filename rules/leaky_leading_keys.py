"""Rows that a rule on leading keys does not protect.

What it proves: where a statement keeps its caller to rows of its own by `dynamodb:LeadingKeys`, the caller can
use no action on the data of the table that reaches another's row; and the key that the rule compares is the one
that holds the identity.

Why it matters: `ForAllValues` holds for a key that is not there. A scan names no leading key, and neither does
a statement of PartiQL without one, so allowed beside such a rule they read the whole table. And the leading key
is the partition key: of the table, or of the index that is queried, and never the sort key.

Example: `dynamodb:Query` and `dynamodb:Scan` on a table, with `ForAllValues:StringEquals:
{dynamodb:LeadingKeys: ["${cognito-identity.amazonaws.com:sub}"]}`.

How the evidence reads: two requests for the same rows, by their owner and by somebody else; or one request that
the rule lets through, with the key that it compares.

How to fix: leave `Scan` and the statements of PartiQL out, or ask for the key as well: `Null:
{dynamodb:LeadingKeys: "false"}`. Make the identity the partition key.

When to accept it: never; a rule that protects nothing misleads whoever reads it.

References: rules 155 to 158, 161 and 162 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    LEADING_KEYS,
    Doubt,
    Finding,
    Permissions,
    Principal,
    Resource,
    Rule,
    Severity,
    Together,
    compared_rows,
    either,
    identity_attribute,
    keys_on_rows,
    name_actions,
    own_rows,
    shown,
    speaks_of,
    without_rows,
)

ID = "GG105"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal in permissions.speaking_of(LEADING_KEYS):
        kept = permissions.kept_to_rows(principal)
        for key in keys_on_rows(permissions.allowing(principal)):
            for table in (one for one in permissions.application.resources if one.id in kept):
                yield from _open_rows(permissions, principal, table, key)
                yield from _wrong_key(permissions, principal, table, key)


def _open_rows(
    permissions: Permissions, principal: Principal, table: Resource, key: str
) -> Iterator[Finding | Doubt]:
    """Rows of others that the principal reaches all the same."""
    own = either(own_rows(permissions.allowing(principal), key), without_rows())
    known = list(permissions.meetings(principal, table, key, own))
    yield from (Doubt(ID, principal.id, one.doubt, principal.at) for one in known if one.doubt)
    found = [one for one in known if not one.doubt]
    if found:
        actions = [action for one in found for action in one.actions]
        yield Finding(
            ID,
            Severity.HIGH,
            principal.id,
            f"a rule on rows of `{table.id}` does not keep `{principal.id}` to them: {name_actions(actions)}",
            Together(found[0].witnesses),
            found[0].witnesses[-1].verdict.because[0].statement.at,
            'leave out what names no leading key, or ask for one: Null on `dynamodb:LeadingKeys` with "false"',
            tuple(map(str, actions)),
            table.id,
        )


def _wrong_key(
    permissions: Permissions, principal: Principal, table: Resource, key: str
) -> Iterator[Finding | Doubt]:
    """What the rule compares, where that is not the attribute that holds the identity."""
    owner = identity_attribute(table)
    leading = {"": str(table.attributes.get("partition_key", ""))}
    leading |= {index.name: index.partition_key for index in table.indexes}
    for index, attribute in leading.items() if owner else ():
        if attribute in ("", owner):
            continue
        region = compared_rows(table, index, key)
        reached = permissions.can(principal, permissions.data_actions(table), region)
        doubts, found = shown(ID, principal.id, reached, principal.at)
        yield from doubts
        found = [one for one in found if speaks_of(one[1].verdict.because[0].statement, LEADING_KEYS)]
        if found:
            where = f"the index `{index}` of `{table.id}`" if index else f"`{table.id}`"
            yield Finding(
                ID,
                Severity.MEDIUM,
                principal.id,
                f"a rule on rows of {where} compares `{attribute}`, and the identity is in `{owner}`",
                found[0][1],
                found[0][1].verdict.because[0].statement.at,
                f"make `{owner}` the partition key, or leave {where} out of the statement",
                tuple(str(action) for action, _ in found),
                table.id,
            )


RULE = Rule(ID, "rows that a rule on leading keys does not protect", Severity.HIGH, check)
