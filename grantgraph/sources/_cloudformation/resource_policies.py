"""The policies of resources: their own, those that other resources hang on them, and permissions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from grantgraph.account_file import FUNCTION_POLICY
from grantgraph.node import Node, node_of
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.called import find_function
from grantgraph.sources._cloudformation.embedded import from_text
from grantgraph.sources._cloudformation.openapi import POLICY, body_of
from grantgraph.sources._cloudformation.policies import read_document
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import (
    BUCKET,
    BUS,
    FUNCTION,
    GLOBAL_TABLE,
    KEY,
    QUEUE,
    REPLICA_KEY,
    REST_API,
    STREAM,
    TOPIC,
    modelled_types,
)
from grantgraph.text import Letter, Text, Unknown, parts_of, text

PERMISSION = "AWS::Lambda::Permission"
BUS_POLICY = "AWS::Events::EventBusPolicy"

# type → the property that names its targets, the type of these, and the property that holds the document
_POLICIES: Mapping[str, tuple[str, str, str]] = {
    "AWS::S3::BucketPolicy": ("Bucket", BUCKET, "PolicyDocument"),
    "AWS::SQS::QueuePolicy": ("Queues", QUEUE, "PolicyDocument"),
    "AWS::SQS::QueueInlinePolicy": ("Queue", QUEUE, "PolicyDocument"),
    "AWS::SNS::TopicPolicy": ("Topics", TOPIC, "PolicyDocument"),
    "AWS::SNS::TopicInlinePolicy": ("TopicArn", TOPIC, "PolicyDocument"),
    "AWS::SecretsManager::ResourcePolicy": ("SecretId", "AWS::SecretsManager::Secret", "ResourcePolicy"),
    "AWS::Kinesis::ResourcePolicy": ("ResourceArn", STREAM, "ResourcePolicy"),
    FUNCTION_POLICY: ("FunctionName", FUNCTION, "PolicyDocument"),
}
# property of a permission → the operator and the condition key that it stands for
_PERMISSION_CONDITIONS: Mapping[str, tuple[str, str]] = {
    "SourceArn": ("ArnLike", "aws:SourceArn"),
    "SourceAccount": ("StringEquals", "aws:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}


def read_resource_policies(assembly: Assembly) -> dict[str, Policy]:
    """The policy of every resource that has one, by the resource's id."""
    found: dict[str, list[Policy]] = {}
    targets: dict[str, Declared] = {}

    def add(target: Declared, one: Declared, document: Node | None, path: str, name: str = "") -> None:
        own = name or (f"policy of {target.id}" if one is target else one.id)
        policy = read_document(assembly, one, document, PolicyType.RESOURCE_BASED, own, path)
        found.setdefault(target.id, []).append(policy)
        targets[target.id] = target

    for one in assembly.of(*modelled_types()):
        for document, path in _own_documents(assembly, one):
            add(one, one, document, path)
    for type, (key, target_type, document_key) in _POLICIES.items():
        for one in assembly.of(type):
            for value, _ in assembly.texts(assembly.property(one, key), f"{key} of `{one.logical_id}`"):
                target = assembly.find(value, target_type)
                if target is None:
                    _report_outside(assembly, one, value)
                    continue
                assembly.understood(one)
                add(target, one, assembly.property(one, document_key), f"Properties/{document_key}")
    for bus, statements in _bus_statements(assembly):
        add(bus, bus, _document(statements, bus), "Properties/Statement")
    for function, statements in _permissions(assembly):
        add(function, function, _document(statements, function), "Permissions", f"permissions of {function.id}")
    return {id: _one_policy(assembly, targets[id], policies) for id, policies in found.items()}


def _one_policy(assembly: Assembly, one: Declared, policies: list[Policy]) -> Policy:
    """A resource has one policy; several that claim to be it are read together, and said to be several."""
    if len(policies) == 1:
        return policies[0]
    for later in policies[1:]:
        message = f"`{one.id}` has more than one policy, the other at {policies[0].at}"
        help = "a resource keeps one policy; write their statements into one"
        assembly.problems.note(later.at, "resource-policy-collision", message, help)
    return replace(
        policies[0],
        statements=tuple(statement for policy in policies for statement in policy.statements),
        unseen=tuple(unknown for policy in policies for unknown in policy.unseen),
    )


def _report_outside(assembly: Assembly, one: Declared, value: Text) -> None:
    message = f"`{one.logical_id}` is the policy of `{value}`, which is not in the input"
    assembly.problems.unmodelled(one.at, "outside-resource", message)


def _own_documents(assembly: Assembly, one: Declared) -> Iterator[tuple[Node, str]]:
    """The policy that a resource holds in a property of its own, or that AWS gives it."""
    key = modelled_types()[one.type].policy_property
    nodes = [(assembly.property(one, key), f"Properties/{key}")] if key else []
    if one.type == GLOBAL_TABLE:
        replicas = assembly.property(one, "Replicas")
        for at, replica in enumerate(replicas.items if replicas else ()):
            nodes.append((replica.get(key), f"Properties/Replicas/{at}/{key}"))
    if one.type == REST_API:
        body = body_of(assembly, one)
        nodes.append((body.get(POLICY) if body else None, f"Properties/Body/{POLICY}"))
    if one.type in (KEY, REPLICA_KEY) and nodes[0][0] is None:
        yield _default_key_policy(one), f"Properties/{key}"
    for node, path in nodes:
        if node is None:
            continue
        document = node.get("PolicyDocument") or node
        if one.type == REST_API:
            document = from_text(document, "a policy", assembly.problems)
            document = _in_full(document, assembly.names.arn(one) or "")
        yield document, path


