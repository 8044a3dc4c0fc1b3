"""Whether a Principal element is about the caller, and how it names it (rules 46 to 64)."""

from __future__ import annotations

from enum import Enum

from grantgraph.evaluate.request import Caller, CallerKind
from grantgraph.evaluate.variable import MAYBE, NO, YES, Why, note
from grantgraph.policy.arn import Arn, parse_arn
from grantgraph.policy.document import Effect, PolicyType, PrincipalKind, PrincipalPattern, Principals
from grantgraph.policy.pattern import Match, literal_pattern
from grantgraph.text import Symbolic, Text, Unknown, split_text, unknowns_in


class Named(Enum):
    """How a resource policy names the caller, which decides what its Allow bypasses (rule 114)."""

    ACCOUNT = 1  # delegates: an identity policy must allow, too
    LIMITED = 2  # the role of a session, the user of a federated session: boundary and session limit it
    SELF = 3  # the user, session, service or provider itself, or everyone


CANONICAL_RULE = Unknown("rule 54", "which account a canonical user id belongs to is not written in the policy")
TRUST_STAR_RULE = Unknown("rule 57", "AWS's pages disagree on whether a trust policy may say `Principal: *`")
SERVICE_STAR_RULE = Unknown("rule 58", "AWS does not say whether `Principal: *` is a service, too")
EXEMPTION_RULE = Unknown("rule 60", "NotPrincipal exempts a session for sure only with account, role and session")
FEDERATED_BY = Unknown("rule 52", "which user federated the session was not given")


def match_principals(
    principals: Principals | None,
    caller: Caller,
    policy: PolicyType,
    effect: Effect,
    bounded: bool,
    why: Why = None,
) -> dict[Named, Match]:
    """How surely Principal or NotPrincipal covers the caller, for each way in which it names it; empty is never.

    A statement may name the account for sure and, perhaps, the session itself: both ways count (114).

    Args:
        principals: None where the policy's type has no such element: it is about whoever it hangs on.
        bounded: whether the caller has a permissions boundary: then NotPrincipal with Deny exempts nobody (61).
    """
    if principals is None:
        return {Named.SELF: YES}
    if principals.negated:
        if bounded and effect is Effect.DENY:
            return {Named.SELF: YES}
        found = ~_exempts(principals, caller, why)
        return {} if found is NO else {Named.SELF: found}
    ways: dict[Named, Match] = {}
    for member in principals.members:
        found, how = match_principal(member, caller, policy, why)
        if found > ways.get(how, NO):
            ways[how] = found
    return ways


def _exempts(principals: Principals, caller: Caller, why: Why) -> Match:
    """Whether NotPrincipal exempts the caller: for sure only with its account, its role and its session (60)."""
    noted: Why = None if why is None else set()
    sure: set[Named] = set()
    may = False
    for member in principals.members:
        found, how = match_principal(member, caller, PolicyType.RESOURCE_BASED, noted)
        if found is YES and member.value == "*":
            return YES
        may = may or found is not NO
        if found is YES:
            sure.add(how)
    if not may:
        return NO
    if _NEEDED.get(caller.kind, frozenset({Named.SELF})) <= sure:
        return YES
    return note(why, EXEMPTION_RULE, frozenset(noted or ()))


_NEEDED = {
    CallerKind.ROOT: frozenset({Named.ACCOUNT}),
    CallerKind.USER: frozenset({Named.SELF, Named.ACCOUNT}),
    CallerKind.ROLE: frozenset({Named.SELF, Named.LIMITED, Named.ACCOUNT}),
    CallerKind.FEDERATED_USER: frozenset({Named.SELF, Named.LIMITED, Named.ACCOUNT}),
}


