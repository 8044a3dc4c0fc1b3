"""Needs to least-privilege policies: each statement with the needs behind it, the whole with its proof."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from grantgraph.catalog import Action, Catalog
from grantgraph.model import Application, IdentityPool, Index, Need, Principal, PrincipalType, Resource
from grantgraph.node import node_of
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.policy.render import INLINE_ROLE_QUOTA, render_policy, size_of
from grantgraph.problems import InputError, Level, Problem, Problems, bug
from grantgraph.prove import Answer, allowed_actions, allowed_exactly
from grantgraph.resources import ActionsOn, ResourceType, resource_types
from grantgraph.standing import IDENTITY, VISITORS, standing_of
from grantgraph.text import Text, text, unknowns_in

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]
"""(operator, key, values) of one statement."""

WHOLE_ITEM = frozenset({"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem"})
"""Actions that replace or remove whole items: limits on attributes do not hold for them (rule 165)."""

IDENTITY_NAMES = ("userid", "identityid", "ownerid", "cognitoid", "sub", "user", "owner", "identity")
"""Attribute names that, without another word, are taken for the caller's identity."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one need asks for: actions on resources, under conditions. `purpose` names the statement."""

    need: Need
    purpose: str
    actions: tuple[str, ...]
    resources: tuple[Text, ...]
    conditions: Conditions = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A statement of a synthesized policy, by its Sid, and the needs behind it."""

    sid: str
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The policies of one principal. `policy` is None when it needs nothing."""

    principal: Principal
    policy: Policy | None
    trust: Policy | None
    why: tuple[Written, ...]
    proof: Answer


@dataclass(frozen=True, slots=True)
class Synthesized:
    """The policies of all principals, and what their reader should know.

    `to_fill_in` names what the model leaves open; the policies hold it as `${name}`.
    """

    application: Application
    catalog: str
    syntheses: tuple[Synthesis, ...]
    notes: tuple[Problem, ...] = ()
    to_fill_in: tuple[str, ...] = ()


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
    written = _policy([_statement(ones, sid) for sid, ones in named], principal.id)
    needed = _policy(
        [_statement([replace(one, actions=(action,))]) for one in wishes for action in one.actions], principal.id
    )
    proof = prove_exact(application, principal, written, needed, catalog)
    return Synthesis(principal, written if wishes else None, trust, why, proof)


def prove_exact(
    application: Application, principal: Principal, written: Policy, needed: Policy, catalog: Catalog
) -> Answer:
    """That a policy allows what is needed and nothing beyond, whatever the request."""
    actions = allowed_actions([*written.statements, *needed.statements], catalog)
    bare = replace(application, resources=tuple(replace(one, policy=None) for one in application.resources))
    return allowed_exactly(
        standing_of(bare, principal, (written,)), standing_of(bare, principal, (needed,)), actions, catalog
    )


def _policy(statements: list[dict[str, Any]], name: str) -> Policy:
    document = {"Version": "2012-10-17", "Statement": statements}
    parsed = parse_policy(node_of(document), PolicyType.IDENTITY_BASED, name)
    if parsed.errors:
        bug(f"the synthesized policy of {name} is not valid: {parsed.errors[0]}")
    return parsed.value


# ── wishes to statements ─────────────────────────────────────────────────────────────────────────────────


def group(wishes: Iterable[Wish]) -> list[list[Wish]]:
    """Wishes that one statement can say: the same resources under the same conditions."""
    groups: dict[tuple[object, ...], list[Wish]] = {}
    for one in wishes:
        groups.setdefault((one.need.to, one.resources, one.conditions), []).append(one)
    return list(groups.values())


def name_statements(groups: list[list[Wish]]) -> list[str]:
    """A stable Sid for each group: the resource, then what is done with it; numbered where they would repeat."""
    names: list[str] = []
    for wishes in groups:
        purposes = dict.fromkeys(one.purpose for one in wishes)
        name = re.sub(r"[^A-Za-z0-9]", "", _camel(wishes[0].need.to) + "".join(map(_camel, purposes)))
        taken = sum(one == name or one.rstrip("0123456789") == name for one in names)
        names.append(f"{name}{taken + 1}" if taken else name)
    return names


