"""Routes behind IAM: one method and path each, and what a path parameter lets in besides."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.model import Authorizer, EntryPoint, Need
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.pattern import Match, parse_pattern
from grantgraph.synthesize.result import Draft, Wish, path_of, reason_of
from grantgraph.text import Text, parts_of, split_text, text

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def route_wishes(need: Need, route: EntryPoint, draft: Draft) -> Iterator[Wish]:
    """Invoking a route, where it is IAM that guards it."""
    if route.authorizer is not Authorizer.IAM:
        draft.problems.error(
            need.at,
            "route-without-iam",
            f"`{need.to}` has the authorizer `{route.authorizer}`: IAM does not decide who may call it",
            "give the route `authorizer: iam`, or drop the need",
        )
        return
    if _lets_in_others(need, route, draft):
        return
    yield Wish(need.who, need.to, "invoke", ("execute-api:Invoke",), _arns(route), (), reason_of(need))


def _arns(route: EntryPoint) -> tuple[Text, ...]:
    """One ARN a method: a `*` in its place would reach into paths, because it matches slashes (rule 176)."""
    if not route.id.startswith("ANY "):
        return (route.arn,)
    head, stage, _, path = split_text(route.arn, "/", 3)
    return tuple(text([head, "/", stage, f"/{method}/", path]) for method in METHODS)


def _lets_in_others(need: Need, route: EntryPoint, draft: Draft) -> bool:
    """Whether a path parameter, which is `*` to IAM, takes in a route that the principal does not need."""
    if "{" not in route.id:
        return False
    needed = draft.needed.get(need.who, set())
    own = [ArnPattern(parse_pattern(arn)) for arn in _arns(route)]
    beginning = path_of(route).partition("{")[0]
    swallowed = [
        other.id
        for other in sorted(draft.routes.near((beginning,)), key=lambda one: one.id)
        if other.source == route.source
        and other.id not in needed
        and path_of(other).startswith(beginning)
        and any(pattern.match_resource(_concrete(arn)) is not Match.NO for pattern in own for arn in _arns(other))
    ]
    for other in swallowed:
        draft.problems.error(
            need.at,
            "route-parameter",
            f"no IAM policy can let `{need.who}` call `{route.id}` and not `{other}`: "
            "a path parameter is `*` in a policy, which matches slashes, too",
            "\n".join(
                [
                    f"let `{need.who}` need `{other}`, too, if it may",
                    "give the two paths different beginnings",
                    "decide it in the function's code: the request's context says who calls",
                ]
            ),
        )
    return bool(swallowed)


def _concrete(arn: Text) -> Text:
    """A request that a route takes: a word for each of its parameters."""
    return text(part.replace("*", "x") if isinstance(part, str) else part for part in parts_of(arn))
