"""Cognito: identity pools and user pools. Their visitors call them without IAM; functions name exact actions."""

from grantgraph.resources import Calls, ResourceType

RESOURCE_TYPES = (
    ResourceType(
        name="cognito-identity:identitypool",
        cloudformation="AWS::Cognito::IdentityPool",
        terraform="aws_cognito_identity_pool",
        arn="arn:${partition}:cognito-identity:${region}:${account}:identitypool/${name}",
        attributes={"Id": "${name}"},
    ),
    ResourceType(
        name="cognito-idp:userpool",
        cloudformation="AWS::Cognito::UserPool",
        terraform="aws_cognito_user_pool",
        arn="arn:${partition}:cognito-idp:${region}:${account}:userpool/${name}",
        attributes={
            "Arn": "${arn}",
            "UserPoolId": "${name}",
            "ProviderName": "cognito-idp.${region}.amazonaws.com/${name}",
        },
        calls=Calls("cognito-idp.amazonaws.com", ("lambda:function",)),
    ),
)
