"""Systems Manager: parameters. `name` goes without the slash that it may begin with."""

from grantgraph.resources import ActionsOn, ResourceType

RESOURCE_TYPES = (
    ResourceType(
        name="ssm:parameter",
        cloudformation="AWS::SSM::Parameter",
        terraform="aws_ssm_parameter",
        arn="arn:${partition}:ssm:${region}:${account}:parameter/${name}",
        access={
            "read": (ActionsOn("", ("ssm:GetParameter", "ssm:GetParameters")),),
            "write": (ActionsOn("", ("ssm:PutParameter",)),),
        },
        name_property="Name",
    ),
)
