"""What starts a function, or fills a queue or topic, without a caller: the `on` of a model file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grantgraph.model import EntryPoint, EntryPointType, Principal, Resource
from grantgraph.node import Node, expect_keys
from grantgraph.problems import did_you_mean
from grantgraph.resources import resource_types
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.known import functions_of
from grantgraph.sources._model.resources import USER_POOL
from grantgraph.text import Text, split_text, text

BUS = "events:event-bus"
DEFAULT_BUS = "default"
"""The event bus that every account has."""

_TYPES: Mapping[str, EntryPointType] = {
    "cognito-idp:userpool": EntryPointType.USER_POOL_TRIGGER,
    "dynamodb:table": EntryPointType.CONSUMER,
    "events:event-bus": EntryPointType.SUBSCRIPTION,
    "kinesis:stream": EntryPointType.CONSUMER,
    "s3:bucket": EntryPointType.NOTIFICATION,
    "sns:topic": EntryPointType.SUBSCRIPTION,
    "sqs:queue": EntryPointType.CONSUMER,
}
_TRIGGERS = frozenset(
    {
        "createAuthChallenge",
        "customEmailSender",
        "customMessage",
        "customSmsSender",
        "defineAuthChallenge",
        "postAuthentication",
        "postConfirmation",
        "preAuthentication",
        "preSignUp",
        "preTokenGeneration",
        "userMigration",
        "verifyAuthChallengeResponse",
    }
)
_SCHEDULE = re.compile(r"(rate|cron|at)\(.+\)")
_EVENT_KEYS = frozenset({"from", "schedule", "trigger", "rule", "failures_to"})


@dataclass(frozen=True, slots=True)
class _Target:
    """Something that events can reach, by its id and type, and the resources that they can come from."""

    id: str
    type: str
    resources: Mapping[str, Resource | None]


def read_events(
    file: ModelFile, principals: Mapping[str, Principal | None], resources: Mapping[str, Resource | None]
) -> Iterator[EntryPoint]:
    """Every event that the file wires to a function, a queue or a topic."""
    functions = functions_of(principals)
    for key, _, node in file.members("principals"):
        if key in functions:
            yield from _events(file, node, _Target(key, "lambda:function", resources))
    for key, _, node in file.members("resources"):
        one = resources.get(key)
        if one is not None and resource_types()[one.type].called_by:
            yield from _events(file, node, _Target(key, one.type, resources))


def _events(file: ModelFile, node: Node, target: _Target) -> Iterator[EntryPoint]:
    own = node.get("on")
    for one in own.one_or_many() if own is not None else ():
        if isinstance(one.value, str):
            key = "schedule" if _SCHEDULE.fullmatch(one.value) else "from"
            one = Node({key: one}, one.at)
        if not file.is_object(one, "an event"):
            continue
        expect_keys(one, _EVENT_KEYS, "an event", file.problems)
        if ("from" in one.fields) is ("schedule" in one.fields):
            file.problems.error(one.at, "event", "an event has one of `from` and `schedule`")
            continue
        found = _scheduled(file, one, target) if "schedule" in one.fields else _from(file, one, target)
        if found is not None:
            yield found


def _scheduled(file: ModelFile, node: Node, target: _Target) -> EntryPoint | None:
    when = file.optional(node, "schedule")
    if not _SCHEDULE.fullmatch(when):
        help = "write `rate(5 minutes)` or `cron(0 12 * * ? *)`"
        file.problems.error(node.fields["schedule"].at, "schedule", f"`{when}` is not a schedule", help)
        return None
    if not _can_call(file, node, BUS, target, f"the schedule of `{target.id}`"):
        return None
    arn = _rule_arn(file, DEFAULT_BUS, _rule_name(file, node, f"{target.id}{_letters(when)}"))
    failures = _failures(file, node, target, EntryPointType.SCHEDULE)
    return EntryPoint(
        f"{when} to {target.id}", EntryPointType.SCHEDULE, target.id, source=when, at=node.at, source_arn=arn,
        failures_to=failures,
    )  # fmt: skip


def _from(file: ModelFile, node: Node, target: _Target) -> EntryPoint | None:
    name = file.optional(node, "from")
    source = target.resources.get(name)
    known = [*target.resources, DEFAULT_BUS]
    if name not in known:
        place = node.fields["from"].at
        file.problems.error(place, "unknown-resource", f"there is no resource `{name}`", did_you_mean(name, known))
        return None
    if source is None and name != DEFAULT_BUS:
        return None
    type = source.type if source is not None else BUS
    if not _can_call(file, node, type, target, f"`{name}`"):
        return None
    id = f"{name} to {target.id}"
    if type == USER_POOL:
        trigger = file.optional(node, "trigger")
        if trigger not in _TRIGGERS:
            place = node.fields["trigger"].at if "trigger" in node.fields else node.at
            message = f"there is no trigger `{trigger}`" if trigger else f"an event from `{name}` needs `trigger`"
            file.problems.error(place, "trigger", message, did_you_mean(trigger, _TRIGGERS))
        id = f"{trigger} of {name}"
    arn: Text = source.arn if source is not None and resource_types()[type].calls is not None else ""
    if type == BUS:
        bus = split_text(source.arn, "/")[-1] if source is not None else DEFAULT_BUS
        arn = _rule_arn(file, bus, _rule_name(file, node, f"{target.id}From{_letters(name)}"))
    failures = _failures(file, node, target, _TYPES[type])
    return EntryPoint(id, _TYPES[type], target.id, source=name, at=node.at, source_arn=arn, failures_to=failures)


def _can_call(file: ModelFile, node: Node, source: str, target: _Target, what: str) -> bool:
    """Whether something of one type can start something of another; else a problem that says what can."""
    type = resource_types()[source]
    if target.type == "lambda:function" and type.consume:
        return True
    if type.calls is not None and target.type in type.calls.targets and source in _TYPES:
        return True
    place = (node.get("from") or node.get("schedule") or node).at
    if source == BUS and target.type == "sns:topic":
        file.problems.error(
            place,
            "event",
            f"no policy of the topic `{target.id}` can be limited to {what}: EventBridge does not say which rule "
            "it publishes for, so the rules of every account would be let in",
            "\n".join(
                [
                    "let the rule start a function that publishes, or fill a queue",
                    "give the rule a role: `{type: role, assumed_by: events.amazonaws.com}`, which publishes",
                ]
            ),
        )
    else:
        help = "what a function does with it is a need of the function's"
        file.problems.error(
            place, "event", f"{what}, a {source}, cannot call `{target.id}`, a {target.type}", help
        )
    return False


def _failures(file: ModelFile, node: Node, target: _Target, type: EntryPointType) -> str:
    """Where it goes what could not be handled: Lambda sends it on, or the service that could not deliver it."""
    own = node.get("failures_to")
    if own is not None and type in (EntryPointType.NOTIFICATION, EntryPointType.USER_POOL_TRIGGER):
        help = f"say `failures_to` on `{target.id}`: Lambda sends on what a function fails on"
        file.problems.error(own.at, "failures", f"a {type} has nowhere to send what fails", help)
        return ""
    types = ("sqs:queue", "sns:topic") if type is EntryPointType.CONSUMER else ("sqs:queue",)
    return file.reference(node, "failures_to", target.resources, types)


def _rule_name(file: ModelFile, node: Node, name: str) -> Text:
    """The name of the rule behind an event."""
    return file.given_name(node, "rule") or file.made(f"{name}Rule", "the name of the rule is not in the model")


def _letters(words: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", words))


def _rule_arn(file: ModelFile, bus: Text, rule: Text) -> Text:
    """What EventBridge says of a rule; a rule of the default bus does not name its bus."""
    env = file.environment
    on = [] if bus == DEFAULT_BUS else [bus, "/"]
    return text(["arn:", env.partition, ":events:", env.region, ":", env.account, ":rule/", *on, rule])
