"""A policy document by itself: what it names by whole ARNs is all that is known of an application."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from grantgraph.model import Application, Resource
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import Effect
from grantgraph.problems import Level, Location, Problem
from grantgraph.resources import ResourceType, fill, resource_types
from grantgraph.text import Text, split_text, text

ALONE = "alone"
"""The problem of a policy document that may be about more than it names."""

_GUARDED = frozenset({"appsync", "cognito-identity", "cognito-idp", "execute-api", "kms"})
"""Services of which a policy document says too little: what their resources allow is decided elsewhere."""


def is_alone(application: Application) -> bool:
    """Whether an application is one role of which nothing is known but its policies."""
    principals = application.principals
    return len(principals) == 1 and principals[0].trust is None and not application.entry_points


def by_itself(application: Application) -> Application:
    """The same, with what a lonely document names as its resources; any other application as it is."""
    if not is_alone(application) or application.resources:
        return application
    application = _placed(application)
    found = [one for _, one in _named(application) if one is not None]
    by_id = {one.id: one for one in reversed(found)}
    problems = list(application.problems)
    at = application.principals[0].at
    if any(one.type == "dynamodb:table" for one in found):
        message = "a policy document says nothing of indexes and streams: tables are taken to have some"
        problems.append(Problem(at, Level.UNMODELLED, "index", message))
    open = dict.fromkeys(str(pattern) for pattern, one in _named(application) if one is None)
    if open:
        shown = ", ".join(f"`{one}`" for one in list(open)[:3])
        message = f"a policy document by itself does not say what is meant by {shown}"
        problems.append(Problem(at, Level.UNMODELLED, ALONE, message))
    return replace(application, resources=tuple(by_id[id] for id in reversed(by_id)), problems=tuple(problems))


def _placed(application: Application) -> Application:
    """The same in the account of what it names, where that is one and nobody said another."""
    accounts = {str(one.arn).split(":")[4] for _, one in _named(application) if one is not None} - {""}
    if isinstance(application.environment.account, str) or len(accounts) != 1:
        return application
    (account,) = accounts
    (principal,) = application.principals
    own = split_text(principal.arn, ":", 5)
    fields = (*own[:4], account, *own[5:])
    arn = text([part for field in fields for part in (field, ":")][:-1])
    environment = replace(application.environment, account=account)
    return replace(application, principals=(replace(principal, arn=arn),), environment=environment)


def _named(application: Application) -> Iterator[tuple[ArnPattern, Resource | None]]:
    """What Allow statements are about, and the resource that each names, if it is one."""
    own = application.environment.account
    for policy in application.principals[0].policies:
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW:
                for pattern in statement.resources.patterns:
                    named = _resource(pattern, own, statement.at) if not statement.resources.negated else None
                    yield pattern, named


def _resource(pattern: ArnPattern, account: Text, at: Location) -> Resource | None:
    for type, shape in _shapes().items():
        whole = shape.match(str(pattern))
        if whole is not None:
            attributes: Mapping[str, Text] = {"stream": "*"} if type == "dynamodb:table" else {}
            return Resource(whole[1], type, whole[1], account, attributes=attributes, at=at)
    return None


@cache
def _shapes() -> Mapping[str, re.Pattern[str]]:
    """How ARNs of types look, without wildcards; what is below a resource may follow."""
    known = {name: one for name, one in resource_types().items() if one.service not in _GUARDED}
    return {name: re.compile(_shape(one)) for name, one in known.items()}


def _shape(type: ResourceType) -> str:
    parts = {"partition": "\0", "region": "\0", "account": "\0", "name": "\1"}
    spelled = re.escape(str(fill(type.arn, **parts)))
    own = r"[^:/*?$]+(?:/[^:*?$]+)*" if type.name == "ssm:parameter" else "[^:/*?$]+"
    return f"({spelled.replace(re.escape(chr(0)), '[^:*?$]*').replace(re.escape(chr(1)), own)})(?:[/:].*)?$"
