"""A whole application: every role's policies, and those of the resources that have to let somebody in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.catalog import Catalog
from grantgraph.model import Application, Principal, PrincipalType
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.policy.quota import QUEUE_STATEMENTS, check_size
from grantgraph.policy.render import render_policy
from grantgraph.problems import InputError, Level, Location
from grantgraph.prove import Undecided
from grantgraph.synthesize.boundary import boundary_of
from grantgraph.synthesize.dependents import key_wishes, passed_roles
from grantgraph.synthesize.entrances import KEY, entrance_policy, entrances_of
from grantgraph.synthesize.functions import function_wishes
from grantgraph.synthesize.pack import attach
from grantgraph.synthesize.proof import prove_entrance, prove_exact, surroundings_of
from grantgraph.synthesize.result import Draft, Entrance, Synthesis, Synthesized, Wish, draft_of
from grantgraph.synthesize.shrink import shrink
from grantgraph.synthesize.statements import blocks_of, needed_policy
from grantgraph.synthesize.trust import trust_of
from grantgraph.synthesize.wishes import wishes_of
from grantgraph.text import unknowns_in


@dataclass(frozen=True, slots=True)
class Options:
    """How policies are written.

    Attributes:
        shrink: shortens lists of actions by wildcards that match nothing else in today's catalog.
        boundary: asks for a permissions boundary for all roles.
        prove: asks for the proofs; without, every answer is that nobody asked.
    """

    shrink: bool = False
    boundary: bool = False
    prove: bool = True


PLAINLY = Options()
NOT_ASKED = Undecided("it was not asked")


def synthesize(application: Application, catalog: Catalog, options: Options = PLAINLY) -> Synthesized:
    """The policies of every principal, and of every resource that has to let somebody in.

    Raises:
        InputError: IAM cannot enforce some need, or a policy does not fit; the problems say what can be done.
    """
    draft = draft_of(application, catalog)
    wishes = list(_all_wishes(draft))
    entering = list(entrances_of(draft, wishes))
    errors = [problem for problem in draft.problems.found if problem.level is Level.ERROR]
    if errors:
        raise InputError(f"{errors[0].at}: {errors[0].message}", errors, errors[0].help)
    entrances = tuple(_entrances(draft, wishes, entering, options))
    keys = {one.resource.id: one.policy for one in entrances if one.resource.type == KEY}
    roles = [one for one in application.spoken_of() if one.type is not PrincipalType.ACCOUNT]
    by_role = _by(wishes, lambda one: one.who)
    boundary = None
    if options.boundary:
        boundary = boundary_of([wish for role in roles for wish in by_role.get(role.id, [])], catalog)
    found = tuple(_synthesize(draft, one, by_role.get(one.id, []), keys, boundary, options) for one in roles)
    notes, open_names = draft.problems.all(), _open_names([*wishes, *entering], application)
    return Synthesized(application, catalog.date, found, entrances, boundary, notes, open_names)


def _all_wishes(draft: Draft) -> Iterator[Wish]:
    """What every need asks for, what functions need besides, and the keys that all of it takes."""
    for wish in _wishes_before_keys(draft):
        yield wish
        yield from key_wishes(wish, draft)


def _wishes_before_keys(draft: Draft) -> Iterator[Wish]:
    for need in draft.application.needs:
        yield from wishes_of(need, draft)
        yield from passed_roles(need, draft)
    for principal in draft.application.spoken_of():
        yield from function_wishes(principal, draft)


def _synthesize(
    draft: Draft,
    principal: Principal,
    wishes: list[Wish],
    keys: Mapping[str, Policy],
    boundary: Policy | None,
    options: Options,
) -> Synthesis:
    """The policies of one role, and their proof."""
    blocks = blocks_of(wishes)
    attached, blocks = attach(shrink(blocks, draft.catalog) if options.shrink else blocks, principal)
    needed = needed_policy(wishes, principal.id)
    around = surroundings_of(draft, principal, wishes, keys, boundary)
    policies = tuple(one.policy for one in attached)
    proof = prove_exact(draft, principal, policies, needed, around) if options.prove else NOT_ASKED
    trust = trust_of(draft.application, principal) if draft.application.binding is None else None
    _must_fit(trust, PolicyType.TRUST, principal.at)
    return Synthesis(principal, attached, trust, tuple(one.written for one in blocks), proof)


def _entrances(draft: Draft, wishes: list[Wish], entering: list[Wish], options: Options) -> Iterator[Entrance]:
    """The policy of each resource that lets somebody in, and of each key that is used."""
    own = draft.application.environment
    by_resource = _by(entering, lambda one: one.subject)
    used = {wish.subject for wish in (*wishes, *entering)}
    for resource in draft.application.resources:
        let_in = by_resource.get(resource.id, [])
        if not let_in and not (resource.type == KEY and resource.id in used and resource.policy is None):
            continue
        apart = resource.type == "lambda:function" or len(let_in) < QUEUE_STATEMENTS
        blocks = blocks_of(let_in, apart)
        policy = entrance_policy(resource, blocks, own)
        _must_fit(policy, PolicyType.RESOURCE_BASED, resource.at)
        proof = prove_entrance(draft, resource, policy, let_in) if options.prove else NOT_ASKED
        elsewhere = resource.account if resource.account != own.account else ""
        there = replace(resource, existing=resource.existing or draft.application.binding is not None)
        yield Entrance(there, policy, tuple(one.written for one in blocks), proof, elsewhere)


def _must_fit(policy: Policy | None, type: PolicyType, at: Location) -> None:
    """A policy of which nothing can be left out, and which AWS takes only up to a size.

    Raises:
        InputError: it is larger.
    """
    found = check_size(render_policy(policy), type, at) if policy is not None else ()
    errors = [one for one in found if one.level is Level.ERROR]
    if errors:
        help = "let in fewer: a topic, or a queue, can gather what comes from many"
        raise InputError(f"{errors[0].at}: {errors[0].message}", [replace(errors[0], help=help)], help)


def _by(wishes: Iterable[Wish], key: Callable[[Wish], str]) -> dict[str, list[Wish]]:
    found: dict[str, list[Wish]] = {}
    for wish in wishes:
        found.setdefault(key(wish), []).append(wish)
    return found


def _open_names(wishes: Iterable[Wish], application: Application) -> tuple[str, ...]:
    """What has to be known before the policies can be used."""
    texts = [pool.id_value for pool in application.pools] if application.binding is None else []
    for wish in wishes:
        texts += [*wish.resources, *(value for _, _, values in wish.conditions for value in values)]
    return tuple(sorted({str(unknown) for one in texts for unknown in unknowns_in(one)}))


def with_policies(application: Application, synthesized: Synthesized) -> Application:
    """The application with the synthesized policies attached: what a model's `check` judges."""
    by_id = {one.principal.id: one for one in synthesized.syntheses}
    own = {one.resource.id: one.policy for one in synthesized.entrances}
    principals = tuple(
        replace(one, policies=by_id[one.id].policies, trust=by_id[one.id].trust, boundary=synthesized.boundary)
        if one.id in by_id
        else one
        for one in application.principals
    )
    resources = tuple(replace(one, policy=own.get(one.id)) for one in application.resources)
    return replace(application, principals=principals, resources=resources, unwritten=False)
