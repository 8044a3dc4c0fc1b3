"""A grant on one resource is one on others that are named alike.

What it proves: no statement that names a resource of the application, and goes on with a `*` at once, allows
anything on another one whose name only begins the same.

Why it matters: `<bucket>*` is the bucket, its objects, and every other bucket whose name begins like it, whoever
has it; `table/notes*` is also `table/notes-archive`; `function:sign*` is also `function:sign-off`.

Example: `{"Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads*"}`.

How the evidence reads: the witness is a request on a resource whose name goes on.

How to fix: name the resource, and what lies under it after a slash or a colon: `["<arn>", "<arn>/*"]`.

When to accept it: names that are given out by one owner, who means all of them.

References: rules 37, 161 and 181 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Doubt, Finding, Permissions, Rule, Severity, name_actions

ID = "GG410"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    told: set[tuple[str, str, int]] = set()
    for principal, resource, statement, reach in permissions.named_alike():
        once = principal.id, resource.id, id(statement)
        if once in told:
            continue
        told.add(once)
        if not reach.certain:
            yield Doubt(ID, principal.id, reach.doubt, statement.at)
            continue
        yield Finding(
            ID,
            Severity.LOW,
            principal.id,
            f"what `{principal.id}` may do with `{resource.id}` it may do wherever a name begins like it: "
            f"{name_actions(reach.actions)}",
            reach.witnesses[0],
            statement.at,
            f"name `{resource.id}`, and what lies under it after a slash or a colon",
            tuple(map(str, reach.actions)),
            resource.id,
        )


RULE = Rule(ID, "a grant on one resource is one on others that are named alike", Severity.LOW, check)
