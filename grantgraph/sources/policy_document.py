"""A bare policy document: one role that holds it, in an account that nobody named."""

from __future__ import annotations

from pathlib import Path

from grantgraph.model import Application, Environment, Principal, PrincipalType
from grantgraph.node import Node
from grantgraph.policy.document import PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.problems import bug
from grantgraph.resources import fill
from grantgraph.sources import ReadOptions, Source
from grantgraph.text import Unknown, text


def recognises(path: Path, node: Node | None) -> bool:
    """Whether an input is a policy document."""
    fields = node.fields if node is not None else {}
    return "Statement" in fields and "Resources" not in fields


def read(path: Path, node: Node | None, options: ReadOptions) -> Application:
    """A role with the document as its identity-based policy."""
    if node is None:
        bug("a policy document is a file")
    given = Environment()
    environment = Environment(
        options.partition or "aws", options.region or given.region, options.account or given.account
    )
    role = text((Unknown("role", "the document does not say whose policy it is", generated=True),))
    arn = fill(
        "arn:${partition}:iam::${account}:role/${name}",
        partition=environment.partition,
        account=environment.account,
        name=role,
    )
    parsed = parse_policy(node, PolicyType.IDENTITY_BASED, path.stem)
    principal = Principal("role", PrincipalType.ROLE, arn, policies=(parsed.value,), at=node.at)
    return Application(path.stem, str(path), environment, (principal,), problems=parsed.problems)


SOURCE = Source("a policy document", recognises, read)
