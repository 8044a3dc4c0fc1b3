"""Systems Manager: parameters. A name that begins with a slash is written without it in an ARN.

Who may use `list` on a path sees every parameter below it, whatever else its policies say.
"""

from grantgraph.resources import ActionsOn, Encryption, ResourceType

READ = ("ssm:GetParameter", "ssm:GetParameters")
LIST = ("ssm:GetParametersByPath",)

RESOURCE_TYPES = (
    ResourceType(
        name="ssm:parameter",
        cloudformation="AWS::SSM::Parameter",
        terraform="aws_ssm_parameter",
        arn="arn:${partition}:ssm:${region}:${account}:parameter/${name}",
        access={
            "read": (ActionsOn("", READ),),
            "list": (ActionsOn("", LIST),),
            "write": (ActionsOn("", ("ssm:PutParameter",)),),
            "delete": (ActionsOn("", ("ssm:DeleteParameter", "ssm:DeleteParameters")),),
        },
        name_property="Name",
        scopes=frozenset({"keys"}),
        bulk=ActionsOn("", ("ssm:GetParameter",)),
        # Only a SecureString has a key; an advanced one takes kms:GenerateDataKey to write, which is not in here.
        encryption=Encryption(
            "ssm",
            {**dict.fromkeys((*READ, *LIST), ("kms:Decrypt",)), "ssm:PutParameter": ("kms:Encrypt",)},
            {"PARAMETER_ARN": ("${resource}",)},
        ),
    ),
)
