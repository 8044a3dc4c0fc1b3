"""Where an application is deployed: what the options say, then the file, then nobody yet."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grantgraph.model import Environment
from grantgraph.sources._model.file import ModelFile

PARTS = ("partition", "region", "account")


def read_environment(file: ModelFile) -> Environment:
    """The environment of a model file; what is left open is decided at deployment."""
    written, options, nowhere = read_written(file), file.options, Environment()
    said = Environment(
        options.partition or written.get("partition", "aws"),
        options.region or written.get("region") or nowhere.region,
        options.account or written.get("account") or nowhere.account,
    )
    file.home = said.account
    return nowhere if options.portable else said


def read_written(file: ModelFile) -> Mapping[str, str]:
    """The parts of the environment that the file itself says."""
    node = file.part("environment", frozenset(PARTS))
    found = {}
    for name in PARTS:
        own = node.get(name) if node is not None else None
        if own is None:
            continue
        if not isinstance(own.value, str):
            message = f"`{name}` must be a string, not {own.describe()}"
            file.problems.error(own.at, "type", message, "write it in quotes")
        elif name == "account" and not re.fullmatch("[0-9]{12}", own.value):
            message = f"`{own.value}` is not an account"
            file.problems.error(own.at, "account", message, "write its twelve digits")
        elif not re.fullmatch("[a-z0-9-]+", own.value):
            help = "write it as AWS does: `us-east-1`, `aws-cn`"
            file.problems.error(own.at, "name", f"`{own.value}` is not a {name}", help)
        else:
            found[name] = own.value
    return found
