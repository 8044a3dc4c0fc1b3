"""What passes messages on: SQS queues, SNS topics, Kinesis streams, EventBridge buses, rules and schedules."""

from __future__ import annotations

from grantgraph.node import Node
from grantgraph.sources._terraform.document import Instance
from grantgraph.sources._terraform.environments import known_text
from grantgraph.sources._terraform.links import Link
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import Properties, TerraformType
from grantgraph.sources._terraform.types._policies import policy_resource, with_own_policy
from grantgraph.sources._terraform.types.lambda_ import FUNCTIONS, value_of

QUEUE, TOPIC, STREAM, BUS = "aws_sqs_queue", "aws_sns_topic", "aws_kinesis_stream", "aws_cloudwatch_event_bus"
RULE, FLOW = "aws_cloudwatch_event_rule", "aws_sfn_state_machine"
CALLED = (*FUNCTIONS, QUEUE, TOPIC, STREAM, BUS, FLOW)


def _subscription(reader: Reader, one: Instance) -> Properties:
    return {
        "Protocol": reader.text(one, "protocol"),
        "TopicArn": value_of(reader.link(one, "topic_arn", to=(TOPIC,))),
        "Endpoint": value_of(reader.link(one, "endpoint", to=(*FUNCTIONS, QUEUE))),
    }


def _plain(reader: Reader, one: Instance) -> Properties:
    return {}


def _stream(reader: Reader, one: Instance) -> Properties:
    key = reader.hint(one, "kms_key_id", to=("aws_kms_key",))
    return {"StreamEncryption": Node({"KeyId": key}, one.at) if key is not None else None}


# ── EventBridge ──


def _bus_permission(reader: Reader, one: Instance) -> Properties | None:
    """One statement of a bus's policy."""
    principal = reader.text(one, "principal")
    bus = reader.link(one, "event_bus_name", to=(BUS,))
    if principal is None:
        return None
    arn = bus.value if bus is not None else Node("default", one.at)
    statement = {
        "Effect": Node("Allow", one.at),
        "Principal": principal if principal.value == "*" else Node({"AWS": principal}, one.at),
        "Action": reader.text(one, "action") or Node("events:PutEvents", one.at),
        "Resource": arn,
    }
    for at in reader.blocks(one, "condition"):
        type, key = known_text_at(reader, one, at, "type"), known_text_at(reader, one, at, "key")
        value = reader.text(one, "condition", at, "value")
        if value is not None:
            statement["Condition"] = Node({type: Node({key: value}, one.at)}, one.at)
    return {"EventBusName": arn, "Statement": Node(statement, one.at)}


def known_text_at(reader: Reader, one: Instance, at: int, name: str) -> str:
    node = reader.text(one, "condition", at, name)
    return (node.as_str() if node is not None else None) or ""


def _rule(reader: Reader, one: Instance) -> Properties:
    return {
        "ScheduleExpression": reader.text(one, "schedule_expression"),
        "EventPattern": reader.value(one, "event_pattern"),
        "EventBusName": value_of(_bus(reader, one)),
    }


def _bus(reader: Reader, one: Instance) -> Link | None:
    """The bus of a rule; None for the default one."""
    return (
        reader.link(one, "event_bus_name", to=(BUS,)) if known_text(one, "event_bus_name") != "default" else None
    )


def _target(reader: Reader, one: Instance) -> Properties | None:
    """A target of a rule, which CloudFormation keeps in the rule."""
    arn = reader.link(one, "arn", to=CALLED)
    rule = reader.link(one, "rule", to=(RULE,))
    found = rule.found if rule is not None else None
    if found is None and rule is not None and not rule.is_open:  # one name on two buses
        bus = known_text(one, "event_bus_name")
        named = [other for other in reader.instances(RULE) if known_text(other, "name") == rule.value.value]
        same = [other for other in named if known_text(other, "event_bus_name") == bus]
        found = same[0] if len(same) == 1 else None
    if found is None or arn is None:
        message = f"`{one.address}` starts something, but its rule is not in the input"
        reader.problems.unmodelled(one.at, "outside-event", message)
        return None
    target = _called(one, arn, reader.link(one, "role_arn", to=("aws_iam_role",)))
    if target is not None:
        reader.add(found, "Targets", target)
    return None


def _called(one: Instance, arn: Link | None, role: Link | None) -> Node | None:
    """What a rule or a schedule calls, and the role that it does so with."""
    if arn is None:
        return None
    return Node({"Arn": arn.value} | ({"RoleArn": role.value} if role is not None else {}), one.at)


def _schedule(reader: Reader, one: Instance) -> Properties:
    arn = reader.link(one, "target", 0, "arn", to=CALLED)
    return {
        "ScheduleExpression": reader.text(one, "schedule_expression"),
        "Target": _called(one, arn, reader.link(one, "target", 0, "role_arn", to=("aws_iam_role",))),
    }


def _state_machine(reader: Reader, one: Instance) -> Properties:
    return {
        "RoleArn": value_of(reader.link(one, "role_arn", to=("aws_iam_role",))),
        "DefinitionString": reader.value(one, "definition"),
    }


TERRAFORM_TYPES = (
    TerraformType(
        QUEUE,
        "AWS::SQS::Queue",
        with_own_policy("aws_sqs_queue_policy", "queue_url", ("KmsMasterKeyId", "kms_master_key_id")),
        "name",
        "name_prefix",
        known_by=("id", "arn", "url"),
    ),
    policy_resource("aws_sqs_queue_policy", "queue_url", QUEUE),
    TerraformType(
        TOPIC,
        "AWS::SNS::Topic",
        with_own_policy("aws_sns_topic_policy", "arn", ("KmsMasterKeyId", "kms_master_key_id")),
        "name",
        "name_prefix",
    ),
    policy_resource("aws_sns_topic_policy", "arn", TOPIC),
    TerraformType("aws_sns_topic_subscription", "AWS::SNS::Subscription", _subscription),
    TerraformType(STREAM, "AWS::Kinesis::Stream", _stream, "name"),
    policy_resource("aws_kinesis_resource_policy", "resource_arn", STREAM),
    TerraformType(BUS, "AWS::Events::EventBus", _plain, "name", slashes=True),
    policy_resource("aws_cloudwatch_event_bus_policy", "event_bus_name", BUS),
    TerraformType("aws_cloudwatch_event_permission", "AWS::Events::EventBusPolicy", _bus_permission),
    TerraformType(RULE, "AWS::Events::Rule", _rule, "name", "name_prefix"),
    TerraformType("aws_cloudwatch_event_target", "", _target),
    TerraformType("aws_scheduler_schedule", "AWS::Scheduler::Schedule", _schedule, "name", "name_prefix"),
    TerraformType(FLOW, "AWS::StepFunctions::StateMachine", _state_machine, "name", "name_prefix"),
)
