"""Secrets Manager: secrets. AWS ends a secret's ARN with six letters of its own; `name` includes them."""

from grantgraph.resources import ActionsOn, ResourceType

RESOURCE_TYPES = (
    ResourceType(
        name="secretsmanager:secret",
        cloudformation="AWS::SecretsManager::Secret",
        terraform="aws_secretsmanager_secret",
        arn="arn:${partition}:secretsmanager:${region}:${account}:secret:${name}",
        access={
            "read": (ActionsOn("", ("secretsmanager:GetSecretValue",)),),
            "write": (ActionsOn("", ("secretsmanager:PutSecretValue",)),),
        },
        name_property="Name",
        ref="arn",
        attributes={"Id": "${arn}"},
    ),
)
