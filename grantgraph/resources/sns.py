"""SNS: topics."""

from grantgraph.resources import ActionsOn, ResourceType

RESOURCE_TYPES = (
    ResourceType(
        name="sns:topic",
        cloudformation="AWS::SNS::Topic",
        terraform="aws_sns_topic",
        arn="arn:${partition}:sns:${region}:${account}:${name}",
        access={
            "publish": (ActionsOn("", ("sns:Publish",)),),
            "subscribe": (ActionsOn("", ("sns:Subscribe",)),),
            "write": (ActionsOn("", ("sns:Publish",)),),
        },
        name_property="TopicName",
        ref="arn",
        attributes={"TopicArn": "${arn}", "TopicName": "${name}"},
    ),
)
