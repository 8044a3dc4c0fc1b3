"""Whom the policies of resources and roles let in from outside, asked with what such callers cannot fake.

An outsider sends what it likes. What AWS says of it is its own: its account, its organization, where its
request comes from. A condition on one of these holds it off, a condition on anything else does not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import Caller, CallerKind, Request, decide, parse_caller
from grantgraph.model import Application, Environment, Principal, PrincipalType, Resource
from grantgraph.policy.arn import ArnPattern, parse_arn
from grantgraph.policy.document import (
    Condition,
    ConditionValue,
    Effect,
    Family,
    Operator,
    Policy,
    PolicySet,
    PolicyType,
    PrincipalKind,
    PrincipalPattern,
    Statement,
)
from grantgraph.policy.parse import parse_policy
from grantgraph.policy.pattern import Pattern, Variable, Wild
from grantgraph.prove import (
    Dimension,
    Reach,
    Refuted,
    Session,
    Standing,
    Target,
    allowed_actions,
    at_or_under,
    reaches,
    session_of,
)
from grantgraph.prove.glob import Glob, Run, literal_glob
from grantgraph.rewrite import rename
from grantgraph.text import Symbolic, Text, Unknown, text, unknowns_in

EVERYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    PolicyType.IDENTITY_BASED,
    "whatever its own policies allow",
).value
"""What an outsider's own account may allow it: it is not in the input, and taken to be everything."""

ANYBODY = "anybody with an AWS account"
SOMEBODY_ELSES_BUCKET = "arn:aws:s3:::somebody-elses-7f3c"
SOMEBODY_ELSES_ORGANIZATION = "o-7f3csomebody"


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody of another account whom a policy names: `words` say who, `known` whether it is another one."""

    caller: Caller
    words: str
    known: bool = True

    @property
    def anybody(self) -> bool:
        """Whether everybody is meant."""
        return self.words == ANYBODY


# ── who is named ─────────────────────────────────────────────────────────────────────────────────────────


def outsiders_of(policy: Policy, application: Application) -> tuple[Outsider, ...]:
    """Everybody of other accounts whom a policy lets in by name, or by a star; each once."""
    own = {one.arn for one in application.principals}
    found: dict[str, Outsider] = {}
    for statement in policy.statements:
        principals = statement.principals
        if statement.effect is not Effect.ALLOW or principals is None:
            continue
        for member in principals.members if not principals.negated else (_EVERYONE,):  # all but a few (62)
            one = _outsider(member, policy, application.environment) if member.value not in own else None
            if one is not None:
                found.setdefault(one.words, one)
    return tuple(found.values())


_EVERYONE = PrincipalPattern(PrincipalKind.EVERYONE, "*")


def _outsider(member: PrincipalPattern, policy: Policy, environment: Environment) -> Outsider | None:
    if member.kind is PrincipalKind.EVERYONE or (member.kind is PrincipalKind.AWS and member.value == "*"):
        return Outsider(parse_caller(_role_in(strange_account([policy], environment), environment)), ANYBODY)
    if member.kind is not PrincipalKind.AWS:
        return None
    arn = parse_arn(member.value)
    account = arn.account if arn is not None else member.value
    if account == environment.account:
        return None
    words = str(member.value) if arn is not None and arn.resource != "root" else f"account {account}"
    if not (isinstance(account, str) and account.isdigit()):
        # An account that is decided elsewhere may be any; `cloudfront` and the like are AWS's own.
        return None if isinstance(account, str) else Outsider(Caller(CallerKind.ROLE), words, False)
    spelled = member.value if arn is not None and arn.resource != "root" else _role_in(account, environment)
    return Outsider(parse_caller(spelled), words, isinstance(environment.account, str))


def _role_in(account: Text, environment: Environment) -> Text:
    partition = environment.partition if isinstance(environment.partition, str) else "aws"
    return text(("arn:", partition, ":iam::", account, ":role/somebody"))


def strange_account(policies: Iterable[Policy], environment: Environment, first: int = 999988887777) -> str:
    """An account that is neither the application's nor named by a policy."""
    named = " ".join(
        str(member.value)
        for policy in policies
        for statement in policy.statements
        if statement.principals is not None
        for member in statement.principals.members
    )
    accounts = (f"{number:012d}" for number in itertools.count(first, -1111))
    return next(one for one in accounts if one not in named and one != environment.account)


