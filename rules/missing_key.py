"""A condition lets through what it does not see.

What it proves: no Allow statement with `ForAllValues`, or with a comparison that begins with `Not`, allows a
request only because the request does not carry the key that the condition is about.

Why it matters: such a condition holds when its key is missing. `ForAllValues:StringEquals` on a tag, or
`NotIpAddress` on an address, reads like a limit, and is none for whoever leaves the key out: a caller without
tags, a call through a VPC endpoint, an action that never carries the key.

Example: `"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}` on `ec2:CreateTags`, and a call without tags.

How the evidence reads: the witness is a request without the key, and the statement allows it.

How to fix: ask for the key as well: `"Null": {"<key>": "false"}`; or say what is allowed, instead of what is not.

When to accept it: a tag that marks what is not to be touched, where everything else may be.

References: rules 68, 72 and 95 of docs/semantics.md. Leading keys and attributes of tables: GG105 and GG106.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    LEADING_KEYS,
    Condition,
    Doubt,
    Finding,
    Permissions,
    Principal,
    Quantifier,
    Reach,
    Rule,
    Severity,
    Statement,
    name_actions,
)

ID = "GG408"
ELSEWHERE = frozenset({LEADING_KEYS, "dynamodb:attributes"})


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for principal, statement, condition, reach in permissions.reached_without_key():
        if condition.key in ELSEWHERE:
            continue
        if reach.certain:
            yield _finding(principal, statement, condition, reach)
        else:
            yield Doubt(ID, principal.id, reach.doubt, statement.at)


def _finding(principal: Principal, statement: Statement, condition: Condition, reach: Reach) -> Finding:
    key = condition.spelled_key or condition.key
    return Finding(
        ID,
        Severity.MEDIUM if condition.quantifier is Quantifier.FOR_ALL_VALUES else Severity.LOW,
        principal.id,
        f"`{condition.spelled_operator}` on `{key}` lets `{principal.id}` through without that key: "
        f"{name_actions(reach.actions)}",
        reach.witnesses[0],
        condition.at if condition.at.file else statement.at,
        f'ask for the key as well: `"Null": {{"{key}": "false"}}`',
        tuple(map(str, reach.actions)),
        key,
    )


RULE = Rule(ID, "a condition lets through what it does not see", Severity.MEDIUM, check)
