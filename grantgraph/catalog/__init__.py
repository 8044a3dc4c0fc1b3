"""AWS's actions, resource types and condition keys, compiled from public sources; reads on request only."""

from grantgraph.catalog.read import Catalog, load_catalog
from grantgraph.catalog.types import (
    LEVELS_BY_WORD,
    AccessLevel,
    Action,
    Carried,
    CatalogError,
    ConditionKey,
    KeyType,
    ResourceType,
    Source,
)

__all__ = [
    "LEVELS_BY_WORD",
    "AccessLevel",
    "Action",
    "Carried",
    "Catalog",
    "CatalogError",
    "ConditionKey",
    "KeyType",
    "ResourceType",
    "Source",
    "load_catalog",
]
