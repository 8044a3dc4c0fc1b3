"""A model file as a whole."""

from __future__ import annotations

from pathlib import Path

from grantgraph.model import Application
from grantgraph.node import expect_keys, expect_str
from grantgraph.sources._model.environment import read_environment
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.needs import read_need
from grantgraph.sources._model.principals import check_principals, read_functions, read_pools, read_principals
from grantgraph.sources._model.promises import read_promise
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
    principals = read_principals(file)
    check_principals(file, principals, resources)
    routes = read_routes(file, principals)
    known = {key: one for key, one in resources.items() if one is not None}
    needs = [read_need(file, one, principals, known, routes) for one in file.list_of("needs")]
    promises = [read_promise(file, one, principals, known) for one in file.list_of("promises")]
    return Application(
        name=(name.as_str() if name else None) or path.stem,
        source=str(path),
        environment=file.environment,
        principals=tuple(one for one in principals.values() if one is not None),
        resources=(*known.values(), *read_functions(file, principals)),
        pools=read_pools(file, principals),
        entry_points=tuple(one for one in routes.values() if one is not None),
        needs=tuple(one for one in needs if one is not None),
        promises=tuple(one for one in promises if one is not None),
    )
