"""KMS: keys. Encrypting large data takes a data key, so `encrypt` asks for one."""

from grantgraph.resources import ActionsOn, ResourceType

ENCRYPT = ("kms:Encrypt", "kms:GenerateDataKey")
DECRYPT = ("kms:Decrypt",)

RESOURCE_TYPES = (
    ResourceType(
        name="kms:key",
        cloudformation="AWS::KMS::Key",
        terraform="aws_kms_key",
        arn="arn:${partition}:kms:${region}:${account}:key/${name}",
        access={
            "encrypt": (ActionsOn("", ENCRYPT),),
            "decrypt": (ActionsOn("", DECRYPT),),
            "sign": (ActionsOn("", ("kms:Sign",)),),
            "verify": (ActionsOn("", ("kms:Verify",)),),
            "reencrypt": (ActionsOn("", ("kms:ReEncryptFrom", "kms:ReEncryptTo")),),
        },
        attributes={"Arn": "${arn}", "KeyId": "${name}"},
        policy_property="KeyPolicy",
        scopes=frozenset({"via", "context"}),
        shared=True,
    ),
)
