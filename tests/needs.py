"""What needs mean, said a second time and plainly: the opinion that synthesized policies are held against.

Everything here reads a request and a need side by side; nothing is shared with `grantgraph.synthesize`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations

from grantgraph.evaluate import Request
from grantgraph.model import Application, EntryPoint, Need, Principal, Resource

ACCOUNT = "123456789012"
REGION = "us-east-1"
IDS = {"own": "us-east-1:00000000-aaaa", "other": "us-east-1:00000000-bbbb"}
SUB = "cognito-identity.amazonaws.com:sub"
TEAM = "aws:principaltag/team"

READ = {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}
GET = {"dynamodb:BatchGetItem", "dynamodb:GetItem"}
WRITE = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
WHOLE_ITEM = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem"}
STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
RECEIVE = {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
KINESIS = {"kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"}
PARTS = {"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"}

TABLE = {
    "read": READ,
    "get": GET,
    "query": {"dynamodb:Query"},
    "write": WRITE,
    "put": {"dynamodb:PutItem"},
    "update": {"dynamodb:UpdateItem"},
    "delete": {"dynamodb:DeleteItem"},
    "check": {"dynamodb:ConditionCheckItem"},
    "scan": {"dynamodb:Scan"},
    "partiql": {f"dynamodb:PartiQL{verb}" for verb in ("Delete", "Insert", "Select", "Update")},
}
OBJECT = {
    "read": {"s3:GetObject"},
    "get": {"s3:GetObject"},
    "write": PARTS,
    "put": {"s3:PutObject"},
    "multipart": PARTS,
    "delete": {"s3:DeleteObject"},
    "read-versions": {"s3:GetObjectVersion"},
    "delete-versions": {"s3:DeleteObjectVersion"},
    "read-tags": {"s3:GetObjectTagging"},
    "write-tags": {"s3:PutObjectTagging", "s3:DeleteObjectTagging"},
}
BUCKET = {
    "read": {"s3:ListBucket"},
    "list": {"s3:ListBucket"},
    "read-versions": {"s3:ListBucketVersions"},
    "multipart": {"s3:ListBucketMultipartUploads"},
}
PLAIN = {
    "sqs:queue": {
        "send": {"sqs:SendMessage"},
        "write": {"sqs:SendMessage"},
        "receive": RECEIVE,
        "read": RECEIVE,
        "find": {"sqs:GetQueueUrl"},
    },
    "kinesis:stream": {"read": KINESIS, "write": {"kinesis:PutRecord", "kinesis:PutRecords"}},
    "secretsmanager:secret": {
        "read": {"secretsmanager:GetSecretValue"},
        "describe": {"secretsmanager:DescribeSecret"},
        "write": {"secretsmanager:PutSecretValue"},
    },
}
TOPIC = {"publish": {"sns:Publish"}, "write": {"sns:Publish"}, "subscribe": {"sns:Subscribe"}}
FUNCTION = {"invoke": {"lambda:InvokeFunction"}, "call": {"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}}
KEY = {
    "encrypt": {"kms:Encrypt", "kms:GenerateDataKey"},
    "decrypt": {"kms:Decrypt"},
    "sign": {"kms:Sign"},
    "verify": {"kms:Verify"},
    "reencrypt": {"kms:ReEncryptFrom", "kms:ReEncryptTo"},
}
PARAMETER = {
    "read": {"ssm:GetParameter", "ssm:GetParameters"},
    "list": {"ssm:GetParametersByPath"},
    "write": {"ssm:PutParameter"},
    "delete": {"ssm:DeleteParameter", "ssm:DeleteParameters"},
}
MACHINE = {"start": {"states:StartExecution"}, "start-sync": {"states:StartSyncExecution"}}
EXECUTION = {
    "describe": {"states:DescribeExecution", "states:GetExecutionHistory"},
    "stop": {"states:StopExecution"},
}
ROOTS = {"query": "Query", "mutate": "Mutation", "subscribe": "Subscription"}


def is_needed(request: Request, principal: Principal, application: Application) -> bool:
    """Whether some need of the principal asks for a request."""
    return any(asks_for(need, request, application) for need in application.needs if need.who == principal.id)


CONSUMED = {
    "dynamodb:table": STREAM,
    "kinesis:stream": KINESIS | {"kinesis:DescribeStream"},
    "sqs:queue": RECEIVE - {"sqs:ChangeMessageVisibility"},
}


def is_wired(request: Request, principal: Principal, application: Application) -> bool:
    """Whether Lambda itself takes a request of a function's role: for logs, events that it reads, and failures."""
    function = application.resource(principal.id)
    if function is None or function.runtime is None:
        return False
    runtime = function.runtime
    action, target = request.action, str(request.resource)
    group = arn(function).replace(":lambda:", ":logs:").replace(":function:", ":log-group:/aws/lambda/")
    if action.startswith("logs:") and runtime.logs != "none":
        return target.startswith(f"{group}:")
    if "lambda:sourcefunctionarn" in request.context:  # which is the function's code
        return False
    failures = application.resource(runtime.failures_to)
    if failures is not None and (target, action) == (arn(failures), "sqs:SendMessage"):
        return True
    for entry in application.entry_points:
        source = application.resource(entry.source)
        if entry.type == "consumer" and entry.target == principal.id and source is not None:
            place = target.rpartition("/stream/")[0] if source.type == "dynamodb:table" else target
            if place == arn(source) and action in CONSUMED[source.type]:
                return True
    return False


