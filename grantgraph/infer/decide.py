"""What of a statement is taken for needed, and what is not: entry by entry, action by action.

Only what uses data of the application's own resources is inferred. What nothing can be said of stays as it is;
what administers is never taken for a need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from grantgraph.catalog import Action
from grantgraph.infer.entries import (
    cover,
    is_below,
    is_chosen,
    is_everything,
    is_named,
    is_open,
    is_unnamed,
    is_wild,
    is_within,
    names,
    takes_in,
    within,
)
from grantgraph.infer.holdings import ELSEWHERE, Entry, Given, Held
from grantgraph.infer.managed import Managed, managed_kind, services_of
from grantgraph.infer.uses import (
    STREAM,
    TABLE,
    has_words,
    is_data,
    is_permissions,
    targets_of,
    types_of,
    why_unusable,
)
from grantgraph.infer.why import KEPT, Decision, Dropped, Row, Why
from grantgraph.model import Application, Authorizer, EntryPointType, Principal, PrincipalType, Resource
from grantgraph.policy.document import ActionPattern
from grantgraph.policy.pattern import Match
from grantgraph.resources import ResourceType, resource_types
from grantgraph.standing import VISITORS
from grantgraph.text import Text, split_text, unknowns_in
from grantgraph.wiring import Logs

FUNCTION = "lambda:function"
ALL = ""
"""What a wildcard over a service means at most: everything that uses data."""
RUNTIME_SERVICES = frozenset({"logs", "xray"})
"""Services that Lambda itself uses in a function's name."""

_DEFAULTS = frozenset({"mobileanalytics:putevents", "cognito-sync:*"})
"""What AWS's console, and frameworks after it, wrote into the roles of every identity pool."""
_GUARDED = frozenset({"appsync:GraphQL", "execute-api:Invoke"})
_WAYS = (EntryPointType.FIELD, EntryPointType.ROUTE)


def touching(statements: Iterable[Held]) -> frozenset[int]:
    """The policies, by identity, that reach a resource of the application that is used by access words."""
    return frozenset(
        id(held.policy)
        for held in statements
        for entry in held.entries
        for given in entry.given
        if given.place and has_words(given.actions[0].service)
    )


