"""EventBridge: event buses, whose rules call."""

from grantgraph.resources import ActionsOn, Calls, ResourceType

PUT = (ActionsOn("", ("events:PutEvents",)),)

RESOURCE_TYPES = (
    ResourceType(
        name="events:event-bus",
        cloudformation="AWS::Events::EventBus",
        terraform="aws_cloudwatch_event_bus",
        arn="arn:${partition}:events:${region}:${account}:event-bus/${name}",
        access={"put": PUT, "send": PUT, "write": PUT},
        name_property="Name",
        attributes={"Arn": "${arn}", "Name": "${name}"},
        policy_property="Policy",
        scopes=frozenset({"sources", "detail_types"}),
        calls=Calls("events.amazonaws.com", ("lambda:function", "sqs:queue")),
        shared=True,
        starts=("put",),
    ),
)
