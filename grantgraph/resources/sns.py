"""SNS: topics."""

from grantgraph.resources import ActionsOn, Calls, Encryption, ResourceType

PUBLISH = (ActionsOn("", ("sns:Publish",)),)

RESOURCE_TYPES = (
    ResourceType(
        name="sns:topic",
        cloudformation="AWS::SNS::Topic",
        terraform="aws_sns_topic",
        arn="arn:${partition}:sns:${region}:${account}:${name}",
        access={
            "publish": PUBLISH,
            "subscribe": (ActionsOn("", ("sns:Subscribe",)),),
            "write": PUBLISH,
        },
        name_property="TopicName",
        ref="arn",
        attributes={"TopicArn": "${arn}", "TopicName": "${name}"},
        scopes=frozenset({"protocols", "endpoints"}),
        encryption=Encryption(
            "sns", {"sns:Publish": ("kms:Decrypt", "kms:GenerateDataKey")}, {"aws:sns:topicArn": ("${arn}",)}
        ),
        calls=Calls("sns.amazonaws.com", ("lambda:function", "sqs:queue")),
        called_by="sns:Publish",
        shared=True,
        starts=("publish",),
    ),
)
