"""Where MiniStack as a server is known to ask IAM otherwise than AWS does: the only place that says so.

Its evaluator has gaps of its own (known_gaps.py); most of these here are about what a request is to it: its name,
its resource, and the condition keys that it carries. A gap excuses a difference on a call that it `touches`, in
the direction in which it can be wrong. Each names examples: calls of an application of the tests on which
MiniStack must still differ. What it does not decide as AWS does, grantgraph's evaluator decides alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.needs import glob
from tests.outside.aws import Call
from tests.outside.known_gaps import has_variable
from tests.outside.peer import as_list, conditions

Json = dict[str, Any]

ELSEWHERE = frozenset({"s3", "sns", "sqs"})
"""The services that a caller of another account can reach: others look for every name in the caller's account."""


@dataclass(frozen=True, slots=True)
class ServerGap:
    """One way in which the server is known to differ.

    Attributes:
        name: what it is called in reports.
        why: what MiniStack does instead of what AWS documents.
        wrongly: how it can be wrong: `allows`, `denies`; "" where it can be both.
        touches: whether a call comes near it, and the statements of its caller that name its action.
        examples: (application, principal, call, action) on which it is still wrong.
    """

    name: str
    why: str
    wrongly: str
    touches: Callable[[Call, list[Json]], bool]
    examples: tuple[tuple[str, str, str, str], ...]


def naming(action: str, documents: list[Json]) -> list[Json]:
    """The statements that name an action."""
    every = [statement for document in documents for statement in as_list(document["Statement"])]
    return [one for one in every if any(glob(pattern, action) for pattern in as_list(one["Action"]))]


def speaks_of(*keys: str) -> Callable[[Call, list[Json]], bool]:
    """Whether a statement has a condition on a key that begins so."""

    def touches(call: Call, statements: list[Json]) -> bool:
        policies = {"identity_based": [{"Statement": statements}]}
        return any(key.startswith(tuple(map(str.lower, keys))) for _, key, _ in conditions(policies))

    return touches


def is_call(*operations: str) -> Callable[[Call, list[Json]], bool]:
    """Whether it is one of these calls of boto3, or of these services."""
    return lambda call, _: bool({call.service, f"{call.service}.{call.operation}"} & set(operations))


def holds_variable(call: Call, statements: list[Json]) -> bool:
    return has_variable({}, {"identity_based": [{"Version": "2012-10-17", "Statement": statements}]})


def names_alias(call: Call, statements: list[Json]) -> bool:
    return "Qualifier" in call.arguments


BATCHES = (
    "sqs.send_message_batch",
    "sqs.delete_message_batch",
    "sns.publish_batch",
)