def _camel(words: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", words))


def _statement(wishes: list[Wish], sid: str = "") -> dict[str, Any]:
    first = wishes[0]
    actions = sorted({action for one in wishes for action in one.actions})
    document: dict[str, Any] = {"Sid": sid} if sid else {}
    document |= {"Effect": "Allow", "Action": actions, "Resource": list(first.resources)}
    conditions: dict[str, dict[str, list[str]]] = {}
    for operator, key, values in first.conditions:
        conditions.setdefault(operator, {})[key] = list(values)
    if conditions:
        document["Condition"] = conditions
    return document


# ── needs to wishes ──────────────────────────────────────────────────────────────────────────────────────


def wishes_of(need: Need, application: Application, catalog: Catalog, problems: Problems) -> Iterator[Wish]:
    """What a need asks for; what IAM cannot enforce is a problem, and no wish."""
    route = application.entry_point(need.to)
    if route is not None:
        if route.arn == "":
            problems.error(
                need.at,
                "route-without-iam",
                f"`{need.to}` has the authorizer `{route.authorizer}`: IAM does not decide who may call it",
                "give the route `authorizer: iam`, or drop the need",
            )
            return
        yield Wish(need, "invoke", ("execute-api:Invoke",), (route.arn,))
        return
    resource = application.resource(need.to)
    principal = application.principal(need.who)
    if resource is None or principal is None:
        bug(f"the need {need} names nothing")
    type = resource_types()[resource.type]
    if (need.rows or "{identity}" in need.keys) and not identity_is_known(need, principal, problems):
        return
    if need.rows and not rows_can_be_own(need, resource, problems):
        return
    for purpose, on in _asked(need, type, catalog):
        yield from _wish(need, purpose, on, resource, catalog, problems)


def _asked(need: Need, type: ResourceType, catalog: Catalog) -> Iterator[tuple[str, ActionsOn]]:
    """The actions that the access words, or the exact actions, stand for."""
    for word in need.access:
        if ":" not in word:
            yield from ((word, on) for on in type.access[word])
            continue
        action = catalog.action(word)
        if action is None:
            bug(f"the need {need} names no action")
        for suffix in _suffixes(action, type, catalog):
            yield action.name, ActionsOn(suffix, (str(action),))


def _suffixes(action: Action, type: ResourceType, catalog: Catalog) -> tuple[str, ...]:
    """Where under a resource an action is authorized: on it, or on what lies below."""

    def bare(template: str) -> str:
        return re.sub(r"\$\{\w+\}", "*", template)

    base = bare(type.arn)
    found = set()
    for name in action.resource_types:
        known = catalog.resource_type(action.service, name)
        for template in known.arns if known is not None else ():
            if bare(template).startswith(base):
                found.add(bare(template)[len(base) :])
    return ("",) if "" in found or not found else tuple(sorted(found))


def _wish(
    need: Need, purpose: str, on: ActionsOn, resource: Resource, catalog: Catalog, problems: Problems
) -> Iterator[Wish]:
    actions = [action for name in on.actions if (action := catalog.action(name)) is not None]
    if resource.type == "dynamodb:table":
        yield from _table_wish(need, purpose, on.suffix, resource, actions, catalog, problems)
    elif resource.type == "s3:bucket" and need.keys:
        yield _bucket_wish(need, purpose, on, resource, actions, catalog, problems)
    else:
        yield Wish(need, purpose, on.actions, (text([resource.arn, on.suffix]),))


def _table_wish(
    need: Need,
    purpose: str,
    suffix: str,
    resource: Resource,
    actions: list[Action],
    catalog: Catalog,
    problems: Problems,
) -> Iterator[Wish]:
    arn = text([resource.arn, suffix])
    if need.index:
        arn = text([resource.arn, f"/index/{need.index}"])
        actions = [one for one in actions if "index" in one.resource_types]
    if need.attributes:
        actions = _without_whole_items(need, purpose, actions, problems)
        if not attributes_hold_keys(need, resource, problems):
            return
    for key, scope in (("dynamodb:LeadingKeys", need.rows), ("dynamodb:Attributes", need.attributes)):
        for action in actions if scope else ():
            if key not in _keys(action, catalog):
                word = "rows" if key.endswith("LeadingKeys") else "attributes"
                problems.error(
                    need.at,
                    "scope-not-carried",
                    f"`{word}` cannot limit {action}: its requests do not carry {key}, so the rule would not hold",
                    "leave the action out, or ask for it in a need of its own, for the whole table",
                )
                return
    by_conditions: dict[Conditions, list[str]] = {}
    for action in actions:
        by_conditions.setdefault(_table_conditions(need, action, catalog), []).append(str(action))
    for conditions, names in by_conditions.items():
        yield Wish(need, purpose, tuple(names), (arn,), conditions)


def _keys(action: Action, catalog: Catalog) -> frozenset[str]:
    return catalog.keys_of(action, None) | action.condition_keys


def _table_conditions(need: Need, action: Action, catalog: Catalog) -> Conditions:
    """The limits on rows and attributes, each with the guard without which it does not hold (157, 163)."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    if need.rows:
        found.append(("ForAllValues:StringEquals", "dynamodb:LeadingKeys", ("${" + IDENTITY + "}",)))
        found.append(("Null", "dynamodb:LeadingKeys", ("false",)))
    if need.attributes:
        found.append(("ForAllValues:StringEquals", "dynamodb:Attributes", tuple(sorted(need.attributes))))
        keys = _keys(action, catalog)
        if action.access_level in ("Read", "List") and "dynamodb:Select" in keys:
            found.append(("StringEqualsIfExists", "dynamodb:Select", ("SPECIFIC_ATTRIBUTES",)))
        if "dynamodb:ReturnValues" in keys and action.access_level == "Write":
            found.append(("StringEqualsIfExists", "dynamodb:ReturnValues", ("NONE", "UPDATED_NEW", "UPDATED_OLD")))
    return tuple(found)


def _without_whole_items(need: Need, purpose: str, actions: list[Action], problems: Problems) -> list[Action]:
    """Limits on attributes do not hold for actions on whole items; they have to be asked for by name."""
    whole = [str(one) for one in actions if str(one) in WHOLE_ITEM]
    if whole and purpose in need.access:
        problems.note(
            need.at,
            "whole-items",
            f"`{purpose}` with `attributes` leaves out {', '.join(whole)}: they replace or remove whole items, "
            "with attributes that the caller may not see",
            "UpdateItem creates and changes items; name one of the others in `access` if you want it",
        )
        return [one for one in actions if str(one) not in WHOLE_ITEM]
    for name in whole:
        problems.note(need.at, "whole-items", f"{name} is not held by `attributes`: it acts on whole items")
    return actions


def attributes_hold_keys(need: Need, resource: Resource, problems: Problems) -> bool:
    """Whether the named attributes include the keys, which every request names (rule 163)."""
    index = next((one for one in resource.indexes if one.name == need.index), None)
    keys = [str(resource.attributes.get(word, "")) for word in ("partition_key", "sort_key")]
    keys += [index.partition_key, index.sort_key] if index is not None else []
    missing = [key for key in keys if key and key not in need.attributes]
    for key in missing:
        problems.error(
            need.at,
            "attributes-without-keys",
            f"`attributes` of `{need.to}` leaves out its key `{key}`, which every request has to name",
            f"add `{key}`",
        )
    return not missing


def _bucket_wish(
    need: Need,
    purpose: str,
    on: ActionsOn,
    resource: Resource,
    actions: list[Action],
    catalog: Catalog,
    problems: Problems,
) -> Wish:
    keys = need.keys.replace("{identity}", "${" + IDENTITY + "}")
    if on.suffix == "/*":
        return Wish(need, purpose, on.actions, (text([resource.arn, "/", keys]),))
    conditions: Conditions = ()
    if all("s3:prefix" in catalog.keys_of(action, "bucket") for action in actions):
        conditions = (("StringLike", "s3:prefix", (keys,)),)
    else:
        problems.note(need.at, "keys", f"`keys` does not limit {', '.join(on.actions)}, which is about the bucket")
    purpose = "list" if on.actions == ("s3:ListBucket",) else purpose
    return Wish(need, purpose, on.actions, (text([resource.arn, on.suffix]),), conditions)


# ── what IAM can enforce ─────────────────────────────────────────────────────────────────────────────────


def identity_is_known(need: Need, principal: Principal, problems: Problems) -> bool:
    """Whether the principal's sessions carry an identity of their own."""
    scope = "rows" if need.rows else "keys"
    if principal.type not in VISITORS:
        problems.error(
            need.at,
            "no-identity",
            f"`{scope}` asks for the caller's identity, and `{need.who}` has none: it acts for everyone alike",
            "limit it in its code, or let the users' own role reach the data",
        )
        return False
    if principal.type is PrincipalType.UNAUTHENTICATED:
        problems.note(
            need.at,
            "guest-identity",
            f"AWS does not promise that a guest's requests carry {IDENTITY}: where they do not, this denies",
        )
    return True


def identity_attribute(resource: Resource) -> str:
    """The attribute of a table that holds the caller's identity: said outright, or told by its name; or ""."""
    said = resource.attributes.get("identity")
    if isinstance(said, str):
        return said
    keys = [str(resource.attributes.get(word, "")) for word in ("partition_key", "sort_key")]
    keys += [key for index in resource.indexes for key in (index.partition_key, index.sort_key)]
    plain = {re.sub(r"[^a-z]", "", key.lower()): key for key in reversed(keys) if key}
    return next((plain[name] for name in IDENTITY_NAMES if name in plain), "")


def rows_can_be_own(need: Need, resource: Resource, problems: Problems) -> bool:
    """Whether a rule on the leading key keeps each caller to its own rows (rules 155, 162)."""
    partition, sort = (str(resource.attributes.get(word, "")) for word in ("partition_key", "sort_key"))
    owner = identity_attribute(resource)
    index = next((one for one in resource.indexes if one.name == need.index), None)
    leading = index.partition_key if index is not None else partition
    if not owner:
        problems.error(
            need.at,
            "identity-attribute",
            f"nothing says which attribute of `{resource.id}` holds the caller's identity",
            "say it on the table, `identity: <attribute>`",
        )
        return False
    if leading == owner:
        return True
    where = f"the index `{index.name}`" if index is not None else f"the table `{resource.id}`"
    is_sort = " (its sort key)" if owner == (index.sort_key if index is not None else sort) else ""
    problems.error(
        need.at,
        "rows-not-enforceable",
        f"no IAM policy can keep `{need.who}` to its own rows of {where}: dynamodb:LeadingKeys restrains the "
        f"partition key `{leading}` only, and the identity is in `{owner}`{is_sort}",
        "\n".join(alternatives(resource, index, owner, leading, sort)),
    )
    return False


def alternatives(resource: Resource, index: Index | None, owner: str, leading: str, sort: str) -> list[str]:
    """What can be done when a table's keys cannot carry a rule on rows."""
    fitting = next((one.name for one in resource.indexes if one.partition_key == owner), "")
    swapped = f"partition_key: {owner}, sort_key: {leading}"
    by_index = (
        f"read through the index `{fitting}`: `index: {fitting}` in the need"
        if fitting
        else f"read through an index, `byUser: {{partition_key: {owner}, sort_key: {leading}}}`, "
        "and need `access: query, index: byUser`; writes stay closed"
    )
    return [
        f"swap the keys: {swapped}" if index is None else f"make `{owner}` the index's partition key",
        by_index,
        f"begin the partition key with the identity (`{leading}: <identity>#...`), which a rule on leading keys "
        "can require once the application writes nothing else there",
        "enforce it in code: a route whose function checks the owner, and no access to the table for the user",
    ]


# ── trust ────────────────────────────────────────────────────────────────────────────────────────────────


def trust_of(application: Application, principal: Principal) -> Policy | None:
    """Who may assume the principal's role; None where the model does not say."""
    pool = application.pool(principal.pool)
    if principal.type in (PrincipalType.AUTHENTICATED, PrincipalType.UNAUTHENTICATED) and pool is not None:
        statement = _pool_trust(pool, principal.type)
    elif principal.type is PrincipalType.FUNCTION:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    else:
        return None
    document = node_of({"Version": "2012-10-17", "Statement": [statement]})
    return parse_policy(document, PolicyType.TRUST, f"trust of {principal.id}").value


def _pool_trust(pool: IdentityPool, type: PrincipalType) -> dict[str, Any]:
    """Only this pool's tokens, and only the right kind of visitor (rules 133 to 136)."""
    word = "authenticated" if type is PrincipalType.AUTHENTICATED else "unauthenticated"
    conditions: Mapping[str, Mapping[str, Text]] = {
        "StringEquals": {"cognito-identity.amazonaws.com:aud": pool.id_value},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": word},
    }
    return {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }
