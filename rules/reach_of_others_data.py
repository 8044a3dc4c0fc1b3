"""Users can reach each other's data.

What it proves: on a table whose keys name the identity of a user, and in a bucket with folders that are named
after users, no two identities of a role can use one action on the same thing of one of them.

Why it matters: the credentials of every signed-in user are those of one role. What keeps users apart is a
condition or a name with the identity in it, and nothing else; without it each of them reads and writes what is
everybody's.

Example: `dynamodb:*` on a table with the keys `noteId` and `userId`; or `s3:GetObject` on `<the bucket>/*`
beside `s3:PutObject` on `<the bucket>/private/${cognito-identity.amazonaws.com:sub}/*`.

How the evidence reads: two requests for the same thing: the first by its owner, the second by somebody else.

How to fix: a table whose partition key is the identity takes a rule on `dynamodb:LeadingKeys`, a bucket a
folder for each identity. Where the identity is only the sort key, no policy can tell rows apart: swap the keys,
read through an index, or go through a route whose code checks the owner.

When to accept it: data that users share, in a table whose key is called after them.

References: rules 143, 155 and 170 of docs/semantics.md; DynamoDB, "Using IAM policy conditions".
"""

from collections.abc import Iterable, Iterator

from grantgraph.rules import (
    IDENTITY,
    Doubt,
    Finding,
    Meeting,
    Permissions,
    Principal,
    PrincipalType,
    Resource,
    Rule,
    Severity,
    Together,
    identity_attribute,
    keys_in_names,
    name_actions,
    own_names,
)

ID = "GG104"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for user in permissions.principals(PrincipalType.AUTHENTICATED, PrincipalType.MAPPED):
        statements = permissions.allowing(user)
        for resource in permissions.application.resources:
            if resource.type == "s3:bucket":
                for key in keys_in_names(statements):
                    own = own_names(statements, key)
                    yield from _told(user, resource, permissions.meetings(user, resource, key, own))
            elif resource.type == "dynamodb:table" and identity_attribute(resource):
                # A role that a mapping chooses is that of staff; rules on rows that keep nobody apart: GG105.
                if user.type is PrincipalType.AUTHENTICATED and resource.id not in permissions.kept_to_rows(user):
                    yield from _told(user, resource, permissions.meetings(user, resource, IDENTITY))


def _told(user: Principal, resource: Resource, met: Iterable[Meeting]) -> Iterator[Finding | Doubt]:
    known = list(met)
    yield from (Doubt(ID, user.id, one.doubt, user.at) for one in known if one.doubt)
    found = [one for one in known if not one.doubt]
    if found:
        actions = [action for one in found for action in one.actions]
        yield Finding(
            ID,
            Severity.HIGH,
            user.id,
            f"users can reach each other's data in `{resource.id}`: {name_actions(actions)}",
            Together(found[0].witnesses),
            found[0].witnesses[-1].verdict.because[0].statement.at,
            _advice(resource),
            tuple(map(str, actions)),
            resource.id,
        )


def _advice(resource: Resource) -> str:
    """What keeps users apart, if anything in a policy can."""
    if resource.type == "s3:bucket":
        return (
            "leave each user the folder of its own name, `${cognito-identity.amazonaws.com:sub}/*`, and no other"
        )
    owner, partition = identity_attribute(resource), resource.attributes.get("partition_key", "")
    if owner == partition:
        return "ask for the caller's own rows: ForAllValues:StringEquals on `dynamodb:LeadingKeys`, and no Scan"
    return f"no policy tells rows apart by `{owner}`: swap the keys, read through an index, or use a route"


RULE = Rule(ID, "users can reach each other's data", Severity.HIGH, check)
