"""Kinesis: data streams."""

from grantgraph.resources import ActionsOn, ResourceType

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
    ),
)
