"""Conditions: whether they hold, or what they hinge on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from grantgraph.node import Node
from grantgraph.policy.pattern import Match, literal_pattern
from grantgraph.problems import did_you_mean
from grantgraph.sources._cloudformation.choices import Compared, Hinges, merge
from grantgraph.sources._cloudformation.parameters import allowed_values
from grantgraph.text import Symbolic, Text, Unknown, unknowns_in

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.resolve import Resolver

MAX_DEPTH = 64


def _unknowns(*nodes: Node | None) -> Iterator[Unknown]:
    """What is not known in some values."""
    for node in nodes:
        for one in node.walk() if node is not None else ():
            value = one.as_text()
            yield from unknowns_in(value) if value is not None else ()


class Conditions:
    """The conditions of one template, each decided once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.problems = resolver.problems
        self.decided: dict[str, bool | Unknown] = {}
        self.hinges: dict[str, Hinges] = {}
        self._deciding: list[str] = []

    def named(self, node: Node) -> bool | Unknown:
        """Whether a condition holds, by its name."""
        name = node.as_str()
        if name is None or name not in self.resolver.sections.conditions:
            shown = name if name is not None else node.describe()
            help = did_you_mean(name or "", self.resolver.sections.conditions)
            self.problems.error(node.at, "no-target", f"there is no condition `{shown}`", help)
            return Unknown(f"condition {self.resolver.prefix}{shown}", "there is no such condition")
        if name not in self.decided:
            decided: list[bool | Unknown] = []

            def read() -> Text:
                self._deciding.append(name)
                decided.append(self.decide(self.resolver.sections.conditions[name]))
                self._deciding.pop()
                return ""

            self.hinges[name] = {}
            self.resolver.once(f"the condition `{self.resolver.prefix}{name}`", node, read)
            self.decided[name] = (
                decided[0] if decided else Unknown(f"condition {self.resolver.prefix}{name}", "a cycle")
            )
        if self._deciding:
            merge(self.hinges[self._deciding[-1]], self.hinges[name])
        return self.decided[name]

    def hinges_of(self, node: Node) -> Hinges:
        """What a condition that is not decided hinges on, by its name."""
        return self.hinges.get(node.as_str() or "", {})

    def decide(self, node: Node) -> bool | Unknown:
        """Whether a condition function holds; the Unknown that it hinges on, when it hinges on one."""
        self.resolver.trail.depth += 1
        try:
            if self.resolver.trail.depth > MAX_DEPTH:
                self.problems.error(node.at, "depth", f"conditions nested deeper than {MAX_DEPTH} levels")
                return Unknown(f"condition at {node.at}", "it is nested too deep")
            return self._decide(node)
        finally:
            self.resolver.trail.depth -= 1

    def _decide(self, node: Node) -> bool | Unknown:
        name = next(iter(node.fields), "") if len(node.fields) == 1 else ""
        argument = node.fields.get(name, node)
        match name:
            case "Condition":
                return self.named(argument)
            case "Fn::Equals":
                parts = self.resolver.arguments(name, argument, (2,))
                return self.equal(parts, node) if parts else Unknown(f"condition at {node.at}")
            case "Fn::Not":
                parts = self.resolver.arguments(name, argument, (1,))
                decided = self.decide(parts[0]) if parts else Unknown(f"condition at {node.at}")
                return decided if isinstance(decided, Unknown) else not decided
            case "Fn::And" | "Fn::Or":
                settles = name == "Fn::Or"
                members = [self.decide(part) for part in argument.items]
                if any(one is settles for one in members):
                    return settles
                return next((one for one in members if isinstance(one, Unknown)), not settles)
        resolved = self.resolver.value(node)
        spelled = resolved.as_text() if resolved else None
        if spelled in ("true", "false"):
            return spelled == "true"
        if resolved is None or not isinstance(resolved.value, Unknown | Symbolic):
            self.problems.error(
                node.at, "condition", "a condition is one of `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not`"
            )
        return Unknown(f"condition at {node.at}", "it is not known here")

    def equal(self, parts: tuple[Node, ...], node: Node) -> bool | Unknown:
        left, right = (self.resolver.value(part) for part in parts)
        texts = [one.as_text() if one is not None else None for one in (left, right)]
        if texts[0] is None or texts[1] is None:
            open = next((one for one in _unknowns(left, right)), None)
            return open if open is not None and left != right else left == right
        if self._never_allowed(parts[0], texts[1]) or self._never_allowed(parts[1], texts[0]):
            return False
        assumed = self._assumed(texts[0], texts[1])
        if assumed is not None:
            return assumed
        match literal_pattern(texts[0]).match(texts[1]):
            case Match.YES:
                return True
            case Match.NO:
                return False
            case _:
                self._note(parts, texts[0], texts[1])
                shown = next(value for value in texts if isinstance(value, Symbolic))
                return next(part for part in shown.parts if isinstance(part, Unknown))

    def _assumed(self, left: Text, right: Text) -> bool | None:
        """What two texts being equal comes to under what is assumed; None where nothing is."""
        for unknown, text in _pairs(left, right):
            choice = self.resolver.assembly.assumed.get(unknown.name)
            if choice is not None and choice.value is not None:
                return choice.value == text
            if choice is not None and text in choice.apart_from:
                return False
        return None

    def _note(self, parts: tuple[Node, ...], left: Text, right: Text) -> None:
        """Remember that the condition being decided hinges on a comparison."""
        for unknown, text in _pairs(left, right):
            if self._deciding:
                allowed = next((found for part in parts if (found := self._allowed(part))), ())
                merge(self.hinges[self._deciding[-1]], {unknown.name: Compared({text: None}, allowed)})

    def _never_allowed(self, part: Node, value: Text) -> bool:
        """Whether a part is a parameter without a value, which may never have this one."""
        allowed = self._allowed(part)
        return bool(allowed) and isinstance(value, str) and value not in allowed

    def _allowed(self, part: Node) -> tuple[str, ...]:
        """All that a part may be, where it refers to a parameter that says so."""
        name = part.get("Ref")
        declared = self.resolver.sections.parameters.get((name.as_str() if name else None) or "")
        return allowed_values(declared) if declared is not None else ()


def _pairs(left: Text, right: Text) -> Iterator[tuple[Unknown, str]]:
    """(something unknown, a known text), where one is compared with the other."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Symbolic) and len(one.parts) == 1 and isinstance(other, str):
            (only,) = one.parts
            if isinstance(only, Unknown):
                yield only, other
