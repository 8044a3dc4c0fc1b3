"""Plans written by hand, in the format that Terraform documents, for cases that no small real plan has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grantgraph.decode import decode
from grantgraph.model import Application, Principal, Resource
from grantgraph.policy import Policy
from grantgraph.problems import Level
from grantgraph.sources import NO_OPTIONS, ReadOptions
from grantgraph.sources.terraform import SOURCE

FILE = Path("plan.json")
AWS = "registry.terraform.io/hashicorp/aws"
HERE = ReadOptions(partition="aws", region="eu-west-1", account="111122223333")


def resource(
    address: str,
    values: Mapping[str, Any] | None = None,
    unknown: Sequence[str] | Mapping[str, Any] = (),
    refers: Mapping[str, Any] | None = None,
    actions: Sequence[str] = ("create",),
) -> dict[str, Any]:
    """A resource of a plan: what is known, what is not, and what its expressions refer to.

    `refers` gives the references of an attribute, or whole expressions where it gives an object or a list of
    objects. What has a value and no references is written as a constant.
    """
    found = re.fullmatch(r"((?:module\.[\w-]+(?:\[[^\]]*\])?\.)*)(data\.)?(\w+)\.([\w-]+)(?:\[(.*)\])?", address)
    assert found, address
    module, data, type, name, index = found.groups()
    return {
        "address": address,
        "module": module.rstrip("."),
        "mode": "data" if data else "managed",
        "type": type,
        "name": name,
        "index": json.loads(index) if index is not None else None,
        "values": dict(values or {}),
        "unknown": dict(unknown) if isinstance(unknown, Mapping) else dict.fromkeys(unknown, True),
        "refers": dict(refers or {}),
        "actions": list(actions),
    }


def plan(*resources: Mapping[str, Any], modules: Mapping[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    """A plan of some resources; `modules` are the calls of the root module, with their expressions and outputs."""
    provider = {"expressions": {"region": {"constant_value": "eu-west-1"}}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": _module("", resources)},
        "resource_changes": [
            {
                "address": one["address"],
                "mode": one["mode"],
                "type": one["type"],
                "change": {"actions": one["actions"], "after": one["values"], "after_unknown": one["unknown"]},
            }
            for one in resources
        ],
        "configuration": {
            "provider_config": {"aws": provider},
            "root_module": {
                "resources": _blocks("", resources),
                "module_calls": {
                    name: {
                        **call,
                        "module": {"resources": _blocks(f"module.{name}", resources), **call.get("module", {})},
                    }
                    for name, call in (modules or {}).items()
                },
            },
        },
        **top,
    }


def _module(address: str, resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    keys = ("address", "mode", "type", "name", "index", "values")
    own = [
        {**{key: one[key] for key in keys if one[key] is not None}, "provider_name": AWS}
        for one in resources
        if one["module"] == address
    ]
    inside = dict.fromkeys(one["module"] for one in resources if one["module"]) if not address else {}
    children = [{"address": name, **_module(name, resources)} for name in inside]
    return {"resources": own, **({"child_modules": children} if children else {})}


def _blocks(module: str, resources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    blocks: dict[str, dict[str, Any]] = {}
    for one in resources:
        if re.sub(r"\[[^\]]*\]", "", one["module"]) == module:
            address = f"{'data.' if one['mode'] == 'data' else ''}{one['type']}.{one['name']}"
            refers = dict(one["refers"])
            each = refers.pop("for_each", None)
            expressions = {key: _expression(value) for key, value in one["values"].items()}
            expressions |= {key: _expression(value, refers=True) for key, value in refers.items()}
            blocks[address] = {
                "address": address,
                "provider_config_key": one.get("provider", "aws"),
                "expressions": expressions,
                **({"for_each_expression": {"references": each}} if each else {}),
            }
    return list(blocks.values())


def _expression(value: Any, refers: bool = False) -> Any:
    if refers and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return {"references": value}
    if refers:
        return value
    return {"constant_value": value}


def read(document: Mapping[str, Any], options: ReadOptions = HERE) -> Application:
    """The application of a plan, read as if it were a file."""
    node = decode(json.dumps(document, indent=1), str(FILE))
    assert SOURCE.recognises(FILE, node)
    return SOURCE.read(FILE, node, options)


def errors(application: Application) -> list[str]:
    return [str(one) for one in application.problems if one.level is Level.ERROR]


def codes(application: Application, level: Level = Level.UNMODELLED) -> list[str]:
    return [one.code for one in application.problems if one.level is level]


def who(application: Application, id: str) -> Principal:
    found = application.principal(id)
    assert found is not None, [one.id for one in application.principals]
    return found


def thing(application: Application, id: str) -> Resource:
    found = application.resource(id)
    assert found is not None, [one.id for one in application.resources]
    return found


def says(policy: Policy) -> list[tuple[str, list[str], list[str]]]:
    """A policy in few words: effect, actions and resources of each statement."""
    return [
        (
            one.effect.value,
            [action.spelled for action in one.actions.patterns],
            [str(pattern) for pattern in one.resources.patterns],
        )
        for one in policy.statements
    ]


def document(*statements: Mapping[str, Any]) -> str:
    """The text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})


def role(address: str = "aws_iam_role.r", name: str = "r", **more: Any) -> dict[str, Any]:
    """A new role, with what AWS alone will tell of it unknown, as the provider leaves it."""
    values = {"name": name, "path": "/", "assume_role_policy": TRUST, **more.pop("values", {})}
    unknown = [key for key in ("arn", "id", "inline_policy", "managed_policy_arns") if key not in values]
    return resource(address, values, more.pop("unknown", unknown), **more)


def visitors_trust(kind: str) -> str:
    """A trust policy for the visitors of an identity pool."""
    return document(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Condition": {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": kind}},
        }
    )


__all__ = [
    "FILE",
    "HERE",
    "NO_OPTIONS",
    "TRUST",
    "allow",
    "codes",
    "document",
    "errors",
    "plan",
    "read",
    "resource",
    "role",
    "says",
    "thing",
    "visitors_trust",
    "who",
]