def asks_for(need: Need, request: Request, application: Application) -> bool:
    """Whether one need asks for a request."""
    action, target = request.action, str(request.resource)
    route = application.entry_point(need.to)
    if route is not None:
        return action == "execute-api:Invoke" and is_route(route, target)
    resource = application.resource(need.to)
    assert resource is not None
    match resource.type:
        case "dynamodb:table":
            return asks_for_rows(need, request, arn(resource))
        case "s3:bucket":
            return asks_for_objects(need, request, arn(resource))
        case "sns:topic":
            return says(need, TOPIC, action) and target == arn(resource) and subscribes(need, request)
        case "lambda:function":
            names = [f"{arn(resource)}:{alias}" for alias in need.scopes.alias] or [arn(resource)]
            return says(need, FUNCTION, action) and target in names
        case "kms:key":
            return says(need, KEY, action) and target == arn(resource) and uses_key(need, request)
        case "events:event-bus":
            put = action == "events:PutEvents" and {"put", "send", "write"} & set(need.access)
            return bool(put) and target == arn(resource) and puts(need, request)
        case "appsync:graphqlapi":
            return asks_for_field(need, action, target, arn(resource))
        case "ssm:parameter":
            return asks_for_parameter(need, action, target, arn(resource), request.context)
        case "states:stateMachine":
            execution = arn(resource).replace(":stateMachine:", ":execution:") + ":"
            starts = says(need, MACHINE, action) and target == arn(resource)
            return starts or (says(need, EXECUTION, action) and target.startswith(execution))
        case other:
            same = glob(arn(resource), target) if other == "secretsmanager:secret" else target == arn(resource)
            return says(need, PLAIN[other], action) and same


def says(need: Need, words: Mapping[str, set[str]], action: str) -> bool:
    """Whether a word of the need, or the action's own name, stands for an action."""
    return any(action == word or action in words.get(word, set()) for word in need.access)


def arn(resource: Resource) -> str:
    return str(resource.arn)


def glob(pattern: str, value: str) -> bool:
    """Whether a value fits a pattern in which `*` is any run and `?` one character."""
    spelled = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)
    return re.fullmatch(spelled, value, re.DOTALL) is not None


def fill(value: str, context: Mapping[str, object]) -> str | None:
    """A scope's value for one caller; None where the caller has no such value."""
    value = "{identity}" if value == "own" else value
    for placeholder, key in (("{identity}", SUB), ("{tag:team}", TEAM)):
        if placeholder in value:
            if key not in context:
                return None
            value = value.replace(placeholder, str(context[key]))
    return value


def fits_any(values: tuple[str, ...], value: str, context: Mapping[str, object]) -> bool:
    """Whether a value fits one of a scope's values for one caller."""
    filled = (fill(one, context) for one in values)
    return any(one is not None and glob(one, value) for one in filled)


def is_route(route: EntryPoint, target: str) -> bool:
    """Whether an ARN is a request for a route; a path parameter is anything, slashes too."""
    method, _, path = route.id.partition(" ")
    methods = [method] if method != "ANY" else ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    base = "/".join(str(route.arn).split("/")[:2])
    pattern = re.sub(r"\{[^}]*\}", "*", path)
    return any(glob(f"{base}/{one}{pattern}", target) for one in methods)


