"""Whether a principal reads all that a resource holds: not one request, but every one that there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from grantgraph.catalog import Catalog
from grantgraph.model import Application, Resource
from grantgraph.node import node_of
from grantgraph.policy.document import Policy, PolicySet, PolicyType, Statement
from grantgraph.policy.parse import parse_policy
from grantgraph.policy.pattern import Match
from grantgraph.prove import (
    Answer,
    Proved,
    Refuted,
    Standing,
    Undecided,
    at_or_under,
    conjunction,
    heads_of,
    implies,
    matching,
    negation,
    reaches,
)
from grantgraph.resources import ResourceType, fill
from grantgraph.statements import names_one
from grantgraph.text import Text, Unknown, text

_WHATEVER = "any-other-7f3c"
"""A name that no policy spells; what covers it as well as a name that is not known covers every name."""


def reads_all(
    application: Application,
    standing: Standing,
    statements: Iterable[Statement],
    type: ResourceType,
    resource: Resource | None,
    catalog: Catalog,
) -> Answer:
    """Refuted by a request, where a caller can make all requests that read what a resource holds.

    Over TLS, that is: a policy that asks for it keeps nothing back.

    Args:
        statements: the Allow statements around the caller.
        resource: None for any other resource of the type, whatever it is called.
    """
    known = [one for one in application.resources if one.type == type.name]
    others = conjunction(negation(at_or_under(one.arn)) for one in known)
    own = tuple(statements)
    for name in type.bulk.actions if type.bulk is not None else ():
        action = catalog.action(name)
        named = [one for one in own if names_one(one, [name])]
        places = _under(application, type, resource, named, ("*",))
        if action is None or not _may_cover(named, _under(application, type, resource, named, ("x", _WHATEVER))):
            return Proved()
        region = matching(places[0]) if resource is not None else others
        reached = next(reaches(standing, [action], catalog, region), None)
        if reached is None or not reached.certain:
            return Undecided(reached.doubt) if reached is not None else Proved()
        whole = replace(standing, policies=PolicySet(identity_based=(_over_tls(name, places[0]),)), targets=())
        answer = implies(whole, standing, [action], catalog)
        if not isinstance(answer, Refuted):
            return reached.witnesses[0] if isinstance(answer, Proved) else answer
    return Proved()


def _under(
    application: Application,
    type: ResourceType,
    resource: Resource | None,
    statements: Iterable[Statement],
    rest: tuple[str, ...],
) -> tuple[Text, ...]:
    """What is read of a resource, with words for its parts; of any other, under a name unknown and one known."""
    arns: tuple[Text, ...] = (resource.arn,) if resource is not None else ()
    if resource is None:
        environment = application.environment
        partition = _partition(environment.partition, statements)
        where = {"partition": partition, "region": environment.region, "account": environment.account}
        unknown = text((Unknown("any other", "the name of any other resource", generated=True),))
        arns = tuple(fill(type.arn, **where, name=name) for name in (unknown, _WHATEVER))
    suffix = type.bulk.suffix if type.bulk is not None else ""
    return tuple(text((arn, suffix.replace("*", one))) for arn in arns for one in rest)


def _partition(known: Text, statements: Iterable[Statement]) -> Text:
    """The partition of an application; where it is not known, one that a statement spells and needs."""
    if isinstance(known, str):
        return known
    heads = (head.split(":") for one in statements for head in heads_of(one.resources))
    return next((head[1] for head in heads if len(head) > 2 and "*" not in head[1]), known)


def _may_cover(statements: Iterable[Statement], places: tuple[Text, ...]) -> bool:
    """Whether one statement may be about all of these resources: if none is, none is about everything."""
    for one in statements:
        patterns = [at for at in one.resources.patterns if not at.pattern.variables]
        covered = (any(at.match_resource(place) is not Match.NO for at in patterns) for place in places)
        if one.resources.negated or all(covered):
            return True
    return False


def _over_tls(action: str, resource: Text) -> Policy:
    """What allows every request for an action on a resource, over TLS."""
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}
    return parse_policy(node_of({"Statement": statement}), PolicyType.IDENTITY_BASED, "all of it").value
