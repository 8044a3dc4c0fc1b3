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

from grantgraph.rules import Finding, Permissions, Rule, Severity

ID = "GG704"


def check(permissions: Permissions) -> Iterator[Finding]:
    for principal, one in permissions.locked():
        action, witness = one.reach.actions[0], one.reach.witnesses[0]
        yield Finding(
            ID,
            Severity.NOTE,
            principal.id,
            f"`{principal.id}` may use {action} on `{one.resource.id}`, which fails: "
            f"it takes {one.missing} on `{one.key.id}`",
            witness,
            witness.verdict.because[0].statement.at,
            f"allow {one.missing} on `{one.key.id}`, by `kms:ViaService` for this service only",
            (str(action),),
            one.resource.id,
        )


RULE = Rule(ID, "a grant that an encryption key stands in the way of", Severity.NOTE, check)
