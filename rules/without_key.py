"""A grant that an encryption key stands in the way of.

What it proves: whoever may read or write an encrypted resource may also use its key as that takes.

Why it matters: it is no risk. The request is allowed, and fails: S3, SQS, SNS and DynamoDB ask for the key in
their caller's name, and the caller may not use it.

Example: `s3:PutObject` on a bucket that is encrypted with a key of the account, and no `kms:GenerateDataKey`.

How the evidence reads: the witness is the request that is allowed; that none is for the key is proved.

How to fix: allow what the message names on the key, by `kms:ViaService` for that service only. `grantgraph
synth` writes it.

When to accept it: a caller who only deletes.

References: rules 113 and 123 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Locked, Permissions, Rule, Severity, name_actions

ID = "GG704"


def check(permissions: Permissions) -> Iterator[Finding]:
    found: dict[tuple[str, str, str], list[Locked]] = {}
    for principal, one in permissions.locked():
        found.setdefault((principal.id, one.resource.id, one.missing), []).append(one)
    for (principal_id, _, _), ones in found.items():
        yield _finding(principal_id, ones)


def _finding(principal: str, ones: list[Locked]) -> Finding:
    first, actions = ones[0], [one.reach.actions[0] for one in ones]
    witness = first.reach.witnesses[0]
    fails = "which fails: it takes" if len(ones) == 1 else "which fail: they take"
    return Finding(
        ID,
        Severity.NOTE,
        principal,
        f"`{principal}` may use {name_actions(actions)} on `{first.resource.id}`, {fails} {first.missing} on "
        f"`{first.key.id}`",
        witness,
        witness.verdict.because[0].statement.at,
        f"allow {first.missing} on `{first.key.id}`, by `kms:ViaService` for this service only",
        tuple(map(str, actions)),
        first.resource.id,
    )


RULE = Rule(ID, "a grant that an encryption key stands in the way of", Severity.NOTE, check)
