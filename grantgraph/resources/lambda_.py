"""Lambda: functions. A function does what its role may do, so whoever invokes it reaches that, too.

`call` goes through the function's URL, which takes both actions (rule 182).
"""

from grantgraph.resources import ActionsOn, ResourceType

RESOURCE_TYPES = (
    ResourceType(
        name="lambda:function",
        cloudformation="AWS::Lambda::Function",
        terraform="aws_lambda_function",
        arn="arn:${partition}:lambda:${region}:${account}:function:${name}",
        access={
            "invoke": (ActionsOn("", ("lambda:InvokeFunction",)),),
            "call": (ActionsOn("", ("lambda:InvokeFunction", "lambda:InvokeFunctionUrl")),),
        },
        name_property="FunctionName",
        attributes={"Arn": "${arn}"},
        scopes=frozenset({"alias"}),
        called_by="lambda:InvokeFunction",
        shared=True,
        starts=("call",),
    ),
)
