"""SQS: queues. `Ref` gives the URL, which no policy speaks about."""

from grantgraph.resources import ActionsOn, Encryption, ResourceType

SEND = ("sqs:SendMessage",)
RECEIVE = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")

RESOURCE_TYPES = (
    ResourceType(
        name="sqs:queue",
        cloudformation="AWS::SQS::Queue",
        terraform="aws_sqs_queue",
        arn="arn:${partition}:sqs:${region}:${account}:${name}",
        access={
            "send": (ActionsOn("", SEND),),
            "receive": (ActionsOn("", RECEIVE),),
            "write": (ActionsOn("", SEND),),
            "read": (ActionsOn("", RECEIVE),),
            "find": (ActionsOn("", ("sqs:GetQueueUrl",)),),
        },
        name_property="QueueName",
        ref="url",
        attributes={"Arn": "${arn}", "QueueName": "${name}"},
        encryption=Encryption(
            "sqs",
            {"sqs:ReceiveMessage": ("kms:Decrypt",), "sqs:SendMessage": ("kms:Decrypt", "kms:GenerateDataKey")},
            {"aws:sqs:arn": ("${arn}",)},
        ),
        consume=(ActionsOn("", ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")),),
        called_by="sqs:SendMessage",
        shared=True,
        bulk=ActionsOn("", ("sqs:ReceiveMessage",)),
        starts=("send",),
    ),
)
