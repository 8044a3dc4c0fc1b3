"""One policy replaces another.

What it proves: no identity has two inline policies of one name, and no resource two policies.

Why it matters: AWS keeps inline policies by their names, and one policy for a resource. Of two, the one that is
deployed last is what holds: a Deny may be gone, and which of the two is chance.

Example: two `AWS::IAM::Policy` with `PolicyName: access` on one role; two `AWS::S3::BucketPolicy` on one bucket.

How the evidence reads: where the other one is.

How to fix: give them different names; write the statements of a resource's policies into one.

When to accept it: never; only one of them is deployed.

References: AWS::IAM::Policy and AWS::S3::BucketPolicy in the CloudFormation User Guide.
"""

from collections.abc import Iterator

from grantgraph.rules import Finding, Permissions, Rule, Severity, Written

ID = "GG603"
CODES = frozenset({"policy-name-collision", "resource-policy-collision"})


def check(permissions: Permissions) -> Iterator[Finding]:
    for one in permissions.application.problems:
        if one.code in CODES:
            yield Finding(
                ID, Severity.MEDIUM, "", one.message, Written(one.message), one.at, one.help or "leave one of them"
            )


RULE = Rule(ID, "one policy replaces another", Severity.MEDIUM, check)
