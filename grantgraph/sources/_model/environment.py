"""Where an application is deployed: what the options say, then the file, then nobody yet."""

from __future__ import annotations

import re

from grantgraph.model import Environment
from grantgraph.sources._model.file import ModelFile
from grantgraph.text import Text


def read_environment(file: ModelFile) -> Environment:
    """The environment of a model file; what is left open is decided at deployment."""
    node = file.part("environment", frozenset({"partition", "region", "account"}))
    given = Environment()

    def pick(name: str, option: str | None, otherwise: Text) -> Text:
        own = node.get(name) if node is not None else None
        if option is None and own is not None and not isinstance(own.value, str):
            file.problems.error(
                own.at, "type", f"`{name}` must be a string, not {own.describe()}", "write it in quotes"
            )
        elif own is not None and name == "account" and not re.fullmatch("[0-9]{12}", str(own.value)):
            message = f"`{own.value}` is not an account"
            file.problems.error(own.at, "account", message, "write its twelve digits")
        elif own is not None and not re.fullmatch("[a-z0-9-]+", str(own.value)):
            help = "write it as AWS does: `us-east-1`, `aws-cn`"
            file.problems.error(own.at, "name", f"`{own.value}` is not a {name}", help)
        return option or (own.as_str() if own else None) or otherwise

    said = Environment(
        pick("partition", file.options.partition, "aws"),
        pick("region", file.options.region, given.region),
        pick("account", file.options.account, given.account),
    )
    file.home = said.account
    return given if file.options.portable else said
