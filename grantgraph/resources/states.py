"""Step Functions: state machines."""

from grantgraph.resources import ActionsOn, ResourceType

RESOURCE_TYPES = (
    ResourceType(
        name="states:stateMachine",
        cloudformation="AWS::StepFunctions::StateMachine",
        terraform="aws_sfn_state_machine",
        arn="arn:${partition}:states:${region}:${account}:stateMachine:${name}",
        access={"start": (ActionsOn("", ("states:StartExecution",)),)},
        name_property="StateMachineName",
        ref="arn",
        attributes={"Arn": "${arn}", "Name": "${name}"},
    ),
)
