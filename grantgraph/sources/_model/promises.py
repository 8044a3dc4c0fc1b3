"""What a model file promises of its application."""

from __future__ import annotations

from grantgraph.catalog import LEVELS_BY_WORD
from grantgraph.model import Promise, PromiseType
from grantgraph.node import Node, expect_keys
from grantgraph.problems import did_you_mean
from grantgraph.sources._model.file import ModelFile
from grantgraph.sources._model.known import Known, read_who


def read_promises(file: ModelFile, known: Known) -> tuple[Promise, ...]:
    """Every promise that could be read, everything in it called by its id."""
    found = [_read_promise(file, one, known) for one in file.list_of("promises")]
    return tuple(one for one in found if one is not None)


def _read_promise(file: ModelFile, node: Node, known: Known) -> Promise | None:
    """One promise; None where it could not be read."""
    if not file.is_object(node, "a promise"):
        return None
    expect_keys(node, frozenset({"title", "never", "isolated"}), "a promise", file.problems)
    title = file.required(node, "title", "a promise")
    kinds = [key for key in ("never", "isolated") if key in node.fields]
    if len(kinds) != 1:
        file.problems.error(node.at, "promise", "a promise says one of `never` and `isolated`")
        return None
    what = f"`{kinds[0]}`"
    body = node.fields[kinds[0]]
    if not file.is_object(body, what):
        return None
    expect_keys(body, frozenset({"who", "access", "on"}), what, file.problems)
    who = read_who(file, body, what, known)
    on = file.optional(body, "on")
    if on and on not in known.resources:
        if on in known.absent:
            return None
        help = known.help(on, known.resources)
        file.problems.error(body.fields["on"].at, "unknown-resource", f"there is no resource `{on}`", help)
    access = file.words(body.get("access"), "`access`")
    for word in access:
        if word not in LEVELS_BY_WORD and (":" not in word or file.catalog.action(word) is None):
            help = did_you_mean(word, LEVELS_BY_WORD)
            file.problems.error(body.fields["access"].at, "access", f"there is no access level `{word}`", help)
    if kinds[0] == "never" and not access:
        file.problems.error(body.at, "missing", "`never` needs `access`", did_you_mean("", LEVELS_BY_WORD))
    if who is None or title is None:
        return None
    resource = known.resources.get(on)
    return Promise(title, PromiseType(kinds[0]), who, access, resource.id if resource is not None else on, node.at)
