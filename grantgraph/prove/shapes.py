"""Which requests are well formed: the resources of an action, and the condition keys that a request carries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from grantgraph.catalog import Action, Catalog, ConditionKey, KeyType, ResourceType
from grantgraph.evaluate import Caller, CallerKind
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import Condition, Family
from grantgraph.problems import bug
from grantgraph.prove.glob import Glob, GlobToken, One, Run, literal_glob
from grantgraph.prove.spaces import Dimension
from grantgraph.prove.things import Things
from grantgraph.text import Text, split_text

_FAMILIES: Mapping[KeyType, Family] = {
    KeyType.STRING: Family.STRING,
    KeyType.NUMERIC: Family.NUMERIC,
    KeyType.DATE: Family.DATE,
    KeyType.BOOL: Family.BOOL,
    KeyType.BINARY: Family.BINARY,
    KeyType.IP_ADDRESS: Family.IP_ADDRESS,
    KeyType.ARN: Family.ARN,
}

_ONE_WORD = frozenset(
    [
        "AccessPointName",
        "Account",
        "AccountId",
        "ApiId",
        "BackupName",
        "BucketName",
        "ConsumerName",
        "ExportName",
        "FunctionName",
        "GlobalTableName",
        "GraphQLAPIId",
        "ImportName",
        "IndexName",
        "KeyId",
        "LayerName",
        "LayerVersion",
        "Method",
        "Partition",
        "QueueName",
        "Region",
        "Stage",
        "StateMachineName",
        "StreamName",
        "TableName",
        "TopicName",
        "UserPoolId",
        "Version",
    ]
)
"""Placeholders whose values hold neither a slash nor a colon. Any other may hold both, as the aliases of keys, the
buses of partners, topics of MQTT, identity pools and the labels of streams do: a request too many is only a
question too many, a request too few would be a false proof."""

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@lru_cache(maxsize=10_000)
def _resource_glob_anywhere(template: str) -> Glob:
    return resource_glob(template)


def resource_glob(template: str, environment: Mapping[str, Text] | None = None) -> Glob:
    """The ARNs that a template of the service reference stands for, anywhere or in one environment."""
    tokens: list[GlobToken] = []
    colons = 0
    for at, piece in enumerate(_PLACEHOLDER.split(template)):
        if at % 2 == 0:
            tokens.extend(Run() if letter == "*" else letter for letter in piece)
            colons += piece.count(":")
        elif environment is not None and piece in environment:
            tokens.extend(literal_glob(environment[piece]))
        elif colons < 5 or _is_one_word(template.split(":")[2], piece):
            tokens += [One(":/", letter=True), Run(":/")]
        else:
            tokens += [One(letter=True), Run()]
    return tuple(tokens)


def _is_one_word(service: str, placeholder: str) -> bool:
    """Whether the values of a placeholder hold neither a slash nor a colon."""
    if service == "ec2" and placeholder.endswith("Id"):
        return True  # a prefix and hexadecimal digits
    topic_of_mqtt = service == "iot" and placeholder == "TopicName"
    return placeholder in _ONE_WORD and not topic_of_mqtt


def pleasant_globs(template: str, environment: Mapping[str, Text]) -> Glob:
    """The same ARNs in one environment, so that a witness reads like a real one."""
    tokens: list[GlobToken] = []
    for at, piece in enumerate(_PLACEHOLDER.split(template)):
        if at % 2 == 0:
            tokens.extend(piece.replace("*", "x"))
        elif piece in environment:
            tokens.extend(literal_glob(environment[piece]))
        else:
            tokens += [*piece.lower().removesuffix("name")[:8], Run(":/")]
    return tuple(tokens)


EXAMPLE_ENVIRONMENT: Mapping[str, Text] = {
    "Partition": "aws",
    "Region": "us-east-1",
    "Account": "111122223333",
}


SOURCE_OWNER = "aws:sourceowner"
"""What services say when they publish to a topic, and nobody else; the policy that AWS gives a topic asks for it.