GAPS = (
    ServerGap(
        "policy variables",
        "It does not fill in policy variables, in resources or values: they are text.",
        "denies",
        holds_variable,
        (
            ("notes", "authenticated", "s3.get_object", "s3:GetObject"),
            ("notes", "authenticated", "s3.list_objects_v2", "s3:ListBucket"),
        ),
    ),
    ServerGap(
        "keys of rows",
        "Its requests carry no dynamodb:LeadingKeys. AWS's name the partition keys.",
        "denies",
        speaks_of("dynamodb:LeadingKeys"),
        (("notes", "authenticated", "dynamodb.get_item", "dynamodb:GetItem"),),
    ),
    ServerGap(
        "attributes of writes",
        "Its requests carry dynamodb:Attributes for projections only, and no dynamodb:ReturnValues.",
        "allows",
        lambda call, statements: (
            call.operation == "update_item"
            and speaks_of("dynamodb:Attributes", "dynamodb:ReturnValues")(call, statements)
        ),
        (("shop", "placeOrder", "dynamodb.update_item", "dynamodb:UpdateItem"),),
    ),
    ServerGap(
        "projections of batches",
        "It does not see the projections in a BatchGetItem, and takes it to ask for all attributes.",
        "denies",
        lambda call, statements: (
            call.operation == "batch_get_item" and speaks_of("dynamodb:Select")(call, statements)
        ),
        (("shop", "unauthenticated", "dynamodb.batch_get_item", "dynamodb:BatchGetItem"),),
    ),
    ServerGap(
        "PartiQL",
        "It asks for dynamodb:ExecuteStatement on every table. AWS has an action for each verb of PartiQL.",
        "denies",
        is_call("dynamodb.execute_statement"),
        (("shop", "report", "dynamodb.execute_statement", "dynamodb:PartiQLSelect"),),
    ),
    ServerGap(
        "streams of tables",
        "It asks for every action of DynamoDB Streams on `*`. AWS asks on the stream.",
        "denies",
        is_call("dynamodbstreams"),
        (("shop", "shipOrders", "dynamodbstreams.get_shard_iterator", "dynamodb:GetShardIterator"),),
    ),
    ServerGap(
        "names of batches",
        "It asks for an action of the batch's own name. AWS asks for the action that the batch repeats.",
        "denies",
        is_call(*BATCHES),
        (
            ("shop", "placeOrder", "sqs.send_message_batch", "sqs:SendMessage"),
            ("shop", "shipOrders", "sqs.delete_message_batch", "sqs:DeleteMessage"),
            ("shop", "placeOrder", "sns.publish_batch", "sns:Publish"),
        ),
    ),
    ServerGap(
        "several parameters",
        "It asks for calls that name several parameters, or a path, on `*`. AWS asks on each, and on the path.",
        "denies",
        is_call("ssm.get_parameters", "ssm.delete_parameters", "ssm.get_parameters_by_path"),
        (
            ("shop", "placeOrder", "ssm.get_parameters", "ssm:GetParameters"),
            ("shop", "report", "ssm.delete_parameters", "ssm:DeleteParameters"),
            ("shop", "report", "ssm.get_parameters_by_path", "ssm:GetParametersByPath"),
        ),
    ),
    ServerGap(
        "sources of events",
        "Its requests carry no events:source.",
        "denies",
        speaks_of("events:source"),
        (("shop", "placeOrder", "events.put_events", "events:PutEvents"),),
    ),
    ServerGap(
        "protocols of subscriptions",
        "Its requests carry no sns:Protocol.",
        "denies",
        speaks_of("sns:Protocol"),
        (("shop", "report", "sns.subscribe", "sns:Subscribe"),),
    ),
    ServerGap(
        "signatures in advance",
        "Its requests carry neither s3:authType nor s3:signatureAge.",
        "denies",
        speaks_of("s3:authType"),
        (("shop", "unauthenticated", "http.GET", "s3:GetObject"),),
    ),
    ServerGap(
        "encryption contexts",
        "Its requests carry no kms:EncryptionContext.",
        "denies",
        speaks_of("kms:EncryptionContext"),
        (("shop", "shipOrders", "kms.decrypt", "kms:Decrypt"),),
    ),
    ServerGap(
        "aliases of functions",
        "It asks on the function, whatever version or alias is invoked. AWS asks on the alias.",
        "",
        names_alias,
        (
            ("shop", "shipOrders", "lambda.invoke", "lambda:InvokeFunction"),
            ("shop", "report", "lambda.invoke", "lambda:InvokeFunction"),
        ),
    ),
    ServerGap(
        "log groups",
        "It asks for streams of logs on the ARN of their group. AWS asks on what is below, which ends in `:*`.",
        "denies",
        is_call("logs"),
        (("notes", "listNotes", "logs.put_log_events", "logs:PutLogEvents"),),
    ),
)


UNCHECKED = {
    "events.amazonaws.com": "EventBridge delivers to a queue whatever the queue's policy says.",
    "cognito-identity.amazonaws.com": "A pool gives its visitors a role's credentials whomever the role trusts.",
}
"""Services that do what no policy lets them do; where they are, grantgraph's evaluator decides alone."""


def excuses(call: Call, statements: list[Json], allowed: bool) -> Iterator[ServerGap]:
    """The gaps that could explain that the server wrongly allows, or wrongly denies."""
    word = "allows" if allowed else "denies"
    return (gap for gap in GAPS if gap.wrongly in ("", word) and gap.touches(call, statements))
