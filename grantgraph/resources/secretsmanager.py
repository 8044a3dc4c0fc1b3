"""Secrets Manager: secrets. AWS ends a secret's ARN with a dash and six letters of its own.

A model that names a secret leaves them out, and its policies say `-??????`, as AWS advises: no other secret's ARN
has that name and six more letters.
"""

from grantgraph.resources import ActionsOn, Encryption, ResourceType

RESOURCE_TYPES = (
    ResourceType(
        name="secretsmanager:secret",
        cloudformation="AWS::SecretsManager::Secret",
        terraform="aws_secretsmanager_secret",
        arn="arn:${partition}:secretsmanager:${region}:${account}:secret:${name}",
        access={
            "read": (ActionsOn("", ("secretsmanager:GetSecretValue",)),),
            "describe": (ActionsOn("", ("secretsmanager:DescribeSecret",)),),
            "write": (ActionsOn("", ("secretsmanager:PutSecretValue",)),),
        },
        name_property="Name",
        ref="arn",
        attributes={"Id": "${arn}"},
        encryption=Encryption(
            "secretsmanager",
            {
                "secretsmanager:GetSecretValue": ("kms:Decrypt",),
                "secretsmanager:PutSecretValue": ("kms:Decrypt", "kms:GenerateDataKey"),
            },
            {"SecretARN": ("${resource}",)},
        ),
        shared=True,
        bulk=ActionsOn("", ("secretsmanager:GetSecretValue",)),
    ),
)
