"""An authorizer asks for tokens that nobody has.

What it proves: every authorizer that takes the tokens of a user pool of the application takes those of some
client of that pool, and of one that the identity pool takes, too.

Why it matters: nothing is let in that should not be. The route is shut for everybody, or for those who sign in
through the client that the application uses: a framework that makes an authorizer without a client makes a
client of its own.

Example: `Audience: [<a client of another user pool>]` beside the issuer of this one.

How the evidence reads: the audience and the clients are named; the place is the route's.

How to fix: put the client that the application signs in with into the audience.

When to accept it: a client that is made elsewhere, such as one for machines.

References: API Gateway, "Control access to HTTP APIs with JWT authorizers"; rule 154 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    Client,
    Doubt,
    EntryPoint,
    Finding,
    Permissions,
    Rule,
    Severity,
    Token,
    Written,
    clients_of,
    issuer_in,
    may_be_same,
)

ID = "GG305"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    application = permissions.application
    taken = [client for pool in application.pools for client in pool.clients]
    for entry in application.entry_points:
        for token in entry.tokens:
            users = issuer_in(application, token.issuer)
            known = clients_of(application, users) if users and token.audience else ()
            fitting = [one for one in known if one.id_value in token.audience]
            if fitting and taken and not any(one.id_value in taken for one in fitting):
                used = [one for one in known if one.id_value in taken]
                yield from [_other_client(entry, fitting[0], used[0])] if used else []
            elif known and not fitting:
                yield _nobody(entry, token, known, users)


def _nobody(entry: EntryPoint, token: Token, known: tuple[Client, ...], users: str) -> Finding | Doubt:
    named = " or ".join(str(one) for one in token.audience)
    if any(may_be_same(one.id_value, audience) for one in known for audience in token.audience):
        return Doubt(ID, "", f"whether `{named}` is a client of `{users}` is not known here", entry.at)
    return Finding(
        ID,
        Severity.LOW,
        "",
        f"`{entry.id}` takes tokens of `{users}` for `{named}`, which is no client of it: nobody has one",
        Written(f"the clients of `{users}` are {', '.join(f'`{one.id}`' for one in known)}"),
        entry.at,
        f"put a client of `{users}` into the audience",
        on=entry.id,
    )


def _other_client(entry: EntryPoint, fitting: Client, used: Client) -> Finding:
    return Finding(
        ID,
        Severity.NOTE,
        "",
        f"`{entry.id}` takes tokens for `{fitting.id}` only, and those who sign in have tokens for `{used.id}`",
        Written(f"the identity pool takes tokens for `{used.id}`"),
        entry.at,
        f"put `{used.id}` into the audience",
        on=entry.id,
    )


RULE = Rule(ID, "an authorizer asks for tokens that nobody has", Severity.LOW, check)
