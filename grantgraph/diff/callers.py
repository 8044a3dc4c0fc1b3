"""Who policies let in that are not the application's own principals: everybody whom a policy names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grantgraph.evaluate import ANONYMOUS, Caller, CallerKind, parse_caller
from grantgraph.model import Environment
from grantgraph.outsiders import EVERYTHING, strange_account
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import Effect, Policy, PolicySet, PrincipalKind, PrincipalPattern
from grantgraph.problems import UsageError
from grantgraph.prove import Dimension, Session, session_of
from grantgraph.text import Text, text

ANY_ACCOUNT = "any AWS account"


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody whom a policy lets in.

    Attributes:
        id: an ARN, a service, a provider, `anonymous`, or whom it stands for.
        words: who that is; "" where the id says it.
        able: its own policies are taken to allow everything.
        who: how `grantgraph can` names it; "" where that would know too little of it.
    """

    caller: Caller
    id: str
    words: str = ""
    able: bool = False
    who: str = ""

    @property
    def session(self) -> Session:
        return session_of(self.caller, _token_keys(self.caller))

    @property
    def policies(self) -> PolicySet:
        return PolicySet(identity_based=(EVERYTHING,)) if self.able else PolicySet()


def _token_keys(caller: Caller) -> Iterator[Dimension]:
    """What every token of an identity pool carries (rules 134, 144)."""
    if caller.name == "cognito-identity.amazonaws.com":
        yield Dimension("cognito-identity.amazonaws.com:aud", may_be_absent=False)
        yield Dimension("cognito-identity.amazonaws.com:amr", multivalued=True, may_be_absent=False)


def callers_named(
    policies: Sequence[Policy], environment: Environment, own: frozenset[Text], of_role: bool
) -> tuple[tuple[Outsider, ...], tuple[str, ...]]:
    """Everybody whom policies name, and what in them names somebody who cannot be told.

    Args:
        own: ARNs of the application's principals, whose access is compared as theirs.
        of_role: whether these are trust policies, where nobody becomes a role but who is named.
    """
    found: dict[Text, Outsider] = {}
    lost: dict[str, None] = {}

    def add(one: Outsider) -> None:
        found.setdefault(one.caller.name or one.caller.kind, one)

    members = [
        (member, statement.principals.negated)
        for policy in policies
        for statement in policy.statements
        if statement.effect is Effect.ALLOW and statement.principals is not None
        for member in statement.principals.members
    ]
    stranger = text(("arn:", environment.partition, f":iam::{strange_account(policies, environment)}:role/any"))
    for member, negated in members:
        if negated or member.kind is PrincipalKind.EVERYONE or member.value == "*":
            if not of_role:
                add(Outsider(ANONYMOUS, "anonymous", "anyone, without a signature", who="anonymous"))
            add(Outsider(parse_caller(stranger), ANY_ACCOUNT, able=True))
        elif member.value not in own or of_role:
            outsider = _outsider(member, environment, of_role)
            if outsider is not None:
                add(outsider)
            elif not _is_this_account(member, environment):
                lost[str(member)] = None
    if not of_role:
        add(_somebody_in(environment.account, environment, "this account"))
    return tuple(found.values()), tuple(lost)


def _outsider(member: PrincipalPattern, environment: Environment, of_role: bool) -> Outsider | None:
    """The caller that a member of a Principal element means."""
    value = member.value
    if member.kind is PrincipalKind.CANONICAL_USER:
        return None
    if member.kind is PrincipalKind.SERVICE:
        return Outsider(Caller(CallerKind.SERVICE, value), str(value), "a service", who=str(value))
    if member.kind is PrincipalKind.FEDERATED:
        return Outsider(Caller(CallerKind.WEB_IDENTITY, value), str(value), "holders of its tokens")
    spelled: Text = value
    if isinstance(value, str) and value.isdigit():
        spelled = text(("arn:", environment.partition, f":iam::{value}:root"))
    try:
        caller = parse_caller(spelled)
    except UsageError:
        return None
    local = caller.account == environment.account
    if caller.kind is CallerKind.ROOT:
        if local and not of_role:
            return None  # whoever else is in the account is asked about in any case
        return _somebody_in(caller.account, environment, "this account" if local else f"account {caller.account}")
    return Outsider(caller, str(caller), able=of_role or not local)


def _somebody_in(account: Text, environment: Environment, id: str) -> Outsider:
    role = text(("arn:", environment.partition, ":iam::", account, ":role/somebody"))
    return Outsider(parse_caller(role), id, "whoever there has policies that allow it", able=True)


def _is_this_account(member: PrincipalPattern, environment: Environment) -> bool:
    arn = parse_arn(member.value)
    account = arn.account if arn is not None and arn.resource == "root" else member.value
    return account == environment.account
