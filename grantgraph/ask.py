"""One request, asked about an application in its own names, and the nearest statements when it is denied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph import explain
from grantgraph.catalog import Action, Catalog
from grantgraph.evaluate import (
    ANONYMOUS,
    Caller,
    ContextValue,
    Decision,
    NearMiss,
    Request,
    Verdict,
    decide,
    near_misses,
    parse_caller,
    session_context,
)
from grantgraph.model import RESTRICTED, Application, Principal, PrincipalType
from grantgraph.policy.document import Policy, PolicySet, PolicyType
from grantgraph.problems import UsageError
from grantgraph.prove import Standing
from grantgraph.standing import VISITORS, hidden_at, standing_of
from grantgraph.text import Symbolic, Text, Unknown, parts_of, text, unknowns_in

NOT_GIVEN = "its value was not given"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, its verdict, and for a denied one the statements that come nearest to allowing it."""

    application: Application
    catalog: str
    request: Request
    verdict: Verdict
    near: tuple[NearMiss, ...]


def is_open(value: ContextValue) -> bool:
    """Whether a request carries a key whose value nobody told."""
    return isinstance(value, Symbolic) and all(
        isinstance(part, Unknown) and part.reason == NOT_GIVEN for part in value.parts
    )


def ask(
    application: Application,
    who: str,
    action: str,
    resource: str,
    context: Iterable[str],
    catalog: Catalog,
) -> Asked:
    """Decide one request.

    Args:
        who: a principal of the application by id, name or kind; or any ARN, a service, `anonymous`.
        resource: the id of a resource, followed by what lies under it; or an ARN.
        context: `key=value`; a key given twice is a set, and `key=?` is a value that is not known.

    A key that every request carries and that was not given is not known; any other is absent.

    Raises:
        UsageError: an argument names nothing.
    """
    known = find_action(action, catalog)
    names = {one.name: one for one in _unknowns(application)}
    caller, standing, session = _caller(application, who, names)
    target = _resource(application, resource, names)
    carried = {**_always(catalog, caller), **session, **_context(context, names, catalog)}
    request = Request(caller, str(known), target, carried, _owner(application, target))
    policies = policies_around(application, request, standing)
    request, verdict = decide_in(application, request, policies)
    return Asked(application, catalog.date, request, verdict, near_misses(request, policies))


def policies_around(application: Application, request: Request, standing: Standing | None) -> PolicySet:
    """Every policy of an application that decides about a request, whoever makes it."""
    own = _policies_at(application, standing, request.resource)
    return _with_hidden(own, application, request.resource)


def decide_in(application: Application, request: Request, policies: PolicySet) -> tuple[Request, Verdict]:
    """A request in its situation, with its verdict: buckets may shut out who is not of their account."""
    return _decide(request, policies, _restricted(application, request.resource))


def find_action(name: str, catalog: Catalog) -> Action:
    """The action of a name, in any case.

    Raises:
        UsageError: there is none; the help names the nearest.
    """
    known = catalog.action(name)
    if known is None:
        near = catalog.suggest_action(name)
        raise UsageError(f"there is no action `{name}`", f"did you mean `{near[0]}`?" if near else "")
    return known


def find_resource(application: Application, spelled: str) -> Text:
    """The ARN that a spelling means: an ARN, or the id of a resource or a route, with what lies under it.

    Raises:
        UsageError: there is no such resource.
    """
    return _resource(application, spelled, {one.name: one for one in _unknowns(application)})


def _unknowns(application: Application) -> Iterator[Unknown]:
    """The names of an application that are made at deployment, by which its reports speak of them."""
    texts: list[Text] = [one.arn for one in application.principals]
    texts += [one.arn for one in application.resources]
    texts += [one.id_value for one in application.pools]
    texts += [one.arn for one in application.entry_points]
    for one in texts:
        yield from (part for part in parts_of(one) if isinstance(part, Unknown))


def read_text(spelled: str, names: Mapping[str, Unknown]) -> Text:
    """Text in which `${Name}` stands for a name of the application that is made at deployment."""
    pieces = re.split(r"\$\{([^}]*)\}", spelled)
    return text((names.get(piece) or "${" + piece + "}") if at % 2 else piece for at, piece in enumerate(pieces))


def _caller(
    application: Application, who: str, names: Mapping[str, Unknown]
) -> tuple[Caller, Standing | None, Mapping[str, ContextValue]]:
    """Who asks, what it stands on, and what its session carries."""
    if who == "anonymous":
        return ANONYMOUS, None, {}
    spelled = read_text(who, names)
    principal = next((one for one in application.principals if one.arn == spelled or one.id == who), None)
    if principal is None and (":" in who or "." in who):
        return parse_caller(spelled), None, {}
    principal = principal or explain.find_principal(application, who)
    standing = standing_of(application, principal)
    return standing.session.caller, standing, _session(application, principal)


