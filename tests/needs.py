"""What needs mean, said a second time and plainly: the opinion that synthesized policies are held against."""

from __future__ import annotations

from itertools import chain, combinations

from grantgraph.evaluate import Request
from grantgraph.model import Application, Need, Principal

ACCOUNT = "123456789012"
IDS = {"own": "us-east-1:00000000-aaaa", "other": "us-east-1:00000000-bbbb"}
SUB = "cognito-identity.amazonaws.com:sub"

TABLE = {
    "read": {"BatchGetItem", "GetItem", "Query"},
    "write": {"BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem"},
    "query": {"Query"},
    "scan": {"Scan"},
}
WHOLE_ITEM = {"BatchWriteItem", "DeleteItem", "PutItem"}
OBJECT = {
    "read": {"GetObject"},
    "get": {"GetObject"},
    "write": {"AbortMultipartUpload", "ListMultipartUploadParts", "PutObject"},
    "delete": {"DeleteObject"},
}
QUEUE = {
    "send": {"SendMessage"},
    "receive": {"ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage"},
}
TOPIC = {"publish": {"Publish"}, "subscribe": {"Subscribe"}}


def is_needed(request: Request, principal: Principal, application: Application) -> bool:
    """Whether some need of the principal asks for a request."""
    return any(asks_for(need, request) for need in application.needs if need.who == principal.id)


def asks_for(need: Need, request: Request) -> bool:
    """Whether one need asks for a request; what the model calls X has the name x."""
    service, _, action = request.action.partition(":")
    resource = str(request.resource)
    name = need.to.lower()
    if service == "dynamodb":
        return asks_for_rows(need, request, action, resource, name)
    if service == "s3":
        return asks_for_objects(need, request, action, resource, name)
    if service in ("sqs", "sns"):
        words = QUEUE if service == "sqs" else TOPIC
        here = resource == f"arn:aws:{service}:us-east-1:{ACCOUNT}:{name}"
        return here and any(action in words.get(word, set()) for word in need.access)
    if service == "execute-api":
        method, _, path = need.to.partition(" ")
        return (
            action == "Invoke"
            and resource == f"arn:aws:execute-api:us-east-1:{ACCOUNT}:a1b2c3d4e5/prod/{method}{path}"
        )
    return False


def asks_for_rows(need: Need, request: Request, action: str, resource: str, name: str) -> bool:
    if resource != f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}":
        return False
    actions = set(chain.from_iterable(TABLE.get(word, set()) for word in need.access))
    if need.attributes:
        actions -= WHOLE_ITEM
    if action not in actions:
        return False
    context = request.context
    if need.rows:
        rows = context.get("dynamodb:leadingkeys")
        if not isinstance(rows, tuple) or SUB not in context or any(row != context[SUB] for row in rows):
            return False
    if need.attributes:
        named = context.get("dynamodb:attributes", ())
        if not isinstance(named, tuple) or any(one not in need.attributes for one in named):
            return False
        if action in ("BatchGetItem", "GetItem", "Query", "Scan"):
            return context.get("dynamodb:select", "SPECIFIC_ATTRIBUTES") == "SPECIFIC_ATTRIBUTES"
        return context.get("dynamodb:returnvalues", "NONE") in ("NONE", "UPDATED_NEW", "UPDATED_OLD")
    return True


def asks_for_objects(need: Need, request: Request, action: str, resource: str, name: str) -> bool:
    bucket = f"arn:aws:s3:::{name}"
    start = ""
    if need.keys:
        if "{identity}" in need.keys and SUB not in request.context:
            return False
        start = need.keys.removesuffix("*").replace("{identity}", str(request.context.get(SUB)))
    if action == "ListBucket":
        prefix = request.context.get("s3:prefix")
        wide = bool({"read", "list"} & set(need.access)) and resource == bucket
        return wide and (not need.keys or (prefix is not None and str(prefix).startswith(start)))
    actions = set(chain.from_iterable(OBJECT.get(word, set()) for word in need.access))
    return action in actions and resource.startswith(f"{bucket}/{start}")


def subsets(values: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every non-empty subset."""
    return [one for size in range(1, len(values) + 1) for one in combinations(values, size)]
