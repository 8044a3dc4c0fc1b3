"""A model file that is bound to another input: what the input has, with what the model says about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grantgraph.model import Application
from grantgraph.node import expect_keys, expect_str
from grantgraph.problems import Level
from grantgraph.sources._model.beside import beside
from grantgraph.sources._model.bindings import bind_all
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.input import read_input
from grantgraph.sources._model.needs import read_needs
from grantgraph.sources._model.promises import read_promises

_KEYS = frozenset({"application", "from", "environment", "resources", "principals", "routes", "needs", "promises"})
_OF_THE_INPUT = ("identity_pool", "api")


def read_bound(file: ModelFile, path: Path) -> Application:
    """The application of the input that a model is bound to, with the model's names, needs and promises.

    Raises:
        InputError: the input cannot be read.
        UsageError: an option does not fit the input.
    """
    for key in _OF_THE_INPUT:
        if key in file.node.fields:
            at = file.node.key_at.get(key, file.node.at)
            file.problems.error(at, "bound", f"`{key}` is the input's to say", "leave it out beside `from`")
    expect_keys(file.node, _KEYS.union(_OF_THE_INPUT), "a model file with `from`", file.problems)
    own = file.node.get("application")
    name = expect_str(own, "`application`", file.problems) if own is not None else None
    base = read_input(file, path)
    if base is None:
        return Application(name or path.stem, str(path))
    file.environment, file.home = base.environment, base.environment.account
    base = replace(base, name=name or base.name)
    if any(one.level is Level.ERROR for one in base.problems):
        return base  # what was not understood binds nothing
    here = beside(file, base)
    bind_all(here)
    known = here.known()
    needs, promises = read_needs(file, known), read_promises(file, known)
    return replace(here.application(), source=str(path), needs=needs, promises=promises)
