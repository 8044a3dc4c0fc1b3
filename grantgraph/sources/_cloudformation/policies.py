"""Policy documents as templates hold them: inline, managed, and AWS's own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from grantgraph.catalog.managed import load_managed_policies
from grantgraph.node import Node, node_of
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.problems import Level, Location, Problem, Problems
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.embedded import from_text
from grantgraph.sources._cloudformation.quotas import managed_too_large
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import MANAGED_POLICY, named_types
from grantgraph.text import Text, Unknown


def read_document(
    assembly: Assembly, one: Declared, node: Node | None, type: PolicyType, name: str, path: str
) -> Policy:
    """A resolved policy document of a resource; `path` says where under the resource it is."""
    doubt = assembly.doubt_of(one)
    if doubt is not None and (one.type == MANAGED_POLICY or one.type not in named_types()):
        return Policy(type, (), name, (doubt,), one.at)  # a policy that may not be there proves nothing
    if node is None:
        assembly.problems.invalid(one.at, "missing-document", f"`{one.logical_id}` needs a policy document")
        return _unseen(type, name, Node(None, one.at), "its document is missing")
    text = Problems()
    parsed = parse_policy(from_text(node, "a policy", text), type, name)
    # What identities have room for is said of all their policies together (see `quotas`).
    said = (one for one in parsed.problems if one.code != "size" or type is not PolicyType.IDENTITY_BASED)
    assembly.problems.found.extend(_of_a_policy(problem) for problem in (*text.found, *said))
    where = one.construct or f"Resources/{one.logical_id}/{path}"

    def placed(at: Location) -> Location:
        return replace(at, path=where, origin=one.origin)

    statements = tuple(replace(statement, at=placed(statement.at)) for statement in parsed.value.statements)
    return replace(parsed.value, statements=statements, at=placed(parsed.value.at))


def _of_a_policy(problem: Problem) -> Problem:
    """What AWS refuses in a policy keeps nothing else from being understood: the rest of it counts as unseen."""
    return replace(problem, level=Level.INVALID) if problem.level is Level.ERROR else problem


def read_managed_policy(assembly: Assembly, one: Declared, type: PolicyType) -> Policy:
    """A managed policy of the template, read once for all who have it."""
    key = id(one), type
    if key not in assembly.managed:
        document = assembly.property(one, "PolicyDocument")
        name, path = policy_name(assembly, one), "Properties/PolicyDocument"
        policy = read_document(assembly, one, document, type, name, path)
        assembly.managed[key] = policy
        assembly.problems.found += managed_too_large(policy, one.id, one.at)
    return assembly.managed[key]


def policy_name(assembly: Assembly, one: Declared) -> str:
    """What a policy is called: its name where the template gives one, else its logical id."""
    for key in ("PolicyName", "ManagedPolicyName"):
        node = assembly.property(one, key)
        name = node.as_str() if node else None
        if name:
            return name
    return one.id


def policy_of_arn(assembly: Assembly, arn: Text, node: Node, type: PolicyType) -> Policy:
    """The managed policy of an ARN: the template's, AWS's, or one that is not in the input."""
    declared = assembly.find(arn, MANAGED_POLICY)
    if declared is not None:
        return read_managed_policy(assembly, declared, type)
    name = _name_at_aws(arn)
    known = _policy_of_aws(name, type) if name else None
    if known is not None:
        statements = tuple(replace(statement, at=node.at) for statement in known.statements)
        return replace(known, statements=statements, at=node.at)
    shown = name or str(arn)
    message = f"what the managed policy `{shown}` allows is not in the input"
    if name:
        data = f"of {load_managed_policies().date}"
        message = f"what the AWS managed policy `{shown}` allows is not known: it is not in the data {data}"
    assembly.problems.unmodelled(node.at, "managed-policy", message)
    return _unseen(type, shown, node, message)


@cache
def _policy_of_aws(name: str, type: PolicyType) -> Policy | None:
    found = load_managed_policies().find(name)
    return parse_policy(node_of(found.document), type, name).value if found is not None else None


def _name_at_aws(arn: Text) -> str:
    """The name in the ARN of a policy of AWS; "" elsewhere, and in partitions that the data do not hold."""
    parsed = parse_arn(arn)
    if parsed is None or parsed.account != "aws" or not isinstance(parsed.resource, str):
        return ""
    if isinstance(parsed.partition, str) and parsed.partition != "aws":
        return ""
    return parsed.resource.rpartition("/")[2]


def unknown_policy(assembly: Assembly, node: Node, type: PolicyType, name: str) -> Policy:
    """What stands for policies of which not even the number is known."""
    reason = node.value.reason if isinstance(node.value, Unknown) else "it could not be read"
    message = f"{name} are not known here: {reason}"
    assembly.problems.unmodelled(node.at, "unknown-policy", message)
    return _unseen(type, name, node, message)


def _unseen(type: PolicyType, name: str, node: Node, reason: str) -> Policy:
    origin = node.value.origin or node.value.name if isinstance(node.value, Unknown) else ""
    return Policy(type, (), name, (Unknown(name, reason, origin=origin),), node.at)
