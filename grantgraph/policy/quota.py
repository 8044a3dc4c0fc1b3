"""How large a policy may be, by where it hangs (rules 174, 186, 187)."""

from __future__ import annotations

from typing import Any

from grantgraph.policy.document import PolicyType
from grantgraph.policy.render import (
    INLINE_ROLE_QUOTA,
    MANAGED_POLICY_QUOTA,
    TRUST_POLICY_QUOTA,
    length_of,
    size_of,
)
from grantgraph.problems import Level, Location, Problem

MANAGED_POLICIES_PER_ROLE = 10
"""What a role is given at first; AWS raises it on request."""
SESSION_POLICY_QUOTA = 2_048
TRUST_POLICY_MAXIMUM = 4_096
ORGANIZATION_POLICY_QUOTA = 5_120
QUEUE_POLICY_QUOTA = 8_192
QUEUE_STATEMENTS = 20
RESOURCE_POLICY_QUOTA = 20_480
"""What most services take for a resource policy; known from memory only (187), so only a note."""


def check_size(document: dict[str, Any], type: PolicyType, at: Location) -> tuple[Problem, ...]:
    """What a document's size says: an error beyond what can be had, a note beyond what is given at first."""
    if type in (PolicyType.SCP, PolicyType.RCP):
        size, unit = length_of(document), "characters"  # white space counts here, but not what we have not seen
    else:
        size, unit = size_of(document), "characters without white space"

    def problem(level: Level, quota: int, what: str, help: str = "") -> Problem:
        return Problem(at, level, "size", f"{size:,} {unit}: {what} has at most {quota:,}", help)

    match type:
        case PolicyType.TRUST if size > TRUST_POLICY_MAXIMUM:
            return (problem(Level.ERROR, TRUST_POLICY_MAXIMUM, "a trust policy"),)
        case PolicyType.TRUST if size > TRUST_POLICY_QUOTA:
            return (problem(Level.NOTE, TRUST_POLICY_QUOTA, "a trust policy", "the quota can be raised to 4,096"),)
        case PolicyType.SESSION if size > SESSION_POLICY_QUOTA:
            return (problem(Level.ERROR, SESSION_POLICY_QUOTA, "a session policy"),)
        case PolicyType.SCP | PolicyType.RCP if size > ORGANIZATION_POLICY_QUOTA:
            return (problem(Level.ERROR, ORGANIZATION_POLICY_QUOTA, f"a {type}"),)
        case PolicyType.PERMISSIONS_BOUNDARY if size > MANAGED_POLICY_QUOTA:
            return (problem(Level.NOTE, MANAGED_POLICY_QUOTA, "a permissions boundary"),)
        case PolicyType.IDENTITY_BASED if size > INLINE_ROLE_QUOTA:
            # Only a note: AWS's own managed policies may be larger.
            return (problem(Level.NOTE, INLINE_ROLE_QUOTA, "a role's inline policies"),)
        case PolicyType.IDENTITY_BASED if size > MANAGED_POLICY_QUOTA:
            return (problem(Level.NOTE, MANAGED_POLICY_QUOTA, "a managed policy", "as an inline policy it fits"),)
        case PolicyType.RESOURCE_BASED if _is_queue_policy(document):
            return _check_queue_policy(document, at)
        case PolicyType.RESOURCE_BASED if size > RESOURCE_POLICY_QUOTA:
            return (problem(Level.NOTE, RESOURCE_POLICY_QUOTA, "most services' resource policy"),)
        case _:
            return ()


def _statements(document: dict[str, Any]) -> list[Any]:
    found = document.get("Statement")
    return found if isinstance(found, list) else [found]


def _is_queue_policy(document: dict[str, Any]) -> bool:
    resources = [one.get("Resource") for one in _statements(document) if isinstance(one, dict)]
    flat = [one for each in resources for one in (each if isinstance(each, list) else [each])]
    return bool(flat) and all(isinstance(one, str) and one.split(":")[2:3] == ["sqs"] for one in flat)


def _check_queue_policy(document: dict[str, Any], at: Location) -> tuple[Problem, ...]:
    size, count = len(render_text(document).encode()), len(_statements(document))
    found = []
    if size > QUEUE_POLICY_QUOTA:
        message = f"{size:,} bytes: a queue's policy has at most {QUEUE_POLICY_QUOTA:,}"
        found.append(Problem(at, Level.ERROR, "size", message))
    if count > QUEUE_STATEMENTS:
        message = f"{count} statements: a queue's policy has at most {QUEUE_STATEMENTS}"
        found.append(Problem(at, Level.ERROR, "size", message))
    return tuple(found)


def render_text(document: dict[str, Any]) -> str:
    """The document in the fewest characters."""
    import json

    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
