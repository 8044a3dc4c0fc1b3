"""What functions give: text as a Node, with what is read at deployment as an unknown part."""

from __future__ import annotations

from grantgraph.node import Node
from grantgraph.problems import Location
from grantgraph.text import Letter, Symbolic, Text, Unknown, parts_of, text

_START, _END = "{{resolve:", "}}"


def node_of_text(value: Text, at: Location) -> Node:
    """Text as a Node; where all of it is one open unknown, not even its shape is known."""
    if isinstance(value, Symbolic) and len(value.parts) == 1:
        only = value.parts[0]
        if isinstance(only, Unknown) and not only.generated:
            return Node(only, at)
    return Node(value, at)


def with_references(value: Text) -> Text:
    """A text with each dynamic reference in it, `{{resolve:...}}`, as one unknown part.

    It is looked for when the text is whole: its pieces may come from `Fn::Join` and `Fn::Sub`.
    """
    if not any(isinstance(part, str) and _START in part for part in parts_of(value)):
        return value
    reason = "a dynamic reference is read at deployment"
    pieces: list[Letter] = []
    inside: list[Letter] | None = None
    for part in parts_of(value):
        rest = part
        while isinstance(rest, str) and rest:
            if inside is None:
                before, mark, rest = rest.partition(_START)
                pieces.append(before)
                inside = [_START] if mark else None
            else:
                own, mark, rest = rest.partition(_END)
                inside.append(own)
                if mark:
                    pieces.append(Unknown("".join(map(str, inside)).removeprefix("{{"), reason))
                    inside = None
        if isinstance(rest, Unknown):
            (pieces if inside is None else inside).append(rest)
    return text([*pieces, *(inside or ())])
