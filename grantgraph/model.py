"""An application: its principals, resources and entry points, what they need, and what it promises.

Every source ends here, and nothing after it knows which source it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property

from grantgraph.binding import Binding
from grantgraph.ignores import Ignore
from grantgraph.policy.document import Policy
from grantgraph.problems import NOWHERE, Location, Problem
from grantgraph.text import Text, Unknown
from grantgraph.wiring import Runtime, Wire


@dataclass(frozen=True, slots=True)
class Environment:
    """Where an application is deployed; each part may be decided elsewhere."""

    partition: Text = field(default_factory=lambda: _unknown("AWS::Partition"))
    region: Text = field(default_factory=lambda: _unknown("AWS::Region"))
    account: Text = field(default_factory=lambda: _unknown("AWS::AccountId"))


def _unknown(name: str) -> Text:
    from grantgraph.text import text

    return text((Unknown(name, f"`{name}` is decided when the application is deployed"),))


class PrincipalType(StrEnum):
    """What a principal of an application is, in the words of the model file."""

    AUTHENTICATED = "identity-pool:authenticated"
    UNAUTHENTICATED = "identity-pool:unauthenticated"
    MAPPED = "identity-pool:mapped"  # a role that a role mapping of the pool can choose
    FUNCTION = "function"
    ROLE = "role"
    USER = "user"
    ACCOUNT = "account"  # another account, or a role in it: its own policies are not the application's


@dataclass(frozen=True, slots=True)
class Principal:
    """A role or user. `id` is its logical id or its name in the model file.

    `pool` is the id of the identity pool whose visitors get this role. `framework` says which framework made
    the role for its own purposes, "" when it is the application's own. `tags` are the keys of the tags that its
    sessions carry; `assumed_by` the services, accounts and roles that may assume a role, with `external_id` for
    an account.
    """

    id: str
    type: PrincipalType
    arn: Text
    trust: Policy | None = None
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    pool: str = ""
    framework: str = ""
    at: Location = field(default=NOWHERE, compare=False)
    tags: tuple[str, ...] = ()
    assumed_by: tuple[str, ...] = ()
    external_id: str = ""


RESTRICTED = "restrict_public_buckets"
"""The attribute of a bucket that shuts out who is not of its account where its policy is public (rule 125)."""


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index of a table."""

    name: str
    partition_key: str
    sort_key: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that a policy can name. `type` is a name in `grantgraph.resources`, such as `sqs:queue`.

    `attributes` hold what its type says about it (a table's `partition_key`, `sort_key` and `stream`, a function's
    `runs_as`, the `stage` of an API, the `key` that encrypts it, by its id); `account` is the account that owns
    it, which its ARN may not say. `existing` means that the application uses it and does not make it. `runtime`
    is what Lambda needs of a function's role, where that is known.
    """

    id: str
    type: str
    arn: Text
    account: Text = ""
    policy: Policy | None = None
    attributes: Mapping[str, Text] = field(default_factory=dict)
    indexes: tuple[Index, ...] = ()
    at: Location = field(default=NOWHERE, compare=False)
    existing: bool = False
    runtime: Runtime | None = None


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """One way in which a role mapping of an identity pool chooses a role (rules 146, 147, 149).

    `claim`, `match` and `value` are a rule's; a token names the role itself, and leaves them "". `otherwise` is
    what a visitor gets for whom nothing is chosen, in AWS's words: `AuthenticatedRole` or `Deny`.
    """

    provider: Text
    role: str
    claim: str = ""
    match: str = ""
    value: Text = ""
    otherwise: str = ""
    at: Location = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class IdentityPool:
    """A Cognito identity pool: who may come in, and which role each visitor gets.

    `id_value` is what a token's `aud` says. `mapped` are the roles that a role mapping can choose besides
    the two defaults, and `choices` say how. `tags` are the principal tags of its sessions, and the claims that
    they hold. `providers` are those whose tokens it takes: names, or ARNs of identity providers; `clients` those
    of user pools, as their tokens name them.
    """

    id: str
    id_value: Text
    allows_guests: bool | Unknown = False
    allows_classic_flow: bool | Unknown = False
    authenticated: str = ""
    unauthenticated: str = ""
    mapped: tuple[str, ...] = ()
    choices: tuple[RoleChoice, ...] = ()
    tags: Mapping[str, Text] = field(default_factory=dict)
    at: Location = field(default=NOWHERE, compare=False)
    providers: tuple[Text, ...] = ()
    clients: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """An app client of a user pool: a token for it says `id_value` as its audience.

    `users` is the id of the user pool; `writes` are the attributes of themselves that its users may set, `unsure`
    those of which AWS does not say so.
    """

    id: str
    id_value: Text
    users: str
    writes: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    at: Location = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Token:
    """What a route asks of a JSON Web Token: who issued it, and for whom; without an audience, for anybody."""

    issuer: Text
    audience: tuple[Text, ...] = ()


class Authorizer(StrEnum):
    """Who decides that a caller may use a route."""

    NONE = "none"
    IAM = "iam"
    JWT = "jwt"
    USER_POOL = "user_pool"
    LAMBDA = "lambda"
    API_KEY = "api_key"
    UNKNOWN = "unknown"


class EntryPointType(StrEnum):
    """The ways into an application's code."""

    ROUTE = "route"
    FIELD = "field"  # of a GraphQL API
    AUTHORIZER = "authorizer"  # its function runs before anybody is let in
    FUNCTION_URL = "function url"
    USER_POOL_TRIGGER = "user pool trigger"
    SUBSCRIPTION = "subscription"
    CONSUMER = "consumer"
    NOTIFICATION = "notification"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A way into the code. `id` reads as people say it (`GET /notes`); `target` is a resource's id.

    `arn` is what `execute-api:Invoke` (for a field `appsync:GraphQL`) needs where IAM is the authorizer, ""
    elsewhere. `source` is the id of what calls: an API, a queue, a topic, a user pool. `runs_as` is the
    principal that it acts as where it has a role of its own, "" where only its function has one. `source_arn` is
    what the service that calls says as `aws:SourceArn`, where that is known; `failures_to` the id of the queue or
    topic for what it cannot deliver. What an `unseen` one runs is not in the input. `tokens` are those of which
    one lets a caller in, where the authorizer asks for one and the input says which.
    """

    id: str
    type: EntryPointType
    target: str
    authorizer: Authorizer = Authorizer.NONE
    arn: Text = ""
    source: str = ""
    runs_as: str = ""
    at: Location = field(default=NOWHERE, compare=False)
    source_arn: Text = ""
    failures_to: str = ""
    unseen: bool = False
    tokens: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Scopes:
    """What limits a need to a part of a resource, or to some requests; docs/model.md says it in full.

    In values, `{identity}` stands for the caller's identity and `{tag:name}` for a tag of its session.

    Attributes:
        rows: partition keys of a table; `own` is the caller's identity.
        attributes: attributes of a table.
        index: the index of a table that is read.
        keys: keys of a bucket, or parameters below one.
        delimiter: what a listing of a bucket is cut at.
        presigned: seconds after which a request signed in advance is too old; only such requests are needed.
        fields: fields of a GraphQL API.
        alias: the alias of a function.
        via: the services through which a key is used.
        context: `name=value` pairs of a key's encryption context.
        sources, detail_types: which events are put.
        protocols, endpoints: what is subscribed to a topic.
        passes: the roles that an action passes to a service.
    """

    rows: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    index: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    delimiter: tuple[str, ...] = ()
    presigned: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    alias: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    detail_types: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()

    def given(self) -> Mapping[str, tuple[str, ...]]:
        """The scopes that limit something, by their names."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value}

    def __str__(self) -> str:
        return "; ".join(f"{name}: {', '.join(value)}" for name, value in self.given().items())


