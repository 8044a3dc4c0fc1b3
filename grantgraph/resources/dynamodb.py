"""DynamoDB: tables, their indexes and streams.

Reading leaves Scan out: it carries no `dynamodb:LeadingKeys`, so beside a rule on rows it opens the whole
table (rules 156, 157). The word `scan` asks for it.
"""

from grantgraph.resources import ActionsOn, Encryption, ResourceType

READ = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
WRITE = ("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
PARTIQL = ("dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLSelect", "dynamodb:PartiQLUpdate")
CHECK = ("dynamodb:ConditionCheckItem",)
SCAN = ("dynamodb:Scan",)
# ListStreams only names streams, is checked on `*`, and is not used where the stream's ARN is known.
STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
DECRYPT = ("kms:Decrypt",)

RESOURCE_TYPES = (
    ResourceType(
        name="dynamodb:table",
        cloudformation="AWS::DynamoDB::Table",
        terraform="aws_dynamodb_table",
        arn="arn:${partition}:dynamodb:${region}:${account}:table/${name}",
        access={
            "read": (ActionsOn("", READ),),
            "get": (ActionsOn("", ("dynamodb:BatchGetItem", "dynamodb:GetItem")),),
            "query": (ActionsOn("", ("dynamodb:Query",)),),
            "write": (ActionsOn("", WRITE),),
            "put": (ActionsOn("", ("dynamodb:PutItem",)),),
            "update": (ActionsOn("", ("dynamodb:UpdateItem",)),),
            "delete": (ActionsOn("", ("dynamodb:DeleteItem",)),),
            "check": (ActionsOn("", CHECK),),
            "scan": (ActionsOn("", SCAN),),
            "partiql": (ActionsOn("", PARTIQL),),
            "stream": (ActionsOn("/stream/*", STREAM),),
        },
        name_property="TableName",
        attributes={"Arn": "${arn}"},
        policy_property="ResourcePolicy",
        scopes=frozenset({"rows", "attributes", "index"}),
        # Whoever touches a table has DynamoDB open the table's key with theirs.
        encryption=Encryption(
            "dynamodb",
            dict.fromkeys((*READ, *WRITE, *PARTIQL, *CHECK, *SCAN, "dynamodb:GetRecords"), DECRYPT),
            {"aws:dynamodb:tableName": ("${name}",), "aws:dynamodb:subscriberId": ("${account}",)},
        ),
        consume=(ActionsOn("/stream/*", STREAM),),
        shared=True,
        starts=("write", "partiql"),
    ),
)
