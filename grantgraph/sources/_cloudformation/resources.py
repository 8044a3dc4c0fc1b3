"""Resources and the policies that hang on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grantgraph.model import RESTRICTED, Index, PrincipalType, Resource
from grantgraph.node import Node
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.identities import Roles
from grantgraph.sources._cloudformation.names import PARTS
from grantgraph.sources._cloudformation.resource_policies import read_resource_policies
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import (
    BUCKET,
    FUNCTION,
    GLOBAL_TABLE,
    STATE_MACHINE,
    TABLE,
    modelled_types,
)
from grantgraph.text import Text, Unknown


def read_resources(assembly: Assembly, roles: Roles) -> tuple[Resource, ...]:
    """Every resource of a type that is modelled."""
    policies = read_resource_policies(assembly)
    for part in assembly.of(*PARTS):
        assembly.understood(part)
    found = []
    for one in assembly.of(*modelled_types()):
        assembly.understood(one)
        _report_access_list(assembly, one)
        found.append(
            Resource(
                one.id,
                modelled_types()[one.type].name,
                assembly.names.arn(one) or "",
                one.stack.environment.account,
                policies.get(one.id),
                _attributes(assembly, roles, one),
                tuple(_indexes(assembly, one)),
                one.at,
            )
        )
    return tuple(found)


_OPEN_LISTS = ("PublicRead", "PublicReadWrite", "AuthenticatedRead")


def _report_access_list(assembly: Assembly, one: Declared) -> None:
    """An access control list grants what no policy says."""
    given = assembly.text(one, "AccessControl") if one.type == BUCKET else None
    if given is not None and (not isinstance(given, str) or given in _OPEN_LISTS):
        message = f"the access control list `{given}` of `{one.id}` is not reasoned about"
        assembly.problems.unmodelled(one.at, "access-list", message, "grant access by a bucket policy")


# ── attributes ──


def _attributes(assembly: Assembly, roles: Roles, one: Declared) -> Mapping[str, Text]:
    return {**_own_attributes(assembly, roles, one), **_encryption(assembly, one)}


_KEYS: Mapping[str, tuple[str, ...]] = {
    BUCKET: (
        "BucketEncryption",
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionByDefault",
        "KMSMasterKeyID",
    ),
    TABLE: ("SSESpecification", "KMSMasterKeyId"),
    "AWS::Kinesis::Stream": ("StreamEncryption", "KeyId"),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
}
"""Where a resource says which key encrypts it."""


def _encryption(assembly: Assembly, one: Declared) -> Mapping[str, Text]:
    """The key of the application that encrypts a resource, by its id.

    What hinges on a condition is left alone: which key it is decides about no access.
    """
    first, *path = _KEYS.get(one.type, ("",))
    node = assembly.written(one, first) if first else None
    for name in path:
        node = next((found for each in node.one_or_many() if (found := each.get(name))), None) if node else None
    if node is None or node.get("Fn::If") is not None:
        return {}
    value = assembly.of_stack(one.stack).value(node)
    key = assembly.find(value.as_text() if value is not None else None, "AWS::KMS::Key")
    return {"key": key.id} if key is not None else {}


def _own_attributes(assembly: Assembly, roles: Roles, one: Declared) -> Mapping[str, Text]:
    if one.type in (TABLE, GLOBAL_TABLE):
        return _keys(assembly, assembly.property(one, "KeySchema"))
    if one.type == BUCKET:
        return _public_access(assembly, one)
    role_key = {FUNCTION: "Role", STATE_MACHINE: "RoleArn"}.get(one.type)
    node = assembly.property(one, role_key) if role_key else None
    role = assembly.text(one, role_key) if role_key else None
    if node is None or role is None:
        return {}
    type = PrincipalType.FUNCTION if one.type == FUNCTION else PrincipalType.ROLE
    return {"runs_as": roles.use(role, node.at, type)}


def _public_access(assembly: Assembly, one: Declared) -> Mapping[str, Text]:
    """Whether S3 Block Public Access shuts everybody else out of a bucket whose policy is public (rule 125)."""
    block = assembly.property(one, "PublicAccessBlockConfiguration")
    if block is None:
        return {}
    node = block if isinstance(block.value, Unknown) else block.get("RestrictPublicBuckets")
    value = node.as_text() if node is not None else None
    known = isinstance(value, str)
    if value is None or (known and str(value).lower() != "true"):
        return {}
    return {RESTRICTED: "true" if known else value}


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