@dataclass(frozen=True, slots=True)
class Need:
    """What one principal has to be able to do: `who` does `access` to `to`, within the scopes.

    `access` holds access words of the resource's type (`read`, `write`, ...), or exact actions.
    """

    who: str
    access: tuple[str, ...]
    to: str
    scopes: Scopes = field(default_factory=Scopes)
    at: Location = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        words = " and ".join(self.access)
        return f"{self.who} needs to {words} {self.to}" + (f" ({self.scopes})" if self.scopes.given() else "")


class PromiseType(StrEnum):
    """What an application can promise about a principal."""

    NEVER = "never"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class Promise:
    """This application's own statement about its policies, which `check` proves or refutes.

    `access` holds access levels in lower case with dashes (`permissions-management`), or exact actions;
    `on` the id of a resource, "" for all.
    """

    title: str
    type: PromiseType
    who: str
    access: tuple[str, ...] = ()
    on: str = ""
    at: Location = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """What something that is decided outside the input is taken to be: one value, or none of some values.

    `name` is that of the unknown: `parameter Stage`.
    """

    name: str
    value: str | None
    apart_from: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Its name as its author knows it."""
        return self.name.removeprefix("parameter ")

    def __str__(self) -> str:
        if self.value is not None:
            return f"`{self.shown}` is `{self.value}`"
        others = ", ".join(f"`{one}`" for one in self.apart_from)
        return f"`{self.shown}` is {'none of' if len(self.apart_from) > 1 else 'not'} {others}"


INCOMPLETE = "incomplete-account"
"""The code of the problem that a part of an account could not be read."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Resources of a type that may be there, and were not to be seen: what they allow is not known.

    `type` is a name in `grantgraph.resources`; `region` is "" where it may be any.
    """

    type: str
    region: str
    reason: str

    @property
    def service(self) -> str:
        """The service prefix of the actions on them."""
        return self.type.partition(":")[0]


@dataclass(frozen=True)  # without slots: what is looked up by its id is kept
class Application:
    """Everything that a source said about one application.

    `problems` are what reading met; `counted` names what was in the input but is no part of the model
    (type → how many), so that nothing is left out silently. `changes` say what a plan does to get there
    (`create`, `update`, `replace`, `delete`, `forget` → ids). `choices` are what conditions of the input hinge
    on: of each group one holds. `when` are the choices under which it was read. `hidden` is what may be there
    besides; `assuming` is what every answer rests on because the input leaves it out. `ignores` are the findings
    that the input itself accepts. `absent` is what the input has under conditions that do not hold (id → type);
    `wires` are what refers to what. `unwritten` means that its policies are still to be written from its needs;
    `binding` is there for a model that is bound to another input.
    """

    name: str
    source: str = ""
    environment: Environment = field(default_factory=Environment)
    principals: tuple[Principal, ...] = ()
    resources: tuple[Resource, ...] = ()
    pools: tuple[IdentityPool, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    needs: tuple[Need, ...] = ()
    promises: tuple[Promise, ...] = ()
    problems: tuple[Problem, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: tuple[tuple[Choice, ...], ...] = ()
    when: tuple[Choice, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    assuming: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    clients: tuple[Client, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    wires: tuple[Wire, ...] = ()
    unwritten: bool = False
    binding: Binding | None = None

    @property
    def caveats(self) -> tuple[str, ...]:
        """What no answer about the whole can know, because the input leaves it out."""
        gaps = (one.message for one in self.problems if one.code == INCOMPLETE)
        return tuple(dict.fromkeys((*self.assuming, *gaps)))

    def principal(self, id: str) -> Principal | None:
        """The principal of an id, or of the name that a model has for it."""
        return self._principals.get(self.binding.principals.get(id, id) if self.binding is not None else id)

    def resource(self, id: str) -> Resource | None:
        """The resource of an id, or of the name that a model has for it."""
        return self._resources.get(self.binding.resources.get(id, id) if self.binding is not None else id)

    def entry_point(self, id: str) -> EntryPoint | None:
        """The entry point of an id, or of the name that a model has for it."""
        return self._entry_points.get(self.binding.entry_points.get(id, id) if self.binding is not None else id)

    def spoken_of(self) -> tuple[Principal, ...]:
        """The principals whose needs are said: all of a model's own; of a bound model those that it names."""
        if self.binding is None:
            return self.principals
        named = {*self.binding.principals.values(), *(need.who for need in self.needs)}
        return tuple(one for one in self.principals if one.id in named)

    @cached_property
    def _principals(self) -> Mapping[str, Principal]:
        return {one.id: one for one in reversed(self.principals)}

    @cached_property
    def _resources(self) -> Mapping[str, Resource]:
        return {one.id: one for one in reversed(self.resources)}

    @cached_property
    def _entry_points(self) -> Mapping[str, EntryPoint]:
        return {one.id: one for one in reversed(self.entry_points)}

    def pool(self, id: str) -> IdentityPool | None:
        return next((one for one in self.pools if one.id == id), None)
