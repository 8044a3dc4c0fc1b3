"""MiniStack's evaluator as a child process: one decision a line on its input, one answer a line on its output.

Run by the Python of MiniStack's own environment (scripts/outside.py); `peer.py` writes the lines. The layers
are put together as MiniStack's own `enforce` and its AssumeRole do it, with its own functions. What those read
from a running emulator (users, buckets, tags) is given in the line instead.
"""

import importlib
import json
import sys
from importlib.metadata import version
from typing import Any

Json = dict[str, Any]

VERSION = "1.5.33"

evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")


def layer(documents: list[Json]) -> list[Any]:
    return [evaluator.parse_policy_document(one) for one in documents]


def context_of(asked: Json) -> Any:
    keys = asked["context"]
    return evaluator.EvalContext(
        principal_arn=asked["principal"],
        principal_type=asked["type"],
        principal_account=asked["account"],
        action=asked["action"],
        resource_arn=asked["resource"],
        region=keys.get("aws:requestedregion"),
        source_ip=keys.get("aws:sourceip"),
        secure_transport=keys.get("aws:securetransport"),
        service_context={"aws:tagkeys": None, **keys},
        principal_keys=asked["caller"],
    )


def decide(asked: Json) -> str:
    """`Allow`, `Deny` or `ImplicitDeny`, which for a trust policy may be either denial."""
    context = context_of(asked)
    policy = asked.get("resource_policy")
    if asked["action"] in evaluator._ALWAYS_ALLOWED_ACTIONS and asked["signed"]:
        return "Allow"
    if asked["action"] == "sts:AssumeRoleWithWebIdentity":
        trusted = evaluator.evaluate_trust_policy(asked["trust"], asked["principal"], context)
        return "Allow" if trusted else "ImplicitDeny"
    if not asked["signed"]:
        return str(evaluator.evaluate_resource_policy(policy, context, service=asked["service"]).decision)
    limits = [layer(one) for one in asked["limits"]]
    found = evaluator.evaluate(context, layer(asked["identity"]), *limits)
    if policy is not None:
        required = asked["action"].partition(":")[0].lower() in evaluator._POLICY_REQUIRED
        found = evaluator.combine_resource_policy(
            found, context, policy, asked["owner"], required=required, limits=limits
        )
    trust = asked.get("trust")
    if trust is not None and found.decision == "Allow":
        trusted = evaluator.evaluate_trust_policy(trust, asked["principal"], context)
        return "Allow" if trusted else "ImplicitDeny"
    return str(found.decision)


def check_itself() -> None:
    """A known denial must be denied, and a known allow allowed: else every comparison would be worthless."""
    if version("ministack") != VERSION:
        sys.exit(f"MiniStack is {version('ministack')}, and should be {VERSION}")
    asked: Json = {
        "principal": "arn:aws:iam::111122223333:user/alice",
        "type": "User",
        "account": "111122223333",
        "signed": True,
        "caller": {},
        "context": {},
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/x",
        "identity": [{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}}],
        "limits": [],
    }
    deny = {"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
    expected = {
        "Allow": asked,
        "ImplicitDeny": {**asked, "resource": "arn:aws:s3:::other/x"},
        "Deny": {**asked, "identity": [*asked["identity"], deny]},
    }
    for answer, one in expected.items():
        if decide(one) != answer:
            sys.exit(f"MiniStack should answer {answer}, and answers {decide(one)}")


def main() -> None:
    check_itself()
    for line in sys.stdin:
        sys.stdout.write(decide(json.loads(line)) + "\n")


if __name__ == "__main__":
    main()
