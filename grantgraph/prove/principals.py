"""Who a statement is about, as a formula: for one caller that is settled, but for what nobody told us."""

from __future__ import annotations

from collections.abc import Mapping

from grantgraph.evaluate.request import Caller, CallerKind
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import (
    PolicyType,
    PrincipalKind,
    PrincipalPattern,
    Principals,
)
from grantgraph.prove.formula import (
    FALSE,
    TRUE,
    Formula,
    Free,
    Literal,
    conjunction,
    disjunction,
    negation,
)
from grantgraph.prove.frame import Frame
from grantgraph.text import Text, Unknown, letters, split_text


def encode_principals(principals: Principals | None, frame: Frame, policy: PolicyType, bounded: bool) -> Formula:
    """Whether Principal or NotPrincipal covers the caller."""
    if principals is None:
        return TRUE
    if not principals.negated:
        return disjunction(encode_principal(one, frame.caller, policy)[0] for one in principals.members)
    if bounded:
        return TRUE
    return negation(_exempt(principals, frame.caller))


_EXEMPTING: Mapping[CallerKind, frozenset[str]] = {
    CallerKind.ROOT: frozenset({"account"}),
    CallerKind.USER: frozenset({"self", "account"}),
    CallerKind.ROLE: frozenset({"self", "limited", "account"}),
    CallerKind.FEDERATED_USER: frozenset({"self", "limited", "account"}),
}
"""How NotPrincipal has to name a caller, all at once, to exempt it for sure (60)."""


def _exempt(principals: Principals, caller: Caller) -> Formula:
    """Whether NotPrincipal exempts a caller: for sure when it names all of it, perhaps when it names a part."""
    named = [encode_principal(one, caller, PolicyType.RESOURCE_BASED) for one in principals.members]
    sure = {how for covers, how in named if covers == TRUE}
    if any(
        covers == TRUE and one.value == "*" for (covers, _), one in zip(named, principals.members, strict=True)
    ):
        return TRUE
    if _EXEMPTING.get(caller.kind, frozenset({"self"})) <= sure:
        return TRUE
    if all(covers == FALSE for covers, _ in named):
        return FALSE
    members = " ".join(map(str, principals.members))
    return Literal(Free(Unknown(f"rule 60 {members}", "whether NotPrincipal exempts a session so named")))


def encode_principal(member: PrincipalPattern, caller: Caller, policy: PolicyType) -> tuple[Formula, str]:
    """Whether one member of a Principal element is the caller, and how it is named: self, limited, account."""

    def contested(rule: str, reason: str) -> Formula:
        return Literal(Free(Unknown(f"{rule} {member}", reason)))

    signed = caller.kind in (CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED_USER)
    value = member.value
    match member.kind:
        case PrincipalKind.EVERYONE:
            if policy is PolicyType.RCP:
                return TRUE, "self"
            if caller.kind is CallerKind.SERVICE:
                return contested("rule 58", "whether `*` is a service, too"), "self"
            if policy is PolicyType.TRUST:
                return contested("rule 57", "AWS refuses `*` in a trust policy") if signed else FALSE, "self"
            return TRUE, "self"
        case PrincipalKind.AWS if value == "*":
            unsigned = caller.kind in (CallerKind.ANONYMOUS, CallerKind.WEB_IDENTITY)
            excluded = caller.kind is CallerKind.SERVICE or (unsigned and policy is PolicyType.TRUST)
            return (FALSE if excluded else TRUE), "self"
        case PrincipalKind.AWS:
            return _aws_principal(value, caller) if signed else (FALSE, "self")
        case PrincipalKind.SERVICE:
            return (same_name(value, caller.name) if caller.kind is CallerKind.SERVICE else FALSE), "self"
        case PrincipalKind.FEDERATED:
            return (same_name(value, caller.name) if caller.kind is CallerKind.WEB_IDENTITY else FALSE), "self"
        case PrincipalKind.CANONICAL_USER:
            return contested("canonical user", "which account it is") if signed else FALSE, "account"


def _aws_principal(value: Text, caller: Caller) -> tuple[Formula, str]:
    if isinstance(value, str) and value.isdigit():
        return same_name(value, caller.account), "account"
    arn = parse_arn(value)
    if arn is None:
        unknown = not isinstance(value, str)
        return (Literal(Free(Unknown(str(value), "a principal not known here"))) if unknown else FALSE), "self"
    if arn.resource == "root":
        return same_name(arn.account, caller.account), "account"
    if split_text(arn.resource, "/")[0] in ("assumed-role", "federated-user"):
        own = caller.name if caller.kind is CallerKind.FEDERATED_USER else caller.session_arn
        if own is not None:
            return same_name(value, own), "self"
        role = parse_arn(caller.name)
        names = split_text(arn.resource, "/")
        if caller.kind is not CallerKind.ROLE or role is None or len(names) != 3:
            return FALSE, "self"
        session = Literal(Free(Unknown(f"session {value}", "the name of the caller's session")))
        return conjunction([same_name(names[1], split_text(role.resource, "/")[-1]), session]), "self"
    return same_name(value, caller.name), "limited" if caller.kind is CallerKind.ROLE else "self"


def same_name(one: Text, other: Text) -> Formula:
    """Whether two names are one name."""
    if one == other:
        return TRUE
    if isinstance(one, str) and isinstance(other, str):
        return FALSE
    if _distinct(one, other):
        return FALSE
    return Literal(Free(Unknown(f"{one} = {other}", f"whether `{one}` is `{other}` is decided at deployment")))


def _distinct(one: Text, other: Text) -> bool:
    """Whether two names differ whatever their unknown parts are, as far as their ends tell."""
    ours, theirs = list(letters(one)), list(letters(other))
    for left, right in ((ours, theirs), (ours[::-1], theirs[::-1])):
        for mine, yours in zip(left, right, strict=False):
            if isinstance(mine, Unknown) and isinstance(yours, Unknown) and mine.generated and yours.generated:
                if mine != yours:
                    return True
            elif isinstance(mine, Unknown) or isinstance(yours, Unknown):
                if mine != yours:
                    break
            elif mine != yours:
                return True
    return False
