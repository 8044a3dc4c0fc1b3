"""What scopes do to the actions and resources of most types: each limit with the guard that makes it hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from grantgraph.catalog import Action
from grantgraph.model import Need, Resource
from grantgraph.resources import ActionsOn
from grantgraph.synthesize.placeholders import as_policy_text, compare
from grantgraph.synthesize.result import Conditions, Draft, Wish, reason_of
from grantgraph.text import Text, text

Limits = Callable[[Need, str, ActionsOn, Resource, Draft], Iterator[Wish]]
"""What a need's access word asks for, within the scopes."""

_ROOTS = ("Query", "Mutation", "Subscription")


def wish(
    need: Need, purpose: str, actions: tuple[str, ...], resources: tuple[Text, ...], *limits: Conditions
) -> Wish:
    """What one need asks for."""
    return Wish(need.who, need.to, purpose, actions, resources, sum(limits, ()), reason_of(need))


def carries_key(need: Need, scope: str, key: str, action: Action, draft: Draft) -> bool:
    """Whether an action's requests carry a key; where not, a limit by it would not hold, which is an error."""
    if key in keys_of(action, draft):
        return True
    draft.problems.error(
        need.at,
        "scope-not-carried",
        f"`{scope}` cannot limit {action}: its requests do not carry {key}, so the rule would not hold",
        f"leave the action out, or ask for it in a need of its own, without `{scope}`",
    )
    return False


def keys_of(action: Action, draft: Draft) -> frozenset[str]:
    """The condition keys of an action's own that its requests can carry, on whatever resource."""
    found = draft.catalog.keys_of(action, None)
    for name in action.resource_types:
        found |= draft.catalog.keys_of(action, name)
    return found


def actions_of(on: ActionsOn, draft: Draft) -> list[Action]:
    """The actions behind a word, as the catalog knows them."""
    return [action for name in on.actions if (action := draft.catalog.action(name)) is not None]


def unlimited(need: Need, purpose: str, on: ActionsOn, resource: Resource, draft: Draft) -> Iterator[Wish]:
    """Nothing limits it."""
    yield wish(need, purpose, on.actions, (on.under(resource.arn, resource.attributes),))


def alias_of_function(need: Need, purpose: str, on: ActionsOn, resource: Resource, draft: Draft) -> Iterator[Wish]:
    """Named aliases: a function's own ARN covers none of them (rule 181)."""
    aliases = tuple(text([resource.arn, ":", alias]) for alias in need.scopes.alias)
    yield wish(need, purpose, on.actions, aliases or (resource.arn,))


def fields_of_api(need: Need, purpose: str, on: ActionsOn, resource: Resource, draft: Draft) -> Iterator[Wish]:
    """Named fields: those of the word's own type, and those of types that are no operation (rule 180)."""
    root = on.suffix.split("/")[2]
    named = [one.split(".") for one in need.scopes.fields]
    chosen = [(type, field) for type, field in named if type == root or type not in _ROOTS]
    if named and not chosen and purpose in need.access:
        message = f"`{purpose}` is about fields of `{root}`, and `fields` names none"
        draft.problems.error(need.at, "fields", message, f"name one, such as `{root}.*`")
    fields = tuple(text([resource.arn, f"/types/{type}/fields/{field}"]) for type, field in chosen)
    if fields or not named:
        yield wish(need, purpose, on.actions, fields or (on.under(resource.arn, resource.attributes),))


def uses_of_key(need: Need, purpose: str, on: ActionsOn, resource: Resource, draft: Draft) -> Iterator[Wish]:
    """A key through some services only, and for some encryption context only."""
    limits: Conditions = ()
    if need.scopes.via:
        limits += (("StringEquals", "kms:ViaService", tuple(via_service(one, draft) for one in need.scopes.via)),)
    for pair in need.scopes.context:
        name, _, value = pair.partition("=")
        limits += (("StringEquals", f"kms:EncryptionContext:{name}", (value,)),)
    yield wish(need, purpose, on.actions, (resource.arn,), limits)


def via_service(service: str, draft: Draft) -> Text:
    """What `kms:ViaService` says of a service in the application's region."""
    return text([f"{service}.", draft.application.environment.region, ".amazonaws.com"])


def events_on_bus(need: Need, purpose: str, on: ActionsOn, resource: Resource, draft: Draft) -> Iterator[Wish]:
    """Events of some sources and kinds: every one of a call has to fit, and there has to be one."""
    limits: Conditions = ()
    for scope, key in (("sources", "events:source"), ("detail_types", "events:detail-type")):
        values = getattr(need.scopes, scope)
        if values:
            limits += ((f"ForAllValues:{compare(values)}", key, values), ("Null", key, ("false",)))
    yield wish(need, purpose, on.actions, (resource.arn,), limits)


def use_of_topic(need: Need, purpose: str, on: ActionsOn, resource: Resource, draft: Draft) -> Iterator[Wish]:
    """Subscriptions of some kinds, to some addresses."""
    limits: Conditions = ()
    for scope, key in (("protocols", "sns:Protocol"), ("endpoints", "sns:Endpoint")):
        values = getattr(need.scopes, scope)
        if values:
            if not all(carries_key(need, scope, key, action, draft) for action in actions_of(on, draft)):
                return
            limits += ((compare(values), key, values),)
    yield wish(need, purpose, on.actions, (resource.arn,), limits)


def parameters_below(need: Need, purpose: str, on: ActionsOn, resource: Resource, draft: Draft) -> Iterator[Wish]:
    """Parameters below a name. A listing is asked for by a path, and shows everything below it."""
    lists = on.actions == ("ssm:GetParametersByPath",)
    found: list[Text] = (
        [] if need.scopes.keys else [resource.arn, *([text([resource.arn, "/*"])] if lists else [])]
    )
    for key in need.scopes.keys:
        value = as_policy_text(key)
        below = value.removesuffix("/*")
        if lists and (below == value or "*" in below or "?" in below):
            message = (
                f"no IAM policy can limit a listing of parameters to `{key}`: it shows all that is below a path"
            )
            draft.problems.error(need.at, "list-keys", message, "write the path and `/*`, or read by name")
            return
        found += [text([resource.arn, "/", below])] if lists else []
        found.append(text([resource.arn, "/", value]))
    yield wish(need, purpose, on.actions, tuple(found))


LIMITS: Mapping[str, Limits] = {
    "appsync:graphqlapi": fields_of_api,
    "events:event-bus": events_on_bus,
    "kms:key": uses_of_key,
    "lambda:function": alias_of_function,
    "sns:topic": use_of_topic,
    "ssm:parameter": parameters_below,
}
"""The types whose limits are a few lines; tables and buckets have files of their own."""
