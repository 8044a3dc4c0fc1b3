"""AppSync: GraphQL APIs."""

from grantgraph.resources import ActionsOn, ResourceType

RESOURCE_TYPES = (
    ResourceType(
        name="appsync:graphqlapi",
        cloudformation="AWS::AppSync::GraphQLApi",
        terraform="aws_appsync_graphql_api",
        arn="arn:${partition}:appsync:${region}:${account}:apis/${name}",
        access={"query": (ActionsOn("/*", ("appsync:GraphQL",)),)},
        ref="arn",
        attributes={"Arn": "${arn}", "ApiId": "${name}"},
    ),
)
