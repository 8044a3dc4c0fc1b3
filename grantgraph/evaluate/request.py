"""One request: who asks, for which action, on what, in which context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from grantgraph.policy.arn import parse_arn
from grantgraph.problems import UsageError
from grantgraph.text import Text, Unknown, split_text, text

ContextValue: TypeAlias = Text | tuple[Text, ...] | Unknown
"""A single value, the set of a multivalued key, or Unknown: any value, or none at all."""


class CallerKind(StrEnum):
    """What a request is signed as, if it is signed."""

    ROOT = "root"
    USER = "user"
    ROLE = "role"  # a session of it
    FEDERATED_USER = "federated-user"
    SERVICE = "service"
    WEB_IDENTITY = "web identity"  # a token of an OIDC or SAML provider, and no signature
    ANONYMOUS = "anonymous"


SIGNING = frozenset({CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED_USER})
"""The callers with credentials of an account: identity policies and SCPs speak about them."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    `name` is the ARN of the user or role (with its path), the service principal, or the identity provider;
    `session` the name of a role's or federated user's session, where the question fixes one.
    `path_known` is False for a role that only its session's ARN names: that has no path (rule 48).
    `federated_by` is the ARN of the user who called GetFederationToken (rule 52), `canonical_id` the S3
    canonical id of the account (rule 54); both "" where nobody told.
    """

    kind: CallerKind
    name: Text = ""
    account: Text = ""
    session: Text | None = None
    path_known: bool = True
    federated_by: Text = ""
    canonical_id: str = ""

    @property
    def signed(self) -> bool:
        return self.kind in SIGNING

    @property
    def service_linked(self) -> bool:
        """Whether this is a role that a service made for itself: SCPs and RCPs leave it alone (107, 109)."""
        return self.kind is CallerKind.ROLE and ":role/aws-service-role/" in str(self.name)

    @property
    def session_arn(self) -> Text | None:
        """`arn:aws:sts::account:assumed-role/name/session`: the path of the role is dropped (rule 48)."""
        arn = parse_arn(self.name)
        if arn is None or self.session is None:
            return None
        word = "assumed-role" if self.kind is CallerKind.ROLE else "federated-user"
        parts: list[Text] = ["arn:", arn.partition, ":sts::", self.account, ":", word, "/"]
        if self.kind is CallerKind.ROLE:
            parts += [split_text(arn.resource, "/")[-1], "/"]
        return text([*parts, self.session])

    def __str__(self) -> str:
        return str(self.name) if self.name else self.kind.value


ANONYMOUS = Caller(CallerKind.ANONYMOUS)


def parse_caller(spelled: Text) -> Caller:
    """A caller from the ARN of a user, role, session or account, a service principal, or `anonymous`.

    Raises:
        UsageError: it is none of these.
    """
    if spelled in ("anonymous", "*"):
        return ANONYMOUS
    arn = parse_arn(spelled)
    if arn is None:
        if isinstance(spelled, str) and "." in spelled and "/" not in spelled and ":" not in spelled:
            provider = spelled in WEB_IDENTITY_PROVIDERS
            return Caller(CallerKind.WEB_IDENTITY if provider else CallerKind.SERVICE, spelled)
        raise UsageError(
            f"`{spelled}` is not a principal", "an ARN, a service such as `lambda.amazonaws.com`, or `anonymous`"
        )
    fields = split_text(arn.resource, "/")
    match fields[0]:
        case "root":
            return Caller(CallerKind.ROOT, spelled, arn.account)
        case "user":
            return Caller(CallerKind.USER, spelled, arn.account)
        case "role":
            return Caller(CallerKind.ROLE, spelled, arn.account)
        case "assumed-role" if len(fields) == 3:
            role = text(["arn:", arn.partition, ":iam::", arn.account, ":role/", fields[1]])
            return Caller(CallerKind.ROLE, role, arn.account, fields[2], path_known=False)
        case "federated-user" if len(fields) == 2:
            return Caller(CallerKind.FEDERATED_USER, spelled, arn.account, fields[1])
        case "oidc-provider" | "saml-provider":
            return Caller(CallerKind.WEB_IDENTITY, spelled, arn.account)
        case _:
            raise UsageError(f"`{spelled}` is not the ARN of a principal", "user, role, assumed-role, root, ...")


WEB_IDENTITY_PROVIDERS = frozenset(
    {
        "cognito-identity.amazonaws.com",
        "cognito-identity-us-gov.amazonaws.com",
        "accounts.google.com",
        "graph.facebook.com",
        "www.amazon.com",
        "api.twitter.com",
    }
)


class Authorizer(StrEnum):
    """What an API Gateway method asks of its callers before any policy is read (rule 178)."""

    NONE = "none"
    IAM = "iam"
    USER_POOL = "user-pool"
    LAMBDA = "lambda"  # the policy that it returns counts as the caller's identity-based policy


@dataclass(frozen=True, slots=True)
class Situation:
    """Facts around a request that no policy and no condition key says. The defaults are the usual case.

    Attributes:
        caller_in_management_account: SCPs do not bind the caller (107).
        resource_in_management_account: RCPs do not guard the resource (109).
        aws_managed_key: the resource is a KMS key that AWS manages: RCPs do not guard it (109).
        restrict_public_buckets: S3 Block Public Access has RestrictPublicBuckets on (125).
        authorizer: what the API method asks for; None when the resource is no API, which reads as IAM.
    """

    caller_in_management_account: bool = False
    resource_in_management_account: bool = False
    aws_managed_key: bool = False
    restrict_public_buckets: bool = False
    authorizer: Authorizer | None = None


USUAL = Situation()


@dataclass(frozen=True, slots=True)
class Request:
    """A request as AWS sees it when it decides.

    `context` holds every condition key that the request carries, in lower case; what is not there is
    absent. `resource_account` is needed where the ARN does not say it (rule 36); left out, it is the
    caller's own.
    """

    caller: Caller
    action: str
    resource: Text
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    resource_account: Text | None = None
    situation: Situation = USUAL

    @property
    def service(self) -> str:
        """The service prefix of the action, in lower case."""
        return self.action.partition(":")[0].lower()

    def value(self, key: str) -> ContextValue | None:
        """What the request carries for a key: from the context, or because of who the caller is."""
        found = self.context.get(key)
        if found is None and key in CALLER_KEYS:
            return _from_caller(self.caller, key)
        return found


CALLER_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principaltype",
        "aws:username",
    }
)
"""The keys that follow from the caller alone (63, 102); the context may still say something else."""


def _from_caller(caller: Caller, key: str) -> Text | None:
    kind = caller.kind
    match key:
        case "aws:principalaccount":
            return caller.account or ("anonymous" if kind is CallerKind.ANONYMOUS else None)
        case "aws:principalarn":
            return caller.name if kind in SIGNING else None
        case "aws:principaltype":
            return _PRINCIPAL_TYPES.get(kind)
        case "aws:principalisawsservice":
            return "true" if kind is CallerKind.SERVICE else "false" if kind in SIGNING else None
        case "aws:principalservicename":
            return caller.name if kind is CallerKind.SERVICE else None
        case _:
            arn = parse_arn(caller.name) if kind is CallerKind.USER else None
            return split_text(arn.resource, "/")[-1] if arn is not None else None


_PRINCIPAL_TYPES: Mapping[CallerKind, str] = {
    CallerKind.ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.ANONYMOUS: "Anonymous",
}


def request(
    caller: Caller | str,
    action: str,
    resource: Text,
    context: Mapping[str, ContextValue] | None = None,
    resource_account: Text | None = None,
    situation: Situation = USUAL,
) -> Request:
    """A request from plain values; the keys of the context may be in any case.

    Two keys that differ in case only, with different values, leave the value open (rule 66).
    """
    who = caller if isinstance(caller, Caller) else parse_caller(caller)
    lowered: dict[str, ContextValue] = {}
    for key, value in (context or {}).items():
        folded = key.lower()
        if lowered.get(folded, value) != value:
            value = Unknown("rule 66", f"the request carries `{folded}` twice, in different case")
        lowered[folded] = value
    return Request(who, action, resource, lowered, resource_account, situation)
