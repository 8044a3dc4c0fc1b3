"""What an action takes beside itself: the key of an encrypted resource, a role that is passed, other actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from grantgraph.model import Need, Resource
from grantgraph.resources import Encryption, fill, resource_types
from grantgraph.synthesize.limits import via_service
from grantgraph.synthesize.placeholders import is_pattern
from grantgraph.synthesize.result import Conditions, Draft, Wish, reason_of
from grantgraph.text import Text, parts_of, split_text

ALWAYS_PASS = frozenset(
    {
        "cognito-identity:SetIdentityPoolRoles",
        "lambda:CreateFunction",
        "s3:PutReplicationConfiguration",
        "scheduler:CreateSchedule",
        "states:CreateStateMachine",
    }
)
"""Actions that cannot be used without passing a role; others of which the catalog says so may do without."""

_PASSED_TO: Mapping[str, str] = {"s3:CreateJob": "batchoperations.s3.amazonaws.com"}
"""The services that roles are passed to, where these are not called as the action's own service is."""


def key_wishes(wish: Wish, draft: Draft) -> Iterator[Wish]:
    """The use of a resource's key that a wish takes: only through the service, and only for that resource."""
    resource = draft.resources.get(wish.subject)
    key = draft.resources.get(str(resource.attributes.get("key", ""))) if resource is not None else None
    if resource is None or key is None:
        return
    encryption = resource_types()[resource.type].encryption
    if encryption is None:
        return
    actions = sorted({taken for action in wish.actions for taken in encryption.takes.get(action, ())})
    if not actions:
        return
    limits: Conditions = (
        ("StringEquals", "kms:ViaService", (via_service(encryption.service, draft),)),
        *encryption_context(encryption, resource, wish.resources),
        *(one for one in wish.conditions if one[1] == "lambda:SourceFunctionArn"),
    )
    reason = replace(wish.reason, words=f"{wish.reason}, and {resource.id} is encrypted with {key.id}")
    yield Wish(wish.who, key.id, f"for {resource.id}", tuple(actions), (key.arn,), limits, reason)


def encryption_context(encryption: Encryption, resource: Resource, used: tuple[Text, ...]) -> Conditions:
    """What a service says of a resource when it asks for its key."""
    found: Conditions = ()
    name = split_text(resource.arn, ":", 5)[-1]
    values = {"arn": resource.arn, "account": resource.account, "name": split_text(name, "/")[-1]}
    for key, templates in encryption.context.items():
        said: list[Text] = []
        for template in templates:
            said += used if template == "${resource}" else (fill(template, **values),)
        operator = (
            "StringLike" if any(is_pattern(part) for one in said for part in _words(one)) else "StringEquals"
        )
        found += ((operator, f"kms:EncryptionContext:{key}", tuple(dict.fromkeys(said))),)
    return found


def _words(value: Text) -> Iterator[str]:
    return (part for part in parts_of(value) if isinstance(part, str))


def passed_roles(need: Need, draft: Draft) -> Iterator[Wish]:
    """The roles that exact actions of a need pass to a service, and what else these take."""
    passing: dict[str, list[str]] = {}
    for word in need.access:
        action = draft.catalog.action(word) if ":" in word else None
        if action is None:
            continue
        name = str(action)
        others = sorted(action.dependent_actions - {"iam:PassRole"})
        if "iam:PassRole" in action.dependent_actions or name in ALWAYS_PASS:
            passing.setdefault(_PASSED_TO.get(name, f"{action.service}.amazonaws.com"), []).append(name)
        if others:
            draft.problems.note(
                need.at,
                "dependent-actions",
                f"{name} may take {', '.join(others)}, too, which this need does not name",
                "need them where they are used",
            )
    names = ", ".join(name for ones in passing.values() for name in ones)
    if not passing and need.scopes.passes:
        message = f"nothing that `{need.who}` does to `{need.to}` here passes a role"
        draft.problems.error(need.at, "passes", message, "leave `passes` out")
    elif passing and not need.scopes.passes:
        help = "name them: `passes: <a role or function of the model>`"
        if any(name in ALWAYS_PASS for ones in passing.values() for name in ones):
            draft.problems.error(need.at, "passes", f"{names} passes a role, and nothing says which", help)
        else:
            draft.problems.note(need.at, "passes", f"{names} can pass a role, which is not allowed here", help)
    roles = tuple(draft.principals[id].arn for id in need.scopes.passes)
    for service in sorted(passing) if roles else ():
        limits: Conditions = (("StringEquals", "iam:PassedToService", (service,)),)
        yield Wish(need.who, need.to, "pass role", ("iam:PassRole",), roles, limits, reason_of(need))
