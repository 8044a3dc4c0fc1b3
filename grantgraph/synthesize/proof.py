"""That a policy allows what is needed and nothing beyond; that a resource lets in whom it should and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.catalog import Catalog
from grantgraph.evaluate import Caller, CallerKind
from grantgraph.model import Application, Environment, Principal, PrincipalType, Resource
from grantgraph.policy.document import Policy, PolicySet, PolicyType, Statement
from grantgraph.prove import (
    Answer,
    Proved,
    Standing,
    Target,
    Things,
    allowed_actions,
    allowed_exactly,
    at_or_under,
    never,
    session_of,
)
from grantgraph.standing import Ground, witness_environment
from grantgraph.synthesize.entrances import KEY, account_of, allow_account, resource_policy
from grantgraph.synthesize.result import Draft, Wish
from grantgraph.synthesize.statements import needed_policy
from grantgraph.text import Text

STRANGER = "arn:aws:iam::999999999999:role/stranger"
"""A role of an account that nothing is ever granted to."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a principal's requests meet besides its own policies: resources with a word to say, and a boundary."""

    resources: tuple[Resource, ...] = ()
    boundary: Policy | None = None


def surroundings_of(
    draft: Draft,
    principal: Principal,
    wishes: Iterable[Wish],
    keys: Mapping[str, Policy],
    boundary: Policy | None,
) -> Surroundings:
    """The resources that a principal uses: keys with their policies, and what others own as open as it can be.

    Across accounts both sides must allow (112); what the other side allows is proved of its own policy.
    """
    found = []
    account = account_of(principal, draft)
    environment = replace(draft.application.environment, account=account)
    for id in dict.fromkeys(wish.subject for wish in wishes):
        resource = draft.resources.get(id)
        if resource is not None:
            own = keys.get(id, resource.policy if resource.type == KEY else None)
            away = resource.account != account
            found.append(replace(resource, policy=_open(resource, environment) if away else own))
    return Surroundings(tuple(found), boundary)


def _open(resource: Resource, environment: Environment) -> Policy:
    """A resource policy that leaves it to the application's account whom to let in: identity policies decide."""
    service = resource.type.partition(":")[0]
    return resource_policy([allow_account(environment, f"{service}:*")], resource.id)


def prove_exact(
    draft: Draft, principal: Principal, written: tuple[Policy, ...], needed: Policy, around: Surroundings
) -> Answer:
    """That policies allow a principal what it needs, whatever the request, and nothing beyond."""
    own = replace(draft.application, resources=around.resources)
    return prove_same(own, replace(principal, boundary=around.boundary), written, (needed,), draft.catalog)


def prove_same(
    application: Application,
    principal: Principal,
    written: tuple[Policy, ...],
    needed: tuple[Policy, ...],
    catalog: Catalog,
) -> Answer:
    """That what is written, within the principal's boundary, allows what is needed and nothing beyond it."""
    ground = Ground(application)
    return allowed_exactly(
        ground.standing(principal, written),
        ground.standing(replace(principal, boundary=None), needed),
        allowed_actions(_statements(*written, *needed), catalog),
        catalog,
    )


def _statements(*policies: Policy) -> list[Statement]:
    return [one for policy in policies for one in policy.statements]


def prove_entrance(draft: Draft, resource: Resource, written: Policy, wishes: list[Wish]) -> Answer:
    """That a resource's policy lets each one do what it should, and nobody else anything."""
    place = witness_environment(draft.application.environment)
    around = Standing(session_of(Caller(CallerKind.ANONYMOUS)), PolicySet(), (), Things([resource.arn]), place)
    for who in dict.fromkeys(wish.lets_in for wish in wishes if wish.lets_in is not None):
        answer = _prove_one(draft, resource, written, who, [one for one in wishes if one.lets_in == who], around)
        if not isinstance(answer, Proved):
            return answer
    actions = allowed_actions(written.statements, draft.catalog)
    for standing in _strangers(resource, written, around):
        answer = never(standing, actions, draft.catalog, at_or_under(resource.arn))
        if not isinstance(answer, Proved):
            return answer
    return Proved()


def _prove_one(
    draft: Draft, resource: Resource, written: Policy, who: tuple[str, Text], wishes: list[Wish], around: Standing
) -> Answer:
    """That one of those who are let in can do what it should, and no more."""
    kind, name = who
    if kind == "Service":
        needed = needed_policy(wishes, resource.id, PolicyType.RESOURCE_BASED)
        session = session_of(Caller(CallerKind.SERVICE, name))
        one, other = (
            replace(around, session=session, policies=PolicySet(resource_based=policy))
            for policy in (written, needed)
        )
        return allowed_exactly(
            one, other, allowed_actions(_statements(written, needed), draft.catalog), draft.catalog
        )
    # Were the caller's own side open, the resource's side would decide alone: it is read as the caller's policy.
    own = tuple(one for one in written.statements if one.principals is not None and _names(one, name))
    alone = Policy(PolicyType.IDENTITY_BASED, tuple(replace(one, principals=None) for one in own))
    needed = needed_policy([replace(wish, lets_in=None) for wish in wishes], resource.id)
    stranger = Principal(str(name), PrincipalType.ROLE, name)
    surroundings = Surroundings((replace(resource, policy=_open(resource, draft.application.environment)),))
    return prove_exact(draft, stranger, (alone,), needed, surroundings)


def _names(statement: Statement, name: Text) -> bool:
    principals = statement.principals
    return principals is not None and any(one.value == name for one in principals.members)


def _strangers(resource: Resource, written: Policy, around: Standing) -> Iterator[Standing]:
    """Callers whom nothing names: whoever comes, somebody's role, some service."""
    target = (Target(resource.arn, written, resource.account),)
    for caller in (
        Caller(CallerKind.ANONYMOUS),
        Caller(CallerKind.ROLE, STRANGER, STRANGER.split(":")[4]),
        Caller(CallerKind.SERVICE, "stranger.amazonaws.com"),
    ):
        yield replace(around, session=session_of(caller), targets=target)
