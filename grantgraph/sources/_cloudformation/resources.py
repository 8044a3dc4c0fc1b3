"""Resources and the policies that hang on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from grantgraph.model import Index, PrincipalType, Resource
from grantgraph.node import Node, node_of
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.identities import Roles
from grantgraph.sources._cloudformation.policies import read_document
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import FUNCTION, GLOBAL_TABLE, TABLE, modelled_types
from grantgraph.text import Text, Unknown, split_text, text

STATE_MACHINE = "AWS::StepFunctions::StateMachine"
REST_API = "AWS::ApiGateway::RestApi"
PERMISSION = "AWS::Lambda::Permission"
BUS_POLICY = "AWS::Events::EventBusPolicy"

# type → the property that names its targets, the type of these, and the property that holds the document
_POLICIES: Mapping[str, tuple[str, str, str]] = {
    "AWS::S3::BucketPolicy": ("Bucket", "AWS::S3::Bucket", "PolicyDocument"),
    "AWS::SQS::QueuePolicy": ("Queues", "AWS::SQS::Queue", "PolicyDocument"),
    "AWS::SQS::QueueInlinePolicy": ("Queue", "AWS::SQS::Queue", "PolicyDocument"),
    "AWS::SNS::TopicPolicy": ("Topics", "AWS::SNS::Topic", "PolicyDocument"),
    "AWS::SNS::TopicInlinePolicy": ("TopicArn", "AWS::SNS::Topic", "PolicyDocument"),
    "AWS::SecretsManager::ResourcePolicy": ("SecretId", "AWS::SecretsManager::Secret", "ResourcePolicy"),
    "AWS::Kinesis::ResourcePolicy": ("ResourceArn", "AWS::Kinesis::Stream", "ResourcePolicy"),
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


def read_resources(assembly: Assembly, roles: Roles) -> tuple[Resource, ...]:
    """Every resource of a type that is modelled."""
    policies = _resource_policies(assembly)
    found = []
    for one in assembly.of(*modelled_types()):
        assembly.understood(one)
        own = policies.get(one.id, [])
        found.append(
            Resource(
                one.id,
                modelled_types()[one.type].name,
                assembly.arn(one) or "",
                one.stack.environment.account,
                _one_policy(assembly, one, own),
                _attributes(assembly, roles, one),
                tuple(_indexes(assembly, one)),
                one.at,
            )
        )
    return tuple(found)


def _one_policy(assembly: Assembly, one: Declared, policies: list[Policy]) -> Policy | None:
    """A resource has one policy; several that claim to be it are read together, and said to be several."""
    if len(policies) < 2:
        return policies[0] if policies else None
    for later in policies[1:]:
        message = f"`{one.id}` has more than one policy, the other at {policies[0].at}"
        help = "a resource keeps one policy; write their statements into one"
        assembly.problems.note(later.at, "resource-policy-collision", message, help)
    return replace(
        policies[0],
        statements=tuple(statement for policy in policies for statement in policy.statements),
        unseen=tuple(unknown for policy in policies for unknown in policy.unseen),
    )


# ── attributes ──


def _attributes(assembly: Assembly, roles: Roles, one: Declared) -> Mapping[str, Text]:
    if one.type in (TABLE, GLOBAL_TABLE):
        return _keys(assembly, assembly.property(one, "KeySchema"))
    role_key = {FUNCTION: "Role", STATE_MACHINE: "RoleArn"}.get(one.type)
    node = assembly.property(one, role_key) if role_key else None
    role = assembly.text(one, role_key) if role_key else None
    if node is None or role is None:
        return {}
    type = PrincipalType.FUNCTION if one.type == FUNCTION else PrincipalType.ROLE
    return {"runs_as": roles.use(role, node.at, type)}


def _keys(assembly: Assembly, schema: Node | None) -> dict[str, Text]:
    """The partition key and the sort key of a key schema."""
    found: dict[str, Text] = {}
    if schema is not None and not isinstance(schema.value, tuple):
        if isinstance(schema.value, Unknown):
            assembly.problems.unmodelled(schema.at, "key-schema", f"the keys are not known here: {schema.value}")
        else:
            message = f"KeySchema must be a list, not {schema.describe()}"
            assembly.problems.error(schema.at, "type", message)
    for member in schema.items if schema else ():
        name, type = member.get("AttributeName"), member.get("KeyType")
        value = assembly.text_of(name, "AttributeName") if name else None
        key = {"HASH": "partition_key", "RANGE": "sort_key"}.get((type.as_str() if type else None) or "")
        if value is not None and key:
            found[key] = value
    return found


def _indexes(assembly: Assembly, one: Declared) -> Iterator[Index]:
    if one.type not in (TABLE, GLOBAL_TABLE):
        return
    for key in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        node = assembly.property(one, key)
        for member in node.one_or_many() if node else ():
            name = member.get("IndexName")
            spelled = name.as_str() if name else None
            keys = _keys(assembly, member.get("KeySchema"))
            if spelled is None or "partition_key" not in keys:
                message = f"an index of `{one.id}` is not known here"
                assembly.problems.unmodelled(member.at, "index", message)
                continue
            yield Index(spelled, str(keys["partition_key"]), str(keys.get("sort_key", "")))


# ── policies ──


def _resource_policies(assembly: Assembly) -> dict[str, list[Policy]]:
    """The policies of every resource: its own property first, then those that other resources hang on it."""
    found: dict[str, list[Policy]] = {}

    def add(target: Declared, one: Declared, document: Node | None, path: str) -> None:
        type = PolicyType.RESOURCE_BASED
        name = f"policy of {target.id}" if one is target else one.id
        policy = read_document(assembly, one, document, type, name, path)
        found.setdefault(target.id, []).append(policy)

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
    for one in assembly.of(BUS_POLICY):
        statement = assembly.property(one, "Statement")
        bus = assembly.find(assembly.text(one, "EventBusName"), "AWS::Events::EventBus")
        if bus is None or statement is None:
            _report_outside(assembly, one, assembly.text(one, "EventBusName") or "default")
            continue
        assembly.understood(one)
        add(bus, one, _document([statement], one), "Properties/Statement")
    _read_permissions(assembly, found)
    return found


def _report_outside(assembly: Assembly, one: Declared, value: Text) -> None:
    message = f"`{one.logical_id}` is the policy of `{value}`, which is not in the input"
    assembly.problems.unmodelled(one.at, "outside-resource", message)


def _own_documents(assembly: Assembly, one: Declared) -> Iterator[tuple[Node, str]]:
    """The policy that a resource holds in a property of its own."""
    key = modelled_types()[one.type].policy_property
    nodes = [(assembly.property(one, key), f"Properties/{key}")] if key else []
    if one.type == GLOBAL_TABLE:
        replicas = assembly.property(one, "Replicas")
        for at, replica in enumerate(replicas.items if replicas else ()):
            nodes.append((replica.get(key), f"Properties/Replicas/{at}/{key}"))
    for node, path in nodes:
        if node is None:
            continue
        document = node.get("PolicyDocument") or node
        yield (_in_full(document, assembly.arn(one) or "") if one.type == REST_API else document), path


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


def _read_permissions(assembly: Assembly, found: dict[str, list[Policy]]) -> None:
    """The policy of every function, which its permissions make up statement by statement."""
    statements: dict[str, list[Node]] = {}
    targets: dict[str, Declared] = {}
    for one in assembly.of(PERMISSION):
        named = assembly.text(one, "FunctionName")
        target = find_function(assembly, named)
        if target is None:
            _report_outside(assembly, one, named or "")
            continue
        assembly.understood(one)
        statements.setdefault(target.id, []).append(_permission(assembly, one, target))
        targets[target.id] = target
    for id, members in statements.items():
        document = _document(members, targets[id])
        name = f"permissions of {id}"
        type = PolicyType.RESOURCE_BASED
        policy = read_document(assembly, targets[id], document, type, name, "Permissions")
        found.setdefault(id, []).append(policy)


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
            "Resource": assembly.arn(target),
            **({"Condition": conditions} if conditions else {}),
        },
        one.at,
    )


def _principal(value: Text | None) -> object:
    if value is None or value == "*":
        return "*"
    is_service = isinstance(value, str) and "." in value and ":" not in value
    return {"Service" if is_service else "AWS": value}


def _document(statements: list[Node], one: Declared) -> Node:
    version = Node("2012-10-17", one.at)
    return Node({"Version": version, "Statement": Node(tuple(statements), one.at)}, one.at)


# ── who is called ──


def find_function(assembly: Assembly, value: Text | None) -> Declared | None:
    """The function that a name, an ARN, an alias, or the URI of an integration means."""
    if value is None:
        return None
    for _ in range(4):  # an alias of a version of a function is the longest way
        direct = assembly.find(value, FUNCTION, "AWS::Lambda::Alias", "AWS::Lambda::Version")
        if direct is None:
            direct = assembly.find(_without_qualifier(_function_of_uri(value)), FUNCTION)
        if direct is None or direct.type == FUNCTION:
            return direct
        named = assembly.text(direct, "FunctionName")
        if named is None:
            return None
        value = named
    return None


def _function_of_uri(value: Text) -> Text:
    """The ARN inside `arn:...:lambda:path/2015-03-31/functions/<ARN>/invocations`."""
    after = split_text(value, "/functions/", 1)
    return split_text(after[1], "/invocations", 1)[0] if len(after) == 2 else value


def _without_qualifier(value: Text) -> Text:
    """A function's ARN without the version or alias at its end."""
    fields = split_text(value, ":")
    if len(fields) != 8 or fields[2] != "lambda":
        return value
    pieces: list[Text] = []
    for field in fields[:7]:
        pieces += [":", field] if pieces else [field]
    return text(pieces)
