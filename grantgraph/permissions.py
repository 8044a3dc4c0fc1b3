"""What a rule may ask about an application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from grantgraph import deadwood, fences, outsiders, powers, trusting
from grantgraph.bulk import reads_all
from grantgraph.catalog import AccessLevel, Action, Catalog
from grantgraph.deadwood import Dead, Locked
from grantgraph.escalations import Kind, Opening, named_ways, open_ways
from grantgraph.evaluate import scope_down
from grantgraph.evaluate.statement import match_actions
from grantgraph.findings import Doubt
from grantgraph.grants import ACCESSING, Grant, Grants, unseen_of
from grantgraph.holdings import Holdings
from grantgraph.model import RESTRICTED, Application, IdentityPool, Principal, PrincipalType, Resource
from grantgraph.outsiders import Outsider, declared
from grantgraph.owning import Meeting, keys_on_rows, meetings
from grantgraph.policy.document import Condition, Effect, Operator, PrincipalKind, Statement
from grantgraph.problems import Location, Problem
from grantgraph.prove import (
    EVERYWHERE,
    Answer,
    Formula,
    Proved,
    Reach,
    Refuted,
    Standing,
    Things,
    allowed_actions,
    at_or_under,
    reaches,
)
from grantgraph.resources import ResourceType, resource_types
from grantgraph.statements import allowing, denying, literal_variables, names_one, speaks_of
from grantgraph.text import Text, text
from grantgraph.ways import Way, ways_in

_EXACT = (Operator.STRING_EQUALS, Operator.STRING_LIKE)
_WILD = set("*?")
_READING = (AccessLevel.READ, AccessLevel.LIST)


def _given(pool: IdentityPool) -> tuple[str, ...]:
    return (pool.authenticated, pool.unauthenticated, *pool.mapped)


def _trusts_pools(statement: Statement) -> bool:
    members = statement.principals.members if statement.principals is not None else ()
    federated = any(one.kind is PrincipalKind.FEDERATED and one.value == trusting.PROVIDER for one in members)
    return federated and statement.effect is Effect.ALLOW


def _audiences(role: Principal) -> Iterator[Text]:
    """The pools that a trust policy names, one by one."""
    for statement in role.trust.statements if role.trust is not None else ():
        for condition in statement.conditions if statement.effect is Effect.ALLOW else ():
            if condition.key == trusting.AUD and condition.operator in _EXACT:
                yield from (value for value in condition.spelled_values if value and not _WILD & set(str(value)))


@dataclass  # without slots: what lies around all principals is kept
class Permissions:
    """What a rule may ask about an application; answers are remembered."""

    application: Application
    catalog: Catalog
    asked: set[str] = field(default_factory=set)
    _holdings: Holdings = field(init=False)
    _standings: dict[str, Standing] = field(default_factory=dict)
    _ways_up: dict[str, tuple[Opening, ...]] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _spans: dict[str, tuple[int, tuple[Reach, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._holdings = Holdings(Grants(self.application, self.catalog))

    def principals(self, *types: PrincipalType) -> Iterator[Principal]:
        """The principals of some types; a report says how many were asked about."""
        found = [one for one in self.application.principals if one.type in types]
        self.asked.update(one.id for one in found)
        return iter(found)

    def grants(self, principal: Principal, levels: frozenset[AccessLevel]) -> tuple[Grant, ...]:
        """What a principal holds at some access levels: every grant is shown by a request."""
        return self._holdings.of(principal, levels)

    def allowing(self, principal: Principal) -> tuple[Statement, ...]:
        """The Allow statements of a principal's own policies."""
        return tuple(allowing(principal.policies))

    def able(self, actions: Iterable[str]) -> Iterator[Principal]:
        """The principals of whose own statements one names some of these actions: others cannot use them so."""
        names = tuple(actions)
        return self._holding(lambda statement: names_one(statement, names))

    def may_name(self, principal: Principal, actions: Iterable[str]) -> bool:
        """Whether an Allow statement of a principal, or of some resource's policy, names one of some actions."""
        names = tuple(actions)
        return any(names_one(one, names) for one in (*allowing(principal.policies), *self._around))

    def speaking_of(self, key: str) -> Iterator[Principal]:
        """The principals of whose own Allow statements one speaks of a condition key."""
        return self._holding(lambda statement: speaks_of(statement, key))

    def _holding(self, wanted: Callable[[Statement], bool]) -> Iterator[Principal]:
        for one in self.application.principals:
            if any(map(wanted, allowing(one.policies))):
                self.asked.add(one.id)
                yield one

    def places_of(self, principal: Principal, wanted: Callable[[Statement], bool]) -> frozenset[str]:
        """The ids of the resources on which some of a principal's statements allow something, or may."""
        held = self.grants(principal, ACCESSING)
        return frozenset(one.resource for one in held if one.resource and wanted(one.statement))

    def role(self, id: str) -> Principal | None:
        """The role of an id, if the input has it with its trust policy."""
        role = self.application.principal(id)
        if role is None or role.trust is None:
            return None
        self.asked.add(id)
        return role

    def ways(self) -> Iterator[Way]:
        """How callers get code to run; the roles that it runs as count as asked about."""
        for way in ways_in(self.application):
            self.asked.update([way.role.id] if way.role is not None else [])
            yield way

    def lost_ways(self) -> Iterator[Problem]:
        """Ways in of which the input does not say who may take them, or where they lead."""
        return (one for one in self.application.problems if one.code == "lost-entry-point")

    # ── identity pools ──

    def visitors_of(self, pool: IdentityPool) -> Iterator[Principal]:
        """The roles of a pool's signed-in visitors."""
        types = (PrincipalType.AUTHENTICATED, PrincipalType.MAPPED)
        return (one for one in self.principals(*types) if one.pool == pool.id)

    def signed_in_roles(self, pool: IdentityPool) -> Iterator[Principal]:
        """The roles that a pool gives to signed-in visitors only, with their trust policies."""
        for id in dict.fromkeys((pool.authenticated, *pool.mapped)):
            role = self.application.principal(id) if id != pool.unauthenticated else None
            if role is not None and role.trust is not None:
                self.asked.add(role.id)
                yield role

    def visited_roles(self) -> Iterator[tuple[Principal, tuple[Text, ...]]]:
        """The roles that trust identity pools, each with the ids of the pools that give it out."""
        for role in self.application.principals:
            if role.trust is not None and any(map(_trusts_pools, role.trust.statements)):
                self.asked.add(role.id)
                given = (one for one in self.application.pools if role.id in _given(one))
                yield role, tuple(one.id_value for one in given)

    def visitors_cannot_assume(self, role: Principal, pool: IdentityPool, *, guests: bool) -> Answer:
        """No visitor of a pool can assume a role; `guests` those who do not sign in."""
        if guests and pool.allows_guests is False:
            return Proved()
        return trusting.visitors_cannot_assume(role, pool.id_value, self.catalog, guests=guests)

    def others_cannot_assume(self, role: Principal, pools: tuple[Text, ...]) -> Answer:
        """No visitor of any other pool can assume a role; one that no pool gives out may name its pools itself."""
        named = pools or tuple(dict.fromkeys(_audiences(role)))
        return trusting.others_cannot_assume(role, named, self.catalog)

    def strangers_to_amr_cannot_assume(self, role: Principal, pool: IdentityPool) -> Answer:
        """No token that leaves `amr` out can assume a role."""
        return trusting.strangers_to_amr_cannot_assume(role, pool.id_value, self.catalog)

    def trust_place(self, role: Principal, witness: Refuted) -> Location:
        """Where a trust policy lets the witness in."""
        return next((reason.statement.at for reason in witness.verdict.because), role.at)

    # ── whose data is whose ──

    def standing(self, principal: Principal) -> Standing:
        """Everything that decides what a principal can do."""
        if principal.id not in self._standings:
            self._standings[principal.id] = self._holdings.grants.ground.standing(principal)
        return self._standings[principal.id]

    def can(self, principal: Principal, actions: Iterable[str], region: Formula = EVERYWHERE) -> Iterator[Reach]:
        """Which of some actions a principal can use, or may be able to, by requests in a region."""
        named = [one for one in map(self.catalog.action, actions) if one is not None]
        wanted = [one for one in named if self.may_name(principal, [str(one)])]
        return iter(tuple(reaches(self.standing(principal), wanted, self.catalog, region)) if wanted else ())

    def data_actions(self, resource: Resource) -> tuple[str, ...]:
        """The actions on the data of a resource, reading ones first; none of them manages it."""
        known = [self.catalog.action(one) for one in resource_types()[resource.type].data_actions]
        found = [one for one in known if one is not None]
        return tuple(map(str, sorted(found, key=lambda one: (one.access_level not in _READING, one.name))))

    def reads_all(self, principal: Principal, type: ResourceType, resource: Resource | None) -> Answer:
        """Refuted by a request, where a principal can make all requests that read what a resource holds.

        Without a resource: what any other of the type holds, whatever it is called.
        """
        statements = (*allowing(principal.policies), *self._around)
        return reads_all(self.application, self.standing(principal), statements, type, resource, self.catalog)

    @cached_property
    def _around(self) -> tuple[Statement, ...]:
        """The Allow statements of resources' own policies."""
        return tuple(allowing(one.policy for one in self.application.resources if one.policy is not None))

    def kept_to_rows(self, principal: Principal) -> frozenset[str]:
        """The tables on which a statement of a principal compares the leading keys with its identity."""
        if not keys_on_rows(self.allowing(principal)):
            return frozenset()
        return self.places_of(principal, lambda statement: bool(keys_on_rows([statement])))

    def meetings(
        self, principal: Principal, resource: Resource, key: str, own: Formula = EVERYWHERE
    ) -> Iterator[Meeting]:
        """Where two identities of a principal meet on a resource, in what belongs to one of them."""
        named = [one for one in map(self.catalog.action, self.data_actions(resource)) if one is not None]
        return meetings(self.standing(principal), resource.arn, key, named, self.catalog, own)

    # ── how far power reaches ──

    def workers(self) -> Iterator[Principal]:
        """The principals that services act as: code of the application does what they are allowed."""
        for one in self.application.principals:
            if powers.runs_code(one):
                self.asked.add(one.id)
                yield one

    def told_unseen(self, rule: str, principal: Principal) -> Iterator[Doubt]:
        """What may grant a role of the input more than it shows; the first rule that asks tells it for all.

        A role that is not in the input is judged by what the input gives it.
        """
        if principal.trust is not None and principal.id not in self._told:
            self._told.add(principal.id)
            yield from (Doubt(rule, principal.id, one.reason, principal.at) for one in unseen_of(principal))

    def span(self, principal: Principal) -> tuple[int, tuple[Reach, ...]]:
        """How many services there are, and in which of them a principal can use an action that manages something.

        One such action of each service is asked about, and only where the policies may span half of them.
        """
        if principal.id not in self._spans:
            services = len(self.catalog.services())
            found: tuple[Reach, ...] = ()
            if powers.may_span(allowing(principal.policies), services // 2):
                some = powers.one_of_each_service(self.catalog)
                services, found = len(some), tuple(reaches(self.standing(principal), some.values(), self.catalog))
            self._spans[principal.id] = services, found
        return self._spans[principal.id]

    def administers_account(self, principal: Principal) -> bool:
        """Whether a principal can manage something in at least half of all services."""
        services, found = self.span(principal)
        return 2 * sum(len(one.actions) for one in found if one.certain) >= services

    def wide_services(self, principal: Principal) -> Iterator[tuple[str, int, tuple[Reach, ...]]]:
        """The services of which a principal's policies name at least half of what changes something.

        Each with how many such actions there are, and which of them it can use whatever the resource is called.
        """
        own, where = allowing(principal.policies), self.application.environment
        for service, wide in powers.services_mostly_named(own, where, self.catalog):
            changing = powers.changing_actions(self.catalog, service)
            alone = tuple(powers.with_only(wide, one) for one in principal.policies)
            bare = replace(self._holdings.grants.ground.standing(principal, alone, ()), things=Things())
            yield service, len(changing), tuple(reaches(bare, changing, self.catalog))

    def ways_up(self, *kinds: Kind) -> Iterator[tuple[Principal, tuple[Opening, ...]]]:
        """The principals with the ways to more power that are open to each; administrators have it all already."""
        for one in self.application.principals:
            if one.type is PrincipalType.ACCOUNT or self.administers_account(one):
                continue
            if one.id not in self._ways_up:
                named = named_ways(allowing(one.policies)) | self._ways_around
                found = open_ways(self.application, one, self.standing(one), named, self.catalog) if named else ()
                self._ways_up[one.id] = found
            self.asked.add(one.id)
            yield one, tuple(way for way in self._ways_up[one.id] if way.way.kind in kinds)

    @cached_property
    def _ways_around(self) -> frozenset[str]:
        return named_ways(self._around)

    def reached_unnamed(self, principal: Principal, statement: Statement) -> Iterator[Reach]:
        """What a statement that says what it leaves out reaches besides, in services or on resources."""
        if statement.actions.negated or "*" in statement.actions.by_service:
            named = powers.services_in(statement)
            some = powers.one_of_each_service(self.catalog)
            actions = [one for service, one in some.items() if service not in named]
        else:
            actions = list(allowed_actions([statement], self.catalog))
        anywhere = statement.actions.negated and not statement.resources.negated
        region = EVERYWHERE if anywhere else powers.whatever_it_is_called()
        for reach in reaches(self.standing(principal), actions, self.catalog, region):
            if not reach.certain or any(statement == one.statement for one in reach.witnesses[0].verdict.because):
                yield reach

    # ── what is meant to hold somebody off ──

    def reached_without_key(self) -> Iterator[tuple[Principal, Statement, Condition, Reach]]:
        """What Allow statements let through because a request lacks the key of a condition of theirs."""
        for principal in self.application.principals:
            for statement in allowing(principal.policies):
                for condition in filter(fences.holds_without_its_key, statement.conditions):
                    self.asked.add(principal.id)
                    alone = tuple(powers.with_only([statement], one) for one in principal.policies)
                    standing = self._holdings.grants.ground.standing(principal, alone)
                    reach = fences.reached_without(standing, statement, condition, self.catalog)
                    if reach is not None:
                        yield principal, statement, condition, reach

    def slipping_through(self) -> Iterator[tuple[Principal, Statement, Condition, Answer]]:
        """What Deny statements let pass because a request lacks the key that has to be true."""
        for principal in self.application.principals:
            for statement in denying(principal.policies):
                for condition in filter(fences.asks_for_truth, statement.conditions):
                    self.asked.add(principal.id)
                    standing = self.standing(principal)
                    yield (
                        principal,
                        statement,
                        condition,
                        fences.slips_through(standing, statement, condition, self.catalog),
                    )

    def beyond_boundaries(self) -> Iterator[tuple[Principal, Answer]]:
        """The principals with a boundary: whether they are allowed nothing that it does not allow."""
        for one in self.application.principals:
            if one.boundary is not None:
                self.asked.add(one.id)
                yield one, fences.held_within(self.standing(one), one.boundary, self.catalog)

    def exempted_in_vain(self) -> Iterator[tuple[Resource, Principal, Statement]]:
        """Who is exempted by a Deny of a resource, and may be denied all the same."""
        for resource in self.application.resources:
            if resource.policy is not None:
                for principal, statement in fences.exempted_in_vain(self.application, resource.policy):
                    self.asked.add(principal.id)
                    yield resource, principal, statement

    def named_alike(self) -> Iterator[tuple[Principal, Resource, Statement, Reach]]:
        """What is allowed on resources because their names begin as one of the application's does."""
        for principal in self.application.principals:
            for statement in allowing(principal.policies):
                for resource in powers.begun_by(statement, self.application.resources):
                    self.asked.add(principal.id)
                    actions = list(allowed_actions([statement], self.catalog))
                    region = at_or_under(text((resource.arn, powers.STRANGE)))
                    for reach in reaches(self.standing(principal), actions, self.catalog, region):
                        yield principal, resource, statement, reach

    # ── what is said in vain ──

    def dead_entries(self) -> Iterator[tuple[Principal, Dead]]:
        """The entries of principals' own statements that no request can use."""
        known: dict[Statement, tuple[Dead, ...]] = {}
        for one in self._all():
            yield from ((one, dead) for dead in deadwood.dead_entries(self._holdings, one, known))

    def silent_denies(self) -> Iterator[tuple[Principal, Statement]]:
        """The Deny statements of principals' own policies that no request can match."""
        for one in self._all():
            yield from ((one, statement) for statement in deadwood.silent_denies(self._holdings.grants, one))

    def locked(self) -> Iterator[tuple[Principal, Locked]]:
        """What principals are allowed on encrypted resources, and cannot do for want of the key."""
        if any(one.attributes.get("key") for one in self.application.resources):
            for one in self._all():
                around = (*allowing(one.policies), *self._around)
                found = deadwood.locked(self.application, self.standing(one), around, self.catalog)
                yield from ((one, each) for each in found)

    def literal_variables(self) -> Iterator[tuple[str, str, Statement, frozenset[str]]]:
        """What looks like a policy variable and is plain text: by principal, or on which resource."""
        for one in self.application.principals:
            for policy in (*one.policies, *filter(None, (one.trust, one.boundary))):
                for statement in policy.statements:
                    if found := literal_variables(statement):
                        yield one.id, "", statement, found
        for resource in self.application.resources:
            for statement in resource.policy.statements if resource.policy is not None else ():
                if found := literal_variables(statement):
                    yield "", resource.id, statement, found

    def _all(self) -> Iterator[Principal]:
        for one in self.application.principals:
            self.asked.add(one.id)
            yield one

    # ── outsiders ──

    def let_in(self, resource: Resource, outsider: Outsider) -> Iterator[Reach]:
        """What somebody of another account can do with a resource; nothing, where the application means it to."""
        shut = resource.attributes.get(RESTRICTED, "") if outsider.anybody else ""
        if outsider.caller.name in declared(self.application) or shut == "true":
            return
        for reach in outsiders.let_in(resource, outsider, self.application.environment, self.catalog):
            if shut and reach.certain:  # what blocks public access may be there or not (125)
                reach = Reach(
                    reach.actions, doubt=f"whether public access to `{resource.id}` is blocked is not known"
                )
            yield reach

    def assumed_by(self, role: Principal, outsider: Outsider) -> Iterator[Reach]:
        """Whether somebody of another account can assume a role."""
        if outsider.caller.name not in declared(self.application):
            yield from outsiders.assumed_by(role, outsider, self.application.environment, self.catalog)

    def sent_by(self, resource: Resource, service: str) -> Iterator[Reach]:
        """What a service can do with a resource for somebody of another account."""
        return outsiders.sent_by(resource, service, self.application.environment, self.catalog)

    def resource(self, id: str) -> Resource | None:
        """The resource of an id."""
        return self.application.resource(id)

    def administers(self, action: Action) -> bool:
        """Whether an action manages resources, or who has access to them, and not their data.

        Where no resource type says what is data, AWS's own list of services for visitors decides: what it lets
        guests use is meant for an application's users, and what it leaves out is not (rules 139, 140).
        """
        if action.access_level is AccessLevel.PERMISSIONS_MANAGEMENT:
            return True
        if action.access_level is not AccessLevel.WRITE:
            return False
        types = [one for one in resource_types().values() if one.service == action.service]
        if types:
            return str(action).lower() not in {name for one in types for name in one.data_actions}
        return not any(
            match_actions(statement.actions, str(action)).name == "YES"
            for policy in scope_down()
            for statement in policy.statements
        )