def _session(application: Application, principal: Principal) -> Mapping[str, ContextValue]:
    pool = application.pool(principal.pool)
    if principal.type not in VISITORS or pool is None:
        return {}
    identity = text((Unknown("identity", "the caller's identity id was not given"),))
    return session_context(pool.id_value, identity, guest=principal.type is PrincipalType.UNAUTHENTICATED)


def _always(catalog: Catalog, caller: Caller) -> Mapping[str, ContextValue]:
    """The keys that every request carries, with values that nobody told."""
    own = {"aws:principalarn", "aws:principalaccount", "aws:principaltype"}
    return {
        key.name.lower(): text((Unknown(key.name, NOT_GIVEN),))
        for key in catalog.global_keys()
        if key.carried == "always" and key.name.lower() not in own
    }


def _resource(application: Application, spelled: str, names: Mapping[str, Unknown]) -> Text:
    if spelled == "*" or spelled.startswith("arn:"):
        return read_text(spelled, names)
    route = application.entry_point(spelled)
    if route is not None and route.arn != "":
        return route.arn
    ids = [one.id for one in application.resources if spelled == one.id or spelled.startswith(f"{one.id}/")]
    id = max(ids, key=len, default=spelled.partition("/")[0])  # an id may hold a slash itself
    slash, under = spelled[len(id) : len(id) + 1], spelled[len(id) + 1 :]
    resource = explain.find_resource(application, id)
    return text([resource.arn, slash, read_text(under, names)])


def _context(given: Iterable[str], names: Mapping[str, Unknown], catalog: Catalog) -> Mapping[str, ContextValue]:
    values: dict[str, list[Text]] = {}
    unknown: dict[str, ContextValue] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or not key:
            raise UsageError(f"`--context {one}` must be KEY=VALUE", "the value `?` is one that is not known")
        if value == "?":
            unknown[key.lower()] = Unknown(key, NOT_GIVEN)
        else:
            values.setdefault(key.lower(), []).append(read_text(value, names))
    found: dict[str, ContextValue] = {}
    for key, many in values.items():
        known = catalog.condition_key(key)
        multivalued = known.multivalued if known is not None else len(many) > 1
        found[key] = tuple(many) if multivalued or len(many) > 1 else many[0]
    return {**found, **unknown}


def _restricted(application: Application, resource: Text) -> Text:
    """Whether the bucket of a resource shuts out who is not of its account; "" where it does not."""
    return next(
        (one.attributes.get(RESTRICTED, "") for one in application.resources if _is_at(one.arn, resource)), ""
    )


def _decide(request: Request, policies: PolicySet, restricted: Text) -> tuple[Request, Verdict]:
    """The request in its situation, with its verdict; open where the situation is, and it matters."""
    closed = replace(request, situation=replace(request.situation, restrict_public_buckets=restricted != ""))
    verdict = decide(closed, policies)
    if isinstance(restricted, str):
        return closed, verdict
    otherwise = decide(request, policies)
    if otherwise.decision is verdict.decision:
        return request, otherwise
    return request, replace(otherwise, decision=Decision.UNKNOWN, unknowns=unknowns_in(restricted))


def _owner(application: Application, resource: Text) -> Text | None:
    return next((one.account for one in application.resources if _is_at(one.arn, resource) and one.account), None)


def _policies_at(application: Application, standing: Standing | None, resource: Text) -> PolicySet:
    """The policies that decide about a resource: the caller's own, where it is one of ours, and the resource's."""
    own = standing.policies if standing is not None else PolicySet()
    role = next((one for one in application.principals if one.trust is not None and one.arn == resource), None)
    if role is not None:
        return replace(own, resource_based=role.trust)
    if standing is None:
        owner = next((one for one in application.resources if _is_at(one.arn, resource)), None)
        return PolicySet(resource_based=owner.policy if owner is not None else None)
    target = next((one for one in standing.targets if _is_at(one.arn, resource)), None)
    return standing.policies_at(target)


def _with_hidden(policies: PolicySet, application: Application, resource: Text) -> PolicySet:
    """The policies, with one that was not seen where the resource may be one that was not."""
    if policies.resource_based is not None or any(_is_at(one.arn, resource) for one in application.resources):
        return policies
    unseen = tuple(Unknown(one.type, one.reason) for one in hidden_at(application, resource))
    if not unseen:
        return policies
    return replace(policies, resource_based=Policy(PolicyType.RESOURCE_BASED, (), "a policy not seen", unseen))


def _is_at(arn: Text, resource: Text) -> bool:
    """Whether a resource is the one of an ARN, or lies under it."""
    own, other = _spelled(arn), _spelled(resource)
    return other == own or other.startswith((own + "/", own + ":"))


def _spelled(value: Text) -> str:
    return str(value) if isinstance(value, Symbolic) else value
