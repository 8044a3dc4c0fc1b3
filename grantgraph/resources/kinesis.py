"""Kinesis: data streams."""

from grantgraph.resources import ActionsOn, Encryption, ResourceType

READ = (
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
WRITE = ("kinesis:PutRecord", "kinesis:PutRecords")

RESOURCE_TYPES = (
    ResourceType(
        name="kinesis:stream",
        cloudformation="AWS::Kinesis::Stream",
        terraform="aws_kinesis_stream",
        arn="arn:${partition}:kinesis:${region}:${account}:stream/${name}",
        access={
            "read": (ActionsOn("", READ),),
            "write": (ActionsOn("", WRITE),),
        },
        name_property="Name",
        attributes={"Arn": "${arn}"},
        encryption=Encryption(
            "kinesis",
            {
                "kinesis:GetRecords": ("kms:Decrypt",),
                "kinesis:PutRecord": ("kms:GenerateDataKey",),
                "kinesis:PutRecords": ("kms:GenerateDataKey",),
            },
            {"aws:kinesis:arn": ("${arn}",)},
        ),
        # A consumer with a lane of its own needs SubscribeToShard on the consumer besides.
        consume=(ActionsOn("", ("kinesis:DescribeStream", *READ)),),
        shared=True,
        starts=("write",),
    ),
)
