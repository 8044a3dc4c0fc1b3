"""Everybody whose access may differ: the application's principals, who becomes them, and whom resources let in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from grantgraph.catalog import Action, Catalog
from grantgraph.diff.access import Comparison
from grantgraph.diff.callers import ANY_ACCOUNT, Outsider, callers_named
from grantgraph.diff.difference import About, Change, Doubt, Presence, Subject
from grantgraph.diff.match import Sides
from grantgraph.diff.places import world_of
from grantgraph.diff.same import same_words
from grantgraph.evaluate import CallerKind
from grantgraph.model import Application, Principal, PrincipalType, Resource
from grantgraph.policy.document import Policy, PolicySet, PolicyType
from grantgraph.prove import Standing, Target, Things, assumptions, at_or_under, disjunction
from grantgraph.prove.change import service_at
from grantgraph.rewrite import rename
from grantgraph.standing import anybody, standing_of
from grantgraph.text import Text, Unknown, parts_of, unknowns_in

T = TypeVar("T")

EXAMPLE_ACCOUNT = "111122223333"
SOMEBODY = Unknown("role", generated=True)
"""The name of whom a policy document hangs on, as its source makes it up."""

WORDS = {
    PrincipalType.AUTHENTICATED: "signed-in users",
    PrincipalType.UNAUTHENTICATED: "guests",
    PrincipalType.MAPPED: "visitors whom a role mapping chooses",
    PrincipalType.FUNCTION: "a function's role",
}
BECOMING = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetSourceIdentity",
    "sts:TagSession",
)
"""The actions that a trust policy decides about."""


@dataclass(frozen=True, slots=True)
class _Policies:
    """What one resource has on each side."""

    resource: Resource
    base: Policy | None
    head: Policy | None
    presence: Presence


class Subjects:
    """The subjects of two applications, compared one by one."""

    def __init__(self, sides: Sides, catalog: Catalog) -> None:
        self.sides, self.catalog = sides, catalog
        self.base, self.head = _with_key_policies(sides.base), _with_key_policies(sides.head)
        self.world = world_of(self.base, self.head)
        self.unchanged = 0
        self.resources = list(_changed_policies(self.base, self.head))

    def all(self) -> Iterator[Subject]:
        """Everybody whose policies differ in their text, or whom a resource's policy treats differently."""
        for one, other in self.sides.principals:
            found = self.principal(one, other)
            if found is not None:
                yield found
            yield from self.trust(one, other)
        for policies in self.resources:
            yield from self.resource(policies)

    # ── the application's principals ──

    def principal(self, one: Principal | None, other: Principal | None) -> Subject | None:
        """A principal and the requests that it signs itself."""
        known = other or one
        assert known is not None
        presence = _presence(one, other)
        own_words = one is not None and other is not None and _same_own_words(one, other)
        if own_words and not self.resources:
            self.unchanged += 1
            return None
        comparison = Comparison(*self.standings(one, other, own_words), self.world, self.catalog)
        if own_words:
            comparison.region = disjunction(at_or_under(each.resource.arn) for each in self.resources)
        changes, doubts = comparison.answer()
        if own_words and not changes and not doubts:
            self.unchanged += 1
            return None
        if presence is not Presence.BOTH and not changes and not doubts and not known.policies:
            return None  # it can do nothing; who may become it is a subject of its own
        was_id = self.sides.was_ids.get(known.id, "")
        return Subject(
            known.id,
            About.ACCESS,
            presence,
            WORDS.get(known.type, ""),
            "",
            was_id,
            known.id,
            changes,
            doubts,
            _assumed(comparison),
            known.at,
        )

    def standings(
        self, one: Principal | None, other: Principal | None, only_resources: bool
    ) -> tuple[Standing, Standing]:
        """What decides for a principal on both sides; one that is not there can do nothing."""
        base = _standing(self.base, one) if one is not None else None
        head = _standing(self.head, other) if other is not None else None
        if base is None and head is not None:
            base = _nobody(head)
        if head is None and base is not None:
            head = _nobody(base)
        assert base is not None and head is not None
        if only_resources:
            arns = {each.resource.arn for each in self.resources}
            base, head = _only(base, arns), _only(head, arns)
        things = Things(each.arn for each in self.world.resources)
        return replace(base, things=things), replace(head, things=things)

    # ── who may become them ──

    def trust(self, one: Principal | None, other: Principal | None) -> Iterator[Subject]:
        """Everybody whom the trust policy of a role names, and what happened to their way in."""
        known = other or one
        before, after = (side.trust if side is not None else None for side in (one, other))
        if known is None or same_words([before], [after]):
            return
        arn = self.placed(known.arn)
        empty = Policy(PolicyType.TRUST, ())
        targets = [Target(arn, self.placed(side) if side is not None else empty) for side in (before, after)]
        world = replace(self.world, resources=(), entry_points=())
        actions = tuple(filter(None, map(self.catalog.action, BECOMING)))
        about = _Let(About.TRUST, known.id, _presence(one, other), frozenset(), world, actions)
        yield from self.let_in(about, targets)

    # ── whom resources let in ──

    def resource(self, policies: _Policies) -> Iterator[Subject]:
        """Everybody else whom the policy of a resource names, and what happened to their access."""
        resource = self.placed(policies.resource)
        empty = Policy(PolicyType.RESOURCE_BASED, ())
        targets = [
            Target(resource.arn, self.placed(side) if side is not None else empty, resource.account)
            for side in (policies.base, policies.head)
        ]
        service = service_at(resource.arn) or resource.type.partition(":")[0]
        own = frozenset(self.placed(one.arn) for one in self.world.principals)
        actions = tuple(self.catalog.actions(service))
        about = _Let(About.RESOURCE_POLICY, resource.id, policies.presence, own, self.placed(self.world), actions)
        yield from self.let_in(about, targets)

    def let_in(self, about: _Let, targets: Sequence[Target]) -> Iterator[Subject]:
        """Everybody whom a policy names, on either side."""
        policies = [target.policy for target in targets]
        of_role = about.about is About.TRUST
        named, lost = callers_named(policies, self.placed(self.head.environment), about.own, of_role)
        nothing_new = True
        anyone: frozenset[object] = frozenset()
        for outsider in named:
            base, head = (Standing(outsider.session, outsider.policies, (target,)) for target in targets)
            region = at_or_under(targets[0].arn)
            comparison = Comparison(base, head, about.world, self.catalog, region, about.actions)
            changes, doubts = comparison.answer()
            if outsider.id == ANY_ACCOUNT:  # who signs for another account gets what anyone gets
                changes = tuple(
                    one for one in changes if any((one.kind, action) not in anyone for action in one.actions)
                )
            elif outsider.caller.kind is CallerKind.ANONYMOUS:
                anyone = frozenset((one.kind, action) for one in changes for action in one.actions)
            if changes or doubts:
                nothing_new = False
                yield self.outsider(outsider, about, changes, doubts)
        doubts = tuple(Doubt(f"who `{one}` is cannot be told", True, place=about.on) for one in lost)
        if doubts or (nothing_new and about.presence is Presence.BOTH):
            spoken = assumptions([one for policy in policies for one in policy.statements])
            yield Subject(about.on, about.about, Presence.BOTH, on=about.on, doubts=doubts, assuming=spoken)

    def outsider(
        self, outsider: Outsider, about: _Let, changes: tuple[Change, ...], doubts: tuple[Doubt, ...]
    ) -> Subject:
        """Somebody whom a policy names, who may be one of the application's own principals."""
        own = (one.id for one in self.world.principals if self.placed(one.arn) == outsider.caller.name)
        return Subject(
            next(own, outsider.id),
            about.about,
            about.presence,
            outsider.words,
            about.on,
            who="" if about.about is About.TRUST else outsider.who,
            changes=changes,
            doubts=doubts,
        )

    def placed(self, value: T) -> T:
        """A value with an account to live in, where none is known: others live in other accounts."""
        account = parts_of(self.head.environment.account)
        if len(account) == 1 and isinstance(account[0], Unknown):
            return rename(value, {account[0]: EXAMPLE_ACCOUNT})
        return value


