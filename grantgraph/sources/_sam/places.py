"""Where an author wrote what the translator made of it: events, policies, routes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grantgraph.node import Node
from grantgraph.problems import Location
from grantgraph.sources._sam.placed import PlacedList, PlacedObject, PlacedText, place_of, to_node

SOURCE = "grantgraph:source"
"""The key under `Metadata` that says, while translating, which of the author's resources something comes from."""

_POLICY = re.compile(r"Policy([0-9]+)$")
_ROUTES = ("Api", "HttpApi")


def mark(template: Mapping[str, Any]) -> None:
    """Write into every resource its own name, which the translator hands on to what it makes of it."""
    for name, resource in _objects(template.get("Resources")):
        _mark(resource, name)
        for _, connector in _objects(resource.get("Connectors")):
            _mark(connector, name)


def _mark(resource: dict[str, Any], name: str) -> None:
    metadata = resource.get("Metadata")
    resource["Metadata"] = {**(metadata if isinstance(metadata, dict) else {}), SOURCE: name}


@dataclass(frozen=True, slots=True)
class Places:
    """The author's template, asked where a generated resource comes from."""

    template: Node

    def resource(self, id: str, made: Mapping[str, Any]) -> Node:
        """A generated resource as a Node; every place in it is the author's."""
        made = dict(made)
        metadata = {key: one for key, one in dict(made.get("Metadata") or {}).items() if key != SOURCE}
        source = dict(made.get("Metadata") or {}).get(SOURCE, id)
        made["Metadata"] = metadata
        if not metadata:
            del made["Metadata"]
        own = self.template.get("Resources", str(source))
        at = own.at if own is not None else self._resources()
        if own is not None and id != source:
            at = self._event(own, id.removeprefix(str(source))) or at
        properties = made.get("Properties")
        if isinstance(properties, dict):
            made["Properties"] = self._properties(own, properties)
        return to_node(made, at)

    def _resources(self) -> Location:
        return self.template.key_at.get("Resources", self.template.at)

    def _event(self, own: Node, rest: str) -> Location | None:
        """The event or the connector that a resource was made for, by what its id adds to the author's."""
        for section in (own.get("Properties", "Events"), own.get("Connectors")):
            names = [name for name in (section.fields if section else {}) if rest.startswith(name)]
            if section is not None and names:
                return section.fields[max(names, key=len)].at
        return None

    def _properties(self, own: Node | None, made: Mapping[str, Any]) -> dict[str, Any]:
        """Properties of a generated resource, with places for what the translator made of the author's lists."""
        found = dict(made)
        policies = own.get("Properties", "Policies") if own is not None else None
        if policies is not None and isinstance(made.get("Policies"), list):
            found["Policies"] = [_placed(one, _entry(policies, one)) for one in made["Policies"]]
        if policies is not None and isinstance(made.get("ManagedPolicyArns"), list):
            found["ManagedPolicyArns"] = [_managed(policies, one) for one in made["ManagedPolicyArns"]]
        body = made.get("Body")
        if isinstance(body, dict) and isinstance(body.get("paths"), dict):
            found["Body"] = _keep(body, {**body, "paths": self._paths(body["paths"])})
        return found

    def _paths(self, paths: dict[str, Any]) -> dict[str, Any]:
        """The routes of an API, each where its event is written."""
        events = dict(self._routes())
        return _keep(
            paths,
            {
                path: _keep(
                    item, {verb: _placed(one, events.get((path, verb.lower()))) for verb, one in item.items()}
                )
                if isinstance(item, dict)
                else item
                for path, item in paths.items()
            },
        )

    def _routes(self) -> Iterator[tuple[tuple[str, str], Location]]:
        """(path, method) of every event that is a route, and where it is written."""
        resources = self.template.get("Resources")
        for resource in resources.fields.values() if resources else ():
            events = resource.get("Properties", "Events")
            for event in events.fields.values() if events else ():
                type = event.get("Type")
                if type is None or type.value not in _ROUTES:
                    continue
                path, method = event.get("Properties", "Path"), event.get("Properties", "Method")
                spelled = (path.as_str() if path else None) or "$default"
                verb = ((method.as_str() if method else None) or "any").lower()
                verb = "x-amazon-apigateway-any-method" if verb in ("any", "*") else verb
                yield (spelled, verb), event.at


def _objects(section: object) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, one in section.items() if isinstance(section, dict) else ():
        if isinstance(one, dict):
            yield str(name), one


def _keep(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """A changed object in the place of the old one."""
    if not isinstance(before, PlacedObject):
        return after
    kept = PlacedObject(after)
    kept.at, kept.key_at = before.at, before.key_at
    return kept


def _placed(value: Any, at: Location | None) -> Any:
    """A value that the translator made, in a place; what is written by the author keeps its own."""
    if at is None or place_of(value) is not None:
        return value
    if isinstance(value, dict):
        found = PlacedObject(value)
        found.at, found.key_at = at, {}
        return found
    if isinstance(value, list):
        members = PlacedList(value)
        members.at = at
        return members
    return value


def _entry(policies: Node, made: object) -> Location | None:
    """The member of `Policies` that an inline policy was made of: its number ends the policy's name."""
    name = made.get("PolicyName") if isinstance(made, dict) else None
    found = _POLICY.search(name) if isinstance(name, str) else None
    members = policies.one_or_many()
    at = int(found.group(1)) if found and len(found.group(1)) < 6 else len(members)
    return members[at].at if at < len(members) else None


def _managed(policies: Node, made: Any) -> Any:
    """The ARN of a managed policy, where the author names it."""
    if not isinstance(made, str):
        return made
    named = (one for one in policies.one_or_many() if one.as_str())
    written = next((one for one in named if made == one.value or made.endswith(f"/{one.value}")), None)
    if written is None:
        return made
    found = PlacedText(made)
    found.at = written.at
    return found
