"""EventBridge: event buses."""

from grantgraph.resources import ActionsOn, ResourceType

RESOURCE_TYPES = (
    ResourceType(
        name="events:event-bus",
        cloudformation="AWS::Events::EventBus",
        terraform="aws_cloudwatch_event_bus",
        arn="arn:${partition}:events:${region}:${account}:event-bus/${name}",
        access={
            "put": (ActionsOn("", ("events:PutEvents",)),),
            "write": (ActionsOn("", ("events:PutEvents",)),),
        },
        name_property="Name",
        attributes={"Arn": "${arn}", "Name": "${name}"},
        policy_property="Policy",
    ),
)
