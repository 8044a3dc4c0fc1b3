"""Hypothesis strategies: requests that a principal could make, and policy documents as AWS would take them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from grantgraph.catalog import Action, load_catalog
from grantgraph.evaluate import Request
from grantgraph.explain import find_principal
from grantgraph.problems import UsageError
from grantgraph.prove import actions_of
from grantgraph.testing.access import Access
from grantgraph.testing.documents import Documents
from grantgraph.testing.near import Near

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def requests(access: Access, who: str, actions: Collection[str] = ()) -> SearchStrategy[Request]:
    """Well-formed requests of a principal, near what the policies say: some are allowed, some just not.

    Args:
        who: a principal by its id, its name, or its kind.
        actions: what they are for; every action that its policies name, where none is given.

    Raises:
        UsageError: there is no such principal, or no such action.
    """
    from hypothesis import assume
    from hypothesis import strategies as st

    principal = find_principal(access.application, who)
    standing = access.ground.standing(principal)
    wanted = [_action(one) for one in actions] or list(actions_of(standing, access.catalog))
    if not wanted:
        raise UsageError(f"no policy of `{principal.id}` names an action", "say which `actions` requests are for")
    resources = [one.arn for one in access.application.resources]

    @st.composite
    def drawn(draw: DrawFn) -> Request:
        chooser = draw(st.randoms(use_true_random=False))
        near = Near(access.catalog, chooser, standing, resources=resources)
        found = near.request(draw(st.sampled_from(wanted)))
        assume(found is not None)
        assert found is not None
        return found

    return drawn()


def policy_documents(services: Collection[str] = ("dynamodb", "s3", "sqs")) -> SearchStrategy[dict[str, Any]]:
    """Identity-based policy documents about some services, each valid, with conditions that requests can carry.

    Raises:
        UsageError: there is no such service.
    """
    from hypothesis import strategies as st

    catalog = load_catalog()
    unknown = [one for one in services if not catalog.actions(one)]
    if unknown or not services:
        raise UsageError(f"there is no service `{', '.join(unknown)}`", "name prefixes of actions, such as `s3`")

    @st.composite
    def drawn(draw: DrawFn) -> dict[str, Any]:
        return Documents(catalog, draw(st.randoms(use_true_random=False)), tuple(services)).document()

    return drawn()


def _action(name: str) -> Action:
    from grantgraph.ask import find_action

    return find_action(name, load_catalog())
