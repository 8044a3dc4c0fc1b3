"""How each action of each resource type is exercised with boto3: one place a type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from grantgraph.model import Need, Resource
from tests.outside.aws import Aws, Call

ABSENT = "elsewhere/a"
"""A key of a bucket, or a name below a parameter, that no need is about."""


@dataclass(frozen=True, slots=True)
class Around:
    """What calls may name beside the resource that they are about.

    Attributes:
        admin: AWS as somebody who may do everything.
        identity: the identity of the visitor who has signed in.
        needs: what is needed of the resource.
    """

    admin: Aws
    identity: str
    needs: tuple[Need, ...] = ()

    def scoped(self, scope: str) -> tuple[str, ...]:
        """Values that the needs give a scope, for the visitor and for somebody else, and `*` as a word."""
        spelled = [value for need in self.needs for value in getattr(need.scopes, scope)]
        found = [value.replace("*", "a") for value in spelled]
        both = [one.replace("{identity}", who) for one in found for who in (self.identity, "somebody")]
        return tuple(dict.fromkeys(both))


Calls: TypeAlias = Iterator[Call]


@dataclass(frozen=True, slots=True)
class Exercise:
    """A resource type in use.

    Attributes:
        make: makes a resource and gives the name that its ARN ends in, where AWS chose it, else "".
        calls: every call that the tests make about a resource: all that a need can ask for, and some more.
        share: gives a resource its own policy.
    """

    make: Callable[[Aws, Resource], str]
    calls: Callable[[Resource, Around], Calls]
    share: Callable[[Aws, Resource, dict[str, Any]], None] | None = None


def name_of(resource: Resource) -> str:
    """What the ARN of a resource ends in."""
    return str(resource.arn).split(":", 5)[5].rpartition("/")[2].rpartition(":")[2]


def all_exercises() -> Mapping[str, Exercise]:
    """The exercises by resource type."""
    from tests.outside.exercises import code, messages, secrets, stores

    return {**stores.EXERCISES, **messages.EXERCISES, **secrets.EXERCISES, **code.EXERCISES}