def services_of(policy: Policy) -> tuple[str, ...]:
    """The services that a policy lets in, but for those that it plainly lets in for one account or resource."""
    found: dict[str, None] = {}
    for statement in policy.statements:
        if (
            statement.effect is Effect.ALLOW
            and statement.principals is not None
            and not statement.principals.negated
        ):
            for member in statement.principals.members:
                if member.kind is PrincipalKind.SERVICE and not any(map(_is_about_its_own, statement.conditions)):
                    found[str(member.value)] = None
    return tuple(found)


def _is_about_its_own(condition: Condition) -> bool:
    """Whether it is plain that a condition holds for no account and no resource but those that it spells."""
    operator = condition.operator
    if not isinstance(operator, Operator) or operator.negated or condition.if_exists or condition.quantifier:
        return False
    if condition.key == "aws:sourceaccount":
        return not any(isinstance(value, Pattern) and Wild.RUN in value.parts for value in condition.values)
    return condition.key == "aws:sourcearn" and all(map(_names_its_owner, condition.values))


def _names_its_owner(value: ConditionValue) -> bool:
    """Whether an ARN spells its account, or the whole name of a bucket."""
    if not isinstance(value, ArnPattern) or len(value.fields) < 6:
        return False
    account, rest = value.fields[4].parts, value.fields[5].parts
    told = account if account not in ((), ("",)) else rest
    return not any(isinstance(part, Wild | Variable) for part in told)


# ── what they can do ─────────────────────────────────────────────────────────────────────────────────────


def let_in(resource: Resource, outsider: Outsider, environment: Environment, catalog: Catalog) -> Iterator[Reach]:
    """What an outsider can do with a resource, whose own account allows it everything."""
    if resource.policy is not None:
        target = Target(resource.arn, resource.policy, resource.account)
        session = session_of(outsider.caller, _of_another_account(resource.policy.statements))
        actions = _named(resource, resource.policy, catalog)
        yield from _asked(target, session, PolicySet(identity_based=(EVERYTHING,)), actions, environment, catalog)


def assumed_by(role: Principal, outsider: Outsider, environment: Environment, catalog: Catalog) -> Iterator[Reach]:
    """Whether an outsider can assume a role."""
    action = catalog.action("sts:AssumeRole")
    if role.trust is not None and action is not None:
        target = Target(role.arn, role.trust, environment.account)
        session = session_of(outsider.caller, _of_another_account(role.trust.statements))
        yield from _asked(target, session, PolicySet(identity_based=(EVERYTHING,)), [action], environment, catalog)


def sent_by(resource: Resource, service: str, environment: Environment, catalog: Catalog) -> Iterator[Reach]:
    """What a service can do with a resource when a resource of another account makes it (184)."""
    if resource.policy is not None:
        target = Target(resource.arn, resource.policy, resource.account)
        other = strange_account([resource.policy], environment)
        keys = _for_another_account(service, other, resource.policy.statements)
        session = session_of(Caller(CallerKind.SERVICE, service), keys)
        actions = _named(resource, resource.policy, catalog)
        yield from _asked(target, session, PolicySet(), actions, environment, catalog)


def _named(resource: Resource, policy: Policy, catalog: Catalog) -> list[Action]:
    arn = parse_arn(resource.arn)
    service = arn.service if arn is not None else ""
    return [one for one in allowed_actions(policy.statements, catalog) if one.service == service]


def _asked(
    target: Target,
    session: Session,
    own: PolicySet,
    actions: Iterable[Action],
    environment: Environment,
    catalog: Catalog,
) -> Iterator[Reach]:
    """What a caller can do with a target.

    Where its account is not known, it is asked about in one that no policy names: any other would do as well.
    """
    names = _settled(target.policy, environment)
    there = rename(target, names)
    standing = Standing(session, own, (there,))
    for reach in reaches(standing, actions, catalog, at_or_under(there.arn)):
        if not names or not reach.certain:
            yield reach
            continue
        policies = replace(own, resource_based=target.policy)
        witnesses = tuple(
            _put_back(one.request, there.arn, target, policies, environment) for one in reach.witnesses
        )
        if all(one.verdict.allowed for one in witnesses):
            yield replace(reach, witnesses=witnesses)
        else:
            yield Reach(reach.actions, doubt=f"{reach.actions[0]}: it hinges on where `{target.arn}` is deployed")


