"""Pairs of policy sets, the questions for `implies`: AWS's own revisions, hand-made ones, and random ones.

A policy set is written as plain data, `{"identity_based": [document, ...], "scps": [[document], ...], ...}`, so
that a pair can be printed and repeated.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grantgraph.evaluate import parse_caller
from grantgraph.policy import Policy, PolicySet, PolicyType, parse_policy
from grantgraph.prove import Standing, session_of

Json = dict[str, Any]

ROLE = "arn:aws:iam::111122223333:role/app"
REVISIONS = Path(__file__).parent.parent / "fixtures" / "policies" / "managed-policy-revisions.json.xz"


@dataclass(frozen=True)
class Pair:
    """One question: does everything that `narrower` allows follow from `wider`?"""

    kind: str
    name: str
    narrower: Json
    wider: Json

    def __str__(self) -> str:
        return json.dumps({"narrower": self.narrower, "wider": self.wider})


@cache
def revisions() -> tuple[Pair, ...]:
    """The revisions of AWS managed policies, each in both directions."""
    found: list[Pair] = []
    for one in json.loads(lzma.decompress(REVISIONS.read_bytes())):
        old, new = {"identity_based": [one["old"]]}, {"identity_based": [one["new"]]}
        name = f"{one['name']} {one['date']}"
        found.append(Pair("revision", f"{name} new in old", new, old))
        found.append(Pair("revision", f"{name} old in new", old, new))
    return tuple(found)


def standing_of(written: Json) -> Standing:
    """What a role can do under a policy set."""
    return Standing(session_of(parse_caller(ROLE)), policies_of(written))


def policies_of(written: Json) -> PolicySet:
    """A policy set from plain data."""

    def read(document: Json, type: PolicyType) -> Policy:
        return parse_policy(document, type, type.value).value

    boundary, session = written.get("permissions_boundary"), written.get("session")
    return PolicySet(
        tuple(read(one, PolicyType.IDENTITY_BASED) for one in written.get("identity_based", [])),
        permissions_boundary=read(boundary, PolicyType.PERMISSIONS_BOUNDARY) if boundary else None,
        session=tuple(read(one, PolicyType.SESSION) for one in session) if session is not None else None,
        scps=tuple(tuple(read(one, PolicyType.SCP) for one in level) for level in written.get("scps", [])),
    )
