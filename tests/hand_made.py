"""Pairs of policy sets that people write, with the answer that a reader expects."""

from __future__ import annotations

from typing import Any

from tests.pairs import Json, Pair

PROVED, REFUTED, UNDECIDED = "unsat", "sat", "unknown"
OBJECTS, BUCKET = "arn:aws:s3:::reports/*", "arn:aws:s3:::reports"
TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/notes"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:jobs"
TEAM = "${aws:PrincipalTag/team}"


def allow(action: Any, resource: Any = "*", **condition: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def deny(action: Any, resource: Any = "*", **condition: Any) -> Json:
    return {**allow(action, resource, **condition), "Effect": "Deny"}


def identity(*statements: Json, **more: Any) -> Json:
    """A policy set with one identity policy."""
    return {"identity_based": [document(*statements)], **more}


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


READ = allow("s3:GetObject", OBJECTS)
EVERYTHING = allow("*")
TLS_ONLY = deny("*", Bool={"aws:SecureTransport": "false"})
HOME = deny("*", StringNotEquals={"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]})
ROWS = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [TEAM]}}

_WRITTEN: list[tuple[str, Json, Json, str]] = [
    ("one action of many", identity(READ), identity(allow("s3:*", OBJECTS)), PROVED),
    ("many actions of one", identity(allow("s3:*", OBJECTS)), identity(READ), REFUTED),
    (
        "a list against the pattern that it fills",
        identity(allow(["sqs:SendMessage", "sqs:ReceiveMessage"])),
        identity(allow("sqs:*Message")),
        PROVED,
    ),
    ("a prefix in a bucket", identity(allow("s3:GetObject", f"{BUCKET}/2026/*")), identity(READ), PROVED),
    ("a bucket whose name begins so", identity(allow("s3:GetObject", f"{BUCKET}*")), identity(READ), REFUTED),
    (
        "two halves against the whole",
        identity(allow("s3:GetObject", f"{BUCKET}/*"), deny("s3:GetObject", f"{BUCKET}/a*")),
        identity(allow("s3:GetObject", f"{BUCKET}/*")),
        PROVED,
    ),
    (
        "the whole against a half and what is not in it",
        identity(READ),
        identity(
            allow("s3:GetObject", f"{BUCKET}/a*"),
            {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": f"{BUCKET}/a*"},
        ),
        PROVED,
    ),
    ("TLS only", identity(READ, TLS_ONLY), identity(READ), PROVED),
    ("TLS only is less", identity(READ), identity(READ, TLS_ONLY), REFUTED),
    (
        "TLS by an Allow or by a Deny",
        identity(allow("s3:GetObject", OBJECTS, Bool={"aws:SecureTransport": "true"})),
        identity(READ, TLS_ONLY),
        PROVED,
    ),
    (
        "MFA that must be there, and MFA that may be missing",
        identity(allow("s3:GetObject", OBJECTS, BoolIfExists={"aws:MultiFactorAuthPresent": "true"})),
        identity(allow("s3:GetObject", OBJECTS, Bool={"aws:MultiFactorAuthPresent": "true"})),
        REFUTED,
    ),
    (
        "MFA by a Deny that forgets the missing key",
        identity(READ, deny("*", Bool={"aws:MultiFactorAuthPresent": "false"})),
        identity(allow("s3:GetObject", OBJECTS, Bool={"aws:MultiFactorAuthPresent": "true"})),
        REFUTED,
    ),
    (
        "recent MFA",
        identity(allow("s3:*", NumericLessThan={"aws:MultiFactorAuthAge": "300"})),
        identity(allow("s3:*", NumericLessThanEquals={"aws:MultiFactorAuthAge": "300"})),
        PROVED,
    ),
    (
        "no gap between two ages",
        identity(allow("s3:*", NumericGreaterThan={"aws:MultiFactorAuthAge": "0"})),
        identity(
            allow("s3:*", NumericLessThan={"aws:MultiFactorAuthAge": "60"}),
            allow("s3:*", NumericGreaterThanEquals={"aws:MultiFactorAuthAge": "60"}),
        ),
        PROVED,
    ),
    (
        "until the end of the year",
        identity(allow("s3:*", DateLessThan={"aws:CurrentTime": "2026-12-31T23:00:00+02:00"})),
        identity(allow("s3:*", DateLessThan={"aws:CurrentTime": "2027"})),
        PROVED,
    ),
    (
        "two halves of a network",
        identity(allow("s3:*", IpAddress={"aws:SourceIp": "10.0.0.0/8"})),
        identity(allow("s3:*", IpAddress={"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]})),
        PROVED,
    ),
    (
        "a network and a hole in it",
        identity(allow("s3:*", IpAddress={"aws:SourceIp": "10.0.0.0/8"})),
        identity(
            allow("s3:*", IpAddress={"aws:SourceIp": "10.0.0.0/8"}),
            deny("s3:*", IpAddress={"aws:SourceIp": "10.1.2.3"}),
        ),
        REFUTED,
    ),
    (
        "not from outside, where no address is given",
        identity(allow("s3:*"), deny("s3:*", NotIpAddress={"aws:SourceIp": "10.0.0.0/8"})),
        identity(allow("s3:*", IpAddress={"aws:SourceIp": "10.0.0.0/8"})),
        PROVED,
    ),
    (
        "regions by a Deny and by an Allow",
        identity(EVERYTHING, HOME),
        identity(allow("*", StringEquals={"aws:RequestedRegion": ["eu-west-1", "eu-central-1", "us-east-1"]})),
        PROVED,
    ),
    (
        "rows of one's own with Scan",
        identity(allow("dynamodb:*", TABLE, **ROWS)),
        identity(allow(["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"], TABLE)),
        REFUTED,
    ),
    (
        "rows of one's own",
        identity(allow("dynamodb:GetItem", TABLE, **ROWS)),
        identity(allow("dynamodb:*Item", TABLE)),
        PROVED,
    ),
    (
        "all rows are one's own, or any is",
        identity(allow("dynamodb:GetItem", TABLE, **ROWS)),
        identity(
            allow("dynamodb:GetItem", TABLE, **{"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": [TEAM]}})
        ),
        PROVED,
    ),
    (
        "any row is one's own, or all are",
        identity(
            allow("dynamodb:GetItem", TABLE, **{"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": [TEAM]}})
        ),
        identity(allow("dynamodb:GetItem", TABLE, **ROWS)),
        REFUTED,
    ),
    (
        "a set that may be missing",
        identity(allow("sqs:TagQueue", QUEUE, **{"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}})),
        identity(allow("sqs:TagQueue", QUEUE, **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["cost"]}})),
        REFUTED,
    ),
    (
        "a folder of the team's",
        identity(allow("s3:GetObject", f"{BUCKET}/{TEAM}/*")),
        identity(READ),
        PROVED,
    ),
    (
        "the folder of a team with a name",
        identity(allow("s3:GetObject", f"{BUCKET}/{TEAM}/*", StringEquals={"aws:PrincipalTag/team": "red"})),
        identity(allow("s3:GetObject", f"{BUCKET}/red/*")),
        PROVED,
    ),
    (
        "a folder whose name begins like the team's",
        identity(allow("s3:GetObject", f"{BUCKET}/{TEAM}*")),
        identity(allow("s3:GetObject", f"{BUCKET}/{TEAM}/*")),
        REFUTED,
    ),
    (
        "the same folder on both sides",
        identity(allow("s3:GetObject", f"{BUCKET}/{TEAM}/2026/*")),
        identity(allow("s3:*Object", f"{BUCKET}/{TEAM}/*")),
        PROVED,
    ),
    (
        "a tag that must be the same as another",
        identity(allow("sqs:SendMessage", StringEquals={"aws:PrincipalTag/team": "${aws:PrincipalTag/unit}"})),
        identity(allow("sqs:SendMessage", Null={"aws:PrincipalTag/team": "false"})),
        PROVED,
    ),
    (
        "a word in any case",
        identity(allow("sqs:SendMessage", StringEquals={"aws:PrincipalTag/team": ["Red", "RED"]})),
        identity(allow("sqs:SendMessage", StringEqualsIgnoreCase={"aws:PrincipalTag/team": "red"})),
        PROVED,
    ),
    (
        "within a boundary",
        identity(EVERYTHING, permissions_boundary=document(allow("s3:Get*"), allow("sqs:*"))),
        identity(allow(["s3:*", "sqs:*"])),
        PROVED,
    ),
    (
        "a boundary grants nothing",
        identity(READ),
        identity(allow("sqs:*"), permissions_boundary=document(EVERYTHING)),
        REFUTED,
    ),
    (
        "an organization that denies",
        identity(EVERYTHING, scps=[[document(EVERYTHING)], [document(EVERYTHING, deny("s3:Delete*"))]]),
        identity(EVERYTHING, deny(["s3:DeleteObject", "s3:DeleteBucket"])),
        PROVED,
    ),
    (
        "a session that is narrower",
        identity(allow("s3:*"), session=[document(READ)]),
        identity(READ),
        PROVED,
    ),
    (
        "all but a few actions",
        identity({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}),
        identity(EVERYTHING, deny("iam:Pass*")),
        PROVED,
    ),
]

HAND_MADE = [Pair("hand-made", name, narrower, wider) for name, narrower, wider, _ in _WRITTEN]
EXPECTED = {name: answer for name, _, _, answer in _WRITTEN}