def _settled(policy: Policy, environment: Environment) -> Mapping[Unknown, Text]:
    """Words for what is not known of where a target is deployed, and of what else is deployed there."""
    account = strange_account([policy], environment, 111122223333)
    parts = ((environment.partition, "aws"), (environment.region, "us-east-1"), (environment.account, account))
    found: dict[Unknown, Text] = {one: word for part, word in parts for one in unknowns_in(part)}
    for statement in policy.statements:
        for condition in statement.conditions if statement.effect is Effect.ALLOW else ():
            for value in condition.spelled_values if condition.key == "aws:sourcearn" else ():
                found |= {one: f"arn:aws:own:us-east-1:{account}:{one.name}" for one in _own_arns(value)}
                found |= {one: f"own-{len(found)}" for one in unknowns_in(value) if one.generated}
    return found


def _own_arns(value: Text) -> Iterator[Unknown]:
    """The ARN that a value is, where it is that of a resource of the application whose type has no known one."""
    if isinstance(value, Symbolic) and len(value.parts) == 1:
        yield from (one for one in unknowns_in(value) if one.name.endswith(".Arn") and not one.generated)


def _put_back(
    request: Request, arn: Text, target: Target, policies: PolicySet, environment: Environment
) -> Refuted:
    """A request for a target as the input names it, decided anew.

    What calls is in the same partition (64), which the policy spells, or leaves to the deployment.
    """
    rest = str(request.resource).removeprefix(str(arn))
    plain = replace(request, resource=text((target.arn, rest)), resource_account=target.account or None)
    verdict = decide(plain, policies)
    source = plain.context.get("aws:sourcearn")
    if verdict.allowed or not isinstance(source, str):
        return Refuted(plain, verdict)
    moved = text(("arn:", environment.partition, source.removeprefix("arn:aws")))
    there = replace(plain, context={**plain.context, "aws:sourcearn": moved})
    return Refuted(there, decide(there, policies))


# ── what AWS says of them ────────────────────────────────────────────────────────────────────────────────

_ABSENT = (
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "lambda:eventsourcetoken",
    "lambda:functionurlauthtype",
    "lambda:invokedviafunctionurl",
    "sts:externalid",
)
"""What an outsider's own request does not carry, or not with a value of its choice. A request through a function's
URL is another matter: whoever made the URL chose who may use it."""


def _of_another_account(statements: Iterable[Statement]) -> Iterator[Dimension]:
    yield from (Dimension(key, may_be_present=False) for key in (*_ABSENT, *_contexts(statements)))
    yield _fixed("aws:principalorgid", SOMEBODY_ELSES_ORGANIZATION)
    yield Dimension("kms:calleraccount", may_be_present=False)
    yield Dimension("s3:dataaccesspointaccount", may_be_present=False)


def _for_another_account(service: str, account: str, statements: Iterable[Statement]) -> Iterator[Dimension]:
    """What a service says of a request that it makes for a resource of another account."""
    absent = ("aws:principalorgid", "aws:referer", *(key for key in _ABSENT if not key.startswith("aws:sourcea")))
    said = {"aws:sourceorgid"}
    yield from (
        Dimension(key, may_be_present=False) for key in (*absent, *_contexts(statements)) if key not in said
    )
    for key in ("aws:sourceaccount", "aws:sourceowner", "kms:calleraccount"):
        yield _fixed(key, account)
    yield _fixed("aws:sourceorgid", SOMEBODY_ELSES_ORGANIZATION)
    somewhere: Glob = (*"arn:aws:", Run(":"), ":", Run(":"), ":", *account, ":", Run())
    of_bucket = service == "s3.amazonaws.com"
    source = literal_glob(SOMEBODY_ELSES_BUCKET) if of_bucket else somewhere
    yield Dimension("aws:sourcearn", Family.ARN, may_be_absent=False, domain=(source,))


def _contexts(statements: Iterable[Statement]) -> Iterator[str]:
    """The encryption contexts that a key's policy asks for: services fill them with what is theirs to know."""
    prefix = "kms:encryptioncontext"
    return (one.key for statement in statements for one in statement.conditions if one.key.startswith(prefix))


def _fixed(key: str, value: str) -> Dimension:
    return Dimension(key, may_be_absent=False, domain=(literal_glob(value),))


def declared(application: Application) -> frozenset[Text]:
    """The ARNs of those in other accounts whom the application itself names as its principals."""
    return frozenset(one.arn for one in application.principals if one.type is PrincipalType.ACCOUNT)
