"""Read the compiled catalog, one service at a time.

The file: magic, length and checksum of the header, the header (JSON), then sections of zlib'd JSON that the
header locates: one per service, one with all action names, one with the global condition keys.
"""

import json
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from grantgraph.catalog.types import (
    AccessLevel,
    Action,
    CatalogError,
    ConditionKey,
    KeyType,
    ResourceType,
    Source,
)

MAGIC = b"grantgraph catalog 1\n"
OIDC_PROVIDER = "${OidcProvider}"
LEVELS = tuple(AccessLevel)
TYPES = tuple(KeyType)
PACKAGED = Path(__file__).with_name("catalog.bin")


@lru_cache(maxsize=50_000)
def _lowered(keys: frozenset[str]) -> frozenset[str]:
    return frozenset(key.lower() for key in keys)


class _Keys:
    """Condition keys found by any spelling, also of the variable part of a tag key."""

    __slots__ = ("_exact", "_templates")

    def __init__(self, keys: list[ConditionKey]) -> None:
        self._exact = {key.name.lower(): key for key in keys}
        # The longest first: "events:Metadata/${Key}/Matcher" before "events:Metadata/${Key}".
        self._templates = sorted((name for name in self._exact if "${" in name), key=len, reverse=True)

    def find(self, name: str) -> ConditionKey | None:
        if name in self._exact:
            return self._exact[name]
        for template in self._templates:
            if _fills(name, template):
                return self._exact[template]
        return None


def _fills(name: str, template: str) -> bool:
    """Whether `name` is `template` with something in place of each `${...}`."""
    before, _, rest = template.partition("${")
    if not name.startswith(before):
        return False
    _, _, after = rest.partition("}")
    if "${" not in after:
        value = name[len(before) : len(name) - len(after)] if name.endswith(after) else ""
        # A provider is named by its host, so that a mistyped service prefix is not taken for one.
        return value != "" and ("." in value or not template.startswith(OIDC_PROVIDER.lower()))
    return any(
        _fills(name[end:], after)
        for end in range(len(before) + 1, len(name))
        if name.startswith(after.partition("${")[0], end)
    )


class _Service:
    """One service, decoded."""

    __slots__ = ("actions", "by_name", "keys", "listed", "pair_keys", "resource_types", "unplaced")

    def __init__(self, service: str, data: dict[str, Any]) -> None:
        keys = [
            ConditionKey(name, TYPES[kind], bool(many), "sometimes", True) for name, kind, many in data["keys"]
        ]
        self.keys = _Keys(keys)
        self.unplaced = frozenset(keys[i].name for i in data["unplaced"])
        sets = [frozenset([keys[i].name for i in indices]) for indices in data["key_sets"]]
        self.listed = _lowered(frozenset(key for own in sets for key in own))
        kinds = [ResourceType(service, name, tuple(arns), sets[own]) for name, arns, own in data["types"]]
        self.resource_types = {kind.name: kind for kind in kinds}
        # Many actions share a shape: the types they are authorised on, and which of them they need.
        shapes = [
            (
                tuple([kinds[i].name for i, _ in types]),
                tuple([frozenset([kinds[i].name for i in group]) for group in groups]),
                {kinds[i].name: sets[extra] for i, extra in types if sets[extra]},
            )
            for types, groups in data["shapes"]
        ]
        nothing: frozenset[str] = frozenset()
        self.pair_keys: dict[str, dict[str, frozenset[str]]] = {}
        actions = []
        for name, level, shape, own, depends, permission_only in data["actions"]:
            types, requires, pairs = shapes[shape]
            if pairs:
                self.pair_keys[name] = pairs
            dependent = frozenset(depends) if depends else nothing
            actions.append(
                Action(
                    service, name, LEVELS[level], types, sets[own], dependent,
                    permission_only == 1, not requires, requires,
                )
            )  # fmt: skip
        self.actions = tuple(actions)
        self.by_name = {action.name.lower(): action for action in actions}


