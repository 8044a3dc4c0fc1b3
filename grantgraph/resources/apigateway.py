"""API Gateway: HTTP, WebSocket and REST APIs, as their callers see them.

A whole API is rarely what a caller needs: a need names a route, whose ARN is the entry point's.
"""

from grantgraph.resources import ActionsOn, ResourceType

ARN = "arn:${partition}:execute-api:${region}:${account}:${name}"
INVOKE = ActionsOn("/*", ("execute-api:Invoke",))

RESOURCE_TYPES = (
    ResourceType(
        name="execute-api:api",
        cloudformation="AWS::ApiGatewayV2::Api",
        terraform="aws_apigatewayv2_api",
        arn=ARN,
        access={
            "invoke": (INVOKE,),
            "answer": (ActionsOn("/*", ("execute-api:ManageConnections",)),),
        },
        attributes={"ApiId": "${name}"},
    ),
    ResourceType(
        name="execute-api:rest-api",
        cloudformation="AWS::ApiGateway::RestApi",
        terraform="aws_api_gateway_rest_api",
        arn=ARN,
        access={"invoke": (INVOKE,)},
        attributes={"RestApiId": "${name}"},
        policy_property="Policy",
    ),
)
