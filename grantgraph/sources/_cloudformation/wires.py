"""How the resources of an assembly are wired: what functions run with, what refers to what, and their keys.

All of it is read last, when every property has been resolved and every problem with one has been told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from grantgraph.model import Resource
from grantgraph.node import Node
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.called import find_called, find_function
from grantgraph.sources._cloudformation.origin import names_in
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import (
    BUCKET,
    FUNCTION,
    GLOBAL_TABLE,
    KEY,
    QUEUE,
    REPLICA_KEY,
    SECRET,
    STATE_MACHINE,
    STREAM,
    TABLE,
    TOPIC,
    USER_POOL,
    modelled_types,
)
from grantgraph.text import Text, Unknown, parts_of, split_text
from grantgraph.wiring import Logs, Runtime, Wire, WireType

KEY_ALIAS = "AWS::KMS::Alias"
INVOKE_CONFIG = "AWS::Lambda::EventInvokeConfig"
LOG_GROUP = "AWS::Logs::LogGroup"
# type → where it says which key encrypts it
_KEYS: Mapping[str, tuple[str, ...]] = {
    FUNCTION: ("KmsKeyArn",),
    GLOBAL_TABLE: ("SSESpecification", "KMSMasterKeyId"),
    QUEUE: ("KmsMasterKeyId",),
    SECRET: ("KmsKeyId",),
    STREAM: ("StreamEncryption", "KeyId"),
    TABLE: ("SSESpecification", "KMSMasterKeyId"),
    TOPIC: ("KmsMasterKeyId",),
    USER_POOL: ("LambdaConfig", "KMSKeyID"),
}
_DEFINITIONS = ("Definition", "DefinitionString", "DefinitionSubstitutions")


def wired(assembly: Assembly, resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """The resources, with what they run with, and which key encrypts them."""
    declared = {one.id: one for one in assembly.declared}
    groups = frozenset(name for one in assembly.of(LOG_GROUP) if (name := assembly.names.name(one)) != "")
    return tuple(_wired(assembly, one, declared[one.id], groups) for one in resources)


def _wired(assembly: Assembly, resource: Resource, one: Declared, groups: frozenset[Text]) -> Resource:
    found = dict(resource.attributes)
    key = _key(assembly, one)
    if key:
        found["key"] = key
    if one.type in (TABLE, GLOBAL_TABLE):
        stream = assembly.property(one, "StreamSpecification")
        view = stream.get("StreamViewType") if stream is not None else None
        if stream is not None:
            found["stream"] = (view.as_text() if view is not None else None) or "on"
    runtime = _runtime(assembly, one, groups, key) if one.type == FUNCTION else None
    return replace(resource, attributes=found, runtime=runtime)


def _key(assembly: Assembly, one: Declared) -> str:
    """The id of the key that encrypts a resource, where it is the application's own."""
    if one.type == BUCKET:
        config = assembly.property(one, "BucketEncryption")
        rules = config.get("ServerSideEncryptionConfiguration") if config else None
        nodes = [
            rule.get("ServerSideEncryptionByDefault", "KMSMasterKeyID") for rule in (rules.items if rules else ())
        ]
    else:
        first, *rest = _KEYS.get(one.type, ("",))
        own = assembly.property(one, first) if first else None
        nodes = [own.get(*rest) if own is not None else None]
    for node in nodes:
        value = node.as_text() if node is not None else None
        found = assembly.find(value, KEY, REPLICA_KEY, KEY_ALIAS)
        if found is not None and found.type == KEY_ALIAS:
            target = assembly.property(found, "TargetKeyId")
            found = assembly.find(target.as_text() if target else None, KEY, REPLICA_KEY)
        if found is not None:
            return found.id
    return ""


# ── functions ──


def _runtime(assembly: Assembly, one: Declared, groups: frozenset[Text], key: str) -> Runtime:
    """What Lambda needs of the function's role."""
    tracing = assembly.property(one, "TracingConfig")
    mode = tracing.get("Mode") if tracing else None
    network = assembly.property(one, "VpcConfig")
    subnets = network.get("SubnetIds") if network else None
    letters = assembly.property(one, "DeadLetterConfig")
    target = letters.get("TargetArn") if letters else None
    failures = assembly.find(target.as_text() if target else None, QUEUE, TOPIC)
    return Runtime(
        _logs(assembly, one, groups),
        mode is not None and mode.value == "Active",
        subnets is not None and subnets.value not in (None, ()),
        failures.id if failures is not None else "",
        key,
    )


