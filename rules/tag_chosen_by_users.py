"""Users choose a principal tag that decides about access.

What it proves: no statement that visitors of an identity pool hold hinges on a principal tag whose claim users
of a user pool set themselves.

Why it matters: a policy that compares a tag takes it for a fact about the caller. A tag that is made from an
attribute that users write is what each of them says it is: they choose whose data they see.

Example: the tag `tenant` from `custom:tenant`, which a client may write, and a policy on
`tenants/${aws:PrincipalTag/tenant}/*`.

How the evidence reads: the witness is one request that hinges on the tag, with the statement that allows it.

How to fix: make the tag from a claim that only administrators set, or take the attribute out of the
`WriteAttributes` of every client.

When to accept it: a tag that sorts requests, such as a language, and gives access to nothing.

References: rules 148, 150 and 151 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    ACCESSING,
    Doubt,
    Finding,
    Permissions,
    Principal,
    Rule,
    Severity,
    Unknown,
    name_actions,
    name_place,
    speaks_of,
    tags_of_holders,
)

ID = "GG206"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for pool in permissions.application.pools:
        for tag, claim, chosen in tags_of_holders(permissions.application, pool):
            for visitor in permissions.visitors_of(pool) if chosen is not False else ():
                yield from _decided_by(permissions, visitor, tag, claim, chosen)


def _decided_by(
    permissions: Permissions, visitor: Principal, tag: str, claim: str, chosen: bool | Unknown
) -> Iterator[Finding | Doubt]:
    """What a visitor holds by statements that speak of the tag."""
    key = f"aws:principaltag/{tag}".lower()
    if not any(speaks_of(one, key) for policy in visitor.policies for one in policy.statements):
        return
    if isinstance(chosen, Unknown):
        yield Doubt(ID, visitor.id, f"{chosen.reason}, and the tag `{tag}` is made of it", visitor.at)
        return
    for grant in permissions.grants(visitor, ACCESSING):
        actions = grant.actions()
        if actions and speaks_of(grant.statement, key):
            yield Finding(
                ID,
                Severity.HIGH,
                visitor.id,
                f"users set the tag `{tag}` themselves, by `{claim}`, and it decides about "
                f"{name_place((grant,))}: {name_actions(actions)}",
                grant.witness(actions[0]),
                grant.place(actions),
                f"make `{tag}` from a claim that only administrators set, or let no client write `{claim}`",
                tuple(map(str, actions)),
                grant.resource or grant.service,
            )


RULE = Rule(ID, "users choose a tag that decides about access", Severity.HIGH, check)
