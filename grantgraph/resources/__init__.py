"""What each resource type is: how it is named, and which access to it means which actions.

One file an AWS service; each offers `RESOURCE_TYPES`, and nothing is registered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from grantgraph.discovery import discover
from grantgraph.problems import UsageError, did_you_mean
from grantgraph.text import Text, parts_of, text


@dataclass(frozen=True, slots=True)
class ActionsOn:
    """Actions on a resource's ARN followed by a suffix: reading a bucket is GetObject on `/*`.

    A suffix may hold `${stage}`, an attribute of the resource; `*` stands for one that it does not say.
    `instead` is a part of the ARN and what takes its place: executions of a state machine have ARNs of their own.
    """

    suffix: str
    actions: tuple[str, ...]
    instead: tuple[str, str] = ("", "")

    def under(self, arn: Text, attributes: Mapping[str, Text]) -> Text:
        """What the actions are used on, for the resource of an ARN."""
        old, new = self.instead
        base = text(part.replace(old, new) if old and isinstance(part, str) else part for part in parts_of(arn))
        return text([base, fill(self.suffix, stage=attributes.get("stage", "*"))])


@dataclass(frozen=True, slots=True)
class Encryption:
    """How the key that a resource is encrypted with is used: the service asks for it in its caller's name.

    Attributes:
        service: what `kms:ViaService` begins with.
        takes: each action on the resource that needs the key, and the KMS actions that it takes.
        context: what the service says as encryption context: key → templates of its values, with `${arn}`,
            `${name}` and `${account}` of the resource, or `${resource}` for what the action is used on.
    """

    service: str
    takes: Mapping[str, tuple[str, ...]]
    context: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Calls:
    """A resource calls others by itself: the service behind it, and the types that it can call.

    `says_account` is whether its ARN holds its account; where not, `aws:SourceArn` alone would let in anybody
    who takes the name over.
    """

    service: str
    targets: tuple[str, ...]
    says_account: bool = True


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of resource.

    Attributes:
        name: the service prefix and the type, as the model file writes it (`dynamodb:table`).
        cloudformation: its CloudFormation type.
        terraform: its Terraform type.
        arn: its ARN, with `${partition}`, `${region}`, `${account}` and `${name}`.
        access: access words in users' terms, and the actions that each stands for. Actions that belong to no
            word administer the resource; no need ever asks for them by a word.
        name_property: the CloudFormation property that fixes its name, "" when AWS makes the name.
        ref: what `Ref` gives: `name`, `arn`, or the name of an attribute that is opaque to policies.
        attributes: `Fn::GetAtt` attributes whose text is known, with the placeholders of `arn`.
        policy_property: the CloudFormation property that holds its resource policy, if it is one.
        scopes: which scopes of a need limit access to it.
        encryption: how its key is used, where it can be encrypted with a key of the account's own.
        consume: what Lambda uses, in a function's name, to read from it; () where it calls the function itself.
        calls: what it can call by itself, and as whom.
        called_by: the action that services use on it when something calls it.
        shared: whether a policy of its own can let in another account.
        starts: the access words whose actions run it, or put in what makes others run.
    """

    name: str
    cloudformation: str
    terraform: str
    arn: str
    access: Mapping[str, tuple[ActionsOn, ...]] = field(default_factory=dict)
    name_property: str = ""
    ref: str = "name"
    attributes: Mapping[str, str] = field(default_factory=dict)
    policy_property: str = ""
    scopes: frozenset[str] = frozenset()
    encryption: Encryption | None = None
    consume: tuple[ActionsOn, ...] = ()
    calls: Calls | None = None
    called_by: str = ""
    shared: bool = False
    starts: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        """The service prefix of its actions."""
        return self.name.partition(":")[0]

    @property
    def data_actions(self) -> frozenset[str]:
        """Every action that some access word stands for, in lower case."""
        return self._actions(self.access)

    @property
    def starting_actions(self) -> frozenset[str]:
        """Every action after which code may run, in lower case."""
        return self._actions(self.starts)

    def _actions(self, words: Iterable[str]) -> frozenset[str]:
        known = (on for word in words for on in self.access[word])
        return frozenset(action.lower() for on in known for action in on.actions)


def fill(template: str, **values: Text) -> Text:
    """A template of an ARN or an attribute with its `${placeholders}` replaced.

    A value that begins with a slash loses it after another one: so ARNs spell the names of parameters.

    Raises:
        KeyError: a placeholder has no value.
    """
    pieces = _PLACEHOLDER.split(template)  # literal, name, literal, name, ..., literal
    found: list[Text] = []
    for at, piece in enumerate(pieces):
        value = values[piece] if at % 2 else piece
        after_slash = at % 2 and pieces[at - 1].endswith("/")
        found.append(_without_slash(value) if after_slash else value)
    return text(found)


def _without_slash(value: Text) -> Text:
    first, *rest = parts_of(value) or ("",)
    return text([first.removeprefix("/"), *rest]) if isinstance(first, str) else value


_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """Every resource type by its name."""
    offered = discover(__name__, "RESOURCE_TYPES")
    return {one.name: one for types in offered for one in types}


def resource_type(name: str) -> ResourceType:
    """The resource type of a name.

    Raises:
        UsageError: there is none; the help names the nearest.
    """
    types = resource_types()
    if name not in types:
        raise UsageError(f"there is no resource type `{name}`", did_you_mean(name, types))
    return types[name]