def _logs(assembly: Assembly, one: Declared, groups: frozenset[Text]) -> Logs:
    """Whether the application makes the function's log group."""
    config = assembly.property(one, "LoggingConfig")
    if config is not None and config.get("LogGroup") is not None:
        return Logs.APPLICATION
    name = assembly.names.name(one)
    return Logs.APPLICATION if any(_is_group_of(group, name) for group in groups) else Logs.LAMBDA


def _is_group_of(group: Text, name: Text) -> bool:
    fields = split_text(group, "/aws/lambda/", 1)
    return len(fields) == 2 and fields[0] == "" and fields[1] == name


# ── what refers to what ──


def read_wires(assembly: Assembly) -> Iterator[Wire]:
    """Every reference of a function or a state machine to a resource, the same one once."""
    owners = {one.owner: one for one in assembly.declared if one.type in modelled_types()}
    for one in assembly.of(FUNCTION):
        environment = assembly.property(one, "Environment")
        variables = environment.get("Variables") if environment is not None else None
        written = assembly.written(one, "Environment")
        wrote = written.get("Variables") if written is not None else None
        for name, value in (variables.fields if variables is not None else {}).items():
            own = wrote.fields.get(name) if wrote is not None else None
            for to in _meant(assembly, one, own, value, owners):
                yield Wire(one.id, to.id, WireType.ENVIRONMENT, name, value.at)
    for one in assembly.of(STATE_MACHINE):
        seen: dict[str, Wire] = {}
        for key in _DEFINITIONS:
            node, own = assembly.property(one, key), assembly.written(one, key)
            for to in _meant(assembly, one, own, node, owners) if node is not None else ():
                seen.setdefault(to.id, Wire(one.id, to.id, WireType.DEFINITION, key, node.at if node else one.at))
        yield from seen.values()
    for one in assembly.of(INVOKE_CONFIG):
        yield from _destinations(assembly, one)


def _meant(
    assembly: Assembly, one: Declared, written: Node | None, value: Node, owners: Mapping[str, Declared]
) -> list[Declared]:
    """The resources that a value speaks of: by what it refers to, or where it spells them out, by their names."""
    found: dict[str, Declared] = {}
    for name in names_in(written) if written is not None else ():
        target = assembly.targets.get((id(one.stack), name))
        if target is not None and target.type in modelled_types() and target in assembly.declared:
            found[target.id] = target
    for node in value.walk() if not found else ():
        spelled = node.as_text()
        if spelled is None or spelled == "":
            continue
        direct = _named(assembly, spelled)
        if direct is not None:
            found[direct.id] = direct
        for part in parts_of(spelled):
            owner = owners.get(_owner_in(part.name)) if isinstance(part, Unknown) else None
            if owner is not None:
                found[owner.id] = owner
    return [target for target in found.values() if target.id != one.id]


def _owner_in(name: str) -> str:
    """The owner in the name of an unknown: `Jobs.Ref` is what `Jobs` decides."""
    return name.rpartition(".")[0] if name.endswith((".Ref", ".Suffix", ".StreamLabel")) else name


def _named(assembly: Assembly, value: Text) -> Declared | None:
    """The one resource of a name or an ARN; None where several have it."""
    found = [one for type in modelled_types() if (one := assembly.find(value, type)) is not None]
    distinct = {one.id: one for one in found}
    return next(iter(distinct.values())) if len(distinct) == 1 else None


def _destinations(assembly: Assembly, one: Declared) -> Iterator[Wire]:
    """Where a function's results go, or what it failed on."""
    named = assembly.property(one, "FunctionName")
    function = find_function(assembly, named.as_text() if named is not None else None)
    config = assembly.property(one, "DestinationConfig")
    for key in ("OnFailure", "OnSuccess"):
        node = config.get(key, "Destination") if config is not None else None
        target = find_called(assembly, node.as_text()) if node is not None else None
        if function is not None and target is not None and node is not None:
            yield Wire(function.id, target.id, WireType.DESTINATION, key, node.at)
