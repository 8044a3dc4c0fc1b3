"""The model file: an application in its author's words, with what each principal needs and what it promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grantgraph.model import Application
from grantgraph.node import Node
from grantgraph.problems import InputError, UsageError, bug
from grantgraph.sources import MODEL_FILE, ReadOptions, Source


def recognises(path: Path, node: Node | None) -> bool:
    """Whether an input is a model file: it says so with one of its keys, and is no template."""
    fields = node.fields if node is not None else {}
    return "Resources" not in fields and not {"application", "from", "principals", "needs"}.isdisjoint(fields)


def read(path: Path, node: Node | None, options: ReadOptions) -> Application:
    """The application that a model file describes.

    Raises:
        InputError: something in it is wrong; every such place is in its problems.
        UsageError: parameters are given, and the file is bound to nothing that has any.
    """
    from grantgraph.sources._model import read_application, read_bound
    from grantgraph.sources._model.file import ModelFile

    if node is None:
        bug("a model file is a file")
    bound = "from" in node.fields
    if options.parameters and not bound:
        raise UsageError(f"`--param` is about templates, and `{path}` is a model file")
    file = ModelFile(node, options)
    application = read_bound(file, path) if bound else read_application(file, path)
    errors = [problem for problem in file.problems.found if problem.level == "error"]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise InputError(f"{errors[0].at}: {errors[0].message}{more}", errors, errors[0].help)
    return replace(application, problems=(*application.problems, *file.problems.all()))


SOURCE = Source(MODEL_FILE, recognises, read)
