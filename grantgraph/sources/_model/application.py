"""A model file as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grantgraph.model import Application
from grantgraph.node import expect_keys, expect_str
from grantgraph.sources._model.environment import read_environment
from grantgraph.sources._model.events import read_events
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.known import known_of
from grantgraph.sources._model.needs import read_needs
from grantgraph.sources._model.pool import read_pools
from grantgraph.sources._model.principals import check_principals, read_functions, read_principals
from grantgraph.sources._model.promises import read_promises
from grantgraph.sources._model.resources import read_resources
from grantgraph.sources._model.routes import read_routes

_KEYS = frozenset(
    {
        "application",
        "environment",
        "resources",
        "principals",
        "routes",
        "identity_pool",
        "api",
        "needs",
        "promises",
    }
)


def read_application(file: ModelFile, path: Path) -> Application:
    """Everything that the file says; what is wrong with it is in `file.problems`."""
    file.environment = read_environment(file)
    expect_keys(file.node, _KEYS, "a model file", file.problems)
    name = file.node.get("application")
    if name is not None:
        expect_str(name, "`application`", file.problems)
    resources = read_resources(file)
    read = read_principals(file)
    check_principals(file, read, resources)
    pools = read_pools(file, read)
    tags = tuple(pools[0].tags) if pools else ()
    principals = {
        key: replace(one, tags=tags) if one is not None and one.pool else one for key, one in read.items()
    }
    routes = read_routes(file, principals, resources)
    events = tuple(read_events(file, principals, resources))
    known = known_of(principals, resources, routes)
    needs, promises = read_needs(file, known), read_promises(file, known)
    functions = tuple(read_functions(file, principals, resources))
    return Application(
        name=(name.as_str() if name else None) or path.stem,
        source=str(path),
        environment=file.environment,
        principals=tuple(one for one in principals.values() if one is not None),
        resources=(
            *(one for one in resources.values() if one is not None),
            *functions,
        ),
        pools=pools,
        entry_points=(*(one for one in routes.values() if one is not None), *events),
        needs=needs,
        promises=promises,
        unwritten=bool(needs or functions),
    )
