"""DynamoDB: tables and their indexes.

Reading leaves Scan out: it carries no `dynamodb:LeadingKeys`, so beside a rule on rows it opens the whole
table (rules 156, 157). The word `scan` asks for it.
"""

from grantgraph.resources import ActionsOn, ResourceType

READ = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
WRITE = ("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
PARTIQL = ("dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLSelect", "dynamodb:PartiQLUpdate")

RESOURCE_TYPES = (
    ResourceType(
        name="dynamodb:table",
        cloudformation="AWS::DynamoDB::Table",
        terraform="aws_dynamodb_table",
        arn="arn:${partition}:dynamodb:${region}:${account}:table/${name}",
        access={
            "read": (ActionsOn("", READ),),
            "write": (ActionsOn("", WRITE),),
            "query": (ActionsOn("", ("dynamodb:Query",)),),
            "check": (ActionsOn("", ("dynamodb:ConditionCheckItem",)),),
            "scan": (ActionsOn("", ("dynamodb:Scan",)),),
            "partiql": (ActionsOn("", PARTIQL),),
        },
        name_property="TableName",
        attributes={"Arn": "${arn}"},
        policy_property="ResourcePolicy",
    ),
)
