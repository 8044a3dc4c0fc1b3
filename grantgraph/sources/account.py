"""An account: what `grantgraph fetch` wrote, or what the AWS CLI prints of its identities."""

from __future__ import annotations

from pathlib import Path

from grantgraph.account_file import FAMILY, IDENTITIES
from grantgraph.model import Application
from grantgraph.node import Node
from grantgraph.problems import UsageError, bug
from grantgraph.sources import STANDARD_INPUT, ReadOptions, Source

WRAPPER = "AccountAuthorizationDetails"
"""A key under which some tools keep what the AWS CLI prints."""


def recognises(path: Path, node: Node | None) -> bool:
    """Whether this is an account, be it one of a format that is not read."""
    if node is None:
        return False
    schema = node.get("schema")
    if schema is not None and (schema.as_str() or "").startswith(FAMILY):
        return True
    return any(name in (one.fields if one else {}) for one in (node, node.get(WRAPPER)) for name in IDENTITIES[:3])


def read(path: Path, node: Node | None, options: ReadOptions) -> Application:
    """The application that an account is: everything in it.

    Raises:
        InputError: the file is of another format or has the wrong shape.
        UsageError: parameters are given, which no account has; or an option contradicts the file.
    """
    from grantgraph.sources._account import read_account

    if node is None:
        bug("a folder is no account")
    if options.parameters:
        raise UsageError(f"`--param` is about templates, and `{path}` is an account")
    whole = node.get(WRAPPER)
    lists = whole if whole is not None and not any(name in node.fields for name in IDENTITIES) else node
    name = "standard input" if path == STANDARD_INPUT else path.name.split(".")[0]
    return read_account(lists, name, str(path), options)


SOURCE = Source("an account", recognises, read)
