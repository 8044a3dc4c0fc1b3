"""The types that the action catalog speaks in."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Carried = Literal["always", "signed", "sometimes"]


class CatalogError(Exception):
    """The packaged catalog cannot be read."""


class AccessLevel(StrEnum):
    """What an action does to its resource, in AWS's words."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS_MANAGEMENT = "Permissions management"

    @property
    def word(self) -> str:
        """The level as people type it: `permissions-management`."""
        return self.value.lower().replace(" ", "-")


LEVELS_BY_WORD = {level.word: level for level in AccessLevel}
"""Access levels by the words that people type."""


class KeyType(StrEnum):
    """The type of a condition key's values."""

    STRING = "String"
    NUMERIC = "Numeric"
    DATE = "Date"
    BOOL = "Bool"
    BINARY = "Binary"
    IP_ADDRESS = "IPAddress"
    ARN = "ARN"


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A condition key, and which requests carry it."""

    name: str
    type: KeyType
    multivalued: bool
    carried: Carried
    # Only requests whose action or resource type lists the key can carry it (see Catalog.keys_of).
    listed: bool


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource and the shape of its ARNs."""

    service: str
    name: str
    arns: tuple[str, ...]
    condition_keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Action:
    """An action, what it may be authorised on, and the condition keys of its own that it can carry."""

    service: str
    name: str
    access_level: AccessLevel
    resource_types: tuple[str, ...]
    condition_keys: frozenset[str]
    dependent_actions: frozenset[str]
    permission_only: bool
    may_use_star: bool
    # One group per thing that every call is authorised on; within a group one type is enough.
    requires: tuple[frozenset[str], ...]

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


@dataclass(frozen=True, slots=True)
class Source:
    """A published package that the catalog was compiled from."""

    name: str
    version: str
    sha256: str