https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
"""


@dataclass(frozen=True, slots=True)
class Session:
    """What is known of every request that a caller makes: the keys that its session always carries, or never.

    `keys` overrides the catalog: key in lower case → Dimension.
    """

    caller: Caller
    keys: Mapping[str, Dimension] = field(default_factory=dict)


def session_of(caller: Caller, keys: Iterable[Dimension] = ()) -> Session:
    """The session of a caller, with the keys that follow from who it is (rule 63)."""
    known = {one.name: one for one in _caller_keys(caller)}
    known.update({one.name: one for one in keys})
    return Session(caller, known)


def _caller_keys(caller: Caller) -> Iterable[Dimension]:
    def fixed(name: str, value: Text) -> Dimension:
        return Dimension(name, may_be_absent=False, domain=(literal_glob(value),))

    def absent(name: str) -> Dimension:
        return Dimension(name, may_be_present=False)

    signed = caller.kind in (CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED_USER)
    if signed:
        yield Dimension("aws:principalarn", Family.ARN, may_be_absent=False, domain=(literal_glob(caller.name),))
        yield fixed("aws:principalisawsservice", "false")
        yield absent("aws:principalservicename")
        yield absent("aws:principalservicenameslist")
    if signed or caller.kind is CallerKind.ANONYMOUS:
        yield absent(SOURCE_OWNER)
    if caller.account != "":
        yield fixed("aws:principalaccount", caller.account)
    words = {
        CallerKind.ROOT: "Account",
        CallerKind.USER: "User",
        CallerKind.ROLE: "AssumedRole",
        CallerKind.FEDERATED_USER: "FederatedUser",
        CallerKind.ANONYMOUS: "Anonymous",
    }
    if caller.kind in words:
        yield fixed("aws:principaltype", words[caller.kind])
    if caller.kind is CallerKind.ANONYMOUS:
        yield absent("aws:principalarn")
        yield fixed("aws:principalaccount", "anonymous")
    arn = parse_arn(caller.name)
    if caller.kind is CallerKind.USER and arn is not None:
        yield fixed("aws:username", split_text(arn.resource, "/")[-1])
    else:
        yield absent("aws:username")


@dataclass(frozen=True, slots=True)
class Shape:
    """One action on one of its resource types, or on `*`: the requests that are well formed for it.

    Every resource matches one of `resources`; witnesses prefer those that match one of `pleasant`, whose last ones
    are made when they are asked for. Of a request
    of `any_type` nothing is known but that it may be for this action, and for others that the same statements
    name: it may be for anything, and carry `carried` or, where that is None, anything.
    """

    action: Action
    resource_type: ResourceType | None
    resources: tuple[Glob, ...]
    existing: tuple[Glob, ...]
    environment: Mapping[str, Text]
    carried: frozenset[str] | None
    any_type: bool = False

    def pleasant(self) -> Iterator[Glob]:
        """Globs of resources that people would choose: what exists, then what reads like it."""
        yield from self.existing
        templates = self.resource_type.arns if self.resource_type is not None else ()
        yield from (pleasant_globs(template, self.environment) for template in templates)
        yield from (resource_glob(template, self.environment) for template in templates)

    @property
    def service_type(self) -> str:
        """The resource type as `service:type`, "" for `*`."""
        return f"{self.resource_type.service}:{self.resource_type.name}" if self.resource_type else ""


STAR = literal_glob("*")
"""The resource of an action that has none."""


@lru_cache(maxsize=10_000)
def services_of(type: ResourceType) -> frozenset[str] | None:
    """The services in the ARNs of a resource type; None where a template leaves it open."""
    found = frozenset(template.split(":")[2] for template in type.arns)
    return None if any("$" in service for service in found) else found


def any_shape(action: Action, carried: frozenset[str] | None, star: bool = False) -> Shape:
    """The requests of every shape that carries these keys, or of every shape at all.

    Args:
        star: only of requests that have no resource.
    """
    return Shape(action, None, (STAR,) if star else (), (), {}, carried, any_type=True)


def shapes_of(
    action: Action,
    catalog: Catalog,
    things: Things,
    environment: Mapping[str, Text],
    wanted: Callable[[str | None, frozenset[str] | None], bool] = lambda name, services: True,
) -> tuple[Shape, ...]:
    """The shapes of an action's requests.

    Args:
        things: ARNs that exist, which witnesses prefer.
        environment: `Partition`, `Region` and `Account` for witnesses.
        wanted: whether to make the shape of a type (None for `*`), whose ARNs are of these services.
    """
    shapes: list[Shape] = []
    for name in action.resource_types:
        found = catalog.resource_type(action.service, name)
        if found is None:
            bug(f"{action} has an unknown resource type `{name}`")
        if not wanted(name, services_of(found)):
            continue
        templates = tuple(map(_resource_glob_anywhere, found.arns))
        existing = things.fitting(services_of(found), templates)
        shape = Shape(action, found, templates, existing, environment, catalog.carried_keys(action, name))
        shapes.insert(0 if existing else len(shapes), shape)
    if (action.may_use_star or not action.resource_types) and wanted(None, None):
        carried = catalog.carried_keys(action, None)
        shapes.append(Shape(action, None, (STAR,), (), environment, carried))
    return tuple(shapes)


def dimension_of(
    key: str, shape: Shape, session: Session, catalog: Catalog, conditions: Iterable[Condition]
) -> Dimension:
    """What a request of a shape can carry for a key.

    A key that the catalog does not know may be there or not, and is a set where a policy treats it as one.
    """
    override = session.keys.get(key)
    if override is not None:
        return override
    known = catalog.condition_key(key)
    if known is None:
        multivalued = any(one.key == key and one.quantifier for one in conditions)
        return Dimension(key, multivalued=multivalued, domain=(SOMETHING,) if multivalued else ())
    may_be_left_out = shape.carried is None or key not in always_carried(shape.action)
    return Dimension(
        key,
        _FAMILIES[known.type],
        known.multivalued,
        may_be_absent=known.carried == "sometimes" and may_be_left_out,
        may_be_present=not known.listed or _carries(key, known, shape) or _unplaced(key, shape, catalog),
        domain=(SOMETHING,) if known.multivalued and known.type in (KeyType.STRING, KeyType.ARN) else (),
    )


SOMETHING: Glob = (One(letter=True), Run())
"""Any text but the empty one: what a set holds."""


_ITEM_ACTIONS = frozenset(
    f"dynamodb:{name}"
    for name in (
        "BatchGetItem",
        "BatchWriteItem",
        "ConditionCheckItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "UpdateItem",
    )
)
_ALWAYS: Mapping[str, frozenset[str]] = {"dynamodb:leadingkeys": _ITEM_ACTIONS}
"""Keys that every request for an action carries, because the call cannot be made without them: an item or a query
names its partition key. PartiQL is not here: a SELECT may leave the key out (rules 155, 156, 158)."""


def always_carried(action: Action) -> frozenset[str]:
    """The keys that every request for an action carries, beside those that every request carries."""
    if action.service != "dynamodb":
        return frozenset()
    return frozenset(key for key, actions in _ALWAYS.items() if str(action) in actions)


def _unplaced(key: str, shape: Shape, catalog: Catalog) -> bool:
    """Whether the sources define the key without saying which action carries it."""
    return any(one.lower() == key for one in catalog.unplaced_keys(shape.action.service))


def _carries(key: str, known: ConditionKey, shape: Shape) -> bool:
    return shape.carried is None or key in shape.carried or known.name.lower() in shape.carried
