"""Step Functions: state machines. Their executions have ARNs of their own."""

from grantgraph.resources import ActionsOn, ResourceType

EXECUTION = (":stateMachine:", ":execution:")

RESOURCE_TYPES = (
    ResourceType(
        name="states:stateMachine",
        cloudformation="AWS::StepFunctions::StateMachine",
        terraform="aws_sfn_state_machine",
        arn="arn:${partition}:states:${region}:${account}:stateMachine:${name}",
        access={
            "start": (ActionsOn("", ("states:StartExecution",)),),
            "start-sync": (ActionsOn("", ("states:StartSyncExecution",)),),
            "describe": (ActionsOn(":*", ("states:DescribeExecution", "states:GetExecutionHistory"), EXECUTION),),
            "stop": (ActionsOn(":*", ("states:StopExecution",), EXECUTION),),
        },
        name_property="StateMachineName",
        ref="arn",
        attributes={"Arn": "${arn}", "Name": "${name}"},
        starts=("start", "start-sync"),
    ),
)
