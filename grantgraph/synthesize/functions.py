"""What a function's role needs for Lambda itself: logs, traces, network interfaces, events to read, failures.

What Lambda does in the function's name, and the function's code is not meant to do, is allowed only to requests
without `lambda:SourceFunctionArn`. Every request of the code carries it, and so do those for logs and traces;
those for network interfaces, event sources and environment variables do not (AWS Lambda Developer Guide, "Using
source function ARN to control function access behavior").
"""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.model import EntryPoint, EntryPointType, Principal, Resource
from grantgraph.resources import resource_types
from grantgraph.synthesize.result import Conditions, Draft, Reason, Wish
from grantgraph.text import Text, split_text, text
from grantgraph.wiring import Logs, Runtime

BY_LAMBDA: Conditions = (("Null", "lambda:SourceFunctionArn", ("true",)),)
"""Only what Lambda does in the function's name, and not the function's code."""

TRACE = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
NETWORK = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
"""What AWS asks for, on every resource: the interfaces have no names before they are made."""

_SENDERS = ("customemailsender", "customsmssender")


def function_wishes(principal: Principal, draft: Draft) -> Iterator[Wish]:
    """Everything that the functions of a role need beside its needs."""
    for function in draft.run_by.get(principal.id, ()):
        if function.runtime is not None:
            yield from _runtime(principal.id, function.runtime, function, draft)
            for entry in draft.ways_in.get(function.id, ()):
                if entry.type is EntryPointType.CONSUMER:
                    yield from _consumer(principal.id, entry, draft)
                elif entry.type is EntryPointType.USER_POOL_TRIGGER and entry.id.lower().startswith(_SENDERS):
                    yield from _sender(principal.id, entry, draft)


def _runtime(who: str, runtime: Runtime, function: Resource, draft: Draft) -> Iterator[Wish]:
    id, at = function.id, function.at
    if runtime.logs is not Logs.NOBODY:
        making = ("logs:CreateLogGroup",) if runtime.logs is Logs.LAMBDA else ()
        actions = (*making, "logs:CreateLogStream", "logs:PutLogEvents")
        reason = Reason(f"{id} writes its logs", at)
        yield Wish(who, id, "logs", actions, (_log_group(function, draft),), (), reason)
    if runtime.tracing:
        yield Wish(who, id, "tracing", TRACE, ("*",), (), Reason(f"{id} is traced", at))
    if runtime.vpc:
        reason = Reason(f"Lambda connects {id} to a VPC", at)
        yield Wish(who, id, "network", NETWORK, ("*",), BY_LAMBDA, reason)
    if runtime.failures_to:
        reason = Reason(f"Lambda sends events that {id} failed on to {runtime.failures_to}", at)
        yield sending(who, runtime.failures_to, reason, draft)
    if runtime.key:
        reason = Reason(f"Lambda opens the environment of {id} with {runtime.key}", at)
        mine: Conditions = (("StringEquals", "kms:EncryptionContext:aws:lambda:FunctionArn", (function.arn,)),)
        arn = draft.resources[runtime.key].arn
        yield Wish(who, runtime.key, "environment", ("kms:Decrypt",), (arn,), (*BY_LAMBDA, *mine), reason)


def _log_group(function: Resource, draft: Draft) -> Text:
    """The function's own log group and its streams: CloudWatch Logs checks all three actions below the group."""
    env = draft.application.environment
    name = split_text(function.arn, ":", 6)[-1]
    parts = ["arn:", env.partition, ":logs:", env.region, ":", env.account, ":log-group:/aws/lambda/", name, ":*"]
    return text(parts)


def sending(who: str, to: str, reason: Reason, draft: Draft) -> Wish:
    """Lambda sends a record of a failure to a queue or topic, with the function's role."""
    resource = draft.resources[to]
    action = resource_types()[resource.type].called_by
    return Wish(who, to, "failures", (action,), (resource.arn,), BY_LAMBDA, reason)


def _consumer(who: str, entry: EntryPoint, draft: Draft) -> Iterator[Wish]:
    """Lambda reads an event source with the function's role."""
    source = draft.resources.get(entry.source)
    if source is None:
        message = f"`{entry.target}` reads from `{entry.source}`, which is not in the input"
        draft.problems.note(entry.at, "outside-source", f"{message}: what that takes is not known")
        return
    reason = Reason(f"{entry.target} is fed from {entry.source}", entry.at)
    for on in resource_types()[source.type].consume:
        where = on.under(source.arn, source.attributes)
        yield Wish(who, source.id, "consume", on.actions, (where,), BY_LAMBDA, reason)
    if entry.failures_to:
        what = f"what {entry.target} failed on, of {entry.source}, to {entry.failures_to}"
        failed = Reason(f"Lambda sends {what}", entry.at)
        yield sending(who, entry.failures_to, failed, draft)


def _sender(who: str, entry: EntryPoint, draft: Draft) -> Iterator[Wish]:
    """A function that sends a user pool's codes has to open them, with the pool's key."""
    pool = draft.resources[entry.source]
    key = draft.resources.get(str(pool.attributes.get("key", "")))
    if key is None:
        draft.problems.error(
            entry.at,
            "sender-key",
            f"`{entry.target}` sends the codes of `{pool.id}`, which come encrypted, "
            "and nothing says with which key",
            f"say it on `{pool.id}`: `key: <a kms:key>`",
        )
        return
    reason = Reason(f"{entry.target} opens the codes that it sends for {pool.id}", entry.at)
    pool_id = split_text(pool.arn, "/")[-1]
    mine: Conditions = (("StringEquals", "kms:EncryptionContext:userpool-id", (pool_id,)),)
    yield Wish(who, key.id, "codes", ("kms:Decrypt",), (key.arn,), mine, reason)
