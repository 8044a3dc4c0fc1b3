"""How an application is wired: what its functions run with, and what refers to what."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from grantgraph.problems import NOWHERE, Location


class Logs(StrEnum):
    """Who makes the log group of a function."""

    LAMBDA = "lambda"  # with the first line that is written, so the function's role has to be able to
    APPLICATION = "existing"
    NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a function's role needs for Lambda itself.

    `failures_to` is the id of the queue or topic that takes events which failed; `key` of the key that encrypts
    the function's environment.
    """

    logs: Logs = Logs.LAMBDA
    tracing: bool = False
    vpc: bool = False
    failures_to: str = ""
    key: str = ""


class WireType(StrEnum):
    """How something of an application refers to a resource that it uses."""

    ENVIRONMENT = "environment variable"
    DEFINITION = "definition"  # of a state machine
    DESTINATION = "destination"  # of what a function returns, or failed on


@dataclass(frozen=True, slots=True)
class Wire:
    """Something refers to a resource: it is used, and not how.

    `of` and `to` are ids of resources; `words` says which variable or which part.
    """

    of: str
    to: str
    type: WireType
    words: str = ""
    at: Location = field(default=NOWHERE, compare=False)
