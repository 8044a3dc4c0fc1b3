"""Texts that stood for parameters without a value, turned back into references."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from grantgraph.node import Node


def without_stand_ins(template: Node, stand_ins: Mapping[str, str]) -> Node:
    """A template in which each stand-in is a reference to its parameter again.

    Args:
        stand_ins: parameter → the text that stood for it.
    """
    parameters = {text: name for name, text in stand_ins.items()}
    longest_first = sorted(parameters, key=len, reverse=True)
    return _Referring(re.compile("|".join(map(re.escape, longest_first))), parameters).value(template)


class _Referring:
    def __init__(self, found: re.Pattern[str], parameters: Mapping[str, str]) -> None:
        self.found = found
        self.parameters = parameters

    def value(self, node: Node, in_sub: bool = False) -> Node:
        match node.value:
            case str() if self.found.search(node.value):
                return self.text(node, node.value, in_sub)
            case tuple():
                members = (self.value(one, in_sub and at == 0) for at, one in enumerate(node.value))
                return replace(node, value=tuple(members))
            case Mapping():
                return replace(
                    node, value={key: self.value(one, key == "Fn::Sub") for key, one in node.value.items()}
                )
            case _:
                return node

    def text(self, node: Node, spelled: str, in_sub: bool) -> Node:
        """A text with stand-ins in it, as `Ref` where that is all of it, as `Fn::Sub` elsewhere."""
        if not in_sub and spelled in self.parameters:
            return Node({"Ref": Node(self.parameters[spelled], node.at)}, node.at)
        own = spelled if in_sub else spelled.replace("${", "${!")
        filled = self.found.sub(lambda one: "${" + self.parameters[one.group()] + "}", own)
        return Node(filled, node.at) if in_sub else Node({"Fn::Sub": Node(filled, node.at)}, node.at)
