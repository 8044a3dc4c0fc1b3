"""The application's own promises, proved or refuted."""

from __future__ import annotations

from grantgraph.catalog import Catalog
from grantgraph.findings import Doubt, Finding, Proof, Severity
from grantgraph.model import Application, Principal, Promise, PromiseType, Resource
from grantgraph.problems import bug
from grantgraph.prove import EVERYWHERE, Refuted, Shared, Undecided, actions_of, at_or_under, isolated, never
from grantgraph.resources import resource_types
from grantgraph.standing import IDENTITY, standing_of


def keep(promise: Promise, application: Application, catalog: Catalog) -> Finding | Doubt | Proof:
    """Whether the policies keep a promise."""
    principal = application.principal(promise.who)
    resource = application.resource(promise.on) if promise.on else None
    if principal is None:
        bug(f"the promise `{promise.title}` names nobody")
    if promise.type is PromiseType.ISOLATED and resource is not None:
        return _keep_apart(promise, principal, resource, application, catalog)
    standing = standing_of(application, principal)
    wanted = [
        one
        for one in actions_of(standing, catalog)
        if one.access_level.word in promise.access or str(one) in promise.access
    ]
    answer = never(standing, wanted, catalog, at_or_under(resource.arn) if resource is not None else EVERYWHERE)
    match answer:
        case Refuted(request, _):
            message = f"`{promise.who}` breaks the promise `{promise.title}`: it may {request.action}"
            return _broken(promise, message, answer)
        case Undecided(reason):
            return Doubt(_rule(promise), promise.who, reason, promise.at)
        case _:
            return Proof(_rule(promise), promise.who, promise.title)


def _keep_apart(
    promise: Promise, principal: Principal, resource: Resource, application: Application, catalog: Catalog
) -> Finding | Doubt | Proof:
    """Whether two identities of a principal never meet on a resource."""
    standing = standing_of(application, principal)
    data = resource_types()[resource.type].data_actions
    actions = [one for one in actions_of(standing, catalog) if str(one).lower() in data]
    answer = isolated(standing, resource.arn, IDENTITY, actions, catalog)
    match answer:
        case Shared(one, _):
            action = one.request.action
            message = f"two identities of `{promise.who}` reach the same data of `{promise.on}`: {action}"
            return _broken(promise, message, one)
        case Undecided(reason):
            return Doubt(_rule(promise), promise.who, reason, promise.at)
        case _:
            return Proof(_rule(promise), promise.who, promise.title)


def _rule(promise: Promise) -> str:
    return f"promise: {promise.title}"


def _broken(promise: Promise, message: str, evidence: Refuted) -> Finding:
    return Finding(
        _rule(promise),
        Severity.HIGH,
        promise.who,
        message,
        evidence,
        promise.at,
        actions=(evidence.request.action,),
        on=promise.on,
    )
