"""Intrinsic functions to values: text with unknown parts, never a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from grantgraph.node import Node
from grantgraph.problems import Problems, did_you_mean
from grantgraph.sources._cloudformation.conditions import Conditions
from grantgraph.sources._cloudformation.environment import url_suffix
from grantgraph.sources._cloudformation.functions import FUNCTIONS
from grantgraph.sources._cloudformation.functions.values import node_of_text, with_references
from grantgraph.sources._cloudformation.origin import origin_of
from grantgraph.sources._cloudformation.parameters import read_parameter
from grantgraph.sources._cloudformation.pseudo_parameters import PSEUDO_PARAMETERS
from grantgraph.sources._cloudformation.template import LOOP, Declared, Stack, read_sections
from grantgraph.text import Symbolic, Text, Unknown, text

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.assembly import Assembly

MAX_DEPTH = 64
MAX_CHAIN = 16
MAX_LENGTH = 100_000
MOST_HELP = 20  # problems, after which nobody reads what may have been meant


@dataclass(slots=True)
class Trail:
    """Where resolving is: how deep, and what is being read, through all stacks."""

    depth: int = 0
    open: list[str] = field(default_factory=list)


class Resolver:
    """Resolves what one template says; what two templates say to each other goes through the assembly."""

    def __init__(self, stack: Stack, assembly: Assembly, problems: Problems) -> None:
        self.stack = stack
        self.assembly = assembly
        self.problems = problems
        self.trail = assembly.trail
        self.sections = read_sections(stack.template, problems)
        self.conditions = Conditions(self)
        self.modules = tuple(id for id, (type, _) in self.sections.resources.items() if type.endswith("::MODULE"))
        self._parameters: dict[str, Node] = {}
        self._outputs: dict[str, Text | None] = {}

    # ── values ──

    def is_present(self, name: str) -> bool | Unknown:
        """Whether a resource is there, or what that hinges on."""
        condition = self.sections.resources[name][1].fields.get("Condition")
        return True if condition is None else self.conditions.named(condition)

    def value(self, node: Node) -> Node | None:
        """A value with its functions resolved; None for `AWS::NoValue`."""
        self.trail.depth += 1
        try:
            if self.trail.depth > MAX_DEPTH:
                self.problems.error(node.at, "depth", f"functions and names nested deeper than {MAX_DEPTH} levels")
                return self.not_understood(node)
            match node.value:
                case str() if "{{resolve:" in node.value:
                    return self.joined((node.value,), node)
                case tuple():
                    members = tuple(one for one in map(self.value, node.value) if one is not None)
                    return replace(node, value=members)
                case Mapping():
                    return self.object(node)
                case _:
                    return node
        finally:
            self.trail.depth -= 1

    def object(self, node: Node) -> Node | None:
        for key in node.fields:
            if key == "Ref" and len(node.fields) > 1:
                continue
            if key == "Ref" or key.startswith("Fn::"):
                return self.call(key, node)
        members = {}
        for key, member in node.fields.items():
            resolved = self.value(member)
            if resolved is not None:
                members[key] = resolved
        return replace(node, value=members)

    def call(self, name: str, node: Node) -> Node | None:
        at = node.key_at.get(name, node.at)
        function = FUNCTIONS.get(name)
        if name.startswith(LOOP):
            return self._loop(name, node)
        if function is None:
            self.problems.error(
                at, "unknown-function", f"there is no function `{name}`", did_you_mean(name, FUNCTIONS)
            )
            return self.not_understood(node)
        if len(node.fields) > 1 and name != "Fn::Transform":
            self.problems.error(at, "function", f"`{name}` must be the only key of its object")
            return self.not_understood(node)
        return function(self, node.fields[name], node)

    def name_of(self, owner: str, written: Node) -> Text | None:
        """The text of a property that names a resource, which may not lead back to the resource."""
        return self.once(f"the name of `{owner}`", written, lambda: self._text_of(written))

    def _text_of(self, written: Node) -> Text | None:
        resolved = self.value(written)
        return resolved.as_text() if resolved is not None else None

    def once(self, label: str, node: Node, read: Callable[[], Text | None]) -> Text | None:
        """Read what other things are named after, unless that is being read already."""
        open = self.trail.open
        if label in open:
            way = " → ".join((*open[open.index(label) :], label))
            self.problems.error(node.at, "cycle", f"{label} depends on itself: {way}")
            return None
        if len(open) >= MAX_CHAIN:
            self.problems.error(node.at, "depth", f"{label} depends on more than {MAX_CHAIN} others in a row")
            return None
        open.append(label)
        try:
            return read()
        finally:
            open.pop()

    def unknown(self, name: str, node: Node, reason: str, origin: str = "") -> Node:
        """A value of which not even the shape is known."""
        if name.endswith(f" at {node.at}"):
            origin = origin_of(self, node)
        return Node(Unknown(name, reason, origin=origin), node.at)

    def not_understood(self, node: Node) -> Node:
        return self.unknown(f"the value at {node.at}", node, "it could not be read")

    def joined(self, pieces: Iterable[Text | Unknown], node: Node) -> Node:
        value = with_references(text(pieces))
        if isinstance(value, Symbolic):
            length = sum(len(part) if isinstance(part, str) else 1 for part in value.parts)
        else:
            length = len(value)
        if length > MAX_LENGTH:
            self.problems.error(node.at, "size", f"a text of more than {MAX_LENGTH:,} characters")
            return self.not_understood(node)
        return node_of_text(value, node.at)

    def texts(self, node: Node, what: str) -> list[Text] | None:
        """The texts of a list, resolved; None when that is not what it is."""
        resolved = self.value(node)
        if resolved is None or not isinstance(resolved.value, tuple):
            if resolved is not None and not isinstance(resolved.value, Unknown):
                self.problems.error(node.at, "type", f"{what} must be a list, not {resolved.describe()}")
            return None
        found = []
        for member in resolved.value:
            value = member.as_text()
            if value is None:
                self.problems.error(member.at, "type", f"{what} must hold strings, not {member.describe()}")
                return None
            found.append(value)
        return found

    def arguments(self, name: str, node: Node, counts: tuple[int, ...]) -> tuple[Node, ...] | None:
        """The arguments of a function, when there are as many as it takes."""
        if isinstance(node.value, tuple) and len(node.value) in counts:
            return node.value
        wanted = " or ".join(map(str, counts))
        self.problems.error(node.at, "function", f"`{name}` takes a list of {wanted} values")
        return None

    # ── Ref, Fn::GetAtt ──

    def named(self, name: str, argument: Node, node: Node, help: str = "") -> Node | None:
        """What a name stands for: a pseudo-parameter, a parameter, or a resource."""
        if name in PSEUDO_PARAMETERS:
            return self.pseudo(name, node)
        if name in self.sections.parameters:
            return self.parameter(name, node)
        target = self.assembly.targets.get((id(self.stack), name))
        if target is not None:
            return node_of_text(self.assembly.names.ref(target), node.at)
        pseudo = PSEUDO_PARAMETERS if "::" in name else ()
        known = (*self.sections.parameters, *self.sections.resources, *pseudo)
        return self.nothing(name, argument, node, known, help)

    def nothing(self, name: str, argument: Node, node: Node, known: Iterable[str], help: str = "") -> Node:
        if self.sections.transforms or self._is_of_a_module(name):  # which may add what is missing
            return self.unknown(f"{name}.Ref", node, f"`{name}` is not in the template before its transform")
        self.problems.error(
            argument.at,
            "no-target",
            f"there is no parameter or resource `{name}`",
            help or (did_you_mean(name, known) if len(self.problems.found) < MOST_HELP else ""),
        )
        return self.not_understood(node)

    def _is_of_a_module(self, name: str) -> bool:
        """Whether a name may be a resource of a module: its name follows the module's."""
        return name.startswith(self.modules) if self.modules else False

    def pseudo(self, name: str, node: Node) -> Node | None:
        environment = self.stack.environment
        match name:
            case "AWS::NoValue":
                return None
            case "AWS::Partition":
                return node_of_text(environment.partition, node.at)
            case "AWS::Region":
                return node_of_text(environment.region, node.at)
            case "AWS::AccountId":
                return node_of_text(environment.account, node.at)
            case "AWS::StackName" if self.stack.name:
                return Node(self.stack.name, node.at)
            case "AWS::URLSuffix" if (suffix := url_suffix(environment.partition)) is not None:
                return Node(suffix, node.at)
            case _:
                whose = "" if name == "AWS::URLSuffix" else self.prefix
                return self.unknown(f"{whose}{name}", node, f"`{name}` is decided at deployment")

    @property
    def prefix(self) -> str:
        """What names of this stack begin with where there are others."""
        label = self.stack.label
        return f"{label}." if label and len(self.assembly.stacks) > 1 else ""

    def parameter(self, name: str, node: Node) -> Node:
        """The value of a parameter, read once."""
        if name not in self._parameters:
            self._parameters[name] = read_parameter(self, name, node)
        return replace(self._parameters[name], at=node.at)

    def attribute(self, name: str, attribute: str, argument: Node, node: Node, help: str = "") -> Node:
        target = self.assembly.targets.get((id(self.stack), name))
        if target is None:
            return self.nothing(name, argument, node, self.sections.resources, help)
        nested = self.assembly.nested.get((id(self.stack), name))
        if nested is not None and attribute.startswith("Outputs."):
            return self._nested_output(nested, attribute.removeprefix("Outputs."), argument, node)
        if target.type == "Custom::CrossRegionExportReader":
            return self._from_another_region(target, attribute, node)
        return node_of_text(self.assembly.names.attribute(target, attribute), node.at)

    def _nested_output(self, stack: Stack, name: str, argument: Node, node: Node) -> Node:
        inner = self.assembly.of_stack(stack)
        if name in inner.sections.outputs:
            return inner.output(name, node)
        if not inner.sections.transforms:
            message = f"the nested stack `{stack.logical_id}` has no output `{name}`"
            self.problems.error(argument.at, "no-target", message, did_you_mean(name, inner.sections.outputs))
        return self.unknown(f"output {stack.label}.{name}", node, f"there is no output `{name}`")

    def _from_another_region(self, reader: Declared, name: str, node: Node) -> Node:
        """What CDK hands from region to region: a writer of the other stack says what it is."""
        found = self.assembly.exported_elsewhere(name)
        label = f"the export `{name}`"
        value = None
        if found is not None:
            writer = self.assembly.of_stack(found[0])
            value = self.once(label, found[1], lambda: writer._text_of(found[1]))
        if value is None:
            return self.unknown(f"{reader.owner}.{name}", node, f"no stack here exports `{name}`")
        return node_of_text(value, node.at)

    def output(self, name: str, node: Node) -> Node:
        """The value of an output of this stack, for another stack, read once."""
        label = f"the output `{self.prefix}{name}`"
        if name not in self._outputs:
            written = self.sections.outputs[name].get("Value")
            self._outputs[name] = self.once(label, written, lambda: self._text_of(written)) if written else None
        value = self._outputs[name]
        if value is None:
            return self.unknown(f"output {self.prefix}{name}", node, f"{label} has no text")
        return node_of_text(value, node.at)

    def _loop(self, name: str, node: Node) -> Node:
        """A loop that is still there: its members are not known, or its template does not ask for loops."""
        at = node.key_at.get(name, node.at)
        if not self.sections.transforms:
            self.problems.error(at, "loop", f"`{name}` needs `Transform: AWS::LanguageExtensions`")
        return self.unknown(f"{name} at {at}", node, f"what `{name}` makes is not in the input")