def _default_key_policy(one: Declared) -> Node:
    """What AWS gives a key without a policy: its account decides."""
    where = one.stack.environment
    root = text(("arn:", where.partition, ":iam::", where.account, ":root"))
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return _document([node_of(statement, one.at)], one)


def _in_full(node: Node, arn: Text) -> Node:
    """A REST API's policy with the short form `execute-api:/stage/method/path` written out."""
    match node.value:
        case str() if node.value.startswith("execute-api:/"):
            return replace(node, value=text((arn, node.value.removeprefix("execute-api:"))))
        case tuple():
            return replace(node, value=tuple(_in_full(one, arn) for one in node.value))
        case Mapping():
            return replace(node, value={key: _in_full(one, arn) for key, one in node.value.items()})
        case _:
            return node


def _bus_statements(assembly: Assembly) -> Iterator[tuple[Declared, list[Node]]]:
    """The statements that make up the policy of every event bus, one from each policy resource."""
    found: dict[str, tuple[Declared, list[Node]]] = {}
    for one in assembly.of(BUS_POLICY):
        bus = assembly.find(assembly.text(one, "EventBusName"), BUS)
        if bus is None:
            _report_outside(assembly, one, assembly.text(one, "EventBusName") or "default")
            continue
        assembly.understood(one)
        statement = assembly.property(one, "Statement") or _bus_statement(assembly, one, bus)
        found.setdefault(bus.id, (bus, []))[1].append(_if_there(assembly, one, statement))
    yield from found.values()


def _bus_statement(assembly: Assembly, one: Declared, bus: Declared) -> Node:
    """The older way to say a statement: an account, an action, and at most one condition."""
    condition = assembly.property(one, "Condition")
    parts = [condition.get(key) if condition else None for key in ("Type", "Key", "Value")]
    texts = [assembly.text_of(part, "Condition") if part else None for part in parts]
    statement = {
        "Effect": "Allow",
        "Principal": _principal(assembly.text(one, "Principal")),
        "Action": assembly.text(one, "Action") or "events:PutEvents",
        "Resource": assembly.names.arn(bus),
    }
    if condition is not None:
        known = all(isinstance(part, str) for part in texts)
        named = (
            {str(texts[0]): {str(texts[1]): texts[2]}} if known else Unknown(f"Condition of {one.id}", "not known")
        )
        statement["Condition"] = named
    return node_of(statement, one.at)


def _permissions(assembly: Assembly) -> Iterator[tuple[Declared, list[Node]]]:
    """The statements that make up the policy of every function, one from each permission."""
    found: dict[str, tuple[Declared, list[Node]]] = {}
    for one in assembly.of(PERMISSION):
        named = assembly.text(one, "FunctionName")
        target = find_function(assembly, named)
        if target is None:
            _report_outside(assembly, one, named or "")
            continue
        assembly.understood(one)
        statement = _if_there(assembly, one, _permission(assembly, one, target))
        found.setdefault(target.id, (target, []))[1].append(statement)
    yield from found.values()


def _if_there(assembly: Assembly, one: Declared, statement: Node) -> Node:
    """The statement of a resource; one that may not be there says nothing that is known."""
    doubt = assembly.doubt_of(one)
    return statement if doubt is None else Node(doubt, one.at)


def _permission(assembly: Assembly, one: Declared, target: Declared) -> Node:
    """The statement that a permission adds to a function's policy."""
    conditions: dict[str, dict[str, Text]] = {}
    for key, (operator, condition_key) in _PERMISSION_CONDITIONS.items():
        value = assembly.text(one, key)
        if value is not None:
            conditions.setdefault(operator, {})[condition_key] = value
    principal = assembly.text(one, "Principal")
    return node_of(
        {
            "Effect": "Allow",
            "Principal": _principal(principal),
            "Action": assembly.text(one, "Action") or "lambda:InvokeFunction",
            "Resource": assembly.names.arn(target),
            **({"Condition": conditions} if conditions else {}),
        },
        one.at,
    )


def _principal(value: Text | None) -> object:
    """A principal element: services are named by their domain, everybody else by an account or an ARN."""
    if value is None or value == "*":
        return "*"
    spelled = "".join("amazonaws.com" if _is_domain(one) else str(one) for one in parts_of(value) if _is_told(one))
    return {"Service" if "." in spelled and ":" not in spelled else "AWS": value}


def _is_domain(part: Letter) -> bool:
    return isinstance(part, Unknown) and part.name == "AWS::URLSuffix"


def _is_told(part: Letter) -> bool:
    return isinstance(part, str) or _is_domain(part)


def _document(statements: list[Node], one: Declared) -> Node:
    version = Node("2012-10-17", one.at)
    return Node({"Version": version, "Statement": Node(tuple(statements), one.at)}, one.at)
