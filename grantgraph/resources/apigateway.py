"""API Gateway: HTTP, WebSocket and REST APIs, as their callers see them.

A whole API is rarely what a caller needs: a need names a route, whose ARN is the entry point's. Who sends to the
connections of a WebSocket API needs `answer`, or `manage-connections` to close them, too.
"""

from grantgraph.resources import ActionsOn, Calls, ResourceType

ARN = "arn:${partition}:execute-api:${region}:${account}:${name}"
INVOKE = ActionsOn("/${stage}/*", ("execute-api:Invoke",))
CALLS = Calls("apigateway.amazonaws.com", ("lambda:function",))
CONNECTIONS = ("execute-api:ManageConnections",)

RESOURCE_TYPES = (
    ResourceType(
        name="execute-api:api",
        cloudformation="AWS::ApiGatewayV2::Api",
        terraform="aws_apigatewayv2_api",
        arn=ARN,
        access={
            "invoke": (INVOKE,),
            "answer": (ActionsOn("/${stage}/POST/@connections/*", CONNECTIONS),),
            "manage-connections": (ActionsOn("/${stage}/*/@connections/*", CONNECTIONS),),
        },
        attributes={"ApiId": "${name}"},
        calls=CALLS,
    ),
    ResourceType(
        name="execute-api:rest-api",
        cloudformation="AWS::ApiGateway::RestApi",
        terraform="aws_api_gateway_rest_api",
        arn=ARN,
        access={"invoke": (INVOKE,)},
        attributes={"RestApiId": "${name}"},
        policy_property="Policy",
        calls=CALLS,
        shared=True,
    ),
)