@dataclass(slots=True)
class Decider:
    """Decides about the statements of one principal.

    Attributes:
        wired: the resources that the application wires the principal to, each with the actions that this takes,
            where that is known; `vague` are those of which some wire does not say it.
        touching: the policies some statement of which reaches a resource that is used by access words.
        wildcards: what a wildcard over a service (`dynamodb:*`) is taken to mean: an access word, or `ALL`.
        alone: whether nothing is known of the application but its policies: there may be more than they name.
    """

    application: Application
    principal: Principal
    wired: Mapping[str, frozenset[str]]
    vague: frozenset[str]
    touching: frozenset[int]
    resources: Mapping[str, Resource]
    places: tuple[str, ...]
    wildcards: str = ALL
    alone: bool = False

    def decide(self, held: Held) -> Decision:
        found = Decision(held)
        kind = managed_kind(held.policy)
        if kind is Managed.RUNTIME:
            found.whole = Why.RUNTIME
        elif kind is Managed.OTHER and id(held.policy) not in self.touching:
            found.whole = Why.OUTSIDE
        elif is_open(held):
            found.whole = Why.OPEN
        if found.whole is not None:
            return found
        by_aws = kind is Managed.OTHER
        for pattern in held.statement.actions.patterns if not held.statement.actions.negated else ():
            self.decide_pattern(found, pattern, by_aws)
        for entry in map(self.as_meant, held.entries):
            rows, dropped = len(found.rows), len(found.dropped)
            for given in entry.given:
                self.decide_given(found, entry, given, by_aws)
            stays = {action for row in found.rows[rows:] if row.narrowed is None for action in row.actions}
            found.rows[rows:] = (
                replace(row, narrowed=None) if row.actions <= stays else row for row in found.rows[rows:]
            )
            found.dropped[dropped:] = (one for one in found.dropped[dropped:] if one.action not in stays)
        return found

    def as_meant(self, entry: Entry) -> Entry:
        """An entry without the resources that it would name only by chance."""
        given = (one for one in entry.given if not one.doubt or not self.is_by_chance(entry, one))
        return replace(entry, given=tuple(given))

    def is_by_chance(self, entry: Entry, given: Given) -> bool:
        return self.is_named_by_another(entry, given) or self.is_spelled_out(entry, given)

    # ── services without words ──

    def decide_pattern(self, found: Decision, pattern: ActionPattern, by_aws: bool) -> None:
        """What becomes of an entry of the actions whose service has no access words: it stays, or goes, whole."""
        service = pattern.service
        if service is None or has_words(service):
            return
        visitor = self.principal.type in VISITORS
        if visitor and pattern.spelled.lower() in _DEFAULTS and is_everything(found.held):
            found.gone.append((pattern, Why.DEFAULT))
        elif by_aws and not (service in RUNTIME_SERVICES and self.principal.type is PrincipalType.FUNCTION):
            found.gone.append((pattern, Why.UNNAMED))
        elif visitor and is_wild(pattern) and types_of(service):
            found.gone.append((pattern, Why.VISITOR))
        else:
            found.patterns.append((pattern, Why.LAMBDA if self.is_of_lambda(service) else Why.WORDLESS))

    def is_of_lambda(self, service: str) -> bool:
        """Whether Lambda uses a service in the name of a function of the principal."""
        own = self.principal.id
        functions = [one for one in self.resources.values() if one.attributes.get("runs_as") == own]
        return any(
            one is not None
            and (
                (service == "logs" and one.logs is not Logs.NOBODY)
                or (service == "xray" and one.tracing)
                or (service == "ec2" and one.vpc)
            )
            for one in (function.runtime for function in functions)
        )

    # ── services with words ──

    def decide_given(self, found: Decision, entry: Entry, given: Given, by_aws: bool) -> None:
        if not has_words(given.actions[0].service):
            self.note_gone(found, given)
            return
        for action in given.actions:
            unnamed = is_unnamed(found.held, action)
            if by_aws:
                unnamed = action.service not in services_of(found.held.policy)
            why, note = self.why(found.held, entry, given.place, action, unnamed)
            texts = self.targets(entry, given.place, action) if why in KEPT else ()
            for narrowed in texts:
                found.rows.append(Row(entry.number, narrowed, given.place, frozenset({action}), why))
            if not texts:
                witness = given.witnesses[given.actions.index(action)] if given.witnesses else None
                gone = why if why not in KEPT else Why.BEYOND
                found.dropped.append(Dropped(given.place, action, gone, note, witness))

    def is_named_by_another(self, entry: Entry, given: Given) -> bool:
        """Whether an entry means one resource, and another only if the two had the same name in the end."""
        if not any(is_within(entry, self.arn_of(place)) for place in self.places):
            return False
        own = str(entry.pattern).rstrip("*")
        return not is_within(entry, self.arn_of(given.place)) and not is_below(self.arn_of(given.place), own)

    def is_spelled_out(self, entry: Entry, given: Given) -> bool:
        """Whether an entry writes out a name, and would mean a resource only if AWS made up the same one."""
        resource = self.resources.get(given.place)
        if resource is None or entry.pattern is None or is_within(entry, resource.arn):
            return False
        own, last = (split_text(one, ":", 5)[-1] for one in (entry.pattern.pattern.text, resource.arn))
        return isinstance(own, str) and not {"*", "?"} & {*own} and any(one.generated for one in unknowns_in(last))

    def arn_of(self, place: str) -> Text:
        """The ARN of a resource or a route."""
        resource = self.resources.get(place)
        if resource is not None:
            return resource.arn
        route = self.application.entry_point(place) if place else None
        return route.arn if route is not None else ""

    def note_gone(self, found: Decision, given: Given) -> None:
        """Actions of services without words go only with the entry that names them."""
        for pattern, why in found.gone:
            for action, witness in zip(given.actions, given.witnesses, strict=False):
                if pattern.service == action.service and names(pattern, action):
                    found.dropped.append(Dropped(given.place, action, why, "", witness))

    def why(self, held: Held, entry: Entry, place: str, action: Action, unnamed: bool) -> tuple[Why, str]:
        """Why an action stays or goes at a place, and what else there is to say of that."""
        if place == ELSEWHERE:
            return self.why_elsewhere(held, entry, action, unnamed), ""
        resource = self.resources.get(place)
        if resource is None:  # a route, or a field, that asks IAM
            return self.why_route(place, action, unnamed), ""
        type = resource_types()[resource.type]
        if str(action) in self.wired.get(place, ()):
            return Why.NEED, ""
        if is_permissions(action) or not is_data(action, type):
            return Why.CONTROL, ""
        return self.why_data(held, entry, resource, action, unnamed)

    def why_route(self, place: str, action: Action, unnamed: bool) -> Why:
        if str(action) not in _GUARDED:
            return Why.CONTROL
        return Why.UNNAMED if unnamed and self.principal.type not in VISITORS else Why.NEED

    def why_data(
        self, held: Held, entry: Entry, resource: Resource, action: Action, unnamed: bool
    ) -> tuple[Why, str]:
        """Why an action that uses data of a resource is taken for a need, or not."""
        type = resource_types()[resource.type]
        if str(action) in _GUARDED:
            guarded = self.guarded(resource)
            if guarded is not None:
                return Why.BEYOND if guarded else Why.UNUSABLE, "" if guarded else _unguarded(resource)
        if resource.type == TABLE and self.is_index_that_is_not_there(entry, action, resource):
            return Why.UNUSABLE, f"`{resource.id}` has no index"
        unusable = why_unusable(action, resource, self.application)
        if unusable:
            return Why.UNUSABLE, unusable
        if str(action) in STREAM and not is_chosen(held, action):
            return Why.UNUSABLE, f"nothing feeds `{self.principal.id}` from the stream of `{resource.id}`"
        if unnamed and resource.id in self.wired and resource.id not in self.vague:
            return Why.UNNAMED, ""
        if not is_within(entry, resource.arn) and not self.may_be_meant(resource, unnamed):
            return Why.UNNAMED if unnamed else Why.UNWIRED, ""
        if self.wildcards != ALL and not is_chosen(held, action) and not self.is_meant_by_wildcards(action, type):
            return Why.UNSAID, ""
        return Why.NEED, ""

    def is_meant_by_wildcards(self, action: Action, type: ResourceType) -> bool:
        """Whether an action is among what a wildcard over a service is taken to mean."""
        means = {name for on in type.access.get(self.wildcards, ()) for name in on.actions}
        return str(action) in means

    def why_elsewhere(self, held: Held, entry: Entry, action: Action, unnamed: bool) -> Why:
        """What a statement reaches besides the application: it goes where the application is what is meant."""
        if not action.resource_types and not unnamed and is_named(held, action) and not is_permissions(action):
            return Why.EXACT
        reaches_ours = any(one.place and one.actions[0].service == action.service for one in entry.given)
        if not reaches_ours or self.alone:
            return Why.UNNAMED if unnamed else Why.OUTSIDE
        data = any(is_data(action, type) for type in types_of(action.service))
        return Why.BEYOND if data else Why.CONTROL

    def guarded(self, api: Resource) -> bool | None:
        """Whether IAM guards some route or field of an API; None where the input does not say."""
        routes = [one for one in self.application.entry_points if one.source == api.id and one.type in _WAYS]
        if any(one.arn != "" for one in routes):
            return True
        return None if not routes or any(one.authorizer is Authorizer.UNKNOWN for one in routes) else False

    def is_index_that_is_not_there(self, entry: Entry, action: Action, table: Resource) -> bool:
        """Whether an entry that names what is below a table can mean indexes only, of which there is none."""
        return (
            is_within(entry, table.arn)
            and not _is_itself(entry, table)
            and str(action) not in STREAM
            and not table.indexes
            and not any(one.code == "index" for one in self.application.problems)
        )

    def may_be_meant(self, resource: Resource, unnamed: bool) -> bool:
        """Whether an entry that takes in more than a resource is about the resource, as the wiring tells."""
        if resource.id in self.wired:
            return True
        if resource.type == FUNCTION and (unnamed or self.is_of_framework(resource)):
            return False
        same = {one.id for one in self.application.resources if one.type == resource.type}
        return not (self.wired if unnamed else same.intersection(self.wired))

    def is_of_framework(self, function: Resource) -> bool:
        role = self.application.principal(str(function.attributes.get("runs_as", "")))
        return role is not None and bool(role.framework)

    def targets(self, entry: Entry, place: str, action: Action) -> tuple[Text | None, ...]:
        """What of an entry stays for an action at a place: the entry itself (None), or the narrower texts.

        Nothing stays where an entry only happens to meet a route: `*/GET/notes` also ends longer paths.
        """
        resource, arn = self.resources.get(place), self.arn_of(place)
        if place == ELSEWHERE or is_within(entry, arn):
            return (None,)
        if resource is None:
            arn = within(entry.pattern, arn)
            covered = cover(entry.pattern, arn)
            return () if covered is Match.NO else (arn,) if covered is Match.YES else (None,)
        near = [within(entry.pattern, one) for one in targets_of(action, resource)]
        texts = [one for one in near if cover(entry.pattern, one) is Match.YES]
        widest = [one for one in texts if not any(other != one and takes_in(other, one) for other in texts)]
        return tuple(widest) or (None,)


def _is_itself(entry: Entry, resource: Resource) -> bool:
    """Whether an entry that is within a resource is the resource, and not something below it."""
    return (
        entry.pattern is not None
        and split_text(entry.pattern.pattern.text, ":", 5)[-1] == split_text(resource.arn, ":", 5)[-1]
    )


def _unguarded(api: Resource) -> str:
    return f"no {'field' if api.type.startswith('appsync') else 'route'} of `{api.id}` asks IAM"
