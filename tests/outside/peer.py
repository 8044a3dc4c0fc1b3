"""Decisions in MiniStack's words, and its answers."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

CHILD = Path(__file__).parent / "ministack_child.py"

Json = dict[str, Any]

COMPUTED = ("aws:currenttime", "aws:epochtime")
"""Condition keys that MiniStack fills in itself, from its own clock."""


def ask(python: Path, asked: Sequence[Json]) -> list[str]:
    """MiniStack's answers, in order: `Allow`, `Deny` or `ImplicitDeny`."""
    lines = "".join(json.dumps(one) + "\n" for one in asked)
    done = subprocess.run(
        [str(python), "-I", str(CHILD)], input=lines, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split()
    assert len(answers) == len(asked)
    return answers


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(documents: Iterable[Json]) -> Iterator[Json]:
    for document in documents:
        yield from as_list(document["Statement"])


def documents_of(policies: Json) -> list[Json]:
    """Every document of a decision."""
    found = [*policies.get("identity_based", ()), *policies.get("session", ())]
    found += [policies[key] for key in ("permissions_boundary", "resource_based") if policies.get(key)]
    return found


def conditions(policies: Json) -> Iterator[tuple[str, str, list[Any]]]:
    """Operator and key in lower case, and the values, of every condition."""
    for statement in statements(documents_of(policies)):
        for operator, block in statement.get("Condition", {}).items():
            for key, values in block.items():
                yield operator.lower(), key.lower(), as_list(values)


def account_of(arn: str) -> str | None:
    """The account that an ARN names, if it does."""
    fields = arn.split(":", 5)
    return fields[4] if len(fields) == 6 and re.fullmatch("[0-9]{12}", fields[4]) else None


def express(request: Json, policies: Json) -> Json | str:
    """A decision as a line for the child; or why MiniStack has no words for it.

    Args:
        request: a request with nothing left to expand, as `Case.plain` has it.
        policies: its documents, likewise.
    """
    for key, name in (("scps", "SCPs"), ("rcps", "RCPs"), ("vpc_endpoint", "VPC endpoint policies")):
        if policies.get(key):
            return f"it has no {name}"
    if request.get("situation"):
        return "it has no situations"
    caller = _caller(request)
    if isinstance(caller, str):
        return caller
    context = {key.lower(): value for key, value in request.get("context", {}).items()}
    named = {key for _, key, _ in conditions(policies)}
    differs = _filled_in(request, caller, context, named)
    if differs:
        return f"it fills in {differs} itself"
    trust = policies.get("resource_is_trust") and policies.get("resource_based")
    if trust and request["action"] not in ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"):
        return "it reads trust policies for AssumeRole and AssumeRoleWithWebIdentity only"
    if caller["type"] == "WebIdentityUser" and (request["action"] != "sts:AssumeRoleWithWebIdentity" or not trust):
        return "it knows web identities where they assume a role only"
    if caller["type"] != "WebIdentityUser" and request["action"] == "sts:AssumeRoleWithWebIdentity":
        return "it takes every caller of AssumeRoleWithWebIdentity for a web identity"
    limits = [[policies["permissions_boundary"]]] if policies.get("permissions_boundary") else []
    if policies.get("session") is not None:
        limits.append(policies["session"])
    return {
        **caller,
        "caller": {key: value for key, value in caller["caller"].items() if key not in context},
        "action": request["action"],
        "resource": request["resource"],
        "context": context,
        "identity": policies.get("identity_based", []),
        "limits": limits,
        "resource_policy": None if trust else policies.get("resource_based"),
        "trust": trust or None,
        "owner": request.get("resource_account") or account_of(request["resource"]),
    }


def _caller(request: Json) -> Json | str:
    spelled: str = request["principal"]
    found: Json = {"principal": spelled, "account": "", "signed": False, "service": None, "caller": {}}
    if spelled == "anonymous":
        return {**found, "principal": "*", "type": "Anonymous"}
    if ":" not in spelled:
        if request["action"].startswith("sts:AssumeRoleWith"):
            return {**found, "type": "WebIdentityUser"}
        return {**found, "principal": "*", "type": "Service", "service": spelled}
    fields = spelled.split(":", 5)
    account, name = fields[4], fields[5]
    found = {**found, "account": account, "signed": True}
    match name.partition("/")[0]:
        case "user":
            return {**found, "type": "User", "caller": {"aws:username": name.rpartition("/")[2]}}
        case "role":
            session = f"{name.rpartition('/')[2]}/{request.get('session', 'session')}"
            arn = f"arn:{fields[1]}:sts::{account}:assumed-role/{session}"
            return {**found, "principal": arn, "type": "AssumedRole"}
        case "assumed-role":
            return {**found, "type": "AssumedRole"}
        case "federated-user":
            return {**found, "type": "FederatedUser"}
        case "root":
            return "it lets the root user do anything, before its evaluator is asked"
        case _:
            return {**found, "signed": False, "type": "WebIdentityUser"}


def _filled_in(request: Json, caller: Json, context: Json, named: set[str]) -> str:
    """A condition key that the policies name and that MiniStack computes to something else than we were told."""
    account = account_of(request["resource"]) or caller["account"]
    own = {
        "aws:principalaccount": caller["account"],
        "aws:principalarn": caller["principal"],
        "aws:principaltype": caller["type"],
        "aws:resourceaccount": account,
        "s3:resourceaccount": account,
    }
    for key in sorted(named):
        if key in COMPUTED or (key == "aws:securetransport" and context.get(key) not in ("true", "false")):
            return key
        if key in own and context.get(key, own[key]) != own[key]:
            return key
        if key in own and not caller["signed"]:
            return key
        if key in ("aws:resourceaccount", "s3:resourceaccount") and key not in context:
            return key
        if key in ("aws:principalisawsservice", "aws:principalservicename"):
            return key
    return ""
