"""AppSync: GraphQL APIs. The API's own ARN covers no field, so every word ends in a type's fields (rule 180)."""

from grantgraph.resources import ActionsOn, ResourceType

GRAPHQL = ("appsync:GraphQL",)

RESOURCE_TYPES = (
    ResourceType(
        name="appsync:graphqlapi",
        cloudformation="AWS::AppSync::GraphQLApi",
        terraform="aws_appsync_graphql_api",
        arn="arn:${partition}:appsync:${region}:${account}:apis/${name}",
        access={
            "query": (ActionsOn("/types/Query/fields/*", GRAPHQL),),
            "mutate": (ActionsOn("/types/Mutation/fields/*", GRAPHQL),),
            "subscribe": (ActionsOn("/types/Subscription/fields/*", GRAPHQL),),
        },
        ref="arn",
        attributes={"Arn": "${arn}", "ApiId": "${name}"},
        scopes=frozenset({"fields"}),
        starts=("query", "mutate", "subscribe"),
    ),
)
