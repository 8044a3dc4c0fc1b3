"""Who is called: the function, queue, topic, stream or state machine that a name, an ARN or a URI means."""

from __future__ import annotations

from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import (
    ALIAS,
    BUCKET,
    BUS,
    FUNCTION,
    GLOBAL_TABLE,
    QUEUE,
    STATE_MACHINE,
    STREAM,
    TABLE,
    TOPIC,
    VERSION,
)
from grantgraph.text import Text, split_text, text

CONSUMER = "AWS::Kinesis::StreamConsumer"
_TARGETS = (QUEUE, TOPIC, STATE_MACHINE, BUS, STREAM)


def find_called(assembly: Assembly, value: Text | None) -> Declared | None:
    """The function, queue, topic, state machine, bus or stream that an ARN means."""
    return find_function(assembly, value) or assembly.find(value, *_TARGETS)


def find_function(assembly: Assembly, value: Text | None) -> Declared | None:
    """The function that a name, an ARN, an alias, or the URI of an integration means."""
    if value is None:
        return None
    for _ in range(4):  # an alias of a version of a function is the longest way
        direct = assembly.find(value, FUNCTION, ALIAS, VERSION)
        if direct is None:
            direct = assembly.find(_without_qualifier(_function_of_uri(value)), FUNCTION)
        if direct is None or direct.type == FUNCTION:
            return direct
        assembly.understood(direct)
        named = assembly.text(direct, "FunctionName")
        if named is None:
            return None
        value = named
    return None


def find_source(assembly: Assembly, value: Text | None) -> Declared | None:
    """The queue, table or stream that messages come from, by its own ARN or by that of its stream or consumer."""
    found = assembly.find(value, QUEUE, TABLE, GLOBAL_TABLE, STREAM, CONSUMER)
    if found is None and isinstance(value, str):
        whole = value.partition("/stream/")[0] if ":dynamodb:" in value else value.partition("/consumer/")[0]
        return assembly.find(whole, TABLE, GLOBAL_TABLE, STREAM)
    if found is not None and found.type == CONSUMER:
        assembly.understood(found)
        return assembly.find(assembly.text(found, "StreamARN"), STREAM) or found
    return found


def _function_of_uri(value: Text) -> Text:
    """The ARN inside `arn:...:lambda:path/2015-03-31/functions/<ARN>/invocations`."""
    after = split_text(value, "/functions/", 1)
    return split_text(after[1], "/invocations", 1)[0] if len(after) == 2 else value


def _without_qualifier(value: Text) -> Text:
    """A function's ARN without the version or alias at its end."""
    fields = split_text(value, ":")
    if len(fields) != 8 or fields[2] != "lambda":
        return value
    pieces: list[Text] = []
    for field in fields[:7]:
        pieces += [":", field] if pieces else [field]
    return text(pieces)


def find_by_service(assembly: Assembly, uri: Text) -> Declared | None:
    """What the URI of an integration with another service names.

    `arn:aws:apigateway:us-east-1:sqs:path/111122223333/jobs` names a queue, `...:s3:path/photos/{key}` a bucket.
    An `action/...` names its target in the request, which code of the API writes.
    """
    fields = split_text(uri, ":", 5)
    if len(fields) != 6 or fields[2] != "apigateway":
        return None
    words = [one for one in split_text(fields[5], "/") if one != ""]
    if len(words) < 2 or words[0] != "path":
        return None
    if fields[4] == "sqs":
        return assembly.find(words[-1], QUEUE)
    return assembly.find(words[1], BUCKET) if fields[4] == "s3" else None