@dataclass(frozen=True, slots=True)
class _Let:
    """A policy that lets others in: of a role or a resource, on which sides that is, and to which actions."""

    about: About
    on: str
    presence: Presence
    own: frozenset[Text]
    world: Application
    actions: tuple[Action, ...]


# ── standings ────────────────────────────────────────────────────────────────────────────────────────────


def _presence(one: object, other: object) -> Presence:
    if one is None or other is None:
        return Presence.HEAD if one is None else Presence.BASE
    return Presence.BOTH


def _same_own_words(one: Principal, other: Principal) -> bool:
    return same_words(one.policies, other.policies) and same_words([one.boundary], [other.boundary])


def _standing(application: Application, principal: Principal) -> Standing:
    """What decides for a principal; a policy document alone hangs on anybody."""
    if is_bare(application):
        return Standing(anybody(), PolicySet(identity_based=principal.policies))
    return standing_of(application, principal)


def is_bare(application: Application) -> bool:
    """Whether this is a policy document and nothing else."""
    names = [unknowns_in(one.arn) for one in application.principals]
    return len(names) == 1 and not application.resources and SOMEBODY in names[0]


def _nobody(standing: Standing) -> Standing:
    """Somebody in the same place who can do nothing."""
    return replace(standing, policies=PolicySet(), targets=())


def _only(standing: Standing, arns: set[Text]) -> Standing:
    return replace(standing, targets=tuple(one for one in standing.targets if one.arn in arns))


def _assumed(comparison: Comparison) -> frozenset[str]:
    """What it rests on that the access is the same."""
    both = (comparison.base, comparison.head)
    statements = [one for standing in both for policy in _policies_of(standing) for one in policy.statements]
    unseen = {one for standing in both for policy in _policies_of(standing) for one in policy.unseen}
    same = {f"what was not given is the same on both sides: {one.reason or one.name}" for one in unseen}
    return assumptions(statements) | same


def _policies_of(standing: Standing) -> Iterator[Policy]:
    yield from standing.policies.all()
    yield from (target.policy for target in standing.targets)


# ── resources ────────────────────────────────────────────────────────────────────────────────────────────


def _changed_policies(base: Application, head: Application) -> Iterator[_Policies]:
    """The resources whose policies differ in their text; one that moved to another ARN is two."""
    before = {(one.id, one.arn): one for one in base.resources}
    after = {(one.id, one.arn): one for one in head.resources}
    for key in dict.fromkeys((*after, *before)):
        one, other = before.get(key), after.get(key)
        was, now = (side.policy if side is not None else None for side in (one, other))
        known = other or one
        if known is not None and not same_words([was], [now]):
            yield _Policies(known, was, now, _presence(one, other))


def _with_key_policies(application: Application) -> Application:
    """The application with a policy for each KMS key: one that was not given, where there is none in the input."""

    def whole(one: Resource) -> Resource:
        if one.type != "kms:key" or one.policy is not None:
            return one
        unseen = Unknown(f"policy of {one.id}", f"the policy of the key `{one.id}` was not given")
        return replace(one, policy=Policy(PolicyType.RESOURCE_BASED, (), f"policy of {one.id}", (unseen,)))

    return replace(application, resources=tuple(map(whole, application.resources)))
