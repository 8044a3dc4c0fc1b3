"""What the file of an account holds: the words that `fetch` writes and `sources` reads.

    {"schema": "grantgraph/account/1", "account": ..., "partition": ..., "alias": ..., "fetched": ...,
     "regions": [...], "iam": {UserDetailList, GroupDetailList, RoleDetailList, Policies}, "resources": [...],
     "counted": {...}, "gaps": [...]}

A resource is said in CloudFormation's words: `type`, `region`, `name` (what ends its ARN, or tells it from others)
and `properties`. What could not be read of it is in `unread`: property → why.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SCHEMA = "grantgraph/account/1"
FAMILY = "grantgraph/account/"
IDENTITIES = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
"""The lists in which AWS tells of users, groups, roles and managed policies."""

# Stand-ins for what CloudFormation has no type for.
FUNCTION_POLICY = "Custom::LambdaFunctionPolicy"
GRANT = "AWS::KMS::Grant"


class GapKind(StrEnum):
    """Why a call gave no answer."""

    DENIED = "denied"
    THROTTLED = "throttled"
    FAILED = "failed"
    NOT_OFFERED = "not-offered"  # AWS has no such service in the region: nothing is missing

    @property
    def words(self) -> str:
        return {
            GapKind.DENIED: "was denied",
            GapKind.THROTTLED: "was throttled again and again",
            GapKind.FAILED: "failed",
            GapKind.NOT_OFFERED: "is not offered",
        }[self]


@dataclass(frozen=True, slots=True)
class Gap:
    """A call that gave no answer, or not all of it, about some resources.

    `hides` are the CloudFormation types of which some may be missing because of it; `harmless` says that no answer
    can hinge on it.
    """

    service: str
    operation: str
    region: str
    kind: GapKind
    code: str = ""
    message: str = ""
    resources: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    harmless: bool = False

    @property
    def matters(self) -> bool:
        """Whether something that an answer may hinge on is missing."""
        return not self.harmless and self.kind is not GapKind.NOT_OFFERED

    def __str__(self) -> str:
        where = f" in {self.region}" if self.region else ""
        code = f" ({self.code})" if self.code else ""
        named = ", ".join(f"`{one}`" for one in self.resources[:3])
        more = f" and {len(self.resources) - 3} more" if len(self.resources) > 3 else ""
        about = f" for {named}{more}" if named else ""
        return f"{self.service}:{self.operation} {self.kind.words}{where}{about}{code}"

    def as_json(self) -> dict[str, Any]:
        """As the file has it: what is empty is left out."""
        members = {
            "service": self.service,
            "operation": self.operation,
            "region": self.region,
            "kind": self.kind.value,
            "code": self.code,
            "message": self.message,
            "resources": list(self.resources),
            "hides": list(self.hides),
            "harmless": self.harmless,
        }
        return {key: value for key, value in members.items() if value}
