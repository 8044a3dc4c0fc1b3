"""That a changed template says what it should: it is read again, and held against the tight policies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from grantgraph.catalog import Catalog
from grantgraph.infer.holdings import bare
from grantgraph.model import Application, Principal
from grantgraph.patch.template import Unpatched
from grantgraph.policy.document import Policy, Statement
from grantgraph.problems import Level
from grantgraph.prove import Proved, allowed_actions, allowed_exactly, as_given
from grantgraph.standing import standing_of
from grantgraph.tighten import Tight, Tightened, prove_between

Said: TypeAlias = tuple[object, ...]


def differences(
    tightened: Tightened, after: Application, unpatched: Iterable[Unpatched], catalog: Catalog
) -> Iterator[str]:
    """What a changed template says otherwise than it should, in words.

    Where something could not be changed, a role allows what it needs, and nothing new.
    """
    known = {(one.code, one.message) for one in tightened.application.problems}
    for problem in after.problems:
        if problem.level is Level.ERROR and (problem.code, problem.message) not in known:
            yield f"it cannot be read any more: {problem.message}"
            return
    missing = {one.at for one in unpatched}
    for role in tightened.roles:
        found = after.principal(role.principal.id)
        if found is None:
            yield f"`{role.principal.id}` is not there any more"
        elif not _is_as_it_should(role, found, bool(missing), tightened, catalog):
            yield f"the policies of `{role.principal.id}` are not what they should be"


def _is_as_it_should(role: Tight, found: Principal, partly: bool, tightened: Tightened, catalog: Catalog) -> bool:
    if role.left or not role.changes:
        return _said(found.policies) == _said(role.principal.policies)
    if _said(found.policies) == _said(role.policies):
        return True
    own = bare(tightened.application)
    if not partly:
        return _allow_the_same(role.principal, found.policies, role.policies, own, catalog)
    widest = (*role.principal.policies, *role.policies)
    proof = prove_between(own, role.principal, found.policies, (role.policies, widest), catalog)
    return isinstance(proof, Proved)


def _said(policies: Iterable[Policy]) -> Counter[Said]:
    """What policies say, whatever they are called and in whatever order they say it."""
    found: Counter[Said] = Counter()
    for policy in policies:
        for statement in policy.statements:
            found[_saying(statement)] += 1
        for unseen in policy.unseen:
            found[(str(unseen),)] += 1
    return found


def _saying(one: Statement) -> Said:
    return (
        one.effect,
        one.actions.negated,
        frozenset(pattern.spelled.lower() for pattern in one.actions.patterns),
        one.resources.negated,
        frozenset(str(pattern) for pattern in one.resources.patterns),
        one.conditions,
    )


def _allow_the_same(
    principal: Principal,
    one: tuple[Policy, ...],
    other: tuple[Policy, ...],
    application: Application,
    catalog: Catalog,
) -> bool:
    first, second = (as_given(standing_of(application, principal, policies)) for policies in (one, other))
    asked = allowed_actions([own for policy in (*one, *other) for own in policy.statements], catalog)
    return isinstance(allowed_exactly(first, second, asked, catalog), Proved)
