"""What calls code without a request: user-pool triggers, messages, streams, files, events, and time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grantgraph.model import EntryPoint, EntryPointType
from grantgraph.node import Node
from grantgraph.problems import Location
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.called import find_called, find_function, find_source
from grantgraph.sources._cloudformation.identities import Roles
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import (
    BUCKET,
    BUS,
    QUEUE,
    TOPIC,
    USER_POOL,
)

PIPE = "AWS::Pipes::Pipe"
SCHEDULE = "AWS::Scheduler::Schedule"
LOG_FILTER = "AWS::Logs::SubscriptionFilter"
# list of a notification configuration → the key of the target in each member
_NOTIFICATIONS = {
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
    "LambdaConfigurations": "Function",
    "QueueConfigurations": "QueueArn",
    "TopicConfigurations": "TopicArn",
}


def read_events(assembly: Assembly, roles: Roles) -> Iterator[EntryPoint]:
    """Every event that starts code or moves a message."""
    for one in assembly.of(USER_POOL):
        yield from _triggers(assembly, one)
    for one in assembly.of("AWS::SNS::Subscription"):
        yield from _subscription(assembly, one)
    for one in assembly.of(TOPIC):
        yield from _own_subscriptions(assembly, one)
    for one in assembly.of("AWS::Lambda::EventSourceMapping"):
        yield from _consumer(assembly, one)
    for one in assembly.of("Custom::S3BucketNotifications"):
        bucket = assembly.find(assembly.text(one, "BucketName"), BUCKET)
        if bucket is None:
            _report(assembly, one)
        else:
            assembly.understood(one)
            yield from _notifications(assembly, one, bucket)
    for one in assembly.of(BUCKET):
        yield from _notifications(assembly, one, one)
    for one in assembly.of("AWS::Events::Rule"):
        yield from _rule(assembly, roles, one)
    for one in assembly.of(SCHEDULE):
        target = assembly.property(one, "Target")
        expression = str(assembly.text(one, "ScheduleExpression") or one.id)
        yield from _scheduled(assembly, roles, one, expression, [target] if target else [])
    for one in assembly.of(PIPE):
        yield from _pipe(assembly, roles, one)
    for one in assembly.of(LOG_FILTER):
        yield from _log_filter(assembly, roles, one)


def _event(
    type: EntryPointType,
    source: str,
    target: Declared,
    at: Location,
    id: str = "",
    calls: str = "",
    runs_as: str = "",
) -> EntryPoint:
    own = id or f"{source} to {target.id}"
    return EntryPoint(own, type, target.id, source=calls or source, runs_as=runs_as, at=at)


def _report(assembly: Assembly, one: Declared) -> None:
    message = f"`{one.logical_id}` starts something, or is started by something, that is not in the input"
    assembly.problems.unmodelled(one.at, "outside-event", message)


def _triggers(assembly: Assembly, pool: Declared) -> Iterator[EntryPoint]:
    config = assembly.property(pool, "LambdaConfig")
    if config is None:
        return
    for key, member in config.fields.items():
        if key == "KMSKeyID":
            continue
        arn = member.get("LambdaArn") or member
        function = find_function(assembly, arn.as_text())
        if function is None:
            _report(assembly, pool)
            continue
        id = f"{key.removesuffix('Config')} of {pool.id}"
        yield _event(EntryPointType.USER_POOL_TRIGGER, pool.id, function, member.at, id)


def _subscription(assembly: Assembly, one: Declared) -> Iterator[EntryPoint]:
    protocol = assembly.text(one, "Protocol")
    if protocol not in ("lambda", "sqs"):
        return  # an address outside AWS: counted, as it calls none of our code
    topic = assembly.find(assembly.text(one, "TopicArn"), TOPIC)
    target = find_called(assembly, assembly.text(one, "Endpoint"))
    if target is None:
        _report(assembly, one)
        return
    assembly.understood(one)
    source = topic.id if topic else str(assembly.text(one, "TopicArn"))
    yield _event(EntryPointType.SUBSCRIPTION, source, target, one.at)


def _own_subscriptions(assembly: Assembly, topic: Declared) -> Iterator[EntryPoint]:
    """The subscriptions that a topic lists itself."""
    node = assembly.property(topic, "Subscription")
    for member in node.items if node else ():
        protocol, endpoint = member.get("Protocol"), member.get("Endpoint")
        if protocol is None or endpoint is None or protocol.value not in ("lambda", "sqs"):
            continue
        target = find_called(assembly, endpoint.as_text())
        if target is None:
            _report(assembly, topic)
            continue
        yield _event(EntryPointType.SUBSCRIPTION, topic.id, target, member.at)


def _consumer(assembly: Assembly, one: Declared) -> Iterator[EntryPoint]:
    function = find_function(assembly, assembly.text(one, "FunctionName"))
    if function is None:
        _report(assembly, one)
        return
    assembly.understood(one)
    arn = assembly.text(one, "EventSourceArn")
    source = find_source(assembly, arn)
    shown = source.id if source else str(arn) if arn is not None else one.id
    config = assembly.property(one, "DestinationConfig")
    failed = config.get("OnFailure", "Destination") if config is not None else None
    failures = assembly.find(failed.as_text() if failed is not None else None, QUEUE, TOPIC)
    entry = _event(EntryPointType.CONSUMER, shown, function, one.at)
    yield replace(entry, failures_to=failures.id if failures is not None else "")


def _notifications(assembly: Assembly, one: Declared, bucket: Declared) -> Iterator[EntryPoint]:
    config = assembly.property(one, "NotificationConfiguration")
    for list_key, key in _NOTIFICATIONS.items():
        members = config.get(list_key) if config else None
        for member in members.items if members else ():
            arn = member.get(key) or member.get(key.removesuffix("Arn"))
            target = find_called(assembly, arn.as_text()) if arn else None
            if target is None:
                _report(assembly, one)
                continue
            yield _event(EntryPointType.NOTIFICATION, bucket.id, target, member.at)


def _rule(assembly: Assembly, roles: Roles, one: Declared) -> Iterator[EntryPoint]:
    targets = assembly.property(one, "Targets")
    schedule = assembly.text(one, "ScheduleExpression")
    members = list(targets.items) if targets else []
    if schedule is not None:
        yield from _scheduled(assembly, roles, one, str(schedule), members)
    if assembly.property(one, "EventPattern") is not None:
        bus = assembly.find(assembly.text(one, "EventBusName"), BUS)
        source = bus.id if bus else str(assembly.text(one, "EventBusName") or "default event bus")
        for target, member, role in _targets(assembly, roles, one, members):
            id = f"{one.id} to {target.id}"
            yield _event(EntryPointType.SUBSCRIPTION, source, target, member.at, id, runs_as=role)


def _scheduled(
    assembly: Assembly, roles: Roles, one: Declared, when: str, members: list[Node]
) -> Iterator[EntryPoint]:
    for target, member, role in _targets(assembly, roles, one, members):
        yield _event(EntryPointType.SCHEDULE, when, target, member.at, calls=one.id, runs_as=role)


def _targets(
    assembly: Assembly, roles: Roles, one: Declared, members: list[Node]
) -> Iterator[tuple[Declared, Node, str]]:
    """What a rule or a schedule calls, and the role that it does so with."""
    for member in members:
        arn = member.get("Arn")
        role = _role(assembly, roles, member.get("RoleArn"))
        target = find_called(assembly, arn.as_text()) if arn else None
        if target is None:
            _report(assembly, one)
            continue
        assembly.understood(one)
        yield target, member, role


def _role(assembly: Assembly, roles: Roles, node: Node | None) -> str:
    role = assembly.text_of(node, "a role") if node else None
    return roles.use(role, node.at) if role is not None and node is not None else ""


def _pipe(assembly: Assembly, roles: Roles, one: Declared) -> Iterator[EntryPoint]:
    """What a pipe moves messages to, by way of what enriches them."""
    role = _role(assembly, roles, assembly.property(one, "RoleArn"))
    arn = assembly.text(one, "Source")
    source = find_source(assembly, arn)
    shown = source.id if source else str(arn)
    for key in ("Enrichment", "Target"):
        node = assembly.property(one, key)
        target = find_called(assembly, node.as_text()) if node else None
        if node is not None and target is None:
            _report(assembly, one)
        elif node is not None and target is not None:
            assembly.understood(one)
            yield _event(EntryPointType.CONSUMER, shown, target, node.at, runs_as=role)


def _log_filter(assembly: Assembly, roles: Roles, one: Declared) -> Iterator[EntryPoint]:
    """What a log group hands its lines to."""
    target = find_called(assembly, assembly.text(one, "DestinationArn"))
    if target is None:
        _report(assembly, one)
        return
    assembly.understood(one)
    role = _role(assembly, roles, assembly.property(one, "RoleArn"))
    source = str(assembly.text(one, "LogGroupName") or one.id)
    yield _event(EntryPointType.SUBSCRIPTION, source, target, one.at, runs_as=role)