def match_principal(
    member: PrincipalPattern, caller: Caller, policy: PolicyType, why: Why = None
) -> tuple[Match, Named]:
    """Whether one member of a Principal element is the caller, and how it names it."""
    kind, value = member.kind, member.value
    match kind:
        case PrincipalKind.EVERYONE:
            return _everyone(caller, policy, why), Named.SELF
        case PrincipalKind.AWS:
            if value == "*":
                unsigned = not caller.signed and policy is PolicyType.TRUST  # AssumeRole is signed (57)
                return (NO if unsigned or caller.kind is CallerKind.SERVICE else YES), Named.SELF
            return _aws(value, caller, why) if caller.signed else (NO, Named.SELF)
        case PrincipalKind.SERVICE:
            same = caller.kind is CallerKind.SERVICE
            return (_equal(value, caller.name, why) if same else NO), Named.SELF
        case PrincipalKind.FEDERATED:
            same = caller.kind is CallerKind.WEB_IDENTITY
            return (_equal(value, caller.name, why) if same else NO), Named.SELF
        case PrincipalKind.CANONICAL_USER:
            if not caller.signed:
                return NO, Named.SELF
            if caller.canonical_id:
                return _equal(value, caller.canonical_id, why), Named.ACCOUNT
            return note(why, CANONICAL_RULE), Named.ACCOUNT


def _everyone(caller: Caller, policy: PolicyType, why: Why) -> Match:
    """The bare `*` (56 to 58): in a resource control policy it is the only spelling, and means all (17, 127)."""
    if policy is PolicyType.RCP:
        return YES
    if caller.kind is CallerKind.SERVICE:
        return note(why, SERVICE_STAR_RULE)
    if policy is PolicyType.TRUST:
        return note(why, TRUST_STAR_RULE) if caller.signed else NO
    return YES


def _equal(one: Text, other: Text, why: Why) -> Match:
    """Exactly equal: a wildcard in a principal matches nobody (49, 50), and case matters (51)."""
    found = literal_pattern(one).match(other)
    return note(why, unknowns_in(one) | unknowns_in(other)) if found is MAYBE else found


def _aws(value: Text, caller: Caller, why: Why) -> tuple[Match, Named]:
    """An account, a user, a role, or a session (46 to 52)."""
    if isinstance(value, str) and value.isdigit():
        return _equal(value, caller.account, why), Named.ACCOUNT
    arn = parse_arn(value)
    if arn is None:
        return (note(why, unknowns_in(value)) if isinstance(value, Symbolic) else NO), Named.SELF
    if arn.resource == "root":
        return _equal(arn.account, caller.account, why), Named.ACCOUNT
    words = split_text(arn.resource, "/")
    if words[0] in ("assumed-role", "federated-user"):
        return _session(value, words, caller, why), Named.SELF
    if caller.kind is CallerKind.ROLE:
        return _role(value, arn, words, caller, why), Named.LIMITED
    if caller.kind is CallerKind.FEDERATED_USER:
        return _federating_user(value, arn, words, caller, why), Named.LIMITED
    return _equal(value, caller.name, why), Named.SELF


def _session(value: Text, words: tuple[Text, ...], caller: Caller, why: Why) -> Match:
    session = caller.name if caller.kind is CallerKind.FEDERATED_USER else caller.session_arn
    if session is not None:
        return _equal(value, session, why)
    role = parse_arn(caller.name)
    if caller.kind is not CallerKind.ROLE or role is None or len(words) != 3:
        return NO
    same = _equal(words[1], split_text(role.resource, "/")[-1], why)
    return NO if same is NO else note(why, Unknown("session", "the name of the caller's session was not given"))


def _role(value: Text, arn: Arn, words: tuple[Text, ...], caller: Caller, why: Why) -> Match:
    """A role by its ARN; where only the session is known, by its name, for that has no path (48)."""
    own = parse_arn(caller.name)
    if caller.path_known or own is None or words[0] != "role":
        return _equal(value, caller.name, why)
    if arn.partition != own.partition:
        return NO
    return min(_equal(arn.account, own.account, why), _equal(words[-1], split_text(own.resource, "/")[-1], why))


def _federating_user(value: Text, arn: Arn, words: tuple[Text, ...], caller: Caller, why: Why) -> Match:
    """The user whose GetFederationToken made the session (52)."""
    if caller.federated_by:
        return _equal(value, caller.federated_by, why)
    if words[0] != "user" or _equal(arn.account, caller.account, None) is NO:
        return NO
    return note(why, FEDERATED_BY)
