"""That a policy allows what is needed, and nothing beyond."""

from __future__ import annotations

from dataclasses import replace

from grantgraph.catalog import Catalog
from grantgraph.model import Application, Principal
from grantgraph.policy.document import Policy
from grantgraph.prove import Answer, allowed_actions, allowed_exactly
from grantgraph.standing import standing_of


def prove_exact(
    application: Application, principal: Principal, written: Policy, needed: Policy, catalog: Catalog
) -> Answer:
    """That a policy allows what is needed and nothing beyond, whatever the request."""
    actions = allowed_actions([*written.statements, *needed.statements], catalog)
    bare = replace(application, resources=tuple(replace(one, policy=None) for one in application.resources))
    return allowed_exactly(
        standing_of(bare, principal, (written,)), standing_of(bare, principal, (needed,)), actions, catalog
    )
