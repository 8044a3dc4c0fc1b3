"""What an application has to be accessed: resources with what lies under them, and routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grantgraph.model import Application, EntryPoint, Resource
from grantgraph.policy.arn import ArnPattern, parse_arn
from grantgraph.policy.document import Statement
from grantgraph.policy.pattern import parse_pattern
from grantgraph.prove import (
    Formula,
    at_or_under,
    conjunction,
    head_of,
    matching,
    negation,
    resource_matches,
)
from grantgraph.prove.glob import GlobToken, One, Run, literal_glob
from grantgraph.text import Text, parts_of, split_text


@dataclass(frozen=True, slots=True)
class Place:
    """Something of the application that can be accessed: a resource and what lies under it, or a route."""

    id: str
    region: Formula
    heads: tuple[str, ...]
    arn: Text = ""

    def holds(self, pattern: ArnPattern) -> bool:
        """Whether it is plain that a pattern matches nothing but this resource and what lies under it."""
        own, parts = parts_of(self.arn), pattern.pattern.parts
        if not own or parts[: len(own) - 1] != own[:-1] or len(parts) < len(own):
            return False
        end, last, rest = own[-1], parts[len(own) - 1], parts[len(own) :]
        under = ("/", ":")
        if isinstance(end, str) and isinstance(last, str):
            return (last == end and not rest) or last.startswith(tuple(end + one for one in under))
        return last == end and (not rest or (isinstance(rest[0], str) and rest[0].startswith(under)))


def stays_within(statement: Statement, places: Iterable[Place]) -> bool:
    """Whether it is plain that a statement is about nothing but these places: nothing else has to be asked.

    Only where the case of what comes before the resource makes no difference (rule 35).
    """
    known = tuple(places)
    return not statement.resources.negated and all(
        _in_lower_case(pattern) and any(place.holds(pattern) for place in known)
        for pattern in statement.resources.patterns
    )


def _in_lower_case(pattern: ArnPattern) -> bool:
    parts = (part for one in pattern.fields[:5] for part in one.parts if isinstance(part, str))
    return all(part == part.lower() for part in parts)


def places_of(application: Application, service: str) -> Iterator[Place]:
    """What an application has of a service: its routes that IAM guards, then its resources without these."""
    return places_among(application, service, [one for one in application.resources if service_of(one) == service])


def places_among(application: Application, service: str, resources: Iterable[Resource]) -> Iterator[Place]:
    """The same, where the resources of the service are known."""
    routes = [one for one in application.entry_points if one.arn != "" and _service_of_arn(one.arn) == service]
    regions = {route.id: requests_of(route) for route in routes}
    for route in routes:
        first = parse_pattern(route.arn, variables=False).parts[:1]
        heads = tuple(part.lower() for part in first if isinstance(part, str))
        yield Place(route.id, regions[route.id], heads)
    apart = [negation(region) for region in regions.values()]
    for resource in resources:
        region = conjunction([at_or_under(resource.arn), *apart])
        yield Place(resource.id, region, (head_of(resource.arn),), resource.arn)


def requests_of(route: EntryPoint) -> Formula:
    """What the requests of a route are for: to IAM a `*` is any text, to an API one segment of a path.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
    """
    if _service_of_arn(route.arn) != "execute-api":
        return matching(route.arn)
    fields = split_text(route.arn, "/")
    rest = "+}" in route.id or route.id.startswith("$default")
    glob: list[GlobToken] = []
    for at, field in enumerate(fields):
        glob += ["/"] if at else []
        if field != "*":
            glob += literal_glob(field)
        elif rest and at == len(fields) - 1:
            glob.append(Run())
        else:
            glob += [One("/", letter=True), Run("/")]
    return resource_matches(tuple(glob))


def service_of(resource: Resource) -> str:
    """The service prefix of the actions on a resource."""
    return _service_of_arn(resource.arn) or resource.type.partition(":")[0]


def _service_of_arn(value: Text) -> str:
    arn = parse_arn(value)
    return arn.service if arn is not None and isinstance(arn.service, str) else ""
