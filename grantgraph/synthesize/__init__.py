"""Needs to least-privilege policies: each statement with the needs behind it, the whole with its proof."""

from __future__ import annotations

from dataclasses import replace

from grantgraph.catalog import Catalog
from grantgraph.model import Application, Principal
from grantgraph.policy.render import INLINE_ROLE_QUOTA, render_policy, size_of
from grantgraph.problems import InputError, Level, Problems
from grantgraph.synthesize.proof import prove_exact
from grantgraph.synthesize.result import Conditions, Synthesis, Synthesized, Wish, Written
from grantgraph.synthesize.statements import group, name_statements, policy_of, statement_of
from grantgraph.synthesize.trust import trust_of
from grantgraph.synthesize.wishes import wishes_of
from grantgraph.text import unknowns_in

__all__ = [
    "Conditions",
    "Synthesis",
    "Synthesized",
    "Wish",
    "Written",
    "prove_exact",
    "synthesize",
    "with_policies",
]


def synthesize(application: Application, catalog: Catalog) -> Synthesized:
    """The policies of every principal.

    Raises:
        InputError: IAM cannot enforce some need; its problems say why and what can be done instead.
    """
    problems = Problems()
    wishes = [wish for need in application.needs for wish in wishes_of(need, application, catalog, problems)]
    errors = [problem for problem in problems.found if problem.level is Level.ERROR]
    if errors:
        raise InputError(f"{errors[0].at}: {errors[0].message}", errors, errors[0].help)
    found = tuple(
        _synthesize_one(application, principal, [one for one in wishes if one.need.who == principal.id], catalog)
        for principal in application.principals
    )
    for one in found:
        size = size_of(render_policy(one.policy)) if one.policy is not None else 0
        if size > INLINE_ROLE_QUOTA:
            message = (
                f"the policy of `{one.principal.id}` has {size:,} characters; a role takes {INLINE_ROLE_QUOTA:,}"
            )
            raise InputError(message, help="split the principal, or ask for fewer single resources")
    return Synthesized(application, catalog.date, found, problems.all(), _open_names(wishes, application))


def with_policies(application: Application, synthesized: Synthesized) -> Application:
    """The application with the synthesized policies attached: what a model's `check` judges."""
    by_id = {one.principal.id: one for one in synthesized.syntheses}
    principals = tuple(
        replace(
            one,
            policies=tuple(filter(None, [by_id[one.id].policy])),
            trust=by_id[one.id].trust,
        )
        for one in application.principals
    )
    return replace(application, principals=principals)


def _open_names(wishes: list[Wish], application: Application) -> tuple[str, ...]:
    """What has to be known before the policies can be used."""
    used = {unknown for wish in wishes for resource in wish.resources for unknown in unknowns_in(resource)}
    used |= {unknown for pool in application.pools for unknown in unknowns_in(pool.id_value)}
    return tuple(sorted(map(str, used)))


def _synthesize_one(
    application: Application, principal: Principal, wishes: list[Wish], catalog: Catalog
) -> Synthesis:
    trust = trust_of(application, principal)
    grouped = group(wishes)
    sids = name_statements(grouped)
    named = list(zip(sids, grouped, strict=True))
    why = tuple(Written(sid, tuple(dict.fromkeys(one.need for one in ones))) for sid, ones in named)
    written = policy_of([statement_of(ones, sid) for sid, ones in named], principal.id)
    needed = policy_of(
        [statement_of([replace(one, actions=(action,))]) for one in wishes for action in one.actions], principal.id
    )
    proof = prove_exact(application, principal, written, needed, catalog)
    return Synthesis(principal, written if wishes else None, trust, why, proof)
