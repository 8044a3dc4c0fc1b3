"""Find what each module of a package offers; nothing registers itself."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from grantgraph.problems import bug


def discover(package: str, name: str) -> tuple[Any, ...]:
    """The value called `name` of every public module of `package`, in the order of the modules' names.

    Raises:
        Bug: a module of the package does not offer it.
    """
    found = []
    paths = importlib.import_module(package).__path__
    for module in sorted(info.name for info in pkgutil.iter_modules(paths) if not info.name.startswith("_")):
        loaded = importlib.import_module(f"{package}.{module}")
        if not hasattr(loaded, name):
            bug(f"{package}.{module} offers no {name}")
        found.append(getattr(loaded, name))
    return tuple(found)
