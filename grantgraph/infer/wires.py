"""What the wiring of an application says: which principal uses which resource, and sometimes how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.infer.evidence import Evidence
from grantgraph.model import Application, EntryPoint, EntryPointType, Resource
from grantgraph.problems import Location
from grantgraph.resources import resource_types
from grantgraph.wiring import Wire, WireType

FUNCTION = "lambda:function"
_STARTS: Mapping[str, str] = {
    "events:event-bus": "events:PutEvents",
    "kinesis:stream": "kinesis:PutRecord",
    "lambda:function": "lambda:InvokeFunction",
    "sns:topic": "sns:Publish",
    "sqs:queue": "sqs:SendMessage",
    "states:stateMachine": "states:StartExecution",
}
"""What a service does to a resource that it calls with a role."""


@dataclass(frozen=True, slots=True)
class Wired:
    """A principal uses a resource; `actions` are what that takes, where the wiring says it.

    `by_service` is whether a service uses it in the principal's name, without a word of the principal's code.
    """

    who: str
    to: str
    evidence: Evidence
    actions: tuple[str, ...] = ()
    by_service: bool = False


def wired_of(application: Application) -> tuple[Wired, ...]:
    """Everything that the wiring says of who uses what, in the order of the application."""
    return tuple(dict.fromkeys(_Wiring(application).all()))


class _Wiring:
    def __init__(self, application: Application) -> None:
        self.application = application
        self.resources = {one.id: one for one in application.resources}
        self.roles = {one.id: str(one.attributes.get("runs_as", "")) for one in application.resources}

    def all(self) -> Iterator[Wired]:
        for wire in self.application.wires:
            yield from self.wire(wire)
        for entry in self.application.entry_points:
            yield from self.entry(entry)
        for one in self.application.resources:
            if one.type == FUNCTION:
                yield from self.runtime(one)

    def used(self, who: str, to: str, words: str, at: Location, actions: tuple[str, ...] = ()) -> Iterator[Wired]:
        if who and to in self.resources:
            yield Wired(who, to, Evidence(words, at), actions)

    def used_by_service(
        self, who: str, to: str, words: str, at: Location, actions: tuple[str, ...]
    ) -> Iterator[Wired]:
        return (replace(one, by_service=True) for one in self.used(who, to, words, at, actions))

    def sent(self, to: str) -> tuple[str, ...]:
        """What sending to a resource takes."""
        resource = self.resources.get(to)
        action = _STARTS.get(resource.type, "") if resource is not None else ""
        return (action,) if action else ()

    def wire(self, wire: Wire) -> Iterator[Wired]:
        who = self.roles.get(wire.of, "")
        match wire.type:
            case WireType.ENVIRONMENT:
                words = f"the variable `{wire.words}` of `{wire.of}` names it"
                yield from self.used(who, wire.to, words, wire.at)
            case WireType.DEFINITION:
                is_function = self.resources[wire.to].type == FUNCTION if wire.to in self.resources else False
                words = f"the definition of `{wire.of}` names it"
                yield from self.used(who, wire.to, words, wire.at, self.sent(wire.to) if is_function else ())
            case WireType.DESTINATION:
                what = "what it failed on" if wire.words == "OnFailure" else "what it returns"
                words = f"Lambda sends `{wire.of}`'s events there: {what}"
                yield from self.used_by_service(who, wire.to, words, wire.at, self.sent(wire.to))

    def entry(self, entry: EntryPoint) -> Iterator[Wired]:
        role = entry.runs_as or self.roles.get(entry.target, "")
        source = self.resources.get(entry.source)
        if entry.type is EntryPointType.CONSUMER and source is not None:
            words = f"it feeds `{entry.target}`"
            yield from self.used_by_service(role, source.id, words, entry.at, _consumed(source))
            if entry.failures_to:
                words = f"`{entry.target}`'s failures of `{source.id}` go there"
                yield from self.used_by_service(
                    role, entry.failures_to, words, entry.at, self.sent(entry.failures_to)
                )
        elif entry.type is EntryPointType.NOTIFICATION and source is not None:
            yield from self.used(role, source.id, f"it tells `{entry.target}` of its objects", entry.at)
        if entry.runs_as:
            words = f"`{entry.id}` calls it with the role"
            yield from self.used(entry.runs_as, entry.target, words, entry.at, self.sent(entry.target))

    def runtime(self, function: Resource) -> Iterator[Wired]:
        who, runtime = self.roles[function.id], function.runtime
        if runtime is not None and runtime.failures_to:
            words = f"Lambda sends what `{function.id}` failed on there"
            yield from self.used_by_service(
                who, runtime.failures_to, words, function.at, self.sent(runtime.failures_to)
            )
        if runtime is not None and runtime.key:
            words = f"it encrypts the environment of `{function.id}`"
            yield from self.used_by_service(who, runtime.key, words, function.at, ("kms:Decrypt",))


def _consumed(source: Resource) -> tuple[str, ...]:
    """What Lambda, or a pipe, uses to read from a resource."""
    return tuple(action for on in resource_types()[source.type].consume for action in on.actions)
