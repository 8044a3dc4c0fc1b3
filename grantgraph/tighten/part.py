"""Some policies of an input made tight and the others left, with the proof that nothing needed is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from grantgraph.catalog import Catalog
from grantgraph.infer.holdings import Key, bare, key_of
from grantgraph.infer.narrow import Narrowed
from grantgraph.model import Application, Principal
from grantgraph.policy.document import Policy, PolicyType, Statement
from grantgraph.prove import Answer, Proved, allowed_actions, as_given, implies
from grantgraph.standing import standing_of
from grantgraph.tighten.result import Rewritten, Tight, Tightened


def keys_of(policy: Policy) -> frozenset[Key]:
    """The statements of a policy, each the same whoever holds it."""
    return frozenset(key_of(policy, number) for number in range(len(policy.statements)))


def tighten_only(tightened: Tightened, keys: frozenset[Key], catalog: Catalog) -> Tightened:
    """The same with only those policies tight that have some of the statements.

    Of what roles lack, only what takes the place of something that goes is added: nobody gains anything.
    """
    part = _Part(bare(tightened.application), keys, catalog)
    return replace(tightened, roles=tuple(map(part.role, tightened.roles)))


@dataclass(frozen=True, slots=True)
class _Part:
    application: Application
    keys: frozenset[Key]
    catalog: Catalog

    def role(self, role: Tight) -> Tight:
        rewritten = tuple(one if keys_of(one.policy) & self.keys else _as_it_was(one) for one in role.rewritten)
        if not any(one.changes for one in rewritten):
            own = role.principal.policies
            return replace(role, rewritten=rewritten, added=(), policies=own, proof=None)
        added = tuple(self.replacing(role))
        policies = tuple(one.tight for one in rewritten if one.tight.statements)
        if added:
            policies = (*policies, Policy(PolicyType.IDENTITY_BASED, added, "needs"))
        own = role.principal.policies
        proof = prove_between(self.application, role.principal, policies, (role.policies, own), self.catalog)
        return replace(role, rewritten=rewritten, added=added, policies=policies, proof=proof)

    def replacing(self, role: Tight) -> Iterator[Statement]:
        """What would be added that today's policies allow already."""
        today = as_given(standing_of(self.application, role.principal))
        for statement in role.added:
            alone = Policy(PolicyType.IDENTITY_BASED, (statement,))
            own = as_given(standing_of(self.application, role.principal, (alone,)))
            asked = allowed_actions([statement], self.catalog)
            if isinstance(implies(own, today, asked, self.catalog), Proved):
                yield statement


def prove_between(
    application: Application,
    principal: Principal,
    policies: tuple[Policy, ...],
    bounds: tuple[tuple[Policy, ...], tuple[Policy, ...]],
    catalog: Catalog,
) -> Answer:
    """That policies allow all that the tight ones allow of today's access, and nothing that the widest do not.

    Today's policies stand around the tight ones as a session policy does: what both allow has to stay.

    Args:
        application: without what its resources say themselves.
        bounds: the tight policies, and the widest.
    """
    tight, _ = bounds
    after, least, most = (as_given(standing_of(application, principal, one)) for one in (policies, *bounds))
    session = Policy(PolicyType.SESSION, tuple(_statements(principal.policies)))
    needed = replace(least, policies=replace(least.policies, session=(session,)))
    kept = implies(needed, after, allowed_actions(_statements(tight), catalog), catalog)
    if not isinstance(kept, Proved):
        return kept
    return implies(after, most, allowed_actions(_statements(policies), catalog), catalog)


def _as_it_was(one: Rewritten) -> Rewritten:
    return replace(one, statements=tuple(Narrowed(own.statement, None) for own in one.statements))


def _statements(policies: Iterable[Policy]) -> Iterator[Statement]:
    return (one for policy in policies for one in policy.statements)
