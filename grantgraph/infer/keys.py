"""Keys that encrypt what is used: whoever uses such a resource has its service use the key in the same name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from grantgraph.infer.evidence import Evidence
from grantgraph.infer.wires import Wired
from grantgraph.model import Application
from grantgraph.resources import resource_types


def keys_of(
    application: Application, wired: Mapping[str, frozenset[str]], vague: frozenset[str]
) -> dict[str, frozenset[str]]:
    """The keys of resources that a principal is wired to, with what it takes of them.

    Nothing where the wiring does not say how a resource is used.
    """
    found: dict[str, frozenset[str]] = {}
    for id, actions in wired.items():
        key, takes = _key(application, id)
        if key:
            taken = frozenset() if id in vague else frozenset(_taken(takes, actions))
            found[key] = found.get(key, frozenset()) | taken
    return found


def key_wires(application: Application, who: str, used: Mapping[str, Iterable[str]]) -> Iterator[Wired]:
    """What the use of resources takes of the keys that encrypt them.

    Args:
        used: resources by their ids, and the actions that are used on each.
    """
    for id, actions in used.items():
        key, takes = _key(application, id)
        taken = tuple(sorted(set(_taken(takes, actions))))
        resource = application.resource(id)
        if key and taken and resource is not None:
            yield Wired(who, key, Evidence(f"it encrypts `{id}`", resource.at), taken, by_service=True)


Takes = Mapping[str, tuple[str, ...]]


def _key(application: Application, id: str) -> tuple[str, Takes]:
    """The id of the key that encrypts a resource, "" where there is none; and what using it takes of a key."""
    resource = application.resource(id)
    encryption = resource_types()[resource.type].encryption if resource is not None else None
    named = resource.attributes.get("key", "") if resource is not None else ""
    if encryption is None or not isinstance(named, str) or application.resource(named) is None:
        return "", {}
    return named, encryption.takes


def _taken(takes: Takes, actions: Iterable[str]) -> Iterator[str]:
    return (one for action in actions for one in takes.get(action, ()))