def asks_for_rows(need: Need, request: Request, table: str) -> bool:
    scopes, context, action, target = need.scopes, request.context, request.action, str(request.resource)
    if "stream" in need.access and action in STREAM and target.startswith(f"{table}/stream/"):
        return True
    places = [f"{table}/index/{name}" for name in scopes.index] or [table]
    if target not in places or not says(need, TABLE, action):
        return False
    if scopes.attributes and action in WHOLE_ITEM:
        return False
    if scopes.index and action not in ("dynamodb:Query", "dynamodb:Scan"):
        return False
    if scopes.rows:
        rows = context.get("dynamodb:leadingkeys")
        if (
            not isinstance(rows, tuple)
            or not rows
            or not all(fits_any(scopes.rows, str(row), context) for row in rows)
        ):
            return False
    if scopes.attributes:
        named = context.get("dynamodb:attributes", ())
        if not isinstance(named, tuple) or any(one not in scopes.attributes for one in named):
            return False
        if action in READ | {"dynamodb:Scan"}:
            return context.get("dynamodb:select", "SPECIFIC_ATTRIBUTES") == "SPECIFIC_ATTRIBUTES"
        return context.get("dynamodb:returnvalues", "NONE") in ("NONE", "UPDATED_NEW", "UPDATED_OLD")
    return True


def asks_for_objects(need: Need, request: Request, bucket: str) -> bool:
    scopes, context, action, target = need.scopes, request.context, request.action, str(request.resource)
    if scopes.presigned:
        age = context.get("s3:signatureage")
        young = age is not None and float(str(age)) <= 1000 * int(scopes.presigned[0])
        if context.get("s3:authtype") != "REST-QUERY-STRING" or not young:
            return False
    if target == bucket:
        if not says(need, BUCKET, action):
            return False
        prefix, delimiter = context.get("s3:prefix"), context.get("s3:delimiter")
        if scopes.delimiter and delimiter not in scopes.delimiter:
            return False
        if not scopes.keys:
            return True
        plain = all(one.endswith("*") and not {"*", "?"} & set(one[:-1]) for one in scopes.keys)
        return plain and prefix is not None and fits_any(scopes.keys, str(prefix), context)
    if not target.startswith(f"{bucket}/") or not says(need, OBJECT, action):
        return False
    return not scopes.keys or fits_any(scopes.keys, target.removeprefix(f"{bucket}/"), context)


def subscribes(need: Need, request: Request) -> bool:
    for values, key in ((need.scopes.protocols, "sns:protocol"), (need.scopes.endpoints, "sns:endpoint")):
        if values and not fits_any(values, str(request.context.get(key, "")), {}):
            return False
    return True


def uses_key(need: Need, request: Request) -> bool:
    services = [f"{one}.{REGION}.amazonaws.com" for one in need.scopes.via]
    if services and request.context.get("kms:viaservice") not in services:
        return False
    pairs = [pair.split("=", 1) for pair in need.scopes.context]
    return all(request.context.get(f"kms:encryptioncontext:{name.lower()}") == value for name, value in pairs)


def puts(need: Need, request: Request) -> bool:
    for values, key in ((need.scopes.sources, "events:source"), (need.scopes.detail_types, "events:detail-type")):
        said = request.context.get(key)
        if values and not (
            isinstance(said, tuple) and said and all(fits_any(values, str(one), {}) for one in said)
        ):
            return False
    return True


def asks_for_field(need: Need, action: str, target: str, api: str) -> bool:
    if action != "appsync:GraphQL" or not target.startswith(f"{api}/types/"):
        return False
    type, _, name = target.removeprefix(f"{api}/types/").partition("/fields/")
    roots = {ROOTS[word] for word in need.access if word in ROOTS}
    if not need.scopes.fields:
        return type in roots and bool(name)
    named = any(glob(one, f"{type}.{name}") for one in need.scopes.fields)
    return named and (type in roots or type not in ROOTS.values())


def asks_for_parameter(need: Need, action: str, target: str, name: str, context: Mapping[str, object]) -> bool:
    if not says(need, PARAMETER, action):
        return False
    below = target.removeprefix(f"{name}/") if target.startswith(f"{name}/") else None
    if not need.scopes.keys:
        return target == name or (action == "ssm:GetParametersByPath" and below is not None)
    if below is None:
        return False
    path = tuple(one.removesuffix("/*") for one in need.scopes.keys)
    lists = action == "ssm:GetParametersByPath"
    return fits_any(need.scopes.keys, below, context) or (lists and fits_any(path, below, context))


def subsets(values: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every non-empty subset."""
    return [one for size in range(1, len(values) + 1) for one in combinations(values, size)]