class Catalog:
    """AWS's actions, resource types and condition keys. Reads a service when it is first asked about."""

    def __init__(self, path: Path = PACKAGED) -> None:
        self._path = path
        try:
            blob = path.read_bytes()
        except OSError as error:
            raise self._damaged(error.strerror or "unreadable") from None
        start = len(MAGIC) + 8
        if blob[: len(MAGIC)] != MAGIC or len(blob) < start:
            raise self._damaged("not a catalog of this version")
        length = int.from_bytes(blob[len(MAGIC) : start - 4])
        raw, self._body = blob[start : start + length], blob[start + length :]
        if zlib.crc32(raw) != int.from_bytes(blob[start - 4 : start]):
            raise self._damaged("its header does not match its checksum")
        header = json.loads(raw)
        if len(self._body) != header["size"]:
            raise self._damaged("its length is wrong")
        self.date: str = header["date"]
        self.provenance = tuple(Source(**source) for source in header["sources"])
        self.counts: Mapping[str, int] = MappingProxyType(header["counts"])
        self.disagreements: Mapping[str, int] = MappingProxyType(header["disagreements"])
        self._places: dict[str, list[int]] = header["services"]
        self._sections: dict[str, list[int]] = header["sections"]
        self._homes: dict[str, list[str]] = header["key_homes"]
        self._decoded: dict[str, _Service] = {}
        self._carried: dict[tuple[str, str, str | None], frozenset[str]] = {}
        self._names: dict[str, list[str]] | None = None
        self._globals: tuple[tuple[ConditionKey, ...], _Keys] | None = None

    def services(self) -> tuple[str, ...]:
        """Every service prefix, sorted."""
        return tuple(self._places)

    def names(self, service: str) -> tuple[str, ...]:
        """The names of a service's actions, from the index; () for an unknown service."""
        if self._names is None:
            self._names = self._section(self._sections["names"])
        return tuple(self._names.get(service.lower(), ()))

    def actions(self, service: str) -> tuple[Action, ...]:
        """A service's actions, sorted by name; () for an unknown service."""
        found = self._service(service)
        return found.actions if found else ()

    def action(self, name: str) -> Action | None:
        """The action called "service:Name", in any case."""
        service, _, action = name.lower().partition(":")
        found = self._service(service)
        return found.by_name.get(action) if found else None

    def resource_types(self, service: str) -> tuple[ResourceType, ...]:
        """A service's resource types, sorted by name; () for an unknown service."""
        found = self._service(service)
        return tuple(found.resource_types.values()) if found else ()

    def resource_type(self, service: str, name: str) -> ResourceType | None:
        """A service's resource type, by the exact name that `Action.resource_types` uses."""
        found = self._service(service)
        return found.resource_types.get(name) if found else None

    def keys_of(self, action: Action, resource_type: str | None) -> frozenset[str]:
        """The listed keys that a request for `action` on a resource of that type (None: `*`) can carry."""
        found = self._service(action.service)
        if resource_type is None or found is None:
            return action.condition_keys
        if resource_type not in action.resource_types:
            raise ValueError(f"{action} is not authorised on the resource type {resource_type!r}")
        keys = action.condition_keys | found.resource_types[resource_type].condition_keys
        return keys | found.pair_keys.get(action.name, {}).get(resource_type, frozenset())

    def carried_keys(self, action: Action, resource_type: str | None) -> frozenset[str]:
        """The same keys in lower case, remembered."""
        asked = (action.service, action.name, resource_type)
        found = self._carried.get(asked)
        if found is None:
            found = _lowered(self.keys_of(action, resource_type))
            self._carried[asked] = found
        return found

    def listed_keys(self, service: str) -> frozenset[str]:
        """Every key that some action or resource type of the service lists, in lower case."""
        found = self._service(service)
        return found.listed if found else frozenset()

    def unplaced_keys(self, service: str) -> frozenset[str]:
        """Keys that the service defines and no source attaches to an action: who carries them is unknown."""
        found = self._service(service)
        return found.unplaced if found else frozenset()

    def condition_key(self, name: str) -> ConditionKey | None:
        """The key of that name, in any case; "aws:PrincipalTag/Team" finds "aws:PrincipalTag/${TagKey}"."""
        name = name.lower()
        prefix = name.partition(":")[0]
        found = self._global_keys()[1].find(name)
        if found is not None and OIDC_PROVIDER not in found.name:
            return found
        for service in (prefix, *self._homes.get(prefix, ()), *(("sts",) if "." in prefix else ())):
            home = self._service(service)
            key = home.keys.find(name) if home else None
            if key is not None:
                return key
        return found

    def global_keys(self) -> tuple[ConditionKey, ...]:
        """The keys that are not one service's own."""
        return self._global_keys()[0]

    def suggest_action(self, name: str, count: int = 3) -> tuple[str, ...]:
        """Existing actions that somebody who wrote `name` may have meant, the likeliest first."""
        from difflib import get_close_matches

        service, _, action = name.lower().partition(":")
        services = [service] if service in self._places else []
        services += [s for s in get_close_matches(service, self._places, n=count) if s not in services]
        found = []
        for candidate in services:
            names = {n.lower(): n for n in self.names(candidate)}
            found += [f"{candidate}:{names[n]}" for n in get_close_matches(action, names, n=count)]
        # The right name under the wrong service, if nothing is near.
        found = found or [f"{s}:{n}" for s in self._places for n in self.names(s) if n.lower() == action]
        return tuple(found[:count])

    def _service(self, service: str) -> _Service | None:
        service = service.lower()
        found = self._decoded.get(service)
        if found is None and service in self._places:
            found = self._decoded[service] = _Service(service, self._section(self._places[service]))
        return found

    def _global_keys(self) -> tuple[tuple[ConditionKey, ...], _Keys]:
        if self._globals is None:
            rows = self._section(self._sections["global_keys"])
            keys = [
                ConditionKey(name, TYPES[kind], bool(many), carried, bool(listed))
                for name, kind, many, carried, listed in rows
            ]
            self._globals = tuple(keys), _Keys(keys)
        return self._globals

    def _section(self, place: list[int]) -> Any:
        offset, length = place
        try:
            return json.loads(zlib.decompress(self._body[offset : offset + length]))
        except (zlib.error, ValueError):
            raise self._damaged("a section does not match its checksum") from None

    def _damaged(self, why: str) -> CatalogError:
        return CatalogError(f"{self._path}: the action catalog cannot be read ({why}); reinstall grantgraph")


def load_catalog(path: Path = PACKAGED) -> Catalog:
    """The catalog that came with this package. Cheap: reads the header only until asked."""
    return Catalog(path)
