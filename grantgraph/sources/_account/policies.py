"""Policy documents as accounts hold them: as objects, as JSON text, and as JSON text that is URL-encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from grantgraph.decode import decode_json
from grantgraph.node import Node
from grantgraph.problems import InputError, Location, Problems
from grantgraph.sources._embedded import decode_embedded
from grantgraph.text import Unknown


def policy_document(node: Node, what: str, problems: Problems) -> Node:
    """The document that a value holds; a problem, and Unknown, where it holds none.

    Inside an encoded text every place is that of the text.
    """
    if isinstance(node.value, str):
        spelled = node.value.lstrip()
        encoded = spelled[:1] == "%" or (spelled[:1] not in ("{", "[") and "%7B" in spelled[:20].upper())
        node = _decoded(node, what, problems) if encoded else decode_embedded(node, what, problems)
    return _without_functions(node, what, problems)


def _decoded(node: Node, what: str, problems: Problems) -> Node:
    try:
        return _at(decode_json(unquote(str(node.value), errors="strict"), node.at.file), node.at)
    except InputError as error:
        found = error.problems[0]
        message, help = found.message, found.help
    except UnicodeDecodeError as error:
        message, help = f"byte {error.start + 1} of it is not UTF-8", ""
    problems.error(node.at, "policy-text", f"{what} is not JSON that can be read: {message}", help)
    return Node(Unknown(f"the text at {node.at}", f"{what} is not JSON that can be read"), node.at)


def _at(node: Node, at: Location) -> Node:
    """A decoded value with all of it at the place of its text."""
    match node.value:
        case tuple():
            return Node(tuple(_at(one, at) for one in node.value), at)
        case Mapping():
            return Node({key: _at(one, at) for key, one in node.value.items()}, at, dict.fromkeys(node.value, at))
        case _:
            return replace(node, at=at)


def _without_functions(node: Node, what: str, problems: Problems) -> Node:
    """A document, which is no template: what reads like a function of one means nothing in it."""
    for one in node.walk():
        for key in one.fields:
            if key == "Ref" or key.startswith("Fn::"):
                at = one.key_at.get(key, one.at)
                problems.error(at, "policy-text", f"{what} has `{key[:40]}`, which is for templates")
                return Node(Unknown(f"the document at {node.at}", f"{what} cannot be read"), node.at)
    return node
