"""Lambda: functions, who may invoke them, their URLs, and what they consume.

Nothing of a function's environment is kept: neither its values nor what they refer to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grantgraph.account_file import FUNCTION_POLICY
from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, Unread, document, members

FUNCTION, URL, CONSUMER = "AWS::Lambda::Function", "AWS::Lambda::Url", "AWS::Lambda::EventSourceMapping"
_GONE = ("ResourceNotFoundException",)
_LATEST = "$LATEST"


def _functions(aws: Asking) -> Iterator[Mapping[str, Any]]:
    for one in aws.every("list_functions", "Functions"):
        yield members(one, "FunctionName", "Role")


def _function(aws: Asking, one: Mapping[str, Any]) -> Iterator[Read]:
    name = one["FunctionName"]
    arn = aws.arn("lambda", f"function:{name}")
    yield Found(FUNCTION, name, one)
    policy = _policy(aws, name)
    if policy is not None:
        yield Found(FUNCTION_POLICY, name, {"FunctionName": arn, "PolicyDocument": policy})
    for url in aws.every(
        "list_function_url_configs", "FunctionUrlConfigs", FunctionName=name, absent=_GONE, hides=(URL,)
    ):
        found = {"TargetFunctionArn": arn, "AuthType": url["AuthType"]}
        yield Found(URL, url["FunctionArn"].split(":", 6)[6], found)


def _policy(aws: Asking, name: str) -> Any:
    """The policies of a function, its versions and its aliases as one: each statement names what it is about."""
    qualifiers = _qualifiers(aws, name)
    if isinstance(qualifiers, Unread):
        return qualifiers
    policies = [aws.ask("get_policy", "Policy", FunctionName=name, absent=_GONE)]
    for one in qualifiers:
        policies.append(aws.ask("get_policy", "Policy", FunctionName=name, Qualifier=one, absent=_GONE))
    found = [document(one) for one in policies if one is not None]
    open = [one for one in found if not isinstance(one, dict)]
    if open:  # as long as what one of them says is not known, it is not known what all say
        return open[0]
    if len(found) < 2:
        return found[0] if found else None
    return {"Version": "2012-10-17", "Statement": [statement for one in found for statement in _statements(one)]}


def _qualifiers(aws: Asking, name: str) -> list[str] | Unread:
    aliases = aws.all("list_aliases", "Aliases", FunctionName=name, absent=_GONE)
    versions = aws.all("list_versions_by_function", "Versions", FunctionName=name, absent=_GONE)
    for one in (aliases, versions):
        if isinstance(one, Unread):
            return one
    numbers = [one["Version"] for one in versions if one["Version"] != _LATEST]
    return [*(one["Name"] for one in aliases), *numbers]


def _statements(policy: Mapping[str, Any]) -> list[Any]:
    found = policy.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _mappings(aws: Asking) -> Iterator[Mapping[str, Any]]:
    for one in aws.every("list_event_source_mappings", "EventSourceMappings"):
        yield members(one, "UUID", "FunctionArn", "EventSourceArn")


def _mapping(aws: Asking, one: Mapping[str, Any]) -> Iterator[Read]:
    properties = {"FunctionName": one.get("FunctionArn"), "EventSourceArn": one.get("EventSourceArn")}
    yield Found(CONSUMER, one["UUID"], properties)


KINDS = (
    Kind(
        "functions",
        "lambda",
        (FUNCTION,),
        {
            "list_functions": "lambda:ListFunctions",
            "get_policy": "lambda:GetPolicy",
            "list_aliases": "lambda:ListAliases",
            "list_versions_by_function": "lambda:ListVersionsByFunction",
            "list_function_url_configs": "lambda:ListFunctionUrlConfigs",
        },
        _functions,
        _function,
    ),
    Kind(
        "event source mappings",
        "lambda",
        (CONSUMER,),
        {"list_event_source_mappings": "lambda:ListEventSourceMappings"},
        _mappings,
        _mapping,
    ),
)
